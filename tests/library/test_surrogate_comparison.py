"""Held-out comparison: folds, the density of unseen trials, its standard error, and the choice of the right model."""

import math
from dataclasses import replace

import pytest
import torch

from swaputils.surrogate import (
    ACCOUNTS,
    LADDER,
    Basis,
    BnsConfig,
    SurrogateError,
    SwapModel,
    cell,
    comparison,
    fit_bns,
    response_log_density,
    weight_draws,
)
from swaputils.surrogate.comparison import assign_folds, compare, predictive_log_density
from swaputils.surrogate.joint import LEVEL, coefficient_map
from swaputils.surrogate.swap_models import by_person
from tests.small import answered, continuous_displays, located_displays, observer, of_sizes, seeded

DOUBLE = torch.float64
SHORT = BnsConfig(steps=3, final_draws=8)


def some_trials(count: int, people: int = 3, seed: int = 0):
    displays = of_sizes(continuous_displays(count, 4, seed), (2, 4))
    trials = answered(observer(-1.0, (0.8,)), displays, seed)
    return replace(trials, subject=torch.arange(count) // 2 % people)


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_folds_are_balanced_within_person_and_set_size_and_overall(folds):
    trials = some_trials(82)
    fold = assign_folds(trials, folds, generator=seeded(0))
    overall = fold.bincount(minlength=folds)
    assert overall.sum() == 82 and (overall > 0).all()
    for person in range(3):
        for size in (2, 4):
            counts = fold[(trials.subject == person) & (trials.displays.set_size == size)].bincount(minlength=folds)
            assert counts.max() - counts.min() <= 1
    other = assign_folds(trials, folds, generator=seeded(1))
    assert not other.equal(fold)


@pytest.mark.parametrize("folds", [2, 3])
def test_folds_are_balanced_within_set_size_where_people_have_one_trial_each(folds):
    displays = of_sizes(continuous_displays(12, 4, 0), (2, 4))
    trials = replace(answered(observer(-1.0, (0.8,)), displays, 0), subject=torch.arange(12) // 2)
    fold = assign_folds(trials, folds, generator=seeded(0))
    for size in (2, 4):
        assert (fold[displays.set_size == size].bincount(minlength=folds) == 6 // folds).all()


@pytest.mark.parametrize("folds", [0, 1, 83])
def test_the_number_of_folds_is_checked(folds):
    with pytest.raises(SurrogateError, match=f"folds is {folds}; allowed are 2 to 82"):
        assign_folds(some_trials(82), folds, generator=seeded(0))


MODELS = {
    "full": SwapModel(LADDER["full"], basis=Basis(2, 2, 1)),
    "stable": SwapModel(LADDER["report"], "wrapped_stable", guesses=False, basis=Basis(2, 2, 1)),
    "persons": by_person(SwapModel(LADDER["cue"], "variable_precision", basis=Basis(cue=2))),
    "no swaps": SwapModel(ACCOUNTS["uniform guess"]),
}


@pytest.mark.parametrize("name", MODELS)
def test_held_out_density_is_averaged_over_draws_by_hand(name, monkeypatch):
    monkeypatch.setattr(comparison, "CHUNK", 7)
    fit = fit_bns(some_trials(60), MODELS[name], SHORT, generator=seeded(0))
    fresh = some_trials(24, seed=1)
    found = predictive_log_density(fit, fresh, 3, generator=seeded(5))
    weights = weight_draws(fit, 3, generator=seeded(5))
    expected = torch.zeros(len(fresh), dtype=DOUBLE)
    for levels in fit.layout.cells.to_dict("records"):
        rows = fresh.displays.set_size == levels["set_size"]
        if "subject" in levels:
            rows &= fresh.subject == levels["subject"]
        posterior = cell(fit, **levels)
        everywhere = torch.tensor([0.0, math.pi], dtype=DOUBLE)
        for each in weights:
            mean = coefficient_map(fit, **levels) @ each
            mean[:1] += LEVEL
            one = replace(posterior, mean=mean, distances=everywhere, report_distances=everywhere)
            expected[rows] += response_log_density(one, fresh.displays[rows], fresh.response[rows]).exp() / 3
    torch.testing.assert_close(found, expected.log(), rtol=0, atol=5e-5)  # of the tables


def test_cells_that_were_not_fitted_are_refused():
    trials = some_trials(60)
    fit = fit_bns(trials[trials.displays.set_size == 2], MODELS["full"], SHORT, generator=seeded(0))
    with pytest.raises(SurrogateError, match="nothing was fitted for {'set_size': 4}; every cell needs trials"):
        predictive_log_density(fit, trials, generator=seeded(0))


def test_standard_error_is_clustered_by_person():
    difference = torch.randn(30, dtype=DOUBLE, generator=seeded(0))
    subject = torch.arange(30) % 4 + 7
    found = comparison._gain(difference, subject)
    mean = difference.mean().item()
    total = sum((difference[subject == person] - mean).sum().item() ** 2 for person in range(7, 11))
    assert found["gain"] == pytest.approx(1000 * mean)
    assert found["standard_error"] == pytest.approx(1000 * math.sqrt(4 / 3 * total) / 30)
    assert found["people"] == sum(difference[subject == person].mean() > 0 for person in range(7, 11))
    assert found["of"] == 4


def test_standard_error_of_one_person_is_that_over_trials():
    difference = torch.randn(30, dtype=DOUBLE, generator=seeded(1))
    found = comparison._gain(difference, torch.full((30,), 5))
    assert found["standard_error"] == pytest.approx(1000 * difference.std().item() / math.sqrt(30))


def test_the_generating_model_wins(monkeypatch):
    monkeypatch.setattr(comparison, "FOLD_CONFIG", BnsConfig(draws=4, steps=100, final_draws=8))
    models = {name: SwapModel(LADDER[name]) for name in ("none", "cue")}
    winners = []
    for truth in (observer(-1.0), observer(-1.0, (1.5,))):
        trials = answered(truth, located_displays(400, 4, seed=2), seed=3, people=5)
        table = compare(trials, models, folds=2, config=BnsConfig(steps=100), seed=0).set_index("model")
        assert table.loc["none", ["gain", "standard_error"]].tolist() == [0, 0]
        difference = 1000 * (table.held_out["cue"] - table.held_out["none"])
        assert table.gain["cue"] == pytest.approx(difference)
        winners.append(table.elbo.idxmax())
    assert winners == ["none", "cue"]
    assert table.gain["cue"] > 2 * table.standard_error["cue"]


def test_numbers_do_not_depend_on_the_number_of_processes():
    models = {name: SwapModel(LADDER[name]) for name in ("none", "cue")}
    one, two = (compare(some_trials(60), models, 2, SHORT, SHORT, seed=3, processes=n) for n in (1, 2))
    assert one.equals(two)


def test_without_folds_nothing_is_held_out():
    table = compare(some_trials(40), {"none": SwapModel(LADDER["none"])}, folds=0, config=SHORT, seed=0)
    assert list(table) == ["model", "elbo"]
