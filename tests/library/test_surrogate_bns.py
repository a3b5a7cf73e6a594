"""Fits of the swap model: oracles for every term of the bound, invariances, recovery, real data, and bad input."""

import math
from dataclasses import replace

import pytest
import torch
from scipy.optimize import minimize_scalar
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from swaputils.angles import wrap
from swaputils.data.catalogue import load as load_data
from swaputils.surrogate import (
    ACCOUNTS,
    EMISSIONS,
    LADDER,
    Basis,
    BnsConfig,
    SurrogateError,
    SwapFit,
    SwapModel,
    SwapPosterior,
    Term,
    bns,
    cell,
    fit_bns,
    fit_mixture,
    mixture_log_density,
    response_log_density,
    swap_function,
    weight_draws,
)
from swaputils.surrogate.bns import (
    Parameters,
    antithetic,
    divergence,
    evidence_bound,
    expected_log_likelihood,
    log_hyper_prior,
)
from swaputils.surrogate.fit_data import prepare
from swaputils.surrogate.joint import prior_scale
from swaputils.surrogate.swap_models import by_person
from swaputils.trials import Displays, Trials
from tests.small import answered, continuous_displays, located_displays, observer, of_sizes, seeded

DOUBLE = torch.float64
LOCATIONS = torch.arange(1, 5, dtype=DOUBLE) * math.pi / 4
TRUTH = observer(-2.45, (0.9, 0.8))
CUE = SwapModel(LADDER["cue"])
FULL = SwapModel(LADDER["full"], basis=Basis(3, 2, 2))
SHORT = BnsConfig(steps=5, final_draws=8)


def located_trials(trials: int, items: int, seed: int, people: int = 1) -> Trials:
    return answered(observer(-1.5, (0.9, 0.4)), located_displays(trials, items, seed), seed, people)


def of_fit(fit: SwapFit) -> Parameters:
    """The parameters at which a fit ended; its emission must be a von Mises."""
    return Parameters(
        mean=fit.mean,
        triangle=fit.cholesky.tril(-1) + fit.cholesky.diagonal().log().diag(),
        log_variances=fit.variances.log(),
        log_decays=fit.decays.log(),
        emission=fit.emission_parameters.log(),
        uniform_logits=fit.uniform_logits,
    )


def some_parameters(trials: Trials, model: SwapModel, seed: int = 0) -> Parameters:
    """Made-up parameters for the fit of a model."""
    data = prepare(trials, model)
    draw = seeded(seed)
    terms, weights = len(model.terms), data.design.shape[1]
    natural = EMISSIONS[model.emission]
    copies = len(data.layout.precision.levels)
    return Parameters(
        mean=torch.randn(weights, dtype=DOUBLE, generator=draw) / 2,
        triangle=torch.randn(weights, weights, dtype=DOUBLE, generator=draw) / 4 - 0.5,
        log_variances=torch.randn(terms, dtype=DOUBLE, generator=draw) / 4,
        log_decays=torch.tensor([0.5, 0.9], dtype=DOUBLE),
        emission=torch.tensor([natural.start(6.0)] * copies, dtype=DOUBLE),
        uniform_logits=torch.randn(copies, dtype=DOUBLE, generator=draw) - 2,
    )


# --- the terms of the bound -----------------------------------------------------------------------------------------


def test_divergence_equals_that_of_the_library():
    values = some_parameters(located_trials(20, 3, seed=0), CUE)
    size = len(values.mean)
    prior = MultivariateNormal(torch.zeros(size, dtype=DOUBLE), torch.eye(size, dtype=DOUBLE))
    expected = kl_divergence(MultivariateNormal(values.mean, scale_tril=values.cholesky), prior)
    torch.testing.assert_close(divergence(values), expected)


