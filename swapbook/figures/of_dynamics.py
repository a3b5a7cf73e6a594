"""Figures of dynamics: decoders across time and items, rings under a cue, spectra, the report's gains, and the map of solutions."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from seaborn import husl_palette

from swapbook.conditions import SHOWN
from swapbook.cortex import solutions
from swapbook.cortex.flows import COLOURS, end_of, rings, silent_grid
from swapbook.figures.of_networks import broken, name_axes, shade_periods
from swapbook.networks import Trained
from swaputils import drawing
from swaputils.inputs import STEP_SECONDS, Periods

DENSE = 100  # dots an inch of a figure of thousands of lines, whose file would else be as large as all others of its chapter together
ROLES = {
    "index_swap": "network",
    "index_no_swap": "cued",
    "index_task_optimal": "task_optimal",
    "index_mean_regression": "surrogate",
    "index_swap_dendrites": "nontarget",
    "index_swap_64": "human",
}


def across_time(table: pd.DataFrame, conditions: Sequence[str], periods: Periods) -> Figure:
    """Mean score over seeds of decoders fitted at one time (upwards) and asked at another, of the cued and of the other colour."""
    size = (0.8 * drawing.WIDTH, 0.5 + 2.4 * len(conditions))
    figure, panels = plt.subplots(len(conditions), 2, figsize=size, sharex=True, sharey=True, squeeze=False)
    cue_on = periods.stimulus + periods.delay
    edges = (periods.stimulus, cue_on, cue_on + periods.cue, cue_on + periods.cue + periods.post_cue_delay)
    for row, name in zip(panels, conditions):
        for axes, decoded in zip(row, ("cued", "other")):
            part = table[(table["condition"] == name) & (table["decoded"] == decoded)]
            score = part.pivot_table(index="fitted", columns="asked", values="score")
            times = score.index.to_numpy()
            half = (times[1] - times[0]) / 2
            ends = (times[0] - half, times[-1] + half)
            image = axes.imshow(score, origin="lower", extent=(*ends, *ends), cmap="RdBu_r", vmin=-1, vmax=1)
            for edge in edges:
                axes.axvline(edge, color=drawing.COLOURS["reference"], linewidth=0.6)
                axes.axhline(edge, color=drawing.COLOURS["reference"], linewidth=0.6)
            axes.set_title(f"{SHOWN[name]}: {decoded} colour", fontsize=8)
        row[0].set_ylabel("fitted at (s)")
    for axes in panels[-1]:
        axes.set_xlabel("asked at (s)")
    figure.colorbar(image, ax=panels, label="mean cosine", shrink=0.7, ticks=(-1, 0, 1))
    return figure


def across_items(table: pd.DataFrame, conditions: Sequence[str], periods: Periods) -> Figure:
    """Score of an item's decoder asked about its own item (dark) and about the other one (light), a line for each network."""
    size = (drawing.WIDTH, 2.4)
    figure, panels = plt.subplots(1, len(conditions), figsize=size, sharex=True, sharey=True, squeeze=False)
    for axes, name in zip(panels[0], conditions):
        shade_periods(axes, periods)
        for decoded, role in (("own item", "human"), ("other item", "network")):
            part = table[(table["condition"] == name) & (table["decoded"] == decoded)]
            for _, seed in part.groupby("seed"):
                drawing.curve(axes, seed["asked"], seed["score"], role, linewidth=1.0)
        drawing.reference(axes, 0.0)
        axes.set_title(SHOWN[name], pad=14)
    drawing.say(panels[0, 0], 0.55, 0.2, "own item", "human", xycoords="axes fraction")
    drawing.say(panels[0, 0], 0.55, 0.1, "other item", "network", xycoords="axes fraction")
    return name_axes(figure, "time (s)", "mean cosine")


def rings_under_cues(trained: Mapping[str, Trained]) -> Figure:
    """The memories of every pair of colours before the cue and after either cue, in the plane of the cued colour after the cue.

    Hues are colours of item 1; a grey line joins memories with the same colour of item 2.
    """
    size = (drawing.WIDTH, 0.4 + 2.4 * len(trained))
    figure, panels = plt.subplots(len(trained), 3, figsize=size, dpi=DENSE, sharex="row", sharey="row", squeeze=False)
    hues = husl_palette(COLOURS)
    for row, (name, network) in zip(panels, trained.items()):
        runs = [silent_grid(network, cue)[0] for cue in (0, 1)]
        after = [end_of(network, run, "cue") for run in runs]
        cued = torch.cat([rings(states)[cue].flatten(0, 1) for cue, states in enumerate(after)])
        plane = torch.linalg.svd(cued, full_matrices=False).Vh[:2]
        moments = {"end of delay": end_of(network, runs[0], "delay")}
        moments |= {f"end of cue, item {cue + 1} cued": states for cue, states in enumerate(after)}
        for axes, (moment, states) in zip(row, moments.items()):
            places = (states - states.mean(0)) @ plane.T
            grid = places.unflatten(0, (COLOURS, COLOURS)).numpy()
            for other in range(COLOURS):
                loop = np.vstack((grid[:, other], grid[:1, other]))
                axes.plot(*loop.T, color=drawing.COLOURS["reference"], linewidth=0.3)
            axes.scatter(*places.T, s=6, color=np.repeat(hues, COLOURS, axis=0), linewidth=0, zorder=3)
            axes.set(aspect="equal", xticks=[], yticks=[])
            axes.set_title(f"{SHOWN[name]}\n{moment}", fontsize=8)
    return name_axes(figure, "first axis of the cued colour's plane", "second axis")


