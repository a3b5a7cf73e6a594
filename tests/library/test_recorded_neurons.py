"""Neurons that read a network's state: their rates, how many are tuned, and the published analysis of them."""

import math

import numpy as np
import pytest
import torch

from swaputils.angles import to_xy
from swaputils.geometry import UnusableActivity, four_colour_angles, rings_at
from swaputils.geometry.pseudo_population import Session, logistic, permuted_cosines, plane_cosines
from swaputils.geometry.recorded_neurons import (
    BIN_SECONDS,
    Neurons,
    Readout,
    TunedCounts,
    matched,
    tuned,
    tuned_counts,
)
from tests.small import seeded

TARGETS = TunedCounts(112, 99, 35, 607)
SESSIONS, TRIALS, STEPS = 2, 375, 3


def planted(angles, seed=0, units=14, sessions=SESSIONS):
    """States [sessions, trials, steps, units] of two rings at principal angles, with noise, and the colours."""
    generator = seeded(seed)
    rings = 100 * rings_at(angles, (1.0, 1.0), 0.0, units, generator=generator)
    colours = 2 * math.pi * torch.rand((sessions, TRIALS, 2), dtype=torch.float64, generator=generator) - math.pi
    states = to_xy(colours[..., 0]) @ rings[0] + to_xy(colours[..., 1]) @ rings[1]
    states = states[:, :, None] + torch.randn(
        (sessions, TRIALS, STEPS, units), dtype=torch.float64, generator=generator
    )
    return states + 20, colours


def test_rates_are_positive_and_counts_have_their_mean():
    states, _ = planted((1.0, 1.0))
    neurons = Readout(3.0, 1.0, 4.0, 100.0, states.mean((0, 1, 2)), math.nan).drawn(50, generator=seeded(1))
    rates = neurons.rates(states[0])
    assert rates.shape == (TRIALS, STEPS, 50) and (rates > 0).all()
    counts = neurons.counts(states[0], generator=seeded(2))
    expected = float(rates.sum() * BIN_SECONDS)
    assert float(counts.sum()) == pytest.approx(expected, abs=4 * expected**0.5)
    silent = Neurons(torch.zeros((14, 2), dtype=torch.float64), torch.zeros(14, dtype=torch.float64), 4.0)
    assert float(silent.rates(states[0]).var()) == pytest.approx(0, abs=1e-20)


def test_neurons_that_follow_the_other_colour_alone_are_tuned_at_the_level():
    """2,000 neurons in recordings of their own displays: 5 % of them, within two standard errors."""
    generator = seeded(3)
    found = []
    for _ in range(40):
        colours = 2 * math.pi * torch.rand((200, 2), dtype=torch.float64, generator=generator) - math.pi
        weights = torch.randn((2, 50), dtype=torch.float64, generator=generator)
        rates = torch.nn.functional.softplus(6 + 4 * to_xy(colours[:, 1]) @ weights)
        found.append(tuned(torch.poisson(0.3 * rates, generator=generator), colours[:, 0], generator=generator))
    false = torch.cat(found).double().mean()
    assert float(false) == pytest.approx(0.05, abs=2 * (0.05 * 0.95 / 2_000) ** 0.5)


def test_a_strongly_tuned_neuron_is_found_and_one_without_spikes_is_not():
    colour = 2 * math.pi * torch.rand(300, dtype=torch.float64, generator=seeded()) - math.pi
    counts = torch.stack((torch.poisson(3 + 2.5 * colour.cos(), generator=seeded(1)), torch.zeros(300).double()), dim=1)
    assert tuned(counts, colour, generator=seeded(2)).tolist() == [True, False]
    with pytest.raises(UnusableActivity, match="leave one of 8 colour bins empty"):
        tuned(counts, colour.clamp_min(0), generator=seeded(2))


@pytest.mark.parametrize("degrees, baseline", [(90, 3.0), (34, 10.0)])
def test_tuned_counts_reach_their_targets(degrees, baseline):
    """Within three standard errors of the mean over new neurons; 112 and 99 are within chance of one another, and their mean counts."""
    angle = math.radians(degrees)
    states, colours = planted((angle, angle))
    readout = matched(states, colours, TARGETS, baseline, generator=seeded(4))
    counts = [
        readout.drawn(607, generator=seeded(5 + i)).counts(s, generator=seeded(9)).sum(1) for i, s in enumerate(states)
    ]
    found = tuned_counts(counts, colours, generator=seeded(6))
    assert (found.first + found.second) / 2 / SESSIONS == pytest.approx(105.5, abs=18)
    assert found.both / SESSIONS == pytest.approx(35, abs=12)
    assert 0 < readout.share <= 1


