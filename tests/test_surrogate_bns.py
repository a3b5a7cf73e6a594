"""The swap function of cue distance: symmetries, oracles for every term of the bound, recovery, and real data."""

import itertools
import math

import pytest
import torch
from scipy.integrate import quad
from torch.distributions import MultivariateNormal, kl_divergence

from swaputils.circular import wrap
from swaputils.data import load as load_data
from swaputils.records import Displays, Trials
from swaputils.store import Run, StoreError, write_run
from swaputils.surrogate import (
    BnsConfig,
    MixtureFit,
    OutsideSupport,
    SurrogateError,
    SwapPosterior,
    fit_bns,
    fit_mixture,
    load,
    log_weights,
    mixture_log_density,
    response_log_density,
    sample_responses,
    save,
    swap_function,
    swap_function_draws,
    two_item_swap_probability,
)
from swaputils.surrogate.bns import Parameters, antithetic, divergence, evidence_bound, log_likelihood, prepare
from swaputils.surrogate.posterior import LEVEL, SPREAD, prior_scale, spectrum

DOUBLE = torch.float64
LOCATIONS = torch.arange(1, 5, dtype=DOUBLE) * math.pi / 4
SEPARATION = 0.3


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def observer(
    level: float, cosines: tuple[float, ...], concentration: float = 10.0, uniform_logit: float = -3.0
) -> SwapPosterior:
    """A posterior that is certain of f(delta) = level + sum_j cosines[j] cos(j delta), for continuous displays."""
    scale = prior_scale(torch.tensor(0.5, dtype=DOUBLE), torch.tensor(2.0, dtype=DOUBLE), len(cosines))
    mean = torch.tensor([level - LEVEL, *cosines], dtype=DOUBLE) / scale
    return SwapPosterior(
        mean=mean,
        cholesky=torch.zeros(len(mean), len(mean), dtype=DOUBLE),
        amplitude=0.5,
        decay=2.0,
        concentration=concentration,
        uniform_logit=uniform_logit,
        distances=torch.tensor([SEPARATION, math.pi], dtype=DOUBLE),
        continuous=True,
        set_size=6,
        trials=0,
        elbo=0.0,
        elbo_trace=torch.zeros(0, dtype=DOUBLE),
    )


def spaced_angles(displays: int, items: int, generator: torch.Generator) -> torch.Tensor:
    """Random angles at least SEPARATION apart: spacings of uniform points, a random turn and a random order."""
    cuts = torch.rand(displays, items - 1, dtype=DOUBLE, generator=generator).sort(1).values
    edges = torch.cat((torch.zeros(displays, 1), cuts, torch.ones(displays, 1)), dim=1)
    gaps = SEPARATION + edges.diff(dim=1) * (2 * math.pi - items * SEPARATION)
    turn = torch.rand(displays, 1, dtype=DOUBLE, generator=generator) * 2 * math.pi
    order = torch.rand(displays, items, generator=generator).argsort(1)
    return wrap(gaps.cumsum(1) + turn).gather(1, order)


def continuous_displays(displays: int, items: int, seed: int) -> Displays:
    generator = seeded(seed)
    report, probe = (spaced_angles(displays, items, generator) for _ in range(2))
    return Displays(report, probe, torch.randint(items, (displays,), generator=generator))


def answered(truth: SwapPosterior, displays: Displays, seed: int) -> Trials:
    response, _ = sample_responses(truth, displays, generator=seeded(seed))
    return Trials(displays, response, torch.ones(len(displays), dtype=torch.long))


def located_trials(trials: int, items: int, seed: int, truth: SwapPosterior | None = None) -> Trials:
    """Displays on 8 locations, rounded to six decimals as files are."""
    generator = seeded(seed)
    places = torch.rand(trials, 8, generator=generator).argsort(1)[:, :items]
    probe = (wrap(places.double() * math.pi / 4) * 1e6).round() / 1e6
    report = torch.rand(trials, items, dtype=DOUBLE, generator=generator) * 2 * math.pi - math.pi
    displays = Displays(report, probe, torch.zeros(trials, dtype=torch.long))
    return answered(truth or observer(-1.5, (0.9, 0.4)), displays, seed)


