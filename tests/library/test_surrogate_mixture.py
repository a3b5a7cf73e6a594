"""The parametric mixture: published fits of real data, brute force, and boundaries."""

import math

import numpy as np
import pytest
import torch
from scipy.special import i0e, i1e

from swaputils.angles import standard_deviation, wrap
from swaputils.data.catalogue import load
from swaputils.surrogate import MixtureFit, SurrogateError, fit_mixture, fit_mixture_table, mixture_log_density
from swaputils.surrogate.compiled_loops import scaled_bessel
from swaputils.trials import Displays, Trials
from tests.small import simulated

# mean over people of maximum-likelihood fits per set size: p_T, p_N, p_U, kappa
BAYS_2009 = {
    1: (0.988, 0, 0.012, 19.28),
    2: (0.922, 0.028, 0.050, 11.05),
    4: (0.714, 0.102, 0.184, 9.18),
    6: (0.563, 0.270, 0.167, 7.88),
}
BAYS_2009_LIKELIHOODS = {  # (person, set size)
    (1, 6): -212.527,
    (4, 6): -161.895,
    (8, 6): -207.818,
    (11, 6): -219.401,
    (12, 6): -212.552,
    (1, 1): 3.666,
}
VAN_DEN_BERG_2012_EIGHT_ITEMS = (0.499, 0.308, 0.193, 5.2)


def test_unit_vector_reaches_the_published_maximum(data_folder):
    fit = fit_mixture(load("mixturer_simulated", data_folder))
    assert fit.concentration == pytest.approx(9.5527, abs=1e-3)
    assert (fit.p_target, fit.p_nontarget, fit.p_uniform) == pytest.approx((0.8031, 0.1058, 0.0911), abs=1e-3)
    assert fit.log_likelihood >= -945.5242


def test_bays_2009_group_means_and_single_fits(data_folder):
    table = fit_mixture_table(load("bays2009", data_folder))
    assert len(table) == 48
    means = table.groupby("set_size")[["p_target", "p_nontarget", "p_uniform", "concentration"]].mean()
    for set_size, published in BAYS_2009.items():
        assert tuple(means.loc[set_size])[:3] == pytest.approx(published[:3], abs=0.005)
        assert means.loc[set_size, "concentration"] == pytest.approx(published[3], abs=0.02)
    likelihoods = table.set_index(["subject", "set_size"]).log_likelihood
    for cell, published in BAYS_2009_LIKELIHOODS.items():
        assert likelihoods[cell] == pytest.approx(published, abs=0.01)


def test_bays_2009_as_one_person_and_its_spread(data_folder):
    trials = load("bays2009", data_folder)
    pooled = fit_mixture(trials[trials.displays.set_size == 6])
    shares = (pooled.p_target, pooled.p_nontarget, pooled.p_uniform)
    assert shares == pytest.approx((0.546, 0.274, 0.180), abs=0.001)
    assert pooled.concentration == pytest.approx(7.31, abs=0.01)
    error = wrap(trials.response - trials.displays.cued_report)
    spread = {size: float(standard_deviation(error[trials.displays.set_size == size])) for size in (1, 2, 4, 6)}
    assert spread == pytest.approx({1: 0.279, 2: 0.509, 4: 0.855, 6: 1.109}, abs=0.001)


def test_van_den_berg_2012_group_means_of_eight_items(data_folder):
    trials = load("vandenberg2012_color", data_folder)
    means = fit_mixture_table(trials[trials.displays.set_size == 8]).mean()
    *shares, concentration = VAN_DEN_BERG_2012_EIGHT_ITEMS
    assert tuple(means[["p_target", "p_nontarget", "p_uniform"]]) == pytest.approx(tuple(shares), abs=0.002)
    assert means["concentration"] == pytest.approx(concentration, abs=0.1)


def test_density_equals_brute_force_and_integrates_to_one():
    fit = MixtureFit(6.0, 0.6, 0.3, 0.1, 0.0, 0)
    trials = simulated(fit, set_size=3, trials=20)
    found = mixture_log_density(fit, trials.displays, trials.response).exp()
    for trial in range(20):
        expected = fit.p_uniform / (2 * math.pi)
        for item in range(3):
            share = fit.p_target if item == trials.displays.cued[trial] else fit.p_nontarget / 2
            error = (trials.response - trials.displays.report[:, item])[trial].item()
            bessel = torch.special.i0(torch.tensor(6.0, dtype=torch.float64)).item()
            expected += share * math.exp(6 * math.cos(error)) / (2 * math.pi * bessel)
        assert found[trial].item() == pytest.approx(expected, rel=1e-12)

    grid = torch.linspace(-math.pi, math.pi, 401, dtype=torch.float64)[:-1]
    repeated = trials.displays[torch.zeros(400, dtype=torch.long)]
    total = mixture_log_density(fit, repeated, grid).exp().mean() * 2 * math.pi
    assert total.item() == pytest.approx(1, abs=1e-12)