def test_hyper_prior_equals_that_of_the_library_relative_to_its_maximum():
    model = replace(FULL, emission="variable_precision")
    values = some_parameters(located_trials(20, 3, seed=0), model)

    def log_density(value: torch.Tensor, mean: float, deviation: float) -> torch.Tensor:
        normal = Normal(torch.tensor(mean, dtype=DOUBLE), torch.tensor(deviation, dtype=DOUBLE))
        return (normal.log_prob(value) - normal.log_prob(normal.mean)).sum()

    expected = log_density(values.log_variances[1:], math.log(0.5), 1.5)  # the level's variance is given
    expected = expected + log_density(values.log_decays, math.log(2), 0.7)
    expected = expected + log_density(values.emission[:, 0], math.log(10), 1.0)
    expected = expected + log_density(values.emission[:, 1], math.log(3), 1.0)
    guesses = log_density(values.uniform_logits, -2.0, 2.0)
    torch.testing.assert_close(log_hyper_prior(values, model), expected + guesses)
    torch.testing.assert_close(log_hyper_prior(values, replace(model, guesses=False)), expected)


def test_antithetic_draws_come_from_q_and_average_to_its_mean():
    values = some_parameters(located_trials(20, 3, seed=0), replace(CUE, basis=Basis(cue=2)))
    draws = antithetic(40_000, values, generator=seeded(2))
    torch.testing.assert_close(draws.mean(0), values.mean)
    covariance = values.cholesky @ values.cholesky.T
    torch.testing.assert_close(draws.T.cov(), covariance, rtol=0.03, atol=0.03 * covariance.abs().max().item())


@pytest.mark.parametrize("emission", EMISSIONS)
@pytest.mark.parametrize("name", ["full", "persons", "no guesses", "no symmetry"])
def test_likelihood_of_the_fit_is_that_of_its_cells(name, emission):
    model = {
        "full": FULL,
        "persons": by_person(FULL),
        "no guesses": replace(FULL, guesses=False),
        "no symmetry": replace(FULL, basis=Basis(3, 2, 2, "none")),
    }[name]
    trials = answered(TRUTH, of_sizes(continuous_displays(24, 4, seed=10), (2, 4)), seed=11, people=3)
    fit = fit_bns(trials, replace(model, emission=emission), BnsConfig(steps=1, final_draws=8), generator=seeded(0))
    raw = {
        "von_mises": torch.log,
        "wrapped_stable": lambda p: torch.stack(((p[:, 0] / (2 - p[:, 0])).log(), p[:, 1].log()), dim=1),
        "variable_precision": torch.log,
    }[emission]
    values = replace(of_fit(fit), emission=raw(fit.emission_parameters))
    found = expected_log_likelihood(values, fit.mean[None], prepare(trials, fit.model))
    total = torch.zeros((), dtype=DOUBLE)
    for levels in fit.layout.cells.to_dict("records"):
        of_cell = trials.displays.set_size == levels["set_size"]
        if "subject" in levels:
            of_cell &= trials.subject == levels["subject"]
        total += response_log_density(cell(fit, **levels), trials.displays[of_cell], trials.response[of_cell]).sum()
    torch.testing.assert_close(found, total, rtol=0, atol=1e-3)


@pytest.mark.parametrize("emission", EMISSIONS)
def test_bound_has_the_gradient_of_finite_differences(emission):
    trials = answered(TRUTH, of_sizes(located_displays(12, 4, seed=1), (2, 4)), seed=1)
    model = SwapModel(LADDER["full"], emission, basis=Basis(2, 1, 1))
    values = some_parameters(trials, model)
    data = prepare(trials, model)
    names = list(vars(values))

    def bound(*leaves: torch.Tensor) -> torch.Tensor:
        moved = Parameters(**dict(zip(names, leaves)))
        return evidence_bound(moved, antithetic(4, moved, generator=seeded(3)), data)

    leaves = tuple(getattr(values, name).clone().requires_grad_() for name in names)
    torch.autograd.gradcheck(bound, leaves, eps=1e-6, atol=1e-4, rtol=1e-4)


