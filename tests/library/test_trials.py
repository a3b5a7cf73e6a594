"""Displays and the responses to them: what they count, and what is picked with a trial."""

import math

import pytest
import torch

from swaputils.trials import Displays, Trials

DISPLAYS = Displays(torch.zeros(4, 3), torch.zeros(4, 3), torch.zeros(4, dtype=torch.long))


def test_displays_of_several_set_sizes():
    report = torch.tensor([[0.1, 0.2, 0.3], [1.1, 1.2, math.nan], [2.1, math.nan, math.nan]])
    displays = Displays(report, -report, torch.tensor([2, 1, 0]))
    assert displays.set_size.tolist() == [3, 2, 1]
    assert displays.cued_report.tolist() == pytest.approx([0.3, 1.2, 2.1])
    assert displays.cued_probe.tolist() == pytest.approx([-0.3, -1.2, -2.1])
    assert displays.is_cued.nonzero().tolist() == [[0, 2], [1, 1], [2, 0]]
    trials = Trials(displays, torch.tensor([0.0, 1.0, 2.0]), torch.tensor([5, 6, 7]))
    large = trials[displays.set_size > 1]
    assert (large.subject.tolist(), large.response.tolist(), large.displays.cued.tolist()) == ([5, 6], [0, 1], [2, 1])
    assert len(trials[1:]) == 2
    assert large.condition is None


def test_conditions_are_picked_with_their_trials():
    trials = Trials(DISPLAYS, torch.zeros(4), torch.zeros(4, dtype=torch.long), torch.tensor([3, 1, 4, 1]))
    assert trials[1:3].condition.tolist() == [1, 4]
    assert trials[torch.tensor([True, False, False, True])].condition.tolist() == [3, 1]
    assert trials[torch.tensor([2, 0])].condition.tolist() == [4, 3]


def test_what_only_the_cued_item_leaves():
    report = torch.tensor([[0.1, 0.2], [1.1, 1.2]])
    alone = Displays(report, -report, torch.tensor([1, 0])).only_cued()
    assert alone.set_size.tolist() == [1, 1]
    assert alone.cued_report.tolist() == pytest.approx([0.2, 1.1]) and alone.probe.isnan().equal(alone.report.isnan())
