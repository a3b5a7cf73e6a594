"""Figures of trained networks."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from seaborn import husl_palette

from swapbook.summaries.collected import TITLES
from swaputils.drawing import COLOURS, WIDTH, cloud, curve, say
from swaputils.inputs import STEP_SECONDS, Periods


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


def name_axes(figure: Figure, x: str, y: str) -> Figure:
    """Names that all panels of a figure share."""
    figure.supxlabel(x, fontsize=9)
    figure.supylabel(y, fontsize=9)
    return figure


def broken(title: str) -> str:
    """A title in lines short enough for a small panel."""
    return title.replace(", ", ",\n").replace("; ", ";\n")


def trials(paths: ArrayLike, swapped: ArrayLike, periods: Periods) -> Figure:
    """Both coordinates of the readout, [trials, steps, 2], over time; swaps and correct trials in colours of their own."""
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 2.6), sharex=True, sharey=True)
    paths, swapped = np.asarray(paths), np.asarray(swapped)
    seconds = STEP_SECONDS * np.arange(1, paths.shape[1] + 1)
    for axes, coordinate, label in zip(panels, (0, 1), ("readout x", "readout y")):
        shade_periods(axes, periods)
        for kind, role in ((~swapped, "cued"), (swapped, "nontarget")):
            curve(axes, seconds, paths[kind, :, coordinate].T, role, linewidth=0.5, alpha=0.7)
        axes.set(xlabel="time (s)", ylabel=label)
    panels[0].set_ylim(-2.6, 2.1)
    say(panels[1], 1.5, 1.65, "swaps", "nontarget")
    say(panels[1], 2.1, 1.65, "correct trials", "cued")
    return figure


def readouts(end_points: Mapping[str, ArrayLike], titles: Mapping[str, str], items: Sequence[float]) -> Figure:
    """`readout` of up to three responders to one display, by role."""
    figure, panels = plt.subplots(1, 3, figsize=(WIDTH, 2.8), sharex=True, sharey=True)
    for axes, (who, points) in zip(panels, end_points.items()):
        readout(axes, points, who, items)
        axes.set(xlim=(-0.7, 1.55), ylim=(-0.7, 1.55), xlabel="readout x", title=titles[who])
    panels[0].set_ylabel("readout y")
    return figure


def beside_ideal(networks: pd.DataFrame) -> Figure:
    """Every network of a table beside the ideal sampler for the target of its condition."""
    measures = {
        "swap_rate": "swap rate",
        "median_nearest": "median error to the\nnearest item (rad)",
        "far": "more than .25 rad\nfrom every item",
    }
    parts = {TITLES[name]: part for name, part in networks.groupby("condition", sort=False)}
    figure, panels = plt.subplots(1, 3, figsize=(WIDTH, 0.6 + 0.2 * len(parts)), sharey=True)
    for axes, (measure, label) in zip(panels, measures.items()):
        ideal = {title: part[f"ideal_{measure}"].mean() for title, part in parts.items()}
        seeds(axes, {title: part[f"network_{measure}"] for title, part in parts.items()}, ideal, "network")
        axes.set(xlabel=label, xlim=(-0.01, None))
    return figure
