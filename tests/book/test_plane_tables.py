"""Numbers that chapter 4 reads off courses of alignment, on courses whose truth is planted."""

import math

import numpy as np
import pandas as pd
import pytest

from swapbook.plane_tables import half_rise, mean_course
from swapbook.summaries.settled import overlaps

STEP, ON, STEPS = 0.05, 20, 66


def rising(start: float, end: float, seconds: float) -> list[float]:
    """A course that is constant until the cue and then goes half of the way to its end in so many seconds, exponentially."""
    time = STEP * np.arange(STEPS - ON + 1)
    later = end + (start - end) * np.exp(-math.log(2) * time / seconds)
    return [start] * (ON - 1) + later.tolist()


@pytest.mark.parametrize("start", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("seconds", [0.04, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_the_half_rise_time_of_a_planted_course_is_found_wherever_it_starts(start, seconds, noise):
    course = np.array(rising(start, 1.0, seconds)) + noise * np.random.default_rng(0).normal(size=STEPS)
    assert half_rise(course.tolist(), ON) == pytest.approx(seconds, abs=0.01)


def test_a_course_that_hardly_rises_has_no_half_rise_time():
    assert math.isnan(half_rise(rising(0.9, 0.95, 0.1), ON))
    assert math.isnan(half_rise(rising(0.8, 0.2, 0.1), ON))


def test_a_mean_course_has_the_interval_over_networks():
    found = mean_course(np.array([[0.1, 0.5], [0.3, 0.5]]))
    assert found["time"].tolist() == pytest.approx([0.05, 0.1])
    assert found["mean"].tolist() == pytest.approx([0.2, 0.5])
    assert found["low"][0] < 0.1 and found["high"][0] > 0.3 and found["low"][1] == found["high"][1] == 0.5


def test_overlaps_are_means_at_the_end_of_the_delay_of_the_networks_whose_planes_were_measured():
    courses = (("index_swap", 0.2), ("index_swap", 0.4), ("index_no_swap", 0.1))
    rows = [{"condition": name, "planes": {"course": [rising(start, 1.0, 0.1)]}} for name, start in courses]
    networks = pd.DataFrame([*rows, {"condition": "index_swap", "planes": None}]).assign(cue_on=ON, cue_off=ON + 5)
    found = overlaps(networks, {"in the report": "index_swap", "never": "index_no_swap", "absent": "index_swap_idle"})
    assert found.to_dict() == pytest.approx({"in the report": 0.3, "never": 0.1})
