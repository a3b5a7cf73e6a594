"""Figures of the book: functions draw given numbers on given axes and return the axes; they compute nothing.

One style, and one colour for each role in `COLOURS`, near those of Okabe & Ito (2008) for colour-blind readers. Angles are in
degrees unless a docstring says otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike

from swaputils.records import Periods

WIDTH = 7.5  # inches, the width of the book's text
COLOURS = {
    "human": "#404040",
    "surrogate": "#00A878",
    "ideal": "#00A878",
    "network": "#CC79A7",
    "task_optimal": "#E69F00",
    "cued": "#0072B2",
    "nontarget": "#D55E00",
    "guess": "#6E6E6E",
    "target": "#000000",
    "reference": "#6E6E6E",
}


def set_style() -> None:
    """The one style of the book."""
    sns.set_theme(
        context="paper",
        style="ticks",
        rc={
            "figure.constrained_layout.use": True,
            "figure.dpi": 160,
            "figure.figsize": (WIDTH, 3.0),
            "font.family": "DejaVu Sans",
            "font.size": 9,
            "axes.labelsize": 9,
            "axes.titlesize": 9,
            "axes.titlelocation": "left",
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
        },
    )


def say(axes: Axes, x: float, y: float, text: str, role: str, **options) -> Axes:
    """Name a curve where it is drawn, in the colour of its role; `options` are those of Axes.annotate."""
    axes.annotate(text, (x, y), color=COLOURS[role], fontsize=8, **options)
    return axes


def reference(
    axes: Axes, value: float, text: str = "", role: str = "reference", end: Literal["left", "right"] = "right"
) -> Axes:
    """A dashed horizontal line to compare with, named above one end."""
    axes.axhline(value, color=COLOURS[role], linestyle="--", linewidth=1, zorder=1)
    place = {"xycoords": ("axes fraction", "data"), "xytext": (0, 2), "textcoords": "offset points"}
    return say(axes, {"left": 0.02, "right": 1.0}[end], value, text, role, ha=end, va="bottom", **place)


def points(
    axes: Axes, x: ArrayLike, y: ArrayLike, low: ArrayLike, high: ArrayLike, role: str, marker: str = "o"
) -> Axes:
    """Points with an interval each; `low` and `high` are its ends."""
    y = np.asarray(y)
    bars = np.stack((y - np.asarray(low), np.asarray(high) - y)).clip(0)
    axes.errorbar(x, y, bars, fmt=marker, color=COLOURS[role], markersize=4.5, elinewidth=1.4, capsize=0)
    return axes


def given(axes: Axes, x: ArrayLike, y: ArrayLike) -> Axes:
    """Given values that the points should agree with, such as a known truth: open diamonds above all else."""
    style = {"marker": "D", "markersize": 6, "markerfacecolor": "none", "markeredgewidth": 1.2, "linestyle": "none"}
    axes.plot(x, y, color=COLOURS["target"], zorder=5, **style)
    return axes


def curve(axes: Axes, x: ArrayLike, y: ArrayLike, role: str, **options) -> Axes:
    """A line in the colour of its role; `options` are those of Axes.plot."""
    axes.plot(x, y, color=COLOURS[role], **options)
    return axes


def shares(axes: Axes, means: pd.DataFrame, errors: pd.DataFrame, names: Mapping[str, tuple[str, str]]) -> Axes:
    """Shares of mixture components by set size, with standard errors, each named at its right end.

    means, errors: one row per set size, columns as in `names`, which maps a column to its text and role.
    """
    for column, (text, role) in names.items():
        axes.errorbar(means.index, means[column], errors[column], fmt="-o", color=COLOURS[role], markersize=4.5)
        end = float(means.index[-1]), float(means[column].iloc[-1])
        say(axes, *end, text, role, xytext=(8, 0), textcoords="offset points", va="center", annotation_clip=False)
    axes.set(ylim=(-0.02, 1.02), xticks=means.index, xlabel="set size (items)", ylabel="share of responses")
    return axes


def distance_axis(axes: Axes, degrees: Sequence[float]) -> Axes:
    """Ticks at the cue distances, or every 45° where there are more than four, and some room on both sides."""
    if len(degrees) <= 4:
        axes.set_xticks(degrees)
    else:
        axes.xaxis.set_major_locator(MultipleLocator(45))
    axes.set_xlim(min(degrees) - 20, max(degrees) + 20)
    return axes


def responses(axes: Axes, error: ArrayLike, human: ArrayLike, surrogate: ArrayLike) -> Axes:
    """Density of responses around something on the whole circle: people as a filled step, the surrogate as a line.

    error: bin centres from -180 degrees on; the first bin is drawn again at 180.
    """
    degrees, human, surrogate = (np.append(values, values[0]) for values in map(np.asarray, (error, human, surrogate)))
    degrees[-1] = 180
    axes.fill_between(degrees, human, step="mid", color=COLOURS["human"], alpha=0.25, linewidth=0)
    axes.step(degrees, human, where="mid", color=COLOURS["human"], linewidth=0.8)
    axes.plot(degrees, surrogate, color=COLOURS["surrogate"])
    axes.set(xlim=(-180, 180), ylim=(0, None), xticks=(-180, 0, 180))
    return axes


def weight_axis(axes: Axes) -> Axes:
    """Logarithmic axis for weights relative to the cued item."""
    axes.set(yscale="log", ylim=(1e-3, 1))
    axes.set_yticks([0.001, 0.01, 0.1, 1], labels=["0.001", "0.01", "0.1", "1"])
    axes.tick_params(axis="y", which="minor", length=0)
    return axes


def noising(axes: Axes, levels: ArrayLike, paths: ArrayLike, role: str) -> Axes:
    """Paths of noised responses, [paths, levels], over the noise level."""
    axes.plot(levels, np.asarray(paths).T, color=COLOURS[role], linewidth=0.6, alpha=0.6)
    axes.set(xlabel="noise level t", xlim=(levels[0], levels[-1]))
    return axes


def sideways_histogram(axes: Axes, values: Mapping[str, ArrayLike], edges: ArrayLike) -> Axes:
    """Counts of values by role, stacked, along the vertical axis, so that they can stand beside paths."""
    roles, parts = list(values), [np.asarray(each) for each in values.values()]
    style = {"histtype": "stepfilled", "orientation": "horizontal", "linewidth": 0}
    for shown in range(len(roles), 0, -1):  # the sums from the largest on: stacked bars would leave white seams
        axes.hist(np.concatenate(parts[:shown]), edges, color=COLOURS[roles[shown - 1]], **style)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return axes


def outline(axes: Axes, values: ArrayLike, edges: ArrayLike, role: str) -> Axes:
    """Density of values as the outline of a histogram."""
    axes.hist(np.asarray(values), edges, density=True, histtype="step", color=COLOURS[role], linewidth=1.4)
    return axes


def doubling_axis(axes: Axes, values: Sequence[int], label: str) -> Axes:
    """Logarithmic horizontal axis with a tick at each value, some room on both sides, and few ticks upwards."""
    axes.set(xscale="log", xlabel=label, xlim=(values[0] / 1.3, values[-1] * 1.3))
    axes.set_xticks(values, labels=[str(value) for value in values])
    axes.minorticks_off()
    axes.margins(y=0.2)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    return axes


def cloud(axes: Axes, x: ArrayLike, y: ArrayLike, role: str) -> Axes:
    """Single draws, small and pale."""
    axes.scatter(x, y, s=4, color=COLOURS[role], alpha=0.35, linewidth=0)
    return axes


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
