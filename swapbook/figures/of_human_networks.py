"""Figures of networks that learnt all of people's responses, and of learners that had some of them."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from swapbook.figures.of_networks import seeds
from swapbook.figures.of_swaps import DISTANCES
from swapbook.summaries.human_networks import LEARNERS, MODELS, WORTH_TRAINING
from swaputils import drawing


def taught_by_people(networks: pd.DataFrame, logs: Sequence[pd.DataFrame]) -> Figure:
    """Loss over the updates of both stages, and the probability of a non-target by probe distance beside the ideal sampler's."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 2.6))
    for (_, network), log in zip(networks.iterrows(), logs):
        selection = log.loc[log["stage"] == 0, "update"].max()
        drawing.curve(panels[0], log["update"] + selection * log["stage"], log["loss"], "network", linewidth=0.8)
        ends = []
        for who, shift in (("network", -4), ("ideal", 4)):
            curve = pd.DataFrame(network[f"{who}_responsibilities"])
            degrees, middle = np.degrees(curve["distance"]) + shift, curve["probability"]
            half = 1.96 * curve["standard_error"]
            drawing.points(panels[1], degrees, middle, middle - half, middle + half, who)
            ends.append((degrees, middle))
        drawing.curve(panels[1], *np.stack(ends, axis=1), "reference", linewidth=0.6)
    drawing.distance_axis(panels[1], DISTANCES)
    panels[0].set(yscale="log", xlabel="updates", title="loss")
    panels[1].set(xlabel="probe distance (°)", ylim=(0, None))
    panels[1].set_title("probability that a response\ncame from a non-target")
    return figure


def held_out_people(beside: pd.DataFrame) -> Figure:
    """Every held-out person under every model but the uniform one, see `human_networks.beside_model`."""
    shown = beside.drop(columns=["uniform", "surrogate"]).dropna(axis=1, how="all").rename(columns=MODELS)
    figure, axes = plt.subplots(figsize=(6, 0.6 + 0.3 * len(shown.columns)))
    seeds(axes, {name: shown[name].dropna() for name in shown}, shown.mean().to_dict(), "human", "network")
    axes.axvline(0, color=drawing.COLOURS["reference"], linewidth=0.8, zorder=0)
    axes.set_xlabel(f"log density minus that of chapter 1's model (nats), {len(shown)} people")
    return figure


def limited_learners(runs: pd.Series) -> Figure:
    """Learners' log density on held-out people minus that of chapter 1's model, by number of trials, see `human_networks.runs`."""
    figure, axes = plt.subplots(figsize=(6, 2.8))
    style = {"marker": "o", "markersize": 4, "linewidth": 1}
    for kind, role in (("taught", "network"), ("direct", "task_optimal"), ("gru", "reference")):
        for number, course in (runs[kind] - runs["surrogate"]).unstack().iterrows():
            label = None if number else LEARNERS[kind]
            drawing.curve(axes, course.index, course, role, label=label, **style)
    drawing.reference(axes, 0.0, "chapter 1's model")
    drawing.doubling_axis(axes, sorted(runs.index.unique("count")), "human trials")
    axes.set_ylabel("log density minus that of chapter 1's\nmodel, held-out people (nats)")
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(LEARNERS))
    return figure


def worth(table: pd.DataFrame) -> Figure:
    """What swaps are worth by set size in every data set, with intervals over people, and in standard errors; see `human_networks.worth`."""
    sets = table.groupby("data", sort=False)
    figure, grid = plt.subplots(2, len(sets), figsize=(drawing.WIDTH, 4.0), sharey="row", sharex="col")
    kinds = {"people": ("human", "o"), "planted, no swaps": ("reference", "s")}
    for (above, below), (name, part) in zip(grid.T, sets):
        for shift, (who, (role, marker)) in zip((-0.12, 0.12), kinds.items()):
            one = part[part["who"] == who]
            drawing.points(above, one["set_size"] + shift, one["gain"], one["low"], one["high"], role, marker)
            drawing.curve(
                below, one["set_size"] + shift, one["ratio"], role, marker=marker, markersize=4.5, linewidth=0
            )
        drawing.reference(above, 0.0)
        drawing.reference(below, WORTH_TRAINING)
        above.set_title(name.replace(" et al.", "\net al.").replace(", exp", ",\nexp"))
        below.set(xticks=sorted(part["set_size"].unique()), xlim=(1.4, 8.6))
    for height, (who, (role, _)) in zip((0.9, 0.76), kinds.items()):
        drawing.say(grid[0, 0], 0.03, height, who, role, xycoords="axes fraction")
    grid[0, 0].set_ylabel("gain of swaps\n(nats a trial)")
    grid[1, 0].set_ylabel("gain / standard error")
    figure.supxlabel("set size (items)", fontsize=9)
    return figure