def test_fit_recovers_and_beats_the_truth_on_its_own_trials():
    truth = MixtureFit(8.0, 0.65, 0.25, 0.1, 0.0, 0)
    trials = simulated(truth, set_size=4, trials=4000)
    fit = fit_mixture(trials)
    assert (fit.p_target, fit.p_nontarget, fit.p_uniform) == pytest.approx((0.65, 0.25, 0.1), abs=0.03)
    assert fit.concentration == pytest.approx(8, rel=0.1)
    own = mixture_log_density(fit, trials.displays, trials.response).sum().item()
    assert fit.log_likelihood == pytest.approx(own, abs=1e-6)
    assert own > mixture_log_density(truth, trials.displays, trials.response).sum().item()


def test_no_neighbour_of_the_fit_is_better():
    trials = simulated(MixtureFit(8.0, 0.65, 0.25, 0.1, 0.0, 0), set_size=4, trials=500)
    fit = fit_mixture(trials)
    for change in (-1e-3, 1e-3):
        neighbours = (
            MixtureFit(fit.concentration * (1 + change), fit.p_target, fit.p_nontarget, fit.p_uniform, 0.0, 0),
            MixtureFit(fit.concentration, fit.p_target - change, fit.p_nontarget + change, fit.p_uniform, 0.0, 0),
            MixtureFit(fit.concentration, fit.p_target - change, fit.p_nontarget, fit.p_uniform + change, 0.0, 0),
        )
        for neighbour in neighbours:
            value = mixture_log_density(neighbour, trials.displays, trials.response).sum().item()
            assert value <= fit.log_likelihood


@pytest.mark.parametrize(
    ("concentration", "shares"),
    [(2000.0, (0.9, 0.0, 0.1)), (1e7, (0.5, 0.4, 0.1)), (10.0, (0.0, 0.0, 1.0)), (10.0, (1.0, 0.0, 0.0))],
)
@pytest.mark.parametrize("set_size", [1, 3])
def test_boundaries_give_finite_shares(concentration, shares, set_size):
    shares = shares if set_size > 1 else (shares[0] + shares[1], 0.0, shares[2])
    fit = fit_mixture(simulated(MixtureFit(concentration, *shares, 0.0, 0), set_size, trials=150))
    assert all(math.isfinite(value) for value in vars(fit).values())
    assert fit.p_target + fit.p_nontarget + fit.p_uniform == pytest.approx(1)
    assert min(fit.p_target, fit.p_nontarget, fit.p_uniform) >= 0
    assert set_size > 1 or fit.p_nontarget == 0
    assert shares[2] == 1 or fit.p_target == pytest.approx(shares[0], abs=0.1)


def test_bessel_functions_are_those_of_scipy():
    kappa = np.concatenate(([0.0], np.logspace(-3, 5, 200), [29.999, 30.0]))
    found = np.array([scaled_bessel(each) for each in kappa])
    np.testing.assert_allclose(found, np.stack((i0e(kappa), i1e(kappa) / i0e(kappa)), axis=1), rtol=1e-14)


def test_mixed_set_sizes_are_refused_and_split_by_the_table():
    truth = MixtureFit(8.0, 0.9, 0.05, 0.05, 0.0, 0)
    trials = simulated(truth, set_size=2, trials=80)
    report = trials.displays.report.clone()
    alone = torch.arange(80) < 40
    report[alone, 1 - trials.displays.cued[alone]] = math.nan
    mixed = Trials(Displays(report, trials.displays.probe, trials.displays.cued), trials.response, trials.subject)
    with pytest.raises(SurrogateError, match="these have 1, 2"):
        fit_mixture(mixed)
    table = fit_mixture_table(mixed)
    assert table.set_size.tolist() == [1, 2]
    assert table.trials.tolist() == [40, 40]


def test_no_trials_are_refused():
    trials = simulated(MixtureFit(8.0, 0.9, 0.05, 0.05, 0.0, 0), set_size=2, trials=3)
    with pytest.raises(SurrogateError, match="no displays"):
        fit_mixture(trials[:0])
