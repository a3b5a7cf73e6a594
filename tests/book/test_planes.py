"""The measure of colour planes on planted activity, for the very displays, trials and noise that networks are measured with."""

import math

import pytest
import torch

from swapbook import planes
from swapbook.plan import plan_of
from swaputils import geometry
from swaputils.angles import to_xy
from swaputils.behaviour import is_swap
from tests.small import seeded

STEPS = 66
ON = 20  # steps before the cue
NOISE = 0.02  # of a ring's radius; the networks' memories are 90 to 150 times a step's noise


def activity_with(before: float, after: float):
    """A stand-in for simulated activity: rings of one alignment before the cue; after it, of another, where each item's ring is that of
    the trials that cue it."""
    rings = {
        moment: geometry.ring_pair(geometry.Plan(alignment=value), generator=seeded(place))
        for place, (moment, value) in enumerate({"before": before, "after": after}.items())
    }

    def activity(rnn, plan, separation, apart, generator):
        displays = plan.task.config.sample(8_000, generator=generator)
        colours = geometry.separated_colours(8_000, separation, generator=generator)
        displays = type(displays)(colours, displays.probe, displays.cued)
        parts = [to_xy(colours[:, item]) @ rings["before"][item] for item in (0, 1)]
        early = parts[0] + parts[1]
        late = torch.stack([to_xy(colours[:, item]) @ rings["after"][item] for item in (0, 1)])
        late = late[displays.cued, torch.arange(8_000)]
        hidden = torch.cat((early[:, None].expand(-1, ON, -1), late[:, None].expand(-1, STEPS - ON, -1)), dim=1)
        hidden = hidden + NOISE * torch.randn(hidden.shape, dtype=torch.float64, generator=generator)
        answers = 2.5 * to_xy(displays.cued_report)
        states = torch.cat((answers[:, None].expand(-1, STEPS, -1), hidden), dim=2)
        return displays, states, hidden

    return activity


class Reads:
    """A network of which only the planes are asked for."""

    @staticmethod
    def in_plane(states):
        return states[..., :2]

    @staticmethod
    def in_null_space(states):
        return states[..., 2:]


@pytest.mark.parametrize("before, after", [(0.0, 1.0), (0.29, 0.5), (0.7, 0.29), (1.0, 0.0)])
def test_planted_planes_are_found_whatever_their_alignment(before, after, monkeypatch):
    monkeypatch.setattr(planes, "activity", activity_with(before, after))
    found = planes.planes(Reads(), plan_of("index_swap", "laptop", 0))["planes"]
    course = torch.tensor(found["course"][0], dtype=torch.float64)
    assert (course[:ON] - before).abs().max() < 0.01
    assert (course[ON:] - after).abs().max() < 0.01
    for name in ("correct", "with_interactions"):
        expected = torch.tensor([before, after, after], dtype=torch.float64)
        assert (torch.tensor(found[name][0], dtype=torch.float64) - expected).abs().max() < 0.02
    biased = geometry.binned_alignment(
        geometry.ring_pair(geometry.Plan(alignment=before), generator=seeded(0)), math.pi / 4.1
    )
    assert abs(biased - before) > 0.1 or before == 1.0  # what bins of one colour would have told


def test_networks_whose_answers_are_not_read_from_two_items_have_no_planes():
    for condition in ("index_untrained", "probe_mixture_density", "n4_task_optimal"):
        assert planes.planes(Reads(), plan_of(condition, "smoke", 0)) == {}


def test_swaps_are_left_out_of_the_correct_trials(monkeypatch):
    """In swap trials the planes hold noise alone: all trials tell less than the correct ones do."""
    whole = activity_with(0.0, 1.0)

    def swapping(rnn, plan, separation, apart, generator):
        displays, states, hidden = whole(rnn, plan, separation, apart, generator)
        swapped = torch.arange(len(displays)) % 4 == 0
        other = displays.report.gather(1, 1 - displays.cued[:, None]).squeeze(1)
        states[swapped, -1, :2] = 2.5 * to_xy(other[swapped])
        hidden[swapped] = torch.randn(hidden[swapped].shape, dtype=torch.float64, generator=seeded(5))
        return displays, torch.cat((states[..., :2], hidden), dim=2), hidden

    monkeypatch.setattr(planes, "activity", swapping)
    plan = plan_of("index_swap", "laptop", 0)
    displays, states, _ = swapping(None, plan, 0.8, None, seeded(1))
    assert 0.15 < is_swap(displays, torch.atan2(states[:, -1, 1], states[:, -1, 0])).double().mean() < 0.3
    found = planes.planes(Reads(), plan)["planes"]
    assert found["correct"][0][1] == pytest.approx(1, abs=0.01)