def parameters(harmonics: int, seed: int) -> Parameters:
    """Some q and some point estimates."""
    mean = torch.randn(harmonics + 1, dtype=DOUBLE, generator=seeded(seed)) / 2
    triangle = torch.randn(harmonics + 1, harmonics + 1, dtype=DOUBLE, generator=seeded(seed + 1)) / 4 - 0.5
    scalars = torch.tensor([-0.5, 0.7, 1.9, -1.5], dtype=DOUBLE)
    return Parameters(mean, triangle, *scalars)


TRUTH = observer(-2.45, (0.9, 0.8))


# --- what a posterior says about displays ---------------------------------------------------------------------------


def test_density_equals_brute_force():
    displays = continuous_displays(10, 3, seed=0)
    responses = torch.linspace(-3, 3, 10, dtype=DOUBLE)
    found = response_log_density(TRUTH, displays, responses).exp()
    bessel = torch.special.i0(torch.tensor(10.0, dtype=DOUBLE)).item()
    for row in range(10):
        cued = displays.cued[row].item()
        weighted, total = math.exp(-3) / (2 * math.pi), math.exp(-3)
        for item in range(3):
            gap = (displays.probe[row, item] - displays.probe[row, cued]).item()
            weight = 1 if item == cued else math.exp(-2.45 + 0.9 * math.cos(gap) + 0.8 * math.cos(2 * gap))
            error = (responses[row] - displays.report[row, item]).item()
            weighted += weight * math.exp(10 * math.cos(error)) / (2 * math.pi * bessel)
            total += weight
        assert found[row].item() == pytest.approx(weighted / total, rel=1e-10)


def test_density_integrates_to_one():
    grid = torch.linspace(-math.pi, math.pi, 401, dtype=DOUBLE)[:-1]
    repeated = continuous_displays(1, 6, seed=1)[torch.zeros(400, dtype=torch.long)]
    total = response_log_density(TRUTH, repeated, grid).exp().mean() * 2 * math.pi
    assert total.item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("turn", [0.7, -2.9])
def test_rotating_features_rotates_responses(turn):
    displays = continuous_displays(50, 4, seed=2)
    response = torch.linspace(-3, 3, 50, dtype=DOUBLE)
    density = response_log_density(TRUTH, displays, response)
    reports_turned = Displays(wrap(displays.report + turn), displays.probe, displays.cued)
    torch.testing.assert_close(response_log_density(TRUTH, reports_turned, wrap(response + turn)), density)
    probes_turned = Displays(displays.report, wrap(displays.probe + turn), displays.cued)
    torch.testing.assert_close(response_log_density(TRUTH, probes_turned, response), density)


def test_permuting_items_permutes_components():
    displays = continuous_displays(50, 4, seed=3)
    order = torch.tensor([2, 0, 3, 1])
    moved = Displays(displays.report[:, order], displays.probe[:, order], order.argsort()[displays.cued])
    torch.testing.assert_close(log_weights(TRUTH, moved), log_weights(TRUTH, displays)[:, order])
    response = torch.linspace(-3, 3, 50, dtype=DOUBLE)
    density = response_log_density(TRUTH, displays, response)
    torch.testing.assert_close(response_log_density(TRUTH, moved, response), density)


def test_absent_items_change_nothing():
    displays = continuous_displays(20, 3, seed=4)
    gap = torch.full((20, 2), math.nan, dtype=DOUBLE)
    padded = Displays(torch.cat((gap, displays.report), 1), torch.cat((gap, displays.probe), 1), displays.cued + 2)
    assert (log_weights(TRUTH, padded)[:, :2] == -math.inf).all()
    torch.testing.assert_close(log_weights(TRUTH, padded)[:, 2:], log_weights(TRUTH, displays))
    response = torch.linspace(-3, 3, 20, dtype=DOUBLE)
    expected = response_log_density(TRUTH, displays, response)
    torch.testing.assert_close(response_log_density(TRUTH, padded, response), expected)


def test_flat_swap_function_is_the_parametric_mixture():
    flat = observer(-1.2, (0.0, 0.0), concentration=7.0, uniform_logit=-0.8)
    total = 1 + 3 * math.exp(-1.2) + math.exp(-0.8)
    mixture = MixtureFit(7.0, 1 / total, 3 * math.exp(-1.2) / total, math.exp(-0.8) / total, 0.0, 0)
    displays = continuous_displays(50, 4, seed=5)
    response = torch.linspace(-3, 3, 50, dtype=DOUBLE)
    expected = mixture_log_density(mixture, displays, response)
    torch.testing.assert_close(response_log_density(flat, displays, response), expected)


