"""Simulated observers have the swap function that the module states."""

import itertools
import math

import pytest
import torch

from swaputils.angles import distance
from swaputils.data.simulated import GROUP_MEANS, simulated_swap_function, simulated_trials
from swaputils.surrogate import LADDER, BnsConfig, SwapModel, cell, fit_bns
from swaputils.surrogate.mixture import fit_mixture
from swaputils.surrogate.posterior import swap_function

PLACES = torch.arange(1, 5, dtype=torch.float64) * (math.pi / 4)


@pytest.fixture(scope="module")
def trials():
    return simulated_trials(seed=0)


@pytest.mark.parametrize("set_size", range(2, 9))
def test_expected_weight_of_nontargets_is_the_group_mean(set_size):
    others = torch.arange(1, 8, dtype=torch.float64) * (math.pi / 4)
    weight = simulated_swap_function(others, set_size).exp().tolist()
    displays = [sum(chosen) for chosen in itertools.combinations(weight, set_size - 1)]
    means = GROUP_MEANS[set_size]
    assert sum(displays) / len(displays) == pytest.approx(means.p_nontarget / means.p_target)


def test_swap_probabilities_of_two_items_are_like_the_human_ones():
    human = torch.tensor([0.159, 0.084, 0.006, 0.046], dtype=torch.float64)
    simulated = simulated_swap_function(PLACES, 8).sigmoid()
    torch.testing.assert_close(simulated, human, rtol=0, atol=0.03)
    assert (simulated.diff() < 0).all()


@pytest.mark.parametrize("set_size", [0, 1, 9])
def test_other_set_sizes_are_refused(set_size):
    with pytest.raises(ValueError, match="is known for 2 to 8 items"):
        simulated_swap_function(PLACES, set_size)


def test_displays_are_those_of_the_experiment(trials):
    displays = trials.displays
    assert len(trials) == 13 * 8 * 216 and displays.report.dtype == torch.float64
    cells = torch.stack((trials.subject, displays.set_size)).unique(dim=1, return_counts=True)
    assert cells[0].shape[1] == 13 * 8 and (cells[1] == 216).all()
    place = displays.probe / (math.pi / 4)
    torch.testing.assert_close(place, place.round(), rtol=0, atol=1e-12, equal_nan=True)
    pairs = distance(displays.probe[:, :, None], displays.probe[:, None, :]) + torch.eye(8)
    assert pairs[~pairs.isnan()].min() > 0.7
    assert displays.is_cued[~displays.present].sum() == 0


def test_the_seed_decides_everything():
    few = {"people": 2, "trials_per_set_size": 5}
    first, again, other = (simulated_trials(seed, **few) for seed in (3, 3, 4))
    assert first.response.equal(again.response) and not first.response.equal(other.response)


@pytest.mark.parametrize("set_size", [1, 8])
def test_the_mixture_recovers_the_group_means(trials, set_size):
    fit, means = fit_mixture(trials[trials.displays.set_size == set_size]), GROUP_MEANS[set_size]
    assert fit.p_target == pytest.approx(means.p_target, abs=0.04)
    assert fit.p_nontarget == pytest.approx(means.p_nontarget, abs=0.04)
    assert fit.concentration == pytest.approx(means.concentration, rel=0.1)


def test_the_surrogate_recovers_the_swap_function(trials, generator):
    chosen, model = trials[trials.displays.set_size == 8], SwapModel(LADDER["cue"])
    fitted = cell(fit_bns(chosen, model, BnsConfig(steps=200), generator=generator), set_size=8)
    mean, deviation = swap_function(fitted, PLACES)
    miss = (mean - simulated_swap_function(PLACES, 8)) / deviation
    assert miss.abs().max() < 3.5
    assert torch.corrcoef(torch.stack((mean.sigmoid(), simulated_swap_function(PLACES, 8).sigmoid())))[0, 1] > 0.95