def test_targets_that_no_gain_reaches_are_refused_in_a_sentence():
    states, colours = planted((1.5, 1.5))
    with pytest.raises(UnusableActivity, match="0.1 of neurons|0.0 of neurons|at most 0.0"):
        matched(
            torch.randn(states.shape, dtype=torch.float64, generator=seeded()),
            colours,
            TARGETS,
            3.0,
            generator=seeded(1),
        )
    with pytest.raises(UnusableActivity, match="can be tuned to both; 3 were asked for"):
        matched(states, colours, TunedCounts(112, 99, 3, 607), 3.0, generator=seeded(1))


def recorded(angles, noise=1.0, neurons=40, sessions=5, trials=400, seed=0):
    """Sessions of a pseudo-population whose two selected planes have these angles; at two steps, of which the first is noise."""
    generator = seeded(seed)
    rings = rings_at(angles, (1.0, 1.0), 0.0, neurons * sessions, generator=generator) * (neurons * sessions) ** 0.5
    found = []
    for part in rings.split(neurons, dim=-1):
        colours = torch.randint(4, (trials, 2), generator=generator).double() * math.pi / 2 - math.pi
        cued = torch.randint(2, (trials,), generator=generator)
        ring = part[cued]
        own = (to_xy(colours.gather(1, cued[:, None]).squeeze(1))[:, None] @ ring).squeeze(1)
        rates = torch.stack((0 * own, own), dim=1)
        rates = rates + noise * torch.randn(rates.shape, dtype=torch.float64, generator=generator)
        found.append(Session(rates, colours, cued, torch.rand(trials, generator=generator)))
    return found


def test_planted_planes_have_their_angle_in_the_pipeline():
    for angles, expected in (((math.pi / 2, 0.0), 90), ((math.pi / 4, 0.0), 45), ((0.0, 0.0), 0)):
        sessions = [session.accurate() for session in recorded(angles, noise=0.05)]
        assert len(sessions[0].rates) == 200
        angle = plane_cosines(sessions, 60, generator=seeded(1))[:, 1].acos().rad2deg()
        assert float(angle.median()) == pytest.approx(expected, abs=8)


def test_noise_alone_looks_orthogonal_in_the_pipeline():
    """So does every pair of unrelated planes: a large angle is no evidence of independence."""
    sessions = recorded((0.0, 0.0))
    noise = plane_cosines(sessions, 100, generator=seeded(1))[:, 0].acos().rad2deg()
    permuted = permuted_cosines(sessions, 100, generator=seeded(2)).acos().rad2deg()
    assert permuted.shape == (100, 2)
    for found in (noise, permuted[:, 0], permuted[:, 1]):
        assert float(found.median()) > 65


def test_one_session_gives_what_its_bootstraps_gave():
    (session,) = recorded((1.0, 0.0), sessions=1, neurons=60)
    own = session.colours.gather(1, session.cued[:, None]).squeeze(1)
    known = four_colour_angles(session.rates, own, session.cued, draws=200, generator=seeded(1))[:, 1]
    found = plane_cosines([session], 200, generator=seeded(2))[:, 1].acos().rad2deg()
    assert float(found.median()) == pytest.approx(float(known.median()), abs=1.5)


def test_too_few_trials_of_a_condition_are_refused():
    with pytest.raises(UnusableActivity, match="no session has 10 trials of each of 8 conditions"):
        plane_cosines(recorded((1.0, 0.0), trials=60), 5, generator=seeded())


def test_a_logistic_course_is_recovered():
    times = np.arange(-0.5, 1.0, 0.05)
    values = 0.2 + 0.6 / (1 + np.exp(-(times - 0.15) / 0.06)) + 0.01 * np.sin(40 * times)
    found = logistic(times, values)
    assert (found.rise, found.middle) == pytest.approx((0.6, 0.15), abs=0.02)
    assert logistic(times, 1 - values).rise == pytest.approx(-0.6, abs=0.02)
