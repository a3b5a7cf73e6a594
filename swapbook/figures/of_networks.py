"""Figures of trained networks."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from seaborn import husl_palette

from swaputils.drawing import COLOURS, cloud
from swaputils.inputs import Periods


def readout(axes: Axes, end_points: ArrayLike, role: str, items: Sequence[float]) -> Axes:
    """End points in the readout plane, in units of the target's radius, with the direction (rad) of each item.

    The first item is the cued one.
    """
    end_points = np.asarray(end_points)
    cloud(axes, end_points[:, 0], end_points[:, 1], role)
    for angle, kind in zip(items, ("cued", *["nontarget"] * (len(items) - 1))):
        direction = np.array([np.cos(angle), np.sin(angle)])
        axes.plot(*np.outer(direction, (1.2, 1.45)), color=COLOURS[kind], linewidth=3, solid_capstyle="butt")
    axes.set(aspect="equal", xlim=(-1.55, 1.55), ylim=(-1.55, 1.55), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    return axes


def seeds(
    axes: Axes, rows: Mapping[str, ArrayLike], marks: Mapping[str, float], role: str, mark_role: str = "ideal"
) -> Axes:
    """A row of points for each name, one point for each network; an upright bar at the value to compare with, where one is given.

    The first name is the uppermost.
    """
    for height, (name, values) in enumerate(rows.items()):
        values = np.asarray(values)
        axes.plot(values, np.full(len(values), height), "o", color=COLOURS[role], alpha=0.6, markersize=5)
        if name in marks:
            axes.plot(marks[name], height, "|", color=COLOURS[mark_role], markersize=11, markeredgewidth=2, zorder=3)
    axes.set(yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.5, -0.5))
    axes.grid(axis="y", color="0.92")
    return axes


def shade_periods(axes: Axes, periods: Periods) -> Axes:
    """Shade and name the periods of a trial in which something is shown or reported, over time in seconds."""
    cue_on = periods.stimulus + periods.delay
    report_on = cue_on + periods.cue + periods.post_cue_delay
    spans = {
        "stimulus": (0, periods.stimulus),
        "cue": (cue_on, cue_on + periods.cue),
        "report": (report_on, report_on + periods.report),
    }
    for name, (start, end) in spans.items():
        axes.axvspan(start, end, color=COLOURS["reference"], alpha=0.12 if name != "report" else 0.05, linewidth=0)
        axes.text((start + end) / 2, 1.01, name, transform=axes.get_xaxis_transform(), ha="center", fontsize=8)
    axes.set(xlim=(0, report_on + periods.report))
    return axes


def ring(axes: Axes, centres: ArrayLike, filled: bool, name: str) -> Axes:
    """Mean activity in bins of colour, as a closed line through points in the hue of their bin, filled or open."""
    centres = np.asarray(centres)
    hues = husl_palette(len(centres))
    closed = np.vstack((centres, centres[:1]))
    axes.plot(*closed.T, color=COLOURS["reference"], linewidth=0.8, linestyle="-" if filled else ":", label=name)
    axes.scatter(*centres.T, s=28, facecolors=hues if filled else "white", edgecolors=hues, linewidths=1.4, zorder=3)
    axes.set(aspect="equal", xlabel="first axis of the plane", ylabel="second axis")
    return axes