def test_two_item_weights_are_the_sigmoid_of_the_swap_function():
    displays = continuous_displays(50, 2, seed=6)
    gap = (displays.probe[:, 0] - displays.probe[:, 1]).cos().acos()
    swapped = log_weights(TRUTH, displays)[~displays.is_cued].exp()
    torch.testing.assert_close(swapped, two_item_swap_probability(TRUTH, gap))
    torch.testing.assert_close(swapped, (-2.45 + 0.9 * gap.cos() + 0.8 * (2 * gap).cos()).sigmoid())


def test_weights_follow_the_dtype_of_the_displays():
    displays = continuous_displays(5, 3, seed=7)
    single = Displays(displays.report.float(), displays.probe.float(), displays.cued)
    assert log_weights(TRUTH, single).dtype == torch.float32
    assert sample_responses(TRUTH, single, generator=seeded(0))[0].dtype == torch.float32


def test_sampled_responses_follow_the_density():
    displays = continuous_displays(1, 3, seed=8)[torch.zeros(40_000, dtype=torch.long)]
    loose = observer(-1.0, (0.5,), concentration=3.0, uniform_logit=-1.0)
    response, component = sample_responses(loose, displays, generator=seeded(1))
    assert ((response >= -math.pi) & (response < math.pi)).all()

    logits = torch.cat((log_weights(loose, displays[:1])[0], torch.zeros(1, dtype=DOUBLE)))
    logits[-1] = -1.0 + logits[displays.cued[0]]
    expected = logits.softmax(0)
    frequency = torch.bincount(component, minlength=4) / len(component)
    assert ((frequency - expected).abs() < 4 * (expected / len(component)).sqrt()).all()

    edges = torch.linspace(-math.pi, math.pi, 1601, dtype=DOUBLE)
    middles = (edges[:-1] + edges[1:]) / 2
    density = response_log_density(loose, displays[:1600], middles).exp()
    cumulative = density.cumsum(0) * (edges[1] - edges[0])
    empirical = (response[:, None] <= edges[1::80]).double().mean(0)
    assert (empirical - cumulative[::80]).abs().max() < 1.95 / math.sqrt(len(response))  # Kolmogorov, p = .001


def test_draws_have_the_mean_and_sd_of_the_swap_function():
    posterior = fit_bns(located_trials(300, 4, seed=9), BnsConfig(steps=30), generator=seeded(0))
    mean, deviation = swap_function(posterior, LOCATIONS)
    draws = swap_function_draws(posterior, LOCATIONS, 20_000, generator=seeded(1))
    assert ((draws.mean(0) - mean).abs() < 4 * deviation / math.sqrt(20_000)).all()
    torch.testing.assert_close(draws.std(0), deviation, rtol=0.03, atol=0)


# --- the terms of the bound -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.5, 2.0, 5.0])
def test_spectrum_is_that_of_the_wendland_correlation(decay):
    found = spectrum(torch.tensor(decay, dtype=DOUBLE), 8)
    tau = 4 + decay

    def coefficient(order):
        return quad(lambda x: (1 + tau * x) * (1 - x) ** tau * math.cos(math.pi * order * x), 0, 1)[0]

    exact = torch.tensor([coefficient(order) for order in range(1, 9)], dtype=DOUBLE)
    assert (exact > 0).all()
    torch.testing.assert_close(found, exact / exact.sum(), rtol=1e-3, atol=1e-6)


def test_divergence_equals_that_of_the_library():
    values = parameters(harmonics=4, seed=0)
    approximation = MultivariateNormal(values.mean, scale_tril=values.cholesky)
    prior = MultivariateNormal(torch.zeros(5, dtype=DOUBLE), torch.eye(5, dtype=DOUBLE))
    torch.testing.assert_close(divergence(values), kl_divergence(approximation, prior))


def test_antithetic_draws_average_to_the_mean():
    values = parameters(harmonics=4, seed=1)
    draws = antithetic(8, values, generator=seeded(2))
    torch.testing.assert_close(draws.mean(0), values.mean)
    assert draws.std(0).min() > 0


