"""Figures of colour planes: what measures make of planted ones, their course through a trial, and conditions side by side."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from swapbook import plane_tables
from swapbook.conditions import SHOWN
from swapbook.figures.of_networks import shade_periods
from swapbook.networks import Network
from swaputils.drawing import COLOURS, WIDTH, band, curve, reference, say

POINTS = {
    "network": {"alpha": 0.6, "markersize": 4.5, "marker": "o"},
    "cued": {"alpha": 0.6, "markersize": 4.5, "marker": "^"},
    "task_optimal": {"alpha": 0.7, "markersize": 4.5, "marker": "s"},
    "guess": {"alpha": 0.6, "markersize": 4.5, "marker": "v"},
    "nontarget": {"alpha": 0.7, "markersize": 5, "marker": "D"},
    "surrogate": {"alpha": 0.5, "markersize": 4, "marker": "x"},
}
"""How the points of a role are drawn where roles have to be told apart without colour."""
LABEL = 30  # letters in a line of a row's name


def trial_and_planes(axes: Axes) -> Axes:
    """A drawing of the idea: two items in planes of their own before the cue, in a common one after it; no data."""
    square = np.array([(-1, -0.5), (1, -0.5), (1.4, 0.5), (-0.6, 0.5)])
    upright = np.array([(-0.35, -1), (0.35, -0.6), (0.35, 1), (-0.35, 0.6)])
    for centre, other, text in (
        (0, upright, "delay: two items,\na plane each"),
        (5, square + (0.12, 0.25), "after the cue: either item,\nwhen cued, in one plane"),
    ):
        for corners, role in ((square, "cued"), (other, "nontarget")):
            axes.add_patch(Polygon(corners + (centre, 0), closed=True, color=COLOURS[role], alpha=0.3, linewidth=0))
            turns = np.linspace(0, 1, 60) * 2 * np.pi
            middle, first, second = corners.mean(0), (corners[1] - corners[0]) / 2.6, (corners[3] - corners[0]) / 2.6
            ring = middle + np.outer(np.cos(turns), first) + np.outer(np.sin(turns), second) + (centre, 0)
            axes.plot(*ring.T, color=COLOURS[role], linewidth=1.6)
        axes.text(centre + 0.2, -1.35, text, ha="center", va="top", fontsize=8)
    axes.annotate("", (3.4, 0), (1.9, 0), arrowprops={"arrowstyle": "->", "color": COLOURS["reference"]})
    axes.text(2.65, 0.15, "cue", ha="center", fontsize=8)
    axes.set(xlim=(-2, 7), ylim=(-2.2, 1.3), aspect="equal")
    axes.axis("off")
    return axes


def planted(axes: Axes, table: pd.DataFrame, measures: Mapping[str, tuple[str, str]]) -> Axes:
    """What measures give for planted planes, over the true alignment; `measures` maps each to the text and the role of its line."""
    axes.plot([0, 1], [0, 1], color=COLOURS["reference"], linewidth=0.8, linestyle="--")
    for measure, (text, role) in measures.items():
        one = table[table["estimator"] == measure]
        curve(axes, one["truth"], one["mean"], role, marker="o", markersize=3.5, label=text)
    axes.set(xlabel="true alignment", ylabel="measured", xlim=(-0.03, 1.03), ylim=(-0.05, 1.05))
    return axes


def course(axes: Axes, seeds: np.ndarray, mean: pd.DataFrame, role: str) -> Axes:
    """Courses of single networks, faint, and their mean with its interval."""
    for one in seeds:
        curve(axes, mean["time"], one, role, linewidth=0.4, alpha=0.35)
    band(axes, mean["time"], mean["low"], mean["high"], role)
    return curve(axes, mean["time"], mean["mean"], role, linewidth=1.8)


def courses(networks: pd.DataFrame, conditions: Sequence[str], columns: int = 2) -> Figure:
    """A panel for each condition: the course of the alignment in its networks, as `plane_tables.courses` has it, through the trial."""
    rows = -(-len(conditions) // columns)
    size = (WIDTH, 0.4 + 1.9 * rows)
    figure, panels = plt.subplots(rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False)
    for axes, condition in zip(panels.flat, conditions):
        seeds = plane_tables.courses(networks, condition)
        if len(seeds):
            shade_periods(axes, Network(condition).plan.task.config.periods)
            course(axes, seeds, plane_tables.mean_course(seeds), "network")
        axes.set_title(f"{SHOWN[condition]} ({len(seeds)})".replace("; ", ";\n"), pad=14)
    panels[0, 0].set_ylim(0, 1.03)
    figure.supxlabel("time (s)", fontsize=9)
    figure.supylabel("alignment of the two colour planes", fontsize=9)
    return figure


def effects(axes: Axes, table: pd.DataFrame) -> Axes:
    """A row for each condition: alignment before the cue (open, above) and at its end (filled), means with intervals over networks.

    An interval that goes on beyond 0 or 1, where no alignment lies, ends there with an arrow.
    """
    style = {"color": COLOURS["network"], "linewidth": 1.4, "markersize": 5}
    for height, (_, row) in enumerate(table.iterrows()):
        places = {"before": height - 0.15, "after": height + 0.15}
        axes.plot([row["before"], row["after"]], list(places.values()), color="0.8", linewidth=1, zorder=1)
        for (moment, y), face in zip(places.items(), ("white", COLOURS["network"])):
            low, high = row[f"{moment}_low"], row[f"{moment}_high"]
            axes.plot([max(low, 0), min(high, 1)], [y, y], **style)
            for end, beyond, arrow in ((0, low < 0, "<"), (1, high > 1, ">")):
                if beyond:
                    axes.plot(end, y, arrow, **style)
            axes.plot(row[moment], y, "o", markerfacecolor=face, zorder=3, **style)
    labels = [
        fill(f"{title}\N{NO-BREAK SPACE}({n})", LABEL, break_on_hyphens=False)
        for title, n in zip(table.index, table["n"])
    ]
    axes.set_yticks(range(len(table)), labels, linespacing=1.0)
    axes.set(ylim=(len(table) - 0.5, -0.5), xlim=(-0.03, 1.03), xlabel="alignment of the two colour planes")
    axes.grid(axis="y", color="0.93")
    return axes


def overlap_by_rate(
    axes: Axes, table: pd.DataFrame, groups: Mapping[str, tuple[str, Sequence[str]]], random: float
) -> Axes:
    """Alignment before the cue over the ideal sampler's swap rate, a point for each network; equal rates are spread a little.

    Args:
        groups: by title the role whose colour it has, and its conditions.
        random: alignment of random planes, a line.
    """
    for title, (role, conditions) in groups.items():
        one = table[table["condition"].isin(conditions)]
        within = one.groupby("condition").cumcount() / one.groupby("condition")["rate"].transform("size").clip(lower=1)
        rate, style = one["rate"] + 0.003 * (within - 0.5), {"color": COLOURS[role], "linestyle": "none"}
        axes.plot(rate, one["before"], label=title, **style, **POINTS[role])
    reference(axes, random)
    beside = {"xycoords": ("axes fraction", "data"), "va": "center"}
    say(axes, 1.03, random, "random planes,\nall dimensions alike", "reference", **beside)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.set(xlabel="swap rate of the ideal sampler", ylabel="alignment before the cue", ylim=(-0.03, 1.03))
    return axes


def by_distance(axes: Axes, degrees: Sequence[float], seeds: np.ndarray, role: str, text: str = "") -> Axes:
    """Alignment over the distance of the probes, [networks, distances]: single networks faint, their mean strong."""
    for one in seeds:
        curve(axes, degrees, one, role, linewidth=0.5, alpha=0.4)
    curve(axes, degrees, seeds.mean(0), role, marker="o", markersize=4)
    axes.set(xticks=list(degrees), xlim=(30, 195), ylim=(-0.03, 1.03))
    return say(axes, float(degrees[0]), 0.92, text, role) if text else axes
