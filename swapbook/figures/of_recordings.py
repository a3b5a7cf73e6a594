"""Figures of networks beside recordings from cortex: the published analysis of networks as recordings, and every finding as an effect."""

from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from swapbook.conditions import SHOWN
from swaputils.drawing import COLOURS, points

ROLES = {
    "index_swap": "network",
    "index_no_swap": "cued",
    "index_task_optimal": "task_optimal",
    "index_mean_regression": "guess",
}
MOMENTS = {"before": "white", "after": None}  # faces of the marks


def pipeline(axes: Axes, recordings: pd.DataFrame, animals: Mapping[str, tuple[float, float, float]]) -> Axes:
    """The published angle before the cue (open) and after it (filled): animals, and each condition of networks as recordings.

    Of animals the median with its quartiles; of networks the median over bootstraps, mean over neurons, networks and baselines, with the mean
    quartiles. Ticks are what permuted colours give.

    Args:
        animals: by moment the median and the two quartiles, degrees.
    """
    names = list(dict.fromkeys(recordings["condition"]))
    for shift, (moment, face) in zip((-0.12, 0.12), MOMENTS.items()):
        _angle(axes, shift, animals[moment], "human", face)
        for place, name in enumerate(names, 1):
            part = recordings[(recordings["condition"] == name) & (recordings["moment"] == moment)]
            _angle(axes, place + shift, part[["angle", "angle_low", "angle_high"]].mean(), _role(name), face)
            axes.plot(place + shift, part["chance"].mean(), "_", color=COLOURS["target"], markersize=11)
    titles = [fill(SHOWN[name], 12) for name in names]
    axes.set_xticks(range(len(names) + 1), labels=["macaques", *titles])
    axes.set(ylim=(0, 92), yticks=(0, 30, 60, 90), ylabel="angle of the planes (°)", xlim=(-0.5, len(names) + 0.5))
    return axes


def _angle(axes: Axes, x: float, quartiles, role: str, face: str | None) -> None:
    middle, low, high = quartiles
    axes.plot([x, x], [low, high], color=COLOURS[role], linewidth=1.4)
    axes.plot(x, middle, "o", color=COLOURS[role], markerfacecolor=face or COLOURS[role], markersize=5)


def found_by_pooling(axes: Axes, recordings: pd.DataFrame) -> Axes:
    """Alignment by regression, pooled over the sessions of a recording, over that of the network's own states; a point for each network
    before the cue (open) and after it (filled)."""
    known = recordings.dropna(subset="pooled")
    axes.plot([0, 1], [0, 1], color=COLOURS["reference"], linewidth=0.8, linestyle="--")
    for (name, moment), part in known.groupby(["condition", "moment"], sort=False):
        role = _role(str(name))
        points(axes, part["own"], part["pooled"], part["pooled_low"], part["pooled_high"], role)
        axes.containers[-1].lines[0].set_markerfacecolor(MOMENTS[str(moment)] or COLOURS[role])
    axes.set(xlabel="alignment, the network itself", ylabel="alignment, pooled over sessions", xlim=(-0.03, 1.05))
    return axes


def effects(axes: Axes, table: pd.DataFrame) -> Axes:
    """Every finding as a row: effects of each condition with intervals over networks, to the right where they are like the animals'.

    Rows are in units of their own, the largest end of an interval in them; filled where the verdict is told.
    """
    names, labels = list(dict.fromkeys(table["condition"])), list(dict.fromkeys(table["short"]))
    for height, label in enumerate(labels):
        part = table[table["short"] == label]
        sign = np.where(part["same"] == "above", 1.0, -1.0)
        found = [sign * (part[end] - part["than"]) for end in ("effect", "low", "high")]
        largest = np.nanmax(np.abs(found))
        for (_, row), value, low, high in zip(part.iterrows(), *(each / largest for each in found)):
            y = height + 0.68 * ((names.index(row["condition"]) + 0.5) / len(names) - 0.5)
            role, told = _role(row["condition"]), row["verdict"] != "cannot be told"
            axes.plot([low, high], [y, y], color=COLOURS[role], linewidth=1.2)
            face = COLOURS[role] if told else "white"
            axes.plot(value, y, _marker(row["condition"]), color=COLOURS[role], markerfacecolor=face, markersize=4)
    for name in names:
        axes.plot([], [], _marker(name) + "-", color=COLOURS[_role(name)], markersize=4, label=SHOWN[name])
    axes.axvline(0, color=COLOURS["reference"], linewidth=0.8)
    axes.hlines(np.arange(len(labels) - 1) + 0.5, -1.05, 1.05, color="0.92", linewidth=0.6)
    axes.set(yticks=range(len(labels)), yticklabels=labels, ylim=(len(labels) - 0.4, -0.6), xlim=(-1.05, 1.05))
    axes.set_xticks([-0.5, 0.5], labels=["← opposite", "like the animals →"])
    axes.tick_params(axis="x", length=0)
    axes.legend(fontsize=7, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return axes


def _role(condition: str) -> str:
    return ROLES.get(condition.removesuffix("_waits"), "reference")


def _marker(condition: str) -> str:
    """Squares for networks with the animals' delay after the cue."""
    return "s" if condition.endswith("_waits") else "o"
