"""Figures of how often networks swap, and when."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from swapbook.conditions import CONDITIONS
from swapbook.figures.of_networks import broken, name_axes
from swapbook.summaries.collected import mean_curve, networks_of
from swaputils import drawing

DISTANCES = [45.0, 90.0, 135.0, 180.0]  # between eight places, degrees


def curves(networks: pd.DataFrame) -> Figure:
    """Swap rate of every network by probe distance, a panel for each condition, and the ideal sampler's."""
    parts = list(networks.groupby("condition", sort=False))
    rows = max(1, -(-len(parts) // 4))
    figure, panels = plt.subplots(rows, 4, figsize=(drawing.WIDTH, 0.5 + 1.7 * rows), squeeze=False)
    for axes, (name, part) in zip(panels.flat, parts):
        degrees = np.degrees(part["ideal_curve"].iloc[0]["distance"])
        drawing.curve(axes, degrees, mean_curve(part, "ideal_curve"), "ideal", linewidth=4, alpha=0.5)
        for curve in map(pd.DataFrame, part["network_curve"]):
            degrees = np.degrees(curve["distance"])
            drawing.curve(axes, degrees, curve["rate"], "network", linewidth=0.8)
            drawing.points(axes, degrees, curve["rate"], curve["low"], curve["high"], "network", marker=".")
        axes.set_title(f"{broken(CONDITIONS[name].title)} (n = {len(part)})", fontsize=7)
        axes.set(xticks=DISTANCES)
        axes.set_ylim(-0.04 * axes.get_ylim()[1], max(axes.get_ylim()[1], 0.05))
    for axes in panels.flat[len(parts) :]:
        axes.set_visible(False)
    return name_axes(figure, "probe distance (°)", "swap rate")


def functions(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Swap functions of up to three conditions, see `one_network.swap_functions`: taught, of every network, and of the ideal sampler."""
    figure, panels = plt.subplots(1, 3, figsize=(drawing.WIDTH, 2.5), sharey=True)
    for axes, (name, table) in zip(panels, tables.items()):
        networks = [fit for _, fit in table[table["who"] == "network"].groupby("seed", sort=False)]
        ideal, taught = (table[table["who"] == who] for who in ("ideal", "taught"))
        step = min(5, 24 / len(networks))
        places = [*(step * (np.arange(len(networks)) - (len(networks) - 1) / 2)), 16]
        for fit, place in zip([*networks, ideal], places):
            degrees = np.degrees(fit["distance"]) + place
            drawing.points(axes, degrees, fit["f"], fit["low"], fit["high"], fit["who"].iloc[0])
        drawing.given(axes, np.degrees(taught["distance"]) - 16, taught["f"])
        drawing.distance_axis(axes, DISTANCES)
        axes.set(title=f"{CONDITIONS[name].title} (n = {len(networks)})", xlabel="probe distance (°)")
    panels[0].set_ylabel("swap function f")
    return figure


def set_sizes(stored: pd.DataFrame) -> Figure:
    """Swaps and median errors of networks of two and of four items at other numbers of items."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 2.6))
    shown = {
        "probe_task_optimal": ("task-optimal, two items", "task_optimal"),
        "n4_task_optimal": ("task-optimal, four items", "guess"),
        "probe_human": ("human swap function, two items", "network"),
        "human_n4": ("human responses, four items", "human"),
    }
    style = {"marker": "o", "markersize": 3, "linewidth": 1}
    for axes, measure in zip(panels, ("swap_rate", "median_error")):
        for name, (label, role) in shown.items():
            for number, curve in enumerate(networks_of(stored, name)["network_generalisation"]):
                text = None if number else label
                drawing.curve(axes, curve["items"], curve[measure], role, label=text, **style)
        axes.set(xlabel="number of items", ylim=(0, None))
    items = np.arange(1, 7)
    drawing.curve(panels[0], items, 1 - 1 / items, "reference", linestyle="--", linewidth=1, label="any item at random")
    panels[0].set(ylim=(0, 0.9), ylabel="nearest item is not the cued one")
    panels[1].set_ylabel("median error (rad)")
    figure.legend(*panels[0].get_legend_handles_labels(), fontsize=7, loc="outside lower center", ncols=3)
    return figure
