"""Durations of a trial's periods, and what a network is shown in them."""

import math

import pytest
import torch

from swaputils.inputs import Periods, TrialInputs
from swaputils.shapes import ShapeError

SHOWN = torch.zeros(4, 5)


def test_periods_count_steps_of_fifty_milliseconds():
    periods = Periods()
    lengths = [periods.steps(name) for name in ("stimulus", "delay", "cue", "post_cue_delay", "report")]
    assert lengths == [5, 15, 5, 1, 40]
    assert periods.preparatory_steps == 26


@pytest.mark.parametrize("seconds", [0.07, 0.0, -0.05, 0.025, math.nan, math.inf])
@pytest.mark.parametrize("period", ["stimulus", "report"])
def test_periods_refuse_broken_steps(period, seconds):
    with pytest.raises(
        ValueError, match=f"period {period} lasts {seconds} s; allowed are positive multiples of 0.05 s"
    ):
        Periods(**{period: seconds})


def test_inputs_count_trials_and_steps():
    inputs = TrialInputs((None, SHOWN, None), (3, 2, 4), 6)
    assert (len(inputs), inputs.preparation, inputs.report) == (4, 9, 6)


@pytest.mark.parametrize(
    ("shown", "steps", "report", "message"),
    [
        ((SHOWN, None), (3,), 6, "holds 2 periods of \\(3,\\) steps and a report of 6"),
        ((SHOWN, None), (3, 0), 6, "each period and the report need one step or more"),
        ((SHOWN,), (3,), 0, "a report of 0"),
        ((), (), 6, "holds 0 periods"),
        ((None, None), (3, 1), 6, "shown has shapes \\[\\]; expected one and the same"),
        ((SHOWN, SHOWN[:2]), (3, 1), 6, "shown has shapes .*2, 5.*4, 5"),
        ((SHOWN[0],), (3,), 6, "shown has shapes"),
    ],
)
def test_inputs_that_do_not_fit_together_are_refused(shown, steps, report, message):
    with pytest.raises(ShapeError, match=message):
        TrialInputs(shown, steps, report)