def test_bound_lies_below_the_evidence_and_close_to_it():
    trials = located_trials(150, 4, seed=12)
    fit = fit_bns(trials, SwapModel(LADDER["none"]), BnsConfig(steps=200), generator=seeded(0))
    values, data = of_fit(fit), prepare(trials, fit.model)
    axis = torch.linspace(-3, 3, 601, dtype=DOUBLE)[:, None]  # of the only weight, in steps of 0.01
    log_likelihood = torch.stack([expected_log_likelihood(values, weight[None], data) for weight in axis])
    log_joint = log_likelihood + Normal(0.0, 1.0).log_prob(axis[:, 0])
    evidence = log_joint.logsumexp(0) + math.log(0.01)
    q = Normal(fit.mean, fit.cholesky[0]).log_prob(axis[:, 0]).exp() * 0.01
    assert q.sum().item() == pytest.approx(1, abs=1e-9)
    bound = (q * log_likelihood).sum() - divergence(values)
    assert -1e-9 < evidence - bound < 0.01
    assert fit.elbo == pytest.approx((bound + log_hyper_prior(values, fit.model)).item(), abs=0.15)
    draws = antithetic(20_000, values, generator=seeded(3))
    sampled = evidence_bound(values, draws, data) - log_hyper_prior(values, fit.model)
    assert sampled.item() == pytest.approx(bound.item(), abs=0.03)  # four standard errors
    weight = axis[:, 0] * (log_joint - log_joint.logsumexp(0)).exp()
    assert fit.mean.item() == pytest.approx(weight.sum().item(), abs=0.2 * fit.cholesky.item())


def test_set_sizes_that_share_nothing_are_fitted_together_as_apart():
    trials = answered(TRUTH, of_sizes(located_displays(60, 4, seed=2), (2, 4)), seed=2)
    terms = tuple(Term(kind, ("set_size",), 1.0) for kind in ("level", "cue"))
    model = SwapModel(terms, basis=Basis(cue=2))
    values = some_parameters(trials, model)
    together = expected_log_likelihood(values, values.mean[None], prepare(trials, model))
    apart = []
    for row, size in enumerate((2, 4)):
        weights = torch.cat((values.mean[row : row + 1], values.mean[2 + 2 * row : 4 + 2 * row]))
        own = replace(values, emission=values.emission[[row]], uniform_logits=values.uniform_logits[[row]])
        data = prepare(trials[trials.displays.set_size == size], model)
        apart.append(expected_log_likelihood(own, weights[None], data))
    torch.testing.assert_close(together, sum(apart))


def test_the_start_is_the_parametric_mixture(monkeypatch):
    trials = located_trials(300, 4, seed=3)
    data = prepare(trials, CUE)
    start = bns._start(trials, data)
    mixture = fit_mixture(trials)
    found = expected_log_likelihood(start, start.mean[None], data)
    assert found.item() == pytest.approx(mixture.log_likelihood, abs=0.01)
    monkeypatch.setattr(bns, "START_TRIALS", 100)
    fewer = bns._start(trials, data)
    rough = fit_mixture(trials[::3])
    assert fewer.emission.exp().item() == pytest.approx(rough.concentration)
    assert fewer.emission.item() != start.emission.item()


# --- symmetries -----------------------------------------------------------------------------------------------------


def rewritten(name: str, displays: Displays) -> Displays:
    report, probe, cued = displays.report, displays.probe, displays.cued
    if name == "items permuted":
        order = torch.tensor([2, 0, 3, 1])
        return Displays(report[:, order], probe[:, order], order.argsort()[cued])
    if name == "features rotated":
        return Displays(wrap(report + 1.3), wrap(probe - 0.4), cued)
    gap = torch.full((len(report), 2), math.nan, dtype=DOUBLE)
    return Displays(torch.cat((gap, report), 1), torch.cat((gap, probe), 1), cued + 2)


@pytest.mark.parametrize("name", ["items permuted", "features rotated", "absent items"])
@pytest.mark.parametrize("shown", [continuous_displays, located_displays])
def test_how_displays_are_written_changes_nothing(name, shown):
    trials = answered(TRUTH if shown is continuous_displays else observer(-1.0), shown(40, 4, seed=4), seed=4)
    turn = 1.3 if name == "features rotated" else 0.0
    changed = Trials(rewritten(name, trials.displays), wrap(trials.response + turn), trials.subject)
    first, second = (fit_bns(each, FULL, SHORT, generator=seeded(0)) for each in (trials, changed))
    torch.testing.assert_close(first.elbo_trace, second.elbo_trace, rtol=1e-6, atol=1e-4)
    torch.testing.assert_close(first.mean, second.mean, rtol=0, atol=1e-4)


