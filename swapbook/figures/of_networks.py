"""Figures of trained networks."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from seaborn import husl_palette

from swaputils.behaviour import mean_interval
from swaputils.drawing import COLOURS, WIDTH, cloud, curve, log_axis, say
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


def close_panels(panels: np.ndarray, count: int) -> None:
    """Take away the panels of a grid after so many, and number the axis of those that are now the lowest of their column."""
    columns = panels.shape[1]
    for place, axes in enumerate(panels.flat):
        if place >= count:
            axes.set_axis_off()
        elif place + columns >= count:
            axes.tick_params(labelbottom=True)


def broken(title: str) -> str:
    """A title in lines short enough for a small panel."""
    return title.replace(", ", ",\n").replace("; ", ";\n")


def trials(paths: ArrayLike, swapped: ArrayLike, periods: Periods) -> Figure:
    """Both coordinates of the readout, [trials, steps, 2], over time; swaps and correct trials in colours of their own, one of each thick."""
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 2.6), sharex=True, sharey=True)
    paths, swapped = np.asarray(paths), np.asarray(swapped)
    seconds = STEP_SECONDS * np.arange(1, paths.shape[1] + 1)
    for axes, coordinate, label in zip(panels, (0, 1), ("readout x", "readout y")):
        shade_periods(axes, periods)
        for kind, role in ((~swapped, "cued"), (swapped, "nontarget")):
            curve(axes, seconds, paths[kind, :, coordinate].T, role, linewidth=0.5, alpha=0.4)
            curve(axes, seconds, paths[kind, :, coordinate][:1].T, role, linewidth=2)
        axes.set(xlabel="time (s)", ylabel=label)
    panels[0].set_ylim(-2.6, 2.1)
    say(panels[1], 1.5, 1.65, "swaps", "nontarget")
    say(panels[1], 2.1, 1.65, "correct trials", "cued")
    return figure


def readouts(end_points: Mapping[str, ArrayLike], items: Sequence[float]) -> Figure:
    """`readout` of several responders to one display, by title, side by side."""
    size = (WIDTH, 0.8 + WIDTH / len(end_points))
    figure, panels = plt.subplots(1, len(end_points), figsize=size, sharex=True, sharey=True, squeeze=False)
    for axes, (title, points) in zip(panels[0], end_points.items()):
        readout(axes, points, "ideal" if title == "ideal sampler" else "network", items)
        axes.set(xlim=(-0.7, 1.55), ylim=(-0.7, 1.55))
        axes.set_title(broken(title), fontsize=8)
    return name_axes(figure, "readout x", "readout y")


def effects(rows: Mapping[str, pd.DataFrame]) -> Figure:
    """A row for each title, a panel for each measure: every network pale, their mean with its 95 % t interval; see `collected.effects`."""
    labels = list(next(iter(rows.values())))
    size = (WIDTH, 0.9 + 0.21 * len(rows))
    figure, panels = plt.subplots(1, len(labels), figsize=size, sharey=True, squeeze=False)
    names = [f"{title} ({len(table)})" if len(table) > 1 else title for title, table in rows.items()]
    for axes, label in zip(panels[0], labels):
        for height, table in enumerate(rows.values()):
            values = table[label].to_numpy()
            axes.plot(values, np.full(len(values), height), "o", color=COLOURS["network"], alpha=0.3, markersize=3)
            mean, low, high = mean_interval(values)
            axes.plot([low, high], [height, height], color=COLOURS["network"], linewidth=1.6)
            axes.plot(mean, height, "o", color=COLOURS["network"], markersize=4.5)
        axes.axvline(0, color=COLOURS["reference"], linestyle="--", linewidth=0.8, zorder=0)
        axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(len(rows) - 0.5, -0.5))
        axes.set_xlabel(fill(label, 60 // len(labels)), fontsize=8)
        axes.tick_params(axis="x", labelsize=7)
        axes.locator_params(axis="x", nbins=3)
        axes.grid(axis="y", color="0.93")
    return figure


def by_ratio(kinds: Mapping[str, pd.DataFrame]) -> Figure:
    """Behaviour and alignment of networks over how large memories are beside the noise of a step.

    Args:
        kinds: for each kind a table of networks with `ratio`, the first drawn as networks without swaps; every other column is a panel.
    """
    labels = [name for name in next(iter(kinds.values())) if name != "ratio"]
    figure, panels = plt.subplots(1, len(labels), figsize=(WIDTH, 2.5))
    for axes, label in zip(panels, labels):
        for (kind, table), role in zip(kinds.items(), ("reference", "network")):
            axes.plot(table["ratio"], table[label], "o", color=COLOURS[role], markersize=4, alpha=0.6, label=kind)
        log_axis(axes, 30.0, 100.0, 300.0).set_xlim(20, 450)
        axes.set_ylim(min(0.0, axes.get_ylim()[0]))
        axes.set_title(fill(label, 60 // len(labels)), fontsize=8)
    panels[0].legend(fontsize=7)
    return name_axes(figure, "memory / noise of a step", "")
