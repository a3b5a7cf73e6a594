"""Behaviour measured on constructed responses with known answers."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from swaputils import behaviour
from swaputils.angles import to_xy, wrap
from swaputils.behaviour import (
    is_swap,
    location_edges,
    mean_interval,
    nearest_item,
    share,
    summarise,
    swap_curve,
    swaps,
)
from swaputils.diffusion.targets import ResponseMixture
from swaputils.responders import IdealSampler
from swaputils.surrogate import response_mixture
from swaputils.task import TaskConfig
from swaputils.trials import Displays
from tests.small import INDEX_TASK, SCHEDULE, seeded, small_task

NORMAL_QUANTILE = 1.959963984540054
LOCATIONS = TaskConfig(cueing="probe", probes="locations")


@pytest.mark.parametrize(("true", "count"), [(0, 20), (1, 20), (7, 50), (50, 50), (92, 1000)])
def test_share_is_wilson_s_interval(true, count):
    cases = torch.arange(count) < true
    found = share(cases[torch.randperm(count, generator=seeded())])
    p, z2 = true / count, NORMAL_QUANTILE**2
    centre = (p + z2 / (2 * count)) / (1 + z2 / count)
    half = NORMAL_QUANTILE / (1 + z2 / count) * math.sqrt(p * (1 - p) / count + z2 / (4 * count**2))
    assert (found.value, found.count) == (p, count)
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-9)


def test_the_interval_of_a_mean_is_scipy_s():
    first, second = np.array([0.30, 0.32, 0.34, 0.36]), np.array([0.10, 0.11, 0.12, 0.19, 0.2])
    one = stats.ttest_1samp(first, 0)
    assert mean_interval(first) == pytest.approx((first.mean(), *one.confidence_interval()))
    two = stats.ttest_ind(first, second, equal_var=False)
    assert mean_interval(first, second) == pytest.approx((first.mean() - second.mean(), *two.confidence_interval()))


def test_the_interval_of_a_mean_needs_two_values():
    effect, low, high = mean_interval(np.array([0.1, 0.3]), np.array([0.5]))
    assert effect == pytest.approx(-0.3) and math.isnan(low) and math.isnan(high)
    assert mean_interval(np.array([0.5, 0.5])) == (0.5, 0.5, 0.5)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a share of no cases"):
        share(torch.zeros(0, dtype=torch.bool))


def test_nearest_item_by_brute_force():
    displays = TaskConfig(items=4).sample(200, generator=seeded())
    report = displays.report.clone()
    report[::3, 2:] = math.nan
    cued = displays.cued % 2
    displays = Displays(report, displays.probe, cued)
    response = wrap(10 * torch.randn(200, dtype=torch.float64, generator=seeded(1)))
    found, swapped = nearest_item(displays, response), is_swap(displays, response)
    for trial in range(200):
        gaps = {}
        for item in range(int(displays.set_size[trial])):
            gap = abs(float(response[trial] - report[trial, item])) % (2 * math.pi)
            gaps[item] = min(gap, 2 * math.pi - gap)
        assert found[trial] == min(gaps, key=gaps.get)
        assert swapped[trial] == (found[trial] != cued[trial])


def test_swaps_by_hand():
    """Probes and reports of three items; the second and the last response are swaps."""
    probe = torch.tensor([[0.0, 1.0, -3.0]]).expand(3, 3)
    report = torch.tensor([[0.5, 2.0, -2.0], [0.5, 2.0, -2.0], [0.5, 2.0, math.nan]])
    displays = Displays(report, probe, torch.tensor([0, 0, 1]))
    found = swaps(displays, torch.tensor([0.6, -2.3, 1.0]))
    expected = {"probe_distance": [3.0, 1.0], "report_distance": [2.5, 1.5], "error": [0.3, 0.5]}
    assert {name: found[name].tolist() for name in found} == {
        name: pytest.approx(values, abs=1e-6) for name, values in expected.items()
    }
    assert swaps(displays[:1], torch.tensor([0.6])).empty


def test_swap_curve_counts_by_distance():
    displays = LOCATIONS.sample(700, generator=seeded())
    apart = torch.rad2deg(wrap(displays.probe[:, 0] - displays.probe[:, 1]).abs()).round()
    swapped = torch.rand(700, generator=seeded(1)) < 0.4
    swapped[apart == 135] = False
    curve = swap_curve(displays, swapped, location_edges())
    assert torch.rad2deg(torch.tensor(curve["distance"])).tolist() == pytest.approx([45, 90, 135, 180])
    for row, degrees in enumerate((45, 90, 135, 180)):
        expected = share(swapped[apart == degrees])
        assert tuple(curve.loc[row, ["rate", "low", "high", "count"]]) == pytest.approx(tuple(vars(expected).values()))
    assert curve.loc[2, "rate"] == 0 and curve["count"].sum() == 700


def test_swap_curve_leaves_out_empty_bins_and_other_set_sizes():
    displays = LOCATIONS.sample(700, generator=seeded())
    near = displays[(displays.probe[:, 0] - displays.probe[:, 1]).abs() < 1]
    curve = swap_curve(near, torch.ones(len(near), dtype=torch.bool), location_edges())
    assert len(curve) == 1 and curve["rate"].tolist() == [1.0]
    three = TaskConfig(items=3).sample(5, generator=seeded())
    with pytest.raises(ValueError, match="displays of two items"):
        swap_curve(three, torch.ones(5, dtype=torch.bool), location_edges())


def test_summary_of_constructed_end_points():
    """100 displays with items at 0 and 2 rad: 70 answers at the cued item, 20 at the other, 10 far from both."""
    report = torch.tensor([0.0, 2.0], dtype=torch.float64).expand(100, 2)
    displays = Displays(report, report, torch.arange(100) % 2)
    item = displays.cued.clone()
    item[70:90] = 1 - item[70:90]
    response = report.gather(1, item[:, None]).squeeze(1) + 0.1 * (-1.0) ** (torch.arange(100) // 2)
    response[90:] = -1.0
    radius = torch.full((100, 1), 2.0, dtype=torch.float64)
    radius[::4] = 2.5
    found = summarise(displays, radius * to_xy(response), 2.0)
    swaps = share(torch.arange(100) < 25)  # a far answer is nearest to item 0, which half of the ten had as non-target
    assert found["swap_rate"] == swaps.value == 0.25
    assert (found["swap_low"], found["swap_high"]) == (swaps.low, swaps.high)
    assert found["median_error"] == pytest.approx(0.1)
    assert found["far"] == 0.10 and found["responses"] == 100
    assert found["radial_sd"] == pytest.approx(math.sqrt(0.25 * 0.25**2))
    mean_vector = math.hypot(0.9 * math.cos(0.1) + 0.1 * math.cos(1), 0.1 * math.sin(1) - 0.02 * math.sin(0.1))
    assert found["angular_sd"] == pytest.approx(math.sqrt(-2 * math.log(mean_vector)))


def test_the_summary_of_the_target_itself():
    displays = INDEX_TASK.sample(5_000, generator=seeded())
    points = IdealSampler(SCHEDULE, small_task(0.0)).end_points(displays, seeded(1))
    found = summarise(displays, points, 2.5)
    assert found["swap_rate"] == found["far"] == 0
    assert found["angular_sd"] == pytest.approx(0.035, abs=0.002)
    assert found["radial_sd"] == pytest.approx(0.035, abs=0.002)


def test_responsibilities_are_averaged_by_probe_distance():
    probe = torch.tensor([[0.0, math.pi / 4, -math.pi / 2], [0.0, math.pi / 4, math.nan]], dtype=torch.float64)
    displays = Displays(torch.where(probe.isnan(), probe, 0.5), probe, torch.zeros(2, dtype=torch.long))
    found = torch.tensor([[0.5, 0.1, 0.2, 0.2], [0.6, 0.3, 0.0, 0.1]], dtype=torch.float64)
    curve = behaviour.responsibility_curve(displays, found, torch.tensor([0.5, 1.0, 2.0, 3.0], dtype=torch.float64))
    assert curve["count"].tolist() == [2]
    assert curve["probability"].tolist() == pytest.approx([0.2]) and curve["distance"].tolist() == pytest.approx(
        [math.pi / 4]
    )
    assert curve["standard_error"].tolist() == pytest.approx([0.1])


def ambiguous_target(displays: Displays) -> ResponseMixture:
    """Swaps with .4 in displays whose items are less than a right angle apart, .05 in others."""
    near = (displays.report[:, 0] - displays.report[:, 1]).cos() > 0
    weights = torch.where(near, torch.tensor(0.4).double(), torch.tensor(0.05).double())
    each = torch.where(displays.is_cued, 1 - weights[:, None], weights[:, None])
    return response_mixture(displays, each.log())


def test_a_mean_is_told_from_a_choice_in_ambiguous_displays_only():
    displays = INDEX_TASK.sample(400, generator=seeded())
    target = ambiguous_target(displays)
    ambiguous = target.log_weights.exp().min(1).values > 0.2
    mean, _ = target.moments()
    at_mean = behaviour.choice_or_mean(target, mean)
    assert at_mean["to_mean"] == pytest.approx(0, abs=1e-12) and at_mean["to_nearest"] > 0.3
    chosen = 2.5 * to_xy(displays.cued_report)
    at_item = behaviour.choice_or_mean(target, chosen)
    assert at_item["to_nearest"] == pytest.approx(0, abs=1e-12)
    assert at_item["to_mean"] == pytest.approx(float((chosen - mean).norm(dim=1)[ambiguous].mean()))
    assert behaviour.choice_or_mean(ambiguous_target(displays[~ambiguous]), chosen[~ambiguous]) == {}


def test_errors_of_moments_are_those_of_the_answers():
    """Draws from the target have nearly none; a shift of all answers is an error of the mean alone."""
    repeats = 40_000
    displays = INDEX_TASK.sample(10, generator=seeded())
    target = ambiguous_target(displays[torch.arange(10 * repeats) // repeats])
    drawn = target.sample(generator=seeded(1))
    found = behaviour.moment_errors(target, drawn, repeats)
    assert found["mean_error"] < 0.03 and found["covariance_error"] < 0.05
    shifted = behaviour.moment_errors(target, drawn + torch.tensor([0.5, 0.0]), repeats)
    size = target.moments()[0][::repeats].square().sum(1).mean().sqrt()
    assert shifted["mean_error"] == pytest.approx(0.5 / float(size), rel=0.1)
    assert shifted["covariance_error"] == pytest.approx(found["covariance_error"])
    collapsed = behaviour.moment_errors(target, target.moments()[0], repeats)
    assert collapsed["mean_error"] < 1e-12 and collapsed["covariance_error"] == pytest.approx(1)