def radii(table: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """Radii of the rings of the cued colour and of the other one, and what depends on both, at moments of the trial; lines are networks."""
    moments = {"end of stimulus": "stimulus", "end of delay": "delay", "end of cue": "cue", "end of report": "report"}
    size = (drawing.WIDTH, 2.4)
    figure, panels = plt.subplots(1, len(conditions), figsize=size, sharex=True, sharey=True, squeeze=False)
    for axes, name in zip(panels[0], conditions):
        for _, network in table[table["condition"] == name].groupby("seed"):
            course = network.set_index("moment").loc[list(moments)]
            for part, role in (("cued", "cued"), ("other", "nontarget"), ("interaction", "reference")):
                drawing.curve(axes, range(len(moments)), course[part], role, marker="o", markersize=3, linewidth=0.8)
        axes.set(xticks=range(len(moments)), xticklabels=list(moments.values()), ylim=(0, 1.2))
        axes.set_title(SHOWN[name])
    for height, (text, role) in zip(
        (0.94, 0.86, 0.78), (("cued colour", "cued"), ("other colour", "nontarget"), ("both together", "reference"))
    ):
        drawing.say(panels[0, 0], 0.02, height, text, role, xycoords="axes fraction")
    return name_axes(figure, "at the end of", "radius / spread of memories")


def spectra(table: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """Moduli of the largest eigenvalues at the memories, under the delay's input and a cue's; lines are networks."""
    memories = table[table["kind"] == "memory"]
    numbers = [column for column in table if column.startswith("modulus_")]
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 2.6), sharex=True, sharey=True)
    second = 1 - STEP_SECONDS
    for axes, (period, title) in zip(panels, {"delay": "delay", "cue 0": "cue of item 1"}.items()):
        for name in conditions:
            part = memories[(memories["condition"] == name) & (memories["period"] == period)]
            order = np.arange(1, len(numbers) + 1)
            drawing.curve(axes, order, part[numbers].T, ROLES[name], marker="o", markersize=3, linewidth=0.8)
        drawing.reference(axes, 1.0, "kept")
        drawing.reference(axes, second, "fades in a second")
        axes.set(xticks=range(1, len(numbers) + 1), xlim=(0.7, len(numbers) + 2.2), title=title)
    for place, name in enumerate(conditions):
        text = SHOWN[name]
        drawing.say(panels[1], 0.03, 0.23 - 0.09 * place, text, ROLES[name], xycoords="axes fraction")
    return name_axes(figure, "eigenvalue", "modulus")


def gains(table: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """The report linearised along the path without noise: largest modulus, and gains of a push; lines are networks."""
    labels = {
        "modulus": "largest modulus of a step",
        "plane_gain": "gain of a push in the\nreadout plane",
        "null_gain": "gain of a push in the\nnull space",
    }
    figure, panels = plt.subplots(1, 3, figsize=(drawing.WIDTH, 2.5), sharex=True)
    for axes, (column, label) in zip(panels, labels.items()):
        for name in conditions:
            found = table[table["condition"] == name].pivot(index="time", columns="seed", values=column)
            drawing.curve(axes, found.index, found, ROLES[name], linewidth=0.9)
        axes.set(ylabel=label, yscale="log" if column == "plane_gain" else "linear")
    drawing.reference(panels[0], 1.0)
    for place, name in enumerate(conditions):
        text = SHOWN[name]
        drawing.say(panels[1], 0.03, 0.93 - 0.09 * place, text, ROLES[name], xycoords="axes fraction")
    figure.supxlabel("time in the report (s)", fontsize=9)
    return figure


def solutions_map(table: pd.DataFrame, measures: Sequence[str]) -> Figure:
    """Every network in the plane of classical scaling, one panel for a measure; the numbers are seeds."""
    size = (drawing.WIDTH, 3.8)
    figure, panels = plt.subplots(1, len(measures), figsize=size, squeeze=False)
    for axes, measure in zip(panels[0], measures):
        places, shown = solutions.map_of(table, measure)
        for name, part in places.groupby("condition", sort=False):
            colour = drawing.COLOURS[ROLES[str(name)]]
            axes.plot(part["x"], part["y"], "o", color=colour, alpha=0.7, label=broken(SHOWN[str(name)]))
        axes.set(xticks=[], yticks=[])
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_title(f"{measure} ({100 * shown:.0f} % shown)", fontsize=8)
    handles, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8)
    return figure
