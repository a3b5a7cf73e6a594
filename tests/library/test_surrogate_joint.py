"""Layouts, designs and the posterior of one cell agree with one another."""

import math
from dataclasses import replace

import pandas as pd
import pytest
import torch

from swaputils.surrogate import (
    ACCOUNTS,
    LADDER,
    Basis,
    SurrogateError,
    SwapFit,
    SwapModel,
    Term,
    cell,
    joint,
    swap_logits,
    weight_draws,
)
from swaputils.surrogate.joint import LEVEL, coefficient_map, design_matrix, factor_table, layout_of, prior_scale
from swaputils.surrogate.swap_models import by_person
from swaputils.trials import Trials
from tests.small import assert_unbiased, continuous_displays, of_sizes, seeded, unchecked

DOUBLE = torch.float64
SIZES, PEOPLE = (2, 4), 3


def some_trials(count: int = 60) -> Trials:
    displays = of_sizes(continuous_displays(count, 4, seed=0), SIZES)
    subject = torch.arange(count) // 2 % PEOPLE
    return Trials(displays, torch.zeros(count, dtype=DOUBLE), subject, torch.arange(count) // 6 % 2)


def some_fit(model: SwapModel, seed: int = 0) -> SwapFit:
    """A fit with made-up numbers."""
    layout, _ = layout_of(model, factor_table(some_trials()))
    decays = torch.tensor([1.0, 3.0], dtype=DOUBLE)
    variances = torch.tensor([term.variance or 0.3 + place for place, term in enumerate(model.terms)], dtype=DOUBLE)
    weights = len(prior_scale(model, layout, variances, decays))
    draw = seeded(seed)
    noise = torch.randn(weights, weights + 1, dtype=DOUBLE, generator=draw) / 10
    copies = len(layout.precision.levels)
    return SwapFit(
        model=model,
        layout=layout,
        mean=torch.randn(weights, dtype=DOUBLE, generator=draw),
        cholesky=noise[:, :-1].tril(-1) + noise[:, -1].exp().diag(),
        variances=variances,
        decays=decays,
        emission_parameters=torch.arange(1.0, copies + 1, dtype=DOUBLE)[:, None],
        uniform_logits=-torch.arange(1.0, copies + 1, dtype=DOUBLE),
        cue_distances=torch.tensor([0.3, math.pi], dtype=DOUBLE),
        report_distances=torch.tensor([0.3, math.pi], dtype=DOUBLE),
        continuous=True,
        trials=60,
        elbo=0.0,
        elbo_trace=torch.zeros(1, dtype=DOUBLE),
    )


def distances(count: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    cue, report = torch.rand(2, count, dtype=DOUBLE, generator=seeded(5)) * 6 - 3
    return cue, report


MODELS = {name: SwapModel(terms, basis=Basis(3, 2, 2)) for name, terms in LADDER.items()}
MODELS["persons"] = by_person(replace(MODELS["full"], basis=Basis(3, 2, 2, "point")))
NO_SYMMETRY = replace(MODELS["full"], basis=Basis(3, 2, 2, "none"))


@pytest.mark.parametrize("model", [*MODELS.values(), NO_SYMMETRY], ids=[*MODELS, "no symmetry"])
def test_coefficients_of_a_cell_give_what_the_design_gives(model):
    fit = some_fit(model)
    scale = prior_scale(model, fit.layout, fit.variances, fit.decays)
    draws = weight_draws(fit, 5, generator=seeded(1))
    cue, report = distances()
    for row, levels in enumerate(fit.layout.cells.to_dict("records")):
        design = design_matrix(model, fit.layout, torch.full((len(cue),), row), cue, report)
        expected = LEVEL + (draws * scale) @ design.T
        torch.testing.assert_close(swap_logits(fit, draws, cue, report, **levels), expected)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_without_report_distance_logits_are_averaged_over_the_circle(model):
    fit = some_fit(model)
    levels = fit.layout.cells.to_dict("records")[0]
    draws = weight_draws(fit, 3, generator=seeded(2))
    circle = torch.arange(16, dtype=DOUBLE) * (2 * math.pi / 16)
    for angle in (0.4, 2.0):
        cue = torch.full((16,), angle, dtype=DOUBLE)
        expected = swap_logits(fit, draws, cue, circle, **levels).mean(1)
        torch.testing.assert_close(swap_logits(fit, draws, cue[:1], **levels)[:, 0], expected)


def test_designs_filled_in_chunks_are_the_same(monkeypatch):
    model = MODELS["persons"]
    layout, _ = layout_of(model, factor_table(some_trials()))
    cue, report = distances(30)
    which = torch.arange(30) % len(layout.cells)
    whole = design_matrix(model, layout, which, cue, report)
    monkeypatch.setattr(joint, "CHUNK", 7)
    assert design_matrix(model, layout, which, cue, report).equal(whole)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_posterior_of_a_cell_has_the_moments_of_its_draws(model):
    fit = some_fit(model)
    levels = fit.layout.cells.to_dict("records")[-1]
    posterior = cell(fit, **levels)
    mapping = coefficient_map(fit, **levels)
    covariance = mapping @ fit.cholesky @ fit.cholesky.T @ mapping.T
    torch.testing.assert_close(posterior.cholesky @ posterior.cholesky.T, covariance)
    assert posterior.cholesky.equal(posterior.cholesky.tril()) and (posterior.cholesky.diagonal() > 0).all()
    offset = torch.zeros(len(mapping), dtype=DOUBLE)
    offset[0] = LEVEL
    draws = weight_draws(fit, 20_000, generator=seeded(3)) @ mapping.T + offset
    assert_unbiased(draws, posterior.mean)
    centred = draws - posterior.mean
    assert_unbiased(centred[:, :, None] * centred[:, None, :], covariance, limit=5)


def test_a_cell_has_its_own_emission_and_guess_rate():
    fit = some_fit(MODELS["persons"])
    rows = fit.layout.precision.levels.to_dict("records")
    assert len(rows) == len(SIZES) * PEOPLE
    for number, levels in enumerate(rows, start=1):
        posterior = cell(fit, **levels)
        assert (posterior.concentration, posterior.uniform_logit) == (number, -number)
        assert posterior.set_size == levels["set_size"]


def test_a_pooled_term_is_left_out_where_its_factors_are_not_named():
    fit = some_fit(MODELS["persons"])
    draws = weight_draws(fit, 2, generator=seeded(4))
    cue, report = distances()
    population = swap_logits(fit, draws, cue, report, set_size=4)
    for person in range(PEOPLE):
        own = swap_logits(fit, draws, cue, report, set_size=4, subject=person)
        assert (own - population).abs().min() > 1e-6
    # the same as the group's terms by themselves
    group = some_fit(replace(MODELS["full"], basis=Basis(3, 2, 2, "point")))
    weights = len(group.mean)
    assert fit.variances[:4].equal(group.variances)
    torch.testing.assert_close(
        swap_logits(group, draws[:, :weights], cue, report, set_size=4)[:, :2], population[:, :2]
    )


def test_levels_that_are_missing_unknown_or_not_fitted_are_named():
    fit = some_fit(MODELS["persons"])
    cases = [
        ({"subject": 0}, "a level for each set_size; name which"),
        ({"set_size": 4}, r"differs by subject; name one of \[0, 1, 2\]"),
        ({"set_size": 3, "subject": 0}, "nothing was fitted for set_size 3; there are .*'set_size': 2"),
        ({"set_size": 4, "subject": 9}, "nothing was fitted for subject 9"),
        ({"size": 4}, "there is no factor size; allowed are set_size, subject, condition"),
    ]
    for levels, message in cases:
        with pytest.raises(SurrogateError, match=message):
            cell(fit, **levels)


def test_without_swaps_a_cell_has_no_coefficients():
    posterior = cell(some_fit(SwapModel(ACCOUNTS["uniform guess"])), set_size=2)
    assert posterior.kinds == () and posterior.mean.shape == (0,) and posterior.cholesky.shape == (0, 0)


def test_cells_are_the_combinations_that_occur():
    trials = some_trials()
    layout, of_trial = layout_of(MODELS["persons"], factor_table(trials))
    expected = pd.DataFrame({"set_size": [2] * 3 + [4] * 3, "subject": [0, 1, 2] * 2})
    pd.testing.assert_frame_equal(layout.cells, expected, check_dtype=False)
    assert [len(copies.levels) for copies in layout.terms] == [2, 1, 1, 1, PEOPLE, PEOPLE]
    rows = layout.cells.to_numpy()[of_trial]
    assert (rows[:, 0] == trials.displays.set_size.numpy()).all() and (rows[:, 1] == trials.subject.numpy()).all()
    by_condition = SwapModel((*LADDER["cue"], Term("cue", ("condition",))), precision_by=())
    layout, of_trial = layout_of(by_condition, factor_table(trials))
    assert (layout.cells.to_numpy()[of_trial][:, 1] == trials.condition.numpy()).all()
    assert len(layout.precision.levels) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "distance"}, "Term.kind is 'distance'; allowed are level, cue"),
        ({"by": ("session",)}, r"Term.by is \('session',\); allowed factors are set_size"),
        ({"variance": 0.0}, "Term.variance is 0.0; it must be above 0"),
    ],
)
def test_a_term_says_what_is_allowed(fields, message):
    with pytest.raises(ValueError, match=message):
        unchecked(Term("cue"), **fields).__post_init__()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"emission": "normal"}, "SwapModel.emission is 'normal'; allowed are von_mises, wrapped_stable"),
        ({"terms": (Term("cue"),)}, "SwapModel.terms has no level"),
    ],
)
def test_a_model_says_what_is_allowed(fields, message):
    with pytest.raises(ValueError, match=message):
        replace(MODELS["full"], **fields)