def test_likelihood_of_the_fit_is_that_of_the_posterior():
    trials = answered(TRUTH, continuous_displays(60, 4, seed=10), seed=11)
    values = Parameters(
        mean=TRUTH.mean,
        triangle=torch.eye(3, dtype=DOUBLE),
        log_amplitude=torch.tensor(TRUTH.amplitude, dtype=DOUBLE).log(),
        log_decay=torch.tensor(TRUTH.decay, dtype=DOUBLE).log(),
        log_concentration=torch.tensor(TRUTH.concentration, dtype=DOUBLE).log(),
        uniform_logit=torch.tensor(TRUTH.uniform_logit, dtype=DOUBLE),
    )
    found = log_likelihood(values, TRUTH.mean[None], prepare(trials))
    expected = response_log_density(TRUTH, trials.displays, trials.response).sum()
    torch.testing.assert_close(found[0], expected)


def test_bound_lies_below_the_evidence_and_close_to_it():
    trials = located_trials(150, 4, seed=12)
    posterior = fit_bns(trials, BnsConfig(harmonics=1, steps=300), generator=seeded(0))
    diagonal = posterior.cholesky.diagonal().log().diag()
    scalars = (posterior.amplitude, posterior.decay, posterior.concentration)
    logs = torch.tensor([*map(math.log, scalars), posterior.uniform_logit], dtype=DOUBLE)
    values = Parameters(posterior.mean, posterior.cholesky.tril(-1) + diagonal, *logs)

    # brute force: the two whitened weights on a grid wide enough for prior and posterior
    axis = torch.linspace(-5, 5, 161, dtype=DOUBLE)
    grid = torch.tensor(list(itertools.product(axis.tolist(), repeat=2)), dtype=DOUBLE)
    data = prepare(trials)
    log_joint = torch.cat([log_likelihood(values, part, data) for part in grid.split(500)])
    log_joint = log_joint - grid.square().sum(1) / 2 - math.log(2 * math.pi)
    evidence = log_joint.logsumexp(0) + 2 * (axis[1] - axis[0]).log()
    draws = antithetic(4000, values, generator=seeded(3))
    bound = torch.cat([evidence_bound(values, part, data)[None] for part in draws.split(500)])
    hyper_prior = evidence_bound(values, draws[:2], data) - log_likelihood(values, draws[:2], data).mean()
    gap = evidence + hyper_prior + divergence(values) - bound.mean()
    assert -0.02 < gap < 0.3
    assert posterior.elbo == pytest.approx(bound.mean().item(), abs=0.3)


# --- fits -----------------------------------------------------------------------------------------------------------


def test_recovery_of_a_known_swap_function():
    trials = answered(TRUTH, continuous_displays(5000, 6, seed=13), seed=14)
    posterior = fit_bns(trials, BnsConfig(), generator=seeded(0))
    assert posterior.continuous
    assert posterior.harmonics == 8
    assert posterior.distances[0] >= SEPARATION

    grid = torch.linspace(posterior.distances[0].item(), math.pi, 60, dtype=DOUBLE)
    mean, deviation = swap_function(posterior, grid)
    truth, _ = swap_function(TRUTH, grid)
    assert torch.corrcoef(torch.stack((mean, truth)))[0, 1] >= 0.95
    assert ((mean - truth).abs() < 1.96 * deviation).double().mean() >= 0.8
    assert posterior.concentration == pytest.approx(10, rel=0.05)

    fresh = answered(TRUTH, continuous_displays(3000, 6, seed=15), seed=16)
    reached, best = (response_log_density(model, fresh.displays, fresh.response).mean() for model in (posterior, TRUTH))
    parametric = mixture_log_density(fit_mixture(trials), fresh.displays, fresh.response).mean()
    assert (reached - parametric) / (best - parametric) >= 0.9


def test_no_modulation_has_the_higher_bound_where_there_is_none():
    trials = answered(observer(-1.5, (0.0,)), continuous_displays(800, 4, seed=17), seed=18)
    modulated, flat = (
        fit_bns(trials, BnsConfig(harmonics=harmonics, steps=200), generator=seeded(0)) for harmonics in (8, 0)
    )
    assert flat.elbo > modulated.elbo
    mean, deviation = swap_function(flat, torch.linspace(1, 3, 5, dtype=DOUBLE))
    assert mean.unique().numel() == deviation.unique().numel() == 1


