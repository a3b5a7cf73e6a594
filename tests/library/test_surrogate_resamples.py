"""Two components beside three, information criteria, and intervals from resampled trials."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import vonmises

from swapbook.benchmarks.mixture_fits import ALLOWED, best_of_random_starts, log_likelihood
from swaputils.data.catalogue import load
from swaputils.data.simulated import simulated_trials
from swaputils.jobs import run
from swaputils.surrogate import MIXTURES, MixtureFit, SurrogateError, fit_mixture, mixture_intervals, mixture_resamples
from swaputils.surrogate.mixture import TARGET_GUESS, TARGET_NONTARGET_GUESS, aligned, by_person
from swaputils.surrogate.mixture_resamples import (
    PARAMETERS,
    mixture_jobs,
    mixture_replicates,
    mixture_rows,
    mixture_tables,
)
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


# person, set size and resample of simulated people: in the first two, maxima with p_N = 0 and with p_U = 0 lie closer together
# than the grid of concentrations; in the others, one maximum describes few precise responses and another one many imprecise
HARD_RESAMPLES = {TARGET_NONTARGET_GUESS: [(2, 2), (3, 3), (2, 8), (14, 8)], TARGET_GUESS: [(2, 8), (6, 6)]}


@pytest.mark.parametrize("components", MIXTURES.values(), ids=MIXTURES.keys())
def test_a_resample_is_fitted_as_well_as_from_random_starts(data_folder, components):
    people = simulated_trials(0, people=19, trials_per_set_size=100)
    cells = [of(people, *cell) for cell in HARD_RESAMPLES[components]]
    cells.append(of(load("bays2009", data_folder), 1, 6))  # its share of swaps is 0
    for trials in cells:
        resamples = [trials[torch.randint(len(trials), (len(trials),), generator=seeded(seed))] for seed in range(4)]
        for again in resamples:
            shared = np.array([0, 1, 2] if "nontarget" in components else [0, 2])
            best = best_of_random_starts(aligned(again).numpy(), shared, np.random.default_rng(0))
            assert fit_mixture(again, components).log_likelihood >= best - ALLOWED


def test_resamples_are_those_of_the_generator():
    trials = simulated(TRUTH, set_size=3, trials=60)
    replicates = mixture_replicates(trials, resamples=4, generator=seeded(1))
    picks = torch.randint(60, (4, 60), generator=seeded(1))
    for picked, replicate in zip(picks, replicates):
        fit = fit_mixture(trials[picked])
        assert replicate.tolist() == pytest.approx([getattr(fit, name) for name in PARAMETERS], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("components", MIXTURES.values(), ids=MIXTURES.keys())
def test_the_maximum_is_stationary_inside_and_falls_off_from_borders(components):
    """Neighbours of the fit in a random direction are no higher, also where a share is 0."""
    draw = np.random.default_rng(0)
    for seed, set_size in itertools.product(range(6), (2, 5)):
        trials = simulated(MixtureFit(12.0, 0.97, 0.02, 0.01, 0.0, 0), set_size, trials=40, seed=seed)
        fit = fit_mixture(trials, components)
        shares = np.array([fit.p_target, fit.p_nontarget, fit.p_uniform])
        cosine = aligned(trials).numpy()
        for _ in range(30):
            other = draw.dirichlet(np.ones(3)) if "nontarget" in components else np.insert(draw.dirichlet([1, 1]), 1, 0)
            near = shares + 1e-3 * (other - shares)
            kernel = vonmises.pdf(np.arccos(cosine), fit.concentration * math.exp(1e-3 * draw.normal()))
            density = near[0] * kernel[0] + near[1] * kernel[1:].mean(0) + near[2] / (2 * math.pi)
            assert np.log(density).sum() <= fit.log_likelihood + 1e-9


def test_several_processes_give_the_same_tables():
    cells = by_person(simulated_trials(3, people=2, trials_per_set_size=30))[:5]
    one, two = (run(mixture_jobs(cells, 3, generator=seeded()), processes) for processes in (1, 2))
    for first, second in zip(mixture_rows(one), mixture_rows(two)):
        assert first.equals(second)
    people, _ = mixture_tables(cells, 3, generator=seeded())
    assert people.equals(mixture_rows(one)[0]) and "p_target_low" in people


def test_without_resamples_there_are_no_intervals():
    people, group = mixture_tables(
        by_person(simulated_trials(3, people=2, trials_per_set_size=30)), 0, generator=seeded()
    )
    assert len(people) == 32 and len(group) == 16
    assert not [name for table in (people, group) for name in table if name.endswith(("_low", "_high"))]


def test_the_spread_of_resamples_is_that_of_fresh_data():
    fresh = [fit_mixture(simulated(TRUTH, set_size=3, trials=300, seed=seed)) for seed in range(1, 41)]
    spread = torch.tensor([[getattr(fit, name) for name in PARAMETERS[1:]] for fit in fresh]).std(dim=0)
    trials = simulated(TRUTH, set_size=3, trials=300)
    resampled = mixture_replicates(trials, resamples=200, generator=seeded())[:, 1:].std(dim=0)
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
    monkeypatch.setattr(mixture_resamples, "BLOCK", 4)
    trials = simulated(TRUTH, set_size=2, trials=60)
    replicates = mixture_replicates(trials, resamples=10, generator=seeded())
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
        assert mixture_replicates(trials, resamples=5, generator=seeded()).isfinite().all()


def test_an_item_like_the_target_shares_its_responses():
    fit = fit_mixture(constant(0.5, 0.5, 30, items=2))
    assert fit.p_uniform == pytest.approx(0, abs=1e-3)
    assert fit.p_target + fit.p_nontarget == pytest.approx(1, abs=1e-3)
