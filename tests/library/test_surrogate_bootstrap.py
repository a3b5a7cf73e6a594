"""Two components beside three, information criteria, and intervals from resampled trials."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import vonmises

from swapbook.benchmarks.mixture_fits import ALLOWED, best_of_random_starts, log_likelihood
from swaputils.data.catalogue import load
from swaputils.surrogate import MIXTURES, MixtureFit, SurrogateError, bootstrap, fit_mixture, mixture_intervals
from swaputils.surrogate.bootstrap import PARAMETERS, mixture_replicates
from swaputils.surrogate.mixture import TARGET_GUESS, TARGET_NONTARGET_GUESS, aligned
from swaputils.trials import Displays, Trials
from tests.small import seeded, simulated

TRUTH = MixtureFit(8.0, 0.65, 0.25, 0.1, 0.0, 0)
HARD = [(11, 6), (1, 6), (8, 6), (3, 4), (1, 1)]  # two close modes; shares at 0; one item


def of(trials: Trials, subject: int, set_size: int) -> Trials:
    return trials[(trials.subject == subject) & (trials.displays.set_size == set_size)]


@pytest.mark.parametrize("cell", HARD)
@pytest.mark.parametrize("components", MIXTURES.values(), ids=MIXTURES.keys())
def test_no_random_start_of_another_optimiser_gets_higher(data_folder, cell, components):
    trials = of(load("bays2009", data_folder), *cell)
    shared = np.array([0, 1, 2] if "nontarget" in components and cell[1] > 1 else [0, 2])
    best = best_of_random_starts(aligned(trials).numpy(), shared, np.random.default_rng(0))
    assert fit_mixture(trials, components).log_likelihood == pytest.approx(best, abs=ALLOWED)


@pytest.mark.parametrize(
    ("narrow", "wide"), [((0.005, 31), (1.0, 69)), ((0.02, 5), (1.0, 59)), ((0.004, 15), (1.1, 64))]
)
def test_the_higher_of_two_far_modes_is_found(narrow, wide):
    """Two widths of errors: kappa fits the one or the other, and which is higher differs from case to case."""
    errors = torch.cat([torch.randn(n, dtype=torch.float64, generator=seeded()) * width for width, n in (narrow, wide)])
    report = torch.zeros(len(errors), 1, dtype=torch.float64)
    displays = Displays(report, torch.full_like(report, math.nan), torch.zeros(len(errors), dtype=torch.long))
    trials = Trials(displays, errors, torch.ones(len(errors), dtype=torch.long))
    cosine = aligned(trials).numpy()
    ends = [best_of_random_starts(cosine, np.array([0, 2]), np.random.default_rng(seed)) for seed in range(3)]
    assert fit_mixture(trials).log_likelihood == pytest.approx(max(ends), abs=ALLOWED)


def test_the_likelihood_of_the_benchmark_is_that_of_scipy():
    errors = torch.tensor([[0.3, -1.0], [2.0, 0.5], [-3.0, 1.1]], dtype=torch.float64)
    shares = np.array([0.6, 0.3, 0.1])
    point = np.array([math.log(5.0), math.log(0.3 / 0.6), math.log(0.1 / 0.6)])
    kernel = vonmises.pdf(errors.numpy(), 5.0)
    expected = np.log(shares[0] * kernel[0] + shares[1] * kernel[1:].mean(0) + shares[2] / (2 * math.pi)).sum()
    assert log_likelihood(point, errors.cos().numpy(), np.array([0, 1, 2])) == pytest.approx(expected)


def test_without_swaps_the_mixture_is_that_of_the_targets_alone():
    trials = simulated(TRUTH, set_size=4, trials=300)
    report = trials.displays.report.where(trials.displays.is_cued, math.nan)
    alone = Trials(Displays(report, trials.displays.probe, trials.displays.cued), trials.response, trials.subject)
    two, single = fit_mixture(trials, TARGET_GUESS), fit_mixture(alone)
    assert two.p_nontarget == 0
    assert two.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-6)
    assert fit_mixture(trials).log_likelihood > two.log_likelihood + 10


def test_information_criteria_count_what_was_free():
    trials = simulated(TRUTH, set_size=3, trials=100)
    for components, free in ((TARGET_GUESS, 2), (TARGET_NONTARGET_GUESS, 3)):
        fit = fit_mixture(trials, components)
        assert fit.parameters == free
        assert fit.aic == pytest.approx(2 * free - 2 * fit.log_likelihood)
        assert fit.bic == pytest.approx(free * math.log(100) - 2 * fit.log_likelihood)
    assert fit_mixture(simulated(TRUTH, set_size=1, trials=50)).parameters == 2


def test_other_components_are_refused():
    with pytest.raises(SurrogateError, match="components of the mixture are .*allowed are"):
        fit_mixture(simulated(TRUTH, set_size=3, trials=20), ("target", "nontarget"))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_resample_is_fitted_as_well_as_from_all_starts(data_folder, seed):
    trials = of(load("bays2009", data_folder), 1, 6)  # its share of swaps is 0, which EM alone only creeps up to
    replicates = mixture_replicates(trials, fit_mixture(trials), 10, generator=seeded(seed))
    picks = torch.randint(len(trials), (10, len(trials)), generator=seeded(seed))
    for picked, replicate in zip(picks, replicates):
        again = trials[picked]
        point = replicate.clone()
        cosine = aligned(again)
        kernel = torch.from_numpy(vonmises.pdf(cosine.acos().numpy(), float(point[0])))
        density = point[1] * kernel[0] + point[2] * kernel[1:].mean(0) + point[3] / (2 * math.pi)
        assert density.log().sum().item() >= fit_mixture(again).log_likelihood - ALLOWED


def test_the_spread_of_resamples_is_that_of_fresh_data():
    fresh = [fit_mixture(simulated(TRUTH, set_size=3, trials=300, seed=seed)) for seed in range(1, 41)]
    spread = torch.tensor([[getattr(fit, name) for name in PARAMETERS[1:]] for fit in fresh]).std(dim=0)
    trials = simulated(TRUTH, set_size=3, trials=300)
    resampled = mixture_replicates(trials, fit_mixture(trials), 200, generator=seeded())[:, 1:].std(dim=0)
    ratio = resampled / spread
    assert (ratio > 0.6).all() and (ratio < 1.67).all()


def test_intervals_hold_the_estimate_and_repeat_with_the_seed():
    trials = simulated(TRUTH, set_size=3, trials=150)
    table, again = (mixture_intervals(trials, resamples=40, generator=seeded(3)) for _ in range(2))
    assert table.index.tolist() == PARAMETERS and table.equals(again)
    assert (table["low"] < table["estimate"]).all() and (table["estimate"] < table["high"]).all()
    narrow = mixture_intervals(trials, resamples=40, level=0.5, generator=seeded(3))
    assert (narrow["high"] - narrow["low"] < table["high"] - table["low"]).all()
    with pytest.raises(SurrogateError, match="level of the interval is 95"):
        mixture_intervals(trials, level=95.0, generator=seeded())


def test_blocks_of_resamples_are_all_kept(monkeypatch):
    monkeypatch.setattr(bootstrap, "BLOCK", 4)
    trials = simulated(TRUTH, set_size=2, trials=60)
    replicates = mixture_replicates(trials, fit_mixture(trials), 10, generator=seeded())
    assert replicates.shape == (10, 4)
    torch.testing.assert_close(replicates[:, 1:].sum(1), torch.ones(10, dtype=torch.float64))


def constant(report: float, response: float, trials: int, items: int) -> Trials:
    """Trials in which everything is the same."""
    trial = simulated(TRUTH, set_size=items, trials=trials)
    same = torch.full_like(trial.displays.report, report)
    displays = Displays(same, trial.displays.probe, trial.displays.cued)
    return Trials(displays, torch.full_like(trial.response, response), trial.subject)


@pytest.mark.parametrize("items", [1, 3])
def test_one_trial_and_equal_responses_have_a_finite_fit(items):
    for trials in (simulated(TRUTH, items, trials=1), constant(0.5, 0.5, 30, items), constant(0.5, -2.0, 30, items)):
        fit = fit_mixture(trials)
        assert all(math.isfinite(value) for value in vars(fit).values())
        assert fit.p_target + fit.p_nontarget + fit.p_uniform == pytest.approx(1)
        assert mixture_replicates(trials, fit, 5, generator=seeded()).isfinite().all()


def test_an_item_like_the_target_shares_its_responses():
    fit = fit_mixture(constant(0.5, 0.5, 30, items=2))
    assert fit.p_uniform == pytest.approx(0, abs=1e-3)
    assert fit.p_target + fit.p_nontarget == pytest.approx(1, abs=1e-3)