def test_same_seed_same_posterior():
    trials = located_trials(100, 3, seed=19)
    first, second = (fit_bns(trials, CUE, BnsConfig(steps=10, final_draws=8), generator=seeded(4)) for _ in range(2))
    assert torch.equal(first.mean, second.mean)
    assert first.elbo == second.elbo


# --- recovery and real data -----------------------------------------------------------------------------------------


def best_concentration(truth: SwapPosterior, trials: Trials) -> float:
    """The concentration that makes the responses most likely where all else is known."""

    def loss(log_concentration: float) -> float:
        own = replace(truth, emission_parameters=torch.tensor([math.exp(log_concentration)], dtype=DOUBLE))
        return -response_log_density(own, trials.displays, trials.response).sum().item()

    return math.exp(minimize_scalar(loss, bounds=(0, 5), method="bounded", options={"xatol": 1e-3}).x)


def test_recovery_of_a_known_swap_function():
    trials = answered(TRUTH, continuous_displays(2000, 6, seed=13), seed=14)
    fit = fit_bns(trials, CUE, BnsConfig(steps=200, draws=4, final_draws=8), generator=seeded(0))
    posterior = cell(fit, set_size=6)
    assert posterior.continuous and posterior.basis.cue == 8

    grid = torch.linspace(posterior.distances[0].item(), math.pi, 60, dtype=DOUBLE)
    mean, deviation = swap_function(posterior, grid)
    truth, _ = swap_function(TRUTH, grid.clamp_min(TRUTH.distances[0].item()))
    assert torch.corrcoef(torch.stack((mean, truth)))[0, 1] >= 0.95
    assert (mean - truth).square().mean().sqrt() <= 0.25
    assert ((mean - truth).abs() < 1.96 * deviation).double().mean() >= 0.8
    assert posterior.concentration == pytest.approx(best_concentration(TRUTH, trials), rel=0.03)

    fresh = answered(TRUTH, continuous_displays(3000, 6, seed=15), seed=16)
    inside = fresh.displays  # both designs keep the same distance
    posterior = replace(posterior, distances=TRUTH.distances, report_distances=TRUTH.report_distances)
    reached, best = (response_log_density(model, inside, fresh.response).mean() for model in (posterior, TRUTH))
    parametric = mixture_log_density(fit_mixture(trials), inside, fresh.response).mean()
    assert (reached - parametric) / (best - parametric) >= 0.9


def test_no_modulation_has_the_higher_bound_where_there_is_none():
    trials = answered(observer(-1.5), located_displays(600, 4, seed=17), seed=18)
    elbo = {
        name: fit_bns(trials, SwapModel(LADDER[name]), BnsConfig(steps=150), generator=seeded(0)).elbo
        for name in ("none", "cue", "report")
    }
    assert max(elbo, key=elbo.get) == "none"


def test_each_person_has_an_own_level_and_emission():
    sharp, broad = observer(-0.5, (0.5,), concentration=20.0), observer(-2.5, (0.5,), concentration=4.0)
    first = answered(sharp, located_displays(500, 3, seed=20), seed=20)
    second = answered(broad, located_displays(500, 3, seed=21), seed=21)
    both = Trials(
        Displays(
            *(
                torch.cat([getattr(one.displays, name) for one in (first, second)])
                for name in ("report", "probe", "cued")
            )
        ),
        torch.cat((first.response, second.response)),
        torch.arange(1000) // 500,
    )
    fit = fit_bns(both, by_person(CUE), BnsConfig(steps=150), generator=seeded(0))
    posteriors = [cell(fit, set_size=3, subject=person) for person in (0, 1)]
    best = [best_concentration(*each) for each in ((sharp, first), (broad, second))]
    assert [each.concentration for each in posteriors] == pytest.approx(best, rel=0.06)
    for each, level in zip(posteriors, (-0.5, -2.5)):
        mean, deviation = swap_function(each, LOCATIONS)
        assert ((mean - level - 0.5 * LOCATIONS.cos()).abs() < 3.5 * deviation).all()
    whole = swap_function(cell(replace_precision(fit), set_size=3), LOCATIONS)[0]
    assert (swap_function(posteriors[1], LOCATIONS)[0] < whole).all() and (
        whole < swap_function(posteriors[0], LOCATIONS)[0]
    ).all()