def test_real_people_swap_to_the_nearest_location(data_folder):
    trials = load_data("vandenberg2012_color", data_folder)
    trials = trials[trials.displays.set_size == 8]
    modulated, flat = (
        fit_bns(trials, BnsConfig(harmonics=harmonics, steps=200), generator=seeded(0)) for harmonics in (None, 0)
    )
    torch.testing.assert_close(modulated.distances, LOCATIONS, atol=1e-5, rtol=0)
    assert not modulated.continuous
    assert modulated.harmonics == 4
    assert modulated.elbo - flat.elbo > 20
    # free weights per distance, by maximum likelihood; the prior draws the rare far swaps in
    published = torch.tensor([0.159, 0.084, 0.006, 0.046], dtype=DOUBLE)
    mean, deviation = swap_function(modulated, LOCATIONS)
    assert ((mean - published.logit()).abs() < 3 * deviation).all()
    assert mean.sigmoid()[:2].tolist() == pytest.approx(published[:2].tolist(), abs=0.005)
    assert modulated.concentration == pytest.approx(5, abs=0.2)


def test_same_seed_same_posterior():
    trials = located_trials(100, 3, seed=19)
    first, second = (fit_bns(trials, BnsConfig(steps=10), generator=seeded(4)) for _ in range(2))
    assert torch.equal(first.mean, second.mean)
    assert first.elbo == second.elbo


def test_saved_posterior_comes_back(tmp_path):
    posterior = fit_bns(located_trials(100, 3, seed=20), BnsConfig(steps=5), generator=seeded(0))
    save(posterior, tmp_path / "fit")
    back = load(tmp_path / "fit")
    for name, value in vars(posterior).items():
        same = torch.equal(getattr(back, name), value) if torch.is_tensor(value) else getattr(back, name) == value
        assert same, name


def test_foreign_run_is_refused(tmp_path):
    write_run(tmp_path / "network", Run(config={"model": "network"}, weights={"mean": torch.zeros(3)}))
    with pytest.raises(StoreError, match="network"):
        load(tmp_path / "network")


# --- what is refused ------------------------------------------------------------------------------------------------


def test_distances_outside_the_support_are_refused():
    posterior = fit_bns(located_trials(100, 3, seed=21), BnsConfig(steps=2), generator=seeded(0))
    swap_function(posterior, LOCATIONS.float())
    for distance in (0.0, 0.5, math.pi / 3):
        with pytest.raises(OutsideSupport, match="0.785, 1.571, 2.356, 3.142"):
            swap_function(posterior, torch.tensor([math.pi / 2, distance], dtype=DOUBLE))
    with pytest.raises(OutsideSupport, match="0.200 rad .* from 0.300"):
        two_item_swap_probability(TRUTH, torch.tensor([0.2], dtype=DOUBLE))
    with pytest.raises(OutsideSupport):
        log_weights(posterior, continuous_displays(5, 3, seed=22))


def test_unusable_trials_are_refused():
    trials = located_trials(50, 3, seed=23)
    shown = trials.displays

    def with_displays(report, probe):
        return Trials(Displays(report, probe, shown.cued), trials.response, trials.subject)

    probe = shown.probe.clone()
    probe[7, 2] = probe[7, 0]
    absent = shown.report.clone()
    absent[3, 2] = math.nan
    alone = torch.full_like(absent, math.nan)
    alone[:, 0] = shown.report[:, 0]
    cases = {
        "display 7 .* at the cued probe": with_displays(shown.report, probe),
        "these have 2, 3": with_displays(absent, shown.probe),
        "one item": with_displays(alone, shown.probe),
        "display 0 has an item without probe": with_displays(shown.report, torch.full_like(probe, math.nan)),
    }
    for message, faulty in cases.items():
        with pytest.raises(SurrogateError, match=message):
            fit_bns(faulty, BnsConfig(steps=2), generator=seeded(0))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("harmonics", 9),
        ("harmonics", -1),
        ("draws", 7),
        ("draws", 0),
        ("steps", 0),
        ("learning_rate", 0.0),
        ("averaged", 0.0),
    ],
)
def test_config_says_what_is_allowed(field, value):
    with pytest.raises(ValueError, match=f"BnsConfig.{field} is {value}"):
        BnsConfig(**{field: value})


def test_prior_scale_gives_the_amplitude_as_variance():
    scale = prior_scale(torch.tensor(0.7, dtype=DOUBLE), torch.tensor(1.0, dtype=DOUBLE), 8)
    assert scale[0] == SPREAD
    # the mean of cos^2 over the circle is 1/2
    assert (scale[1:].square() / 2).sum().item() == pytest.approx(0.7)
