"""Figures of how often networks swap, and when."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from swapbook.conditions import SHOWN
from swapbook.figures.of_networks import broken, name_axes
from swapbook.induced import TAUGHT
from swapbook.summaries.collected import mean_curve, networks_of
from swaputils import drawing
from swaputils.behaviour import mean_interval

READINGS = {  # of `induced.readings`, with the role and the words of each
    "nearest": ("reference", "nearer to the other item"),
    "swaps": ("nontarget", "non-targets, fitted mixture"),
    "middle": ("task_optimal", "near the middle"),
    "other": ("network", "near the other item"),
}
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
        axes.set_title(f"{broken(SHOWN[name])}\n(n = {len(part)})", fontsize=7)
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
        axes.set(title=f"{SHOWN[name]}\n(n = {len(networks)})", xlabel="probe distance (°)")
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
    panels[0].set(ylim=(0, 0.9), ylabel="nearest item not the cued one")
    panels[1].set_ylabel("median error (rad)")
    figure.legend(*panels[0].get_legend_handles_labels(), fontsize=7, loc="outside lower center", ncols=3)
    return figure


def induced(table: pd.DataFrame) -> Figure:
    """Readings of task-optimal networks over what was changed, means with intervals over networks; `induced.induced`.

    Dashed: responses near the other item of the networks that were taught swaps.
    """
    panels = {
        ("probe_task_optimal", "probes"): "between the probes (°)",
        ("index_task_optimal", "noise"): "noise, index-cued (×)",
        ("probe_task_optimal", "noise"): "noise, probe-cued (×)",
    }
    figure, grid = plt.subplots(1, len(panels), figsize=(drawing.WIDTH, 2.9), sharey=True)
    for axes, ((condition, change), label) in zip(grid, panels.items()):
        part = table[(table["condition"] == condition) & (table["change"] == change)]
        values = part["value"].drop_duplicates().tolist()
        for shift, (reading, (role, text)) in zip((-0.12, -0.04, 0.04, 0.12), READINGS.items()):
            found = [part.loc[part["value"] == value, reading].to_numpy() for value in values]
            places = np.arange(len(values)) + shift
            means, low, high = np.array([mean_interval(each) for each in found]).reshape(-1, 3).T
            drawing.points(axes, places, means, low, high, role)
            drawing.curve(axes, places, means, role, linewidth=0.8, label=text)
        taught = table[(table["condition"] == TAUGHT[condition]) & (table["change"] == "none")]
        drawing.reference(axes, taught["other"].mean(), "taught swaps", "network", "left")
        axes.set_xticks(range(len(values)), labels=[f"{value:g}" for value in values])
        axes.set(xlabel=label, ylim=(-0.02, 0.56))
    grid[0].set_ylabel("share of responses")
    figure.legend(*grid[0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=4)
    return figure


def planted_swaps(table: pd.DataFrame) -> Figure:
    """Readings of responses with known swaps over the width of the responses, and of responses at the mean of both items."""
    choice, mean = (table[table["kind"] == kind] for kind in ("choice", "mean"))
    shown = {"swaps": "fitted mixture", "other": "near the other item", "nearest": "nearer to the other item"}
    figure, panels = plt.subplots(1, 4, figsize=(drawing.WIDTH, 2.6))
    for axes, (reading, title) in zip(panels, shown.items()):
        for swaps, part in choice[choice["true_guesses"] == 0].groupby("true_swaps"):
            found = part.groupby("true_concentration")[reading].mean()
            drawing.curve(axes, found.index, found, READINGS[reading][0], marker="o", markersize=3, linewidth=0.8)
            drawing.reference(axes, swaps)
        axes.set_title(title, fontsize=8)
    for reading, (role, _) in READINGS.items():
        found = mean.groupby("true_concentration")[reading].mean()
        drawing.curve(panels[3], found.index, found, role, marker="o", markersize=3, linewidth=0.8)
    panels[3].set_title("mean of both, no swaps", fontsize=8)
    for axes in panels:
        drawing.log_axis(axes, 1.0, 4.0, 30.0, 300.0).set(ylim=(-0.03, 1.03 if axes is panels[3] else 0.6))
    return name_axes(figure, "concentration of the responses", "share of responses")