def replace_precision(fit: SwapFit) -> SwapFit:
    """The fit with the first person's emission for all, so that the function of the population can be asked for."""
    layout = replace(fit.layout, precision=replace(fit.layout.precision, levels=fit.layout.precision.levels[:1]))
    return replace(fit, layout=layout, model=replace(fit.model, precision_by=("set_size",)))


def test_real_people_swap_to_the_nearest_location(data_folder):
    trials = load_data("vandenberg2012_color", data_folder)
    trials = trials[trials.displays.set_size == 8]
    modulated, flat = (
        fit_bns(trials, SwapModel(LADDER[name]), BnsConfig(), generator=seeded(0)) for name in ("cue", "none")
    )
    torch.testing.assert_close(modulated.cue_distances, LOCATIONS, atol=1e-5, rtol=0)
    assert not modulated.continuous
    assert modulated.model.basis.cue == 4
    assert modulated.elbo - flat.elbo > 20
    # free weights per distance, by maximum likelihood; the prior draws the rare far swaps in
    published = torch.tensor([0.159, 0.084, 0.006, 0.046], dtype=DOUBLE)
    mean, deviation = swap_function(cell(modulated, set_size=8), LOCATIONS)
    assert ((mean - published.logit()).abs() < 3 * deviation).all()
    assert mean.sigmoid()[:2].tolist() == pytest.approx(published[:2].tolist(), abs=0.005)
    assert cell(modulated, set_size=8).concentration == pytest.approx(5, abs=0.2)


def test_bays_2009_has_the_weights_of_another_implementation(data_folder):
    """Six items, all people together, full model: weights at 45, 90, 135 and 180 degrees."""
    trials = load_data("bays2009", data_folder)
    fit = fit_bns(trials[trials.displays.set_size == 6], SwapModel(LADDER["full"]), generator=seeded(0))
    mean, _ = swap_function(cell(fit, set_size=6), LOCATIONS)
    assert mean.exp().tolist() == pytest.approx([0.224, 0.126, 0.116, 0.138], abs=0.015)


# --- bad input ------------------------------------------------------------------------------------------------------


def test_unusable_trials_are_refused():
    trials = located_trials(50, 3, seed=23)
    shown = trials.displays

    def with_displays(report: torch.Tensor, probe: torch.Tensor) -> Trials:
        return Trials(Displays(report, probe, shown.cued), trials.response, trials.subject)

    probe = shown.probe.clone()
    probe[7, 2] = probe[7, 0]
    missing = shown.report.clone()
    missing[3, 0] = math.nan
    response = trials.response.clone()
    response[4] = math.nan
    alone = shown.report.clone()
    alone[:, 1:] = math.nan
    cases = {
        "display 7 has a non-target at the cued probe": with_displays(shown.report, probe),
        "displays of one item": with_displays(alone, shown.probe),
        "display 0 has an item without probe": with_displays(shown.report, torch.full_like(probe, math.nan)),
        "trial 3 lacks a response or its cued item": with_displays(missing, shown.probe),
        "trial 4 lacks a response or its cued item": replace(trials, response=response),
        "there are no trials to fit": trials[:0],
    }
    for message, faulty in cases.items():
        with pytest.raises(SurrogateError, match=message):
            fit_bns(faulty, CUE, SHORT, generator=seeded(0))


def finite(fit: SwapFit) -> bool:
    numbers = (fit.mean, fit.cholesky, fit.variances, fit.decays, fit.emission_parameters, fit.elbo_trace)
    return all(each.isfinite().all() for each in numbers) and math.isfinite(fit.elbo)


