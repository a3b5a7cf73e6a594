"""What is measured of a taught network, on planted truth under the displays of its analysis; and displays that people saw."""

import math
from functools import partial

import pytest
import torch

from swaputils import geometry
from swaputils.angles import distance, to_xy
from swaputils.diffusion.schedule import report_noise
from swaputils.errors import SwaputilsError
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.report.network_measures import beside, independent_colours
from swaputils.report.taught_network import PERIODS, SCHEDULE, SIZES, Apprentice, Course, seconds_to_teach
from swaputils.surrogate import component_probabilities, response_density
from swaputils.task import TaskConfig
from swaputils.training.familiar import FamiliarDisplays, mixed
from tests.small import answered, located_displays, seeded, swap_posterior

TRUTH = swap_posterior(0.9)


def a_course(items: int, trials: int = 1_500, cueing: str = "probe") -> Course:
    """People whose responses are those of TRUTH, at eight places."""
    displays = located_displays(trials, items, seed=3)
    config = TaskConfig(cueing=cueing, items=items, separation=0.0, periods=PERIODS)
    task = FamiliarDisplays(config, displays, partial(response_density, TRUTH))
    return Course(task, answered(TRUTH, displays, seed=4), TRUTH, "cue", SIZES[items], 0, {})


def test_people_and_the_ideal_sampler_are_measured_as_what_they_are():
    course = a_course(3)
    rnn = RNN(RNNConfig(units=6, hidden=8), course.task.input_size, report_noise(SCHEDULE), generator=seeded())
    found = beside(Apprentice(rnn.double(), course, [], 0.0), answers=3_000, activity=400)
    expected = component_probabilities(TRUTH, course.people.displays).mean(0)
    for who in ("people", "ideal sampler"):
        assert found.of(who)["p_nontarget"] == pytest.approx(float(expected[1:3].sum()), abs=0.03)
        assert found.of(who)["p_guess"] == pytest.approx(float(expected[3]), abs=0.03)
        assert found.of(who)["wasserstein"] < 0.08
    assert found.of("network")["wasserstein"] > 0.3, "it was taught nothing"
    assert found.of("network")["log_density"] < found.of("ideal sampler")["log_density"] - 0.3
    near = found.by_cue[found.by_cue["who"] == "people"]
    assert len(near) == 4 and near["probability"].iloc[0] > near["probability"].iloc[-1]


@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0])
def test_planes_of_two_of_four_items_are_found_among_the_colours_of_the_others(truth):
    displays = list(independent_colours(a_course(4), 1_500, generator=seeded(1)).values())[1]
    rings = geometry.ring_pair(geometry.Plan(alignment=truth), generator=seeded(2))
    others = torch.randn(2, 2, rings.shape[-1], dtype=torch.float64, generator=seeded(3)) / 4
    all_rings = torch.cat((rings, others))
    activity = torch.einsum("mik,iku->mu", to_xy(displays.report), all_rings)
    activity += 0.1 * torch.randn(activity.shape, dtype=torch.float64, generator=seeded(4))
    for cued in (None, displays.cued):
        found = geometry.colour_alignment(activity, displays.report[:, :2], cued, generator=seeded(5)).alignment
        assert float(found.value) == pytest.approx(truth, abs=0.03)


def test_the_nearest_and_the_farthest_places_that_people_saw():
    course = a_course(4)
    found = independent_colours(course, 50, generator=seeded())
    assert list(found) == pytest.approx([math.pi / 4, math.pi], abs=1e-5)
    for apart, displays in found.items():
        assert torch.allclose(distance(displays.probe[:, 0], displays.probe[:, 1]), torch.tensor(apart).double())
        assert set(displays.cued.tolist()) == {0, 1} and displays.set_size.tolist() == [4] * 50


@pytest.mark.parametrize("items", [2, 4])
def test_familiar_displays_have_only_cues_that_were_seen(items):
    seen = located_displays(30, 4, seed=1)
    task = FamiliarDisplays(TaskConfig(cueing="probe", items=items), seen, lambda displays: None)
    shown = task.sample(400, generator=seeded())
    assert shown.set_size.tolist() == [items] * 400
    assert set(shown.cued.tolist()) == set(range(items)), "the cued item is anywhere among them"
    combinations = {tuple(row) for row in seen.probe.round(decimals=5).tolist()}
    for probe, cued in zip(shown.probe.round(decimals=5).tolist(), shown.cued.tolist()):
        others = set(probe) - {probe[cued]}
        assert any(row[0] == probe[cued] and others <= set(row) for row in combinations)
    assert shown.report.std() > 1.7, "colours are drawn anew, from the whole circle"


def test_mixed_displays_ask_for_the_same_colour():
    seen = located_displays(30, 4, seed=1)
    again = mixed(seen, 4, generator=seeded())
    assert torch.equal(again.cued_report, seen.cued_report) and torch.equal(again.cued_probe, seen.cued_probe)
    assert torch.equal(again.report.sort(1).values, seen.report.sort(1).values)


def test_more_items_than_were_seen_are_refused():
    with pytest.raises(SwaputilsError, match=r"displays of \[3\] items cannot be shown again as displays of 4"):
        FamiliarDisplays(TaskConfig(cueing="probe", items=4), located_displays(5, 3, seed=0), lambda displays: None)


def test_the_announced_time_is_positive_and_its_bound_larger():
    expected, most = seconds_to_teach(a_course(2, trials=50))
    assert 0 < expected < most
