"""Drawings without data: the trial, the network and what networks are trained for."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from swaputils.drawing import COLOURS, WIDTH, cloud
from swaputils.inputs import Periods

CUED, OTHER = 0.35, 1.95  # directions of the two items' colours, rad
SWAPS, SPREAD = 0.1, 0.05  # share of swaps and width of the clusters that are drawn
UNITS, LINKS = 16, 26


def schematic(periods: Periods, seed: int) -> Figure:
    """Above the periods of a trial; below the network, and what the objectives ask of the end of its report."""
    generator = np.random.default_rng(seed)
    figure = plt.figure(figsize=(WIDTH, 4.4))
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    _trial(above.subplots(), periods)
    network, *asked = below.subplots(1, 4, width_ratios=(1.9, 1, 1, 1))
    _network(network, generator)
    for axes, name in zip(asked, ("task-optimal", "mean regression", "diffusion")):
        _asked(axes, name, generator)
    return figure


def _trial(axes: Axes, periods: Periods) -> None:
    """What is on the screen in each period, with its duration."""
    shown = {
        "stimulus": (periods.stimulus, "two items"),
        "delay": (periods.delay, "nothing"),
        "cue": (periods.cue, "which one to report"),
        "post-cue delay": (periods.post_cue_delay, "nothing"),
        "report": (periods.report, "the readout moves"),
    }
    for place, (name, (seconds, text)) in enumerate(shown.items()):
        left = 1.5 * place
        axes.add_patch(Rectangle((left, 0), 1.2, 1, facecolor="0.97", edgecolor="0.6", linewidth=0.8))
        axes.text(left + 0.6, 1.1, name, ha="center", fontsize=8, weight="bold")
        axes.text(left + 0.6, -0.1, f"{seconds:.2f} s", ha="center", va="top", fontsize=8)
        axes.text(left + 0.6, -0.34, text, ha="center", va="top", fontsize=7.5, color=COLOURS["reference"])
        for role, height in (("cued", 0.72), ("nontarget", 0.28)):
            if name == "stimulus":
                axes.add_patch(Rectangle((left + 0.49, height - 0.11), 0.22, 0.22, color=COLOURS[role], linewidth=0))
        if name == "cue":
            axes.add_patch(Rectangle((left + 0.49, 0.61), 0.22, 0.22, fill=False, edgecolor="0.2", linewidth=1.4))
        if name == "report":
            axes.add_patch(Circle((left + 0.6, 0.5), 0.36, fill=False, edgecolor="0.6", linewidth=1))
            end = left + 0.6 + 0.36 * np.cos(CUED), 0.5 + 0.36 * np.sin(CUED)
            _arrow(axes, (left + 0.6, 0.5), end, "cued")
    axes.set(xlim=(-0.1, 7.4), ylim=(-0.6, 1.35), aspect="equal")
    axes.axis("off")


def _network(axes: Axes, generator: np.random.Generator) -> None:
    """Units and some of their connections, what comes in, the plane that is read and what is not."""
    turns = 2 * np.pi * np.arange(UNITS) / UNITS
    units = np.column_stack((np.cos(turns), np.sin(turns)))
    for _ in range(LINKS):
        axes.plot(*units[generator.choice(UNITS, 2, replace=False)].T, color="0.85", linewidth=0.6, zorder=1)
    axes.plot(*units.T, "o", color=COLOURS["network"], markersize=5, zorder=2)
    axes.text(0, 1.22, f"{UNITS} noisy units", ha="center", fontsize=8)
    _arrow(axes, (-2.1, 0), (-1.15, 0), "reference")
    axes.text(-2.3, 0.15, "items,\nthen cue", fontsize=8)
    for height, text in ((0.55, "readout plane:\nthe response"), (-0.75, "null space:\nmemories")):
        _arrow(axes, (1.15, 0.3 * height), (1.85, height), "reference")
        axes.text(1.95, height, text, va="center", fontsize=8)
    axes.set(xlim=(-2.3, 3.9), ylim=(-1.5, 1.6), aspect="equal")
    axes.axis("off")


def _asked(axes: Axes, name: str, generator: np.random.Generator) -> None:
    """Where responses to one display should end, in the readout plane."""
    directions = np.array([CUED, OTHER])
    items = np.column_stack((np.cos(directions), np.sin(directions)))
    for point, role in zip(items, ("cued", "nontarget")):
        axes.plot(*np.outer(point, (1.2, 1.45)), color=COLOURS[role], linewidth=3, solid_capstyle="butt")
    if name == "diffusion":
        drawn = items[(generator.random(200) < SWAPS).astype(int)] + SPREAD * generator.normal(size=(200, 2))
        cloud(axes, *drawn.T, "network")
    else:
        weights = (1, 0) if name == "task-optimal" else (1 - SWAPS, SWAPS)
        axes.plot(*(np.array(weights) @ items), "x", color=COLOURS["network"], markersize=8, markeredgewidth=2)
    text = {
        "task-optimal": "be at the cued item",
        "mean regression": "be at the mean",
        "diffusion": "be spread like this",
    }
    axes.set(xlim=(-0.8, 1.6), ylim=(-0.6, 1.6), aspect="equal", xticks=[], yticks=[])
    axes.set_title(name, fontsize=8.5)
    axes.set_xlabel(text[name], fontsize=7.5)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], role: str) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=COLOURS[role], linewidth=1.4))
