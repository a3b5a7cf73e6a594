"""What chapter 4 shows of the colour planes of networks: courses, moments and contrasts, with intervals over networks."""

import math

import numpy as np
import pandas as pd

from swapbook.conditions import SHOWN
from swaputils.behaviour import mean_interval
from swaputils.inputs import STEP_SECONDS

MOMENTS = ("before", "after", "later")
COLUMNS = ("time", "mean", "low", "high")


def _measured(networks: pd.DataFrame, condition: str) -> pd.DataFrame:
    """The rows of a condition whose planes were measured; `networks` as from `collection`."""
    own = networks[networks["condition"] == condition]
    return own[[isinstance(found, dict) for found in own["planes"]]] if "planes" in own else own[:0]


def measured_on(networks: pd.DataFrame, condition: str) -> list[dict]:
    """The planes of every network of a condition on which they were measured."""
    return list(_measured(networks, condition).get("planes", ()))


def courses(networks: pd.DataFrame, condition: str, measure: str = "course", place: int = 0) -> np.ndarray:
    """[networks, steps] a course of every network, for the distance of the probes at that place in the list."""
    return np.array([found[measure][place] for found in measured_on(networks, condition)], dtype=float)


def mean_course(courses: np.ndarray) -> pd.DataFrame:
    """Mean over networks at each step: time (s), mean, low and high, its 95 % t interval."""
    rows = [(STEP_SECONDS * (step + 1), *mean_interval(values)) for step, values in enumerate(courses.T)]
    return pd.DataFrame(rows, columns=COLUMNS)


def at_moments(networks: pd.DataFrame, condition: str, place: int = 0) -> pd.DataFrame:
    """[networks] alignment before the cue, at its end and 0.3 s later, a row each."""
    rows = []
    for _, network in _measured(networks, condition).iterrows():
        course, off = network["planes"]["course"][place], int(network["cue_off"])
        last = min(off + 5, len(course) - 1)
        rows.append((course[int(network["cue_on"]) - 1], course[off - 1], course[last]))
    return pd.DataFrame(rows, columns=MOMENTS, dtype=float)


def summary(networks: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """One row for each condition: title, n, and for each moment the mean with the ends of its interval over networks."""
    rows = {}
    for condition in conditions:
        found = at_moments(networks, condition)
        row: dict = {"condition": condition, "n": len(found)}
        for moment in MOMENTS if len(found) else ():
            mean, low, high = mean_interval(found[moment].to_numpy())
            row |= {moment: mean, f"{moment}_low": low, f"{moment}_high": high}
        for measure in ("separated", "with_interactions", "additive_r2"):
            values = [found[measure][0][0] for found in measured_on(networks, condition)]
            row[measure] = np.mean(values) if values else math.nan
        rows[SHOWN[condition]] = row
    return pd.DataFrame(rows).T


def half_rise(course: list[float], cue_on: int) -> float:
    """Seconds from the end of the delay until alignment has gone half of the way to its mean over the last half second.

    NaN where it does not rise by .1 or more.
    """
    values = np.array(course, dtype=float)
    start, end = values[cue_on - 1], values[-10:].mean()
    if not end - start >= 0.1:
        return math.nan
    later = values[cue_on - 1 :]
    step = int((later >= (start + end) / 2).argmax())
    before, after = later[step - 1], later[step]
    return STEP_SECONDS * (step - 1 + ((start + end) / 2 - before) / (after - before))


def swap_rates(networks: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """The swap rate of each network's ideal sampler and its alignment before the cue, mean over distances: condition, rate, before."""
    rows = []
    for condition in conditions:
        for _, network in _measured(networks, condition).iterrows():
            at = [course[int(network["cue_on"]) - 1] for course in network["planes"]["course"]]
            rows.append((condition, network["ideal_swap_rate"], np.array(at, dtype=float).mean()))
    return pd.DataFrame(rows, columns=["condition", "rate", "before"])
