"""Figures of the book: functions draw given numbers on given axes and return the axes; they compute nothing.

One style, and one colour for each role in `COLOURS`, safe for colour-blind readers (Okabe & Ito 2008). Angles are in degrees.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike

WIDTH = 7.5  # inches, the width of the book's text
COLOURS = {
    "human": "#404040",
    "surrogate": "#009E73",
    "ideal": "#009E73",
    "network": "#AA4499",
    "task_optimal": "#E69F00",
    "cued": "#0072B2",
    "nontarget": "#D55E00",
    "guess": "#8C8C8C",
    "target": "#000000",
    "reference": "#8C8C8C",
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


def reference(axes: Axes, value: float, text: str = "", role: str = "reference") -> Axes:
    """A dashed horizontal line to compare with, named above its right end."""
    axes.axhline(value, color=COLOURS[role], linestyle="--", linewidth=1, zorder=1)
    place = {"xycoords": ("axes fraction", "data"), "xytext": (0, 2), "textcoords": "offset points"}
    return say(axes, 1.0, value, text, role, ha="right", va="bottom", **place)


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
        end = means.index[-1], means[column].iloc[-1]
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
    colours = [COLOURS[role] for role in values]
    axes.hist(
        [np.asarray(each) for each in values.values()], edges, stacked=True, orientation="horizontal", color=colours
    )
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return axes


def outline(axes: Axes, values: ArrayLike, edges: ArrayLike, role: str) -> Axes:
    """Density of values as the outline of a histogram."""
    axes.hist(np.asarray(values), edges, density=True, histtype="step", color=COLOURS[role], linewidth=1.4)
    return axes


def cloud(axes: Axes, x: ArrayLike, y: ArrayLike, role: str) -> Axes:
    """Single draws, small and pale."""
    axes.scatter(x, y, s=4, color=COLOURS[role], alpha=0.35, linewidth=0)
    return axes
