"""The one style of the book, its colours, and what every kind of figure draws with."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike

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
    (marks,) = axes.plot(x, y, "D", color=COLOURS["target"], zorder=5)
    marks.set(markersize=6, markerfacecolor="none", markeredgewidth=1.2)
    return axes


def curve(axes: Axes, x: ArrayLike, y: ArrayLike, role: str, **options) -> Axes:
    """A line in the colour of its role; `options` are those of Axes.plot."""
    axes.plot(x, y, color=COLOURS[role], **options)
    return axes


def cloud(axes: Axes, x: ArrayLike, y: ArrayLike, role: str) -> Axes:
    """Single draws, small and pale."""
    axes.scatter(x, y, s=4, color=COLOURS[role], alpha=0.35, linewidth=0)
    return axes


def outline(axes: Axes, values: ArrayLike, edges: ArrayLike, role: str) -> Axes:
    """Density of values as the outline of a histogram."""
    style: dict = {"histtype": "step", "color": COLOURS[role], "linewidth": 1.4}
    axes.hist(np.asarray(values), np.asarray(edges).tolist(), density=True, **style)
    return axes


def doubling_axis(axes: Axes, values: Sequence[int], label: str) -> Axes:
    """Logarithmic horizontal axis with a tick at each value, some room on both sides, and few ticks upwards."""
    axes.set(xscale="log", xlabel=label, xlim=(values[0] / 1.3, values[-1] * 1.3))
    axes.set_xticks(values, labels=[str(value) for value in values])
    axes.minorticks_off()
    axes.margins(y=0.2)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    return axes


def log_axis(axes: Axes, *ticks: float) -> Axes:
    """Logarithmic horizontal axis with these ticks alone, as plain numbers."""
    axes.set_xscale("log")
    axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    return axes


def distance_axis(axes: Axes, degrees: Sequence[float]) -> Axes:
    """Ticks at the cue distances, or every 45° where there are more than four, and some room on both sides."""
    if len(degrees) <= 4:
        axes.set_xticks(degrees)
    else:
        axes.xaxis.set_major_locator(MultipleLocator(45))
    axes.set_xlim(min(degrees) - 20, max(degrees) + 20)
    return axes


def weight_axis(axes: Axes) -> Axes:
    """Logarithmic axis for weights relative to the cued item."""
    axes.set(yscale="log", ylim=(1e-3, 1))
    axes.set_yticks([0.001, 0.01, 0.1, 1], labels=["0.001", "0.01", "0.1", "1"])
    axes.tick_params(axis="y", which="minor", length=0)
    return axes


def band(axes: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, role: str) -> Axes:
    """The area between two curves, pale, in the colour of its role."""
    axes.fill_between(np.asarray(x), np.asarray(low), np.asarray(high), color=COLOURS[role], alpha=0.25, linewidth=0)
    return axes


def support(axes: Axes, distances: Sequence[float]) -> Axes:
    """Marks under the axis where displays had distances: a tick at each, or a bar along a range given by its two ends."""
    heights = axes.get_xaxis_transform()
    if len(distances) == 2:
        style: dict = {"color": COLOURS["human"], "linewidth": 3, "solid_capstyle": "butt"}
        axes.plot(distances, [0.015, 0.015], transform=heights, **style)
    else:
        axes.vlines(distances, 0, 0.04, color=COLOURS["human"], linewidth=1.4, transform=heights)
    return axes
