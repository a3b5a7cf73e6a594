"""Figures of the book: functions draw given numbers on given axes and return the axes; they compute nothing.

One style, and one colour for each role in `COLOURS`, near those of Okabe & Ito (2008) for colour-blind readers. Angles are in
degrees unless a docstring says otherwise.
"""

from swaputils.plotting.base import (
    COLOURS,
    WIDTH,
    cloud,
    curve,
    doubling_axis,
    given,
    outline,
    points,
    reference,
    say,
    set_style,
)
from swaputils.plotting.networks import readout, ring, seeds, shade_periods
from swaputils.plotting.surrogates import band, counted, distance_axis, responses, shares, support, weight_axis
from swaputils.plotting.theory import noising, sideways_histogram

__all__ = [
    "COLOURS",
    "WIDTH",
    "band",
    "cloud",
    "counted",
    "curve",
    "distance_axis",
    "doubling_axis",
    "given",
    "noising",
    "outline",
    "points",
    "readout",
    "reference",
    "responses",
    "ring",
    "say",
    "seeds",
    "set_style",
    "shade_periods",
    "shares",
    "sideways_histogram",
    "support",
    "weight_axis",
]