@pytest.mark.parametrize("emission", EMISSIONS)
@pytest.mark.parametrize("guesses", [True, False])
def test_unusual_trials_have_a_well_defined_fit(emission, guesses):
    model = replace(FULL, emission=emission, guesses=guesses)
    trials = located_trials(30, 3, seed=24)
    same_colour = trials.displays.report.clone()
    same_colour[:, 1] = same_colour[:, 0]
    cases = {
        "all responses exact": replace(trials, response=trials.displays.cued_report),
        "colour of the target": replace(trials, displays=replace(trials.displays, report=same_colour)),
        "one trial per person": replace(trials, subject=torch.arange(30)),
        "one trial": trials[:1],
    }
    for name, unusual in cases.items():
        chosen = by_person(model) if name == "one trial per person" else model
        assert finite(fit_bns(unusual, chosen, BnsConfig(steps=3, final_draws=8), generator=seeded(0))), name


def test_equal_responses_have_a_well_defined_fit():
    trials = located_trials(30, 3, seed=24)
    equal = replace(trials, response=torch.full_like(trials.response, 0.5))
    assert finite(fit_bns(equal, FULL, BnsConfig(steps=3, final_draws=8), generator=seeded(0)))


def test_one_item_alone_can_be_fitted_without_swaps():
    trials = answered(observer(-1.0), of_sizes(located_displays(200, 2, seed=25), (1,)), seed=25)
    fit = fit_bns(
        trials, SwapModel(ACCOUNTS["uniform guess"]), BnsConfig(steps=100, final_draws=8), generator=seeded(0)
    )
    mixture = fit_mixture(trials)
    posterior = cell(fit, set_size=1)
    assert posterior.concentration == pytest.approx(mixture.concentration, rel=0.05)
    density = response_log_density(posterior, trials.displays, trials.response).sum()
    assert density.item() == pytest.approx(mixture.log_likelihood, abs=0.5)


def test_probe_features_are_needed_only_by_models_that_use_them():
    trials = located_trials(60, 3, seed=26)
    blind = replace(trials, displays=replace(trials.displays, probe=torch.full_like(trials.displays.probe, math.nan)))
    for name in ("none", "report"):
        model = replace(FULL, terms=LADDER[name])
        seen, unseen = (fit_bns(each, model, SHORT, generator=seeded(0)) for each in (trials, blind))
        torch.testing.assert_close(seen.mean, unseen.mean)


def test_a_small_set_size_borrows_the_shape_from_the_others():
    displays = of_sizes(located_displays(420, 4, seed=27), (4,) * 20 + (2,))
    trials = answered(observer(-1.0, (1.5,)), displays, seed=27)
    few = trials.displays.set_size == 2
    assert few.sum() == 20
    alone = fit_bns(trials[few], CUE, BnsConfig(steps=100, final_draws=8), generator=seeded(0))
    together = fit_bns(trials, CUE, BnsConfig(steps=100, final_draws=8), generator=seeded(0))
    widths = [swap_function(cell(fit, set_size=2), alone.cue_distances)[1] for fit in (alone, together)]
    assert (widths[1] < widths[0]).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("draws", 7),
        ("draws", 0),
        ("steps", 0),
        ("learning_rate", 0.0),
        ("averaged", 0.0),
        ("averaged", 1.1),
        ("final_draws", 6),
    ],
)
def test_config_says_what_is_allowed(field, value):
    with pytest.raises(ValueError, match=f"BnsConfig.{field} is {value}"):
        BnsConfig(**{field: value})


def test_weights_are_whitened():
    trials = located_trials(40, 3, seed=28)
    fit = fit_bns(trials, FULL, SHORT, generator=seeded(0))
    scale = prior_scale(fit.model, fit.layout, fit.variances, fit.decays)
    assert scale[0].square().item() == pytest.approx(4)
    # a cue effect of the prior varies by s on average over the circle, on which the mean of cos^2 is 1/2
    assert (scale[1:4].square() / 2).sum().item() == pytest.approx(fit.variances[1].item())
    assert weight_draws(fit, 3, generator=seeded(0)).shape == (3, len(scale))
