"""Figures of people's responses and of the surrogates fitted to them: each draws one table."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy.special import expit

from swaputils.drawing import COLOURS, WIDTH, band, curve, distance_axis, given, points, reference, say, weight_axis

KINDS = {
    "p_target": ("cued item", "cued"),
    "p_nontarget": ("non-targets", "nontarget"),
    "p_uniform": ("guess", "guess"),
}
WORDS = {column: text for column, (text, _) in KINDS.items()}
FITS = {"von Mises + guesses": "network", "wrapped stable": "surrogate"}
CHECKED = {"cue, von Mises + guesses": "network", "full, wrapped stable": "surrogate"}
MARKERS = {"von Mises + guesses": "o", "variable precision + guesses": "s", "wrapped stable": "^"}


def shares(means: pd.DataFrame, errors: pd.DataFrame) -> Figure:
    """Shares of mixture components (columns, see KINDS) by set size (rows), with standard errors, each named at its right end."""
    figure, axes = plt.subplots(figsize=(6.5, 2.8))
    for column, (text, role) in KINDS.items():
        axes.errorbar(means.index, means[column], errors[column], fmt="-o", color=COLOURS[role], markersize=4.5)
        end = float(means.index[-1]), float(means[column].iloc[-1])
        say(axes, *end, text, role, xytext=(8, 0), textcoords="offset points", va="center", annotation_clip=False)
    axes.set(ylim=(-0.02, 1.02), xticks=means.index, xlabel="set size (items)", ylabel="share of responses")
    return figure


def by_set_size(functions: pd.DataFrame, one_for_all: pd.Series) -> Figure:
    """Weight of a non-target over cue distance at every set size, the largest in a panel of its own.

    Args:
        functions: set_size, distance, f, low, high; diamonds where there also is `true`.
        one_for_all: a weight for each set size, dashed.
    """
    *others, largest = functions["set_size"].unique()
    figure = plt.figure(figsize=(WIDTH, 3.3))
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.7))
    large = left.subplots()
    small = right.subplots(2, math.ceil(len(others) / 2), sharex=True, sharey=True, squeeze=False).ravel()
    for axes, size in zip((large, *small), (largest, *others)):
        table = functions[functions["set_size"] == size]
        weights(axes, table)
        reference(axes, one_for_all[size], "one weight for all" if size == largest else "")
        distance_axis(axes, np.rad2deg(table["distance"]).tolist()).set_title(f"{size} items")
        if "true" in table:
            given(axes, np.rad2deg(table["distance"]), np.exp(table["true"]))
    left.supylabel("weight relative to the cued item", fontsize=9)
    for side in (left, right):
        side.supxlabel("cue distance (°)", fontsize=9)
    return figure


def two_items(function: pd.DataFrame) -> Figure:
    """Swap probability of a two-item display over cue distance; `taught`, beside f, low and high, is what a network is taught."""
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    degrees = np.rad2deg(function["distance"])
    points(axes, degrees, *(expit(function[name]) for name in ("f", "low", "high")), "surrogate")
    given(axes, degrees, function["taught"]).lines[-1].set_markersize(10)  # around the points where it is their value
    first = float(degrees.iloc[0]), float(function["taught"].iloc[0])
    say(axes, *first, "taught", "target", xytext=(7, 4), textcoords="offset points")
    distance_axis(axes, degrees.tolist())
    axes.set(xlabel="cue distance (°)", ylabel="swap probability", ylim=(0, 0.25))
    return figure


def by_report_distance(functions: pd.DataFrame) -> Figure:
    """Weight of a non-target over report distance in every data set, under two emissions."""
    sets = functions.groupby("data", sort=False)
    figure, panels = plt.subplots(1, len(sets), figsize=(WIDTH, 2.5), sharex=True, sharey=True)
    for axes, (name, table) in zip(panels, sets):
        for emission, role in FITS.items():
            one = table[table["emission"] == emission]
            middle, low, high = (np.exp(one[each]) for each in ("f", "low", "high"))
            band(axes, np.rad2deg(one["distance"]), low, high, role)
            curve(axes, np.rad2deg(one["distance"]), middle, role)
        weight_axis(axes).set_title(_in_two_lines(name))
        axes.set(xlim=(0, 180), xticks=(0, 90, 180), ylim=(1e-3, 5))
    say(panels[0], 8.0, 1.8, "von Mises + guesses", "network")
    say(panels[0], 8.0, 0.02, "wrapped stable", "surrogate")
    panels[0].set_ylabel("weight")
    figure.supxlabel("report distance (°)", fontsize=9)
    return figure


def swap_shares(table: pd.DataFrame) -> Figure:
    """Share of swaps and its excess over the farthest distance, by set size in two data sets, a marker for each emission."""
    figure, grid = plt.subplots(1, 2, figsize=(WIDTH, 2.8), sharey=True, width_ratios=(7, 3))
    for axes, (name, of_set) in zip(grid, table.groupby("data", sort=False)):
        for step, (emission, marker) in zip((-0.22, 0, 0.22), MARKERS.items()):
            one = of_set[of_set["emission"] == emission]
            for what, role in (("swaps", "nontarget"), ("excess", "surrogate")):
                points(axes, one["set_size"] + step, one[what], one[f"{what}_low"], one[f"{what}_high"], role, marker)
        axes.set(title=name, xticks=one["set_size"])
        reference(axes, 0.0)
    say(grid[0], 1.9, 0.44, "all swaps", "nontarget")
    say(grid[0], 1.9, 0.40, "excess over the farthest distance", "surrogate")
    grid[0].set(ylabel="share of responses", ylim=(-0.1, 0.48))
    figure.supxlabel("set size (items)", fontsize=9)
    return figure


def by_person(people: pd.DataFrame, gradients: pd.DataFrame) -> Figure:
    """Weights of every person and of the group in two data sets, and the group's gradient by set size."""
    figure, panels = plt.subplots(1, 3, figsize=(WIDTH, 2.7), width_ratios=(1, 1, 1.2))
    for axes, (name, table) in zip(panels, people.groupby("data", sort=False)):
        distance_axis(_persons(axes, table), np.rad2deg(table["distance"].unique()).tolist())
        axes.set(title=name, xlabel="cue distance (°)", ylim=(1e-2, 1))
    for (_, table), marker, step in zip(gradients.groupby("data", sort=False), "os", (-0.12, 0.12)):
        size = table["contrast"].str.removeprefix("set_size ").astype(int)
        points(panels[2], size + step, table["f"], table["low"], table["high"], "surrogate", marker)
    reference(panels[2], 0.0)
    panels[2].set(xlabel="set size (items)", ylabel="gradient of $f$", title="group")
    panels[0].set_ylabel("weight")
    return figure


def by_cue(functions: pd.DataFrame) -> Figure:
    """Weights by retro-cue (columns, named in `cue`) in two experiments (rows)."""
    figure, grid = plt.subplots(2, 3, figsize=(WIDTH, 4.2), sharex=True, sharey=True)
    for axes, ((name, cue), table) in zip(grid.ravel(), functions.groupby(["data", "cue"])):
        weights(axes, table).set_title(f"{cue}, {name.split(', ')[1]}")
        axes.set(xlim=(0, 190), xticks=(0, 60, 120, 180), ylim=(2e-4, 3))
    figure.supxlabel("cue distance (°)", fontsize=9)
    figure.supylabel("weight relative to the cued item", fontsize=9)
    return figure


def by_person_with_cues(people: pd.DataFrame) -> Figure:
    """Weights of every person and of the group in two experiments with retro-cues."""
    figure, panels = plt.subplots(1, 2, figsize=(6.5, 2.6), sharey=True)
    for axes, (name, table) in zip(panels, people.groupby("data", sort=False)):
        _persons(axes, table).set(title=name, xlabel="cue distance (°)")
        axes.set(xlim=(0, 190), xticks=(0, 60, 120, 180), ylim=(3e-3, 3))
    panels[0].set_ylabel("weight")
    return figure


def around_nontargets(errors: pd.DataFrame) -> Figure:
    """Responses around the non-targets of one set size, a panel for each cue distance: people and the surrogate."""
    places = errors.groupby("distance")
    figure, panels = plt.subplots(1, max(1, len(places)), figsize=(WIDTH, 2.2), sharey=True, squeeze=False)
    for axes, (distance, table) in zip(panels[0], places):
        responses(axes, table["error"], table["human"], table["surrogate"], f"{np.rad2deg(distance):.0f}° away")
    panels[0, 0].set(ylabel="density (1/rad)", ylim=(0, 0.32))
    figure.supxlabel("response minus colour of the non-target (°)", fontsize=9)
    return figure


def errors_by_set_size(errors: pd.DataFrame) -> Figure:
    """Errors from the cued item, a panel for each set size: people and the surrogate."""
    sizes = errors.groupby("set_size")
    rows = math.ceil(len(sizes) / 4)
    figure, panels = plt.subplots(rows, 4, figsize=(WIDTH, 1.7 * rows + 0.3), sharex=True, sharey="row")
    for axes, (items, table) in zip(panels.ravel(), sizes):
        title = f"{items} item{'s' * (items > 1)}"
        responses(axes, table["error"], table["human"], table["surrogate"], title)
    figure.supylabel("density (1/rad)", fontsize=9)
    figure.supxlabel("error (°)", fontsize=9)
    return figure


def errors_by_data(histograms: pd.DataFrame) -> Figure:
    """Errors in every data set: people and two fitted models."""
    sets = histograms.groupby("data", sort=False)
    figure, panels = plt.subplots(1, len(sets), figsize=(WIDTH, 2.4), sharey=True)
    for axes, (name, table) in zip(panels, sets):
        density = table.pivot(index="error", columns="who", values="density")
        responses(axes, density.index, density["people"], density["wrapped stable"], _in_two_lines(name))
        curve(axes, np.rad2deg(density.index), density["von Mises + guesses"], "network")
    panels[0].set(ylabel="density (1/rad)", ylim=(0, 0.85))
    figure.supxlabel("error (°)", fontsize=9)
    return figure


def errors_by_distance(checks: pd.DataFrame) -> Figure:
    """Mean size of the error by distance of the nearest non-target in every data set, in people and two fitted models.

    Above by cue distance with four items, below by report distance at the largest set size.
    """
    sets = checks.groupby("data", sort=False)
    figure, grid = plt.subplots(2, len(sets), figsize=(WIDTH, 4.4), sharey="row")
    for column, (name, table) in zip(grid.T, sets):
        largest = table["set_size"].max()
        for axes, dimension, size in zip(column, ("cue", "report"), (4, largest)):
            _checked(axes, table[(table["dimension"] == dimension) & (table["set_size"] == size)])
            axes.set_xlabel(f"{dimension} distance (°)")
        column[0].set_title(f"{_in_two_lines(name)}\n4 items")
        column[1].set_title(f"{largest} items")
    figure.supylabel("mean size of the error (rad)", fontsize=9)
    return figure


def weights(axes: Axes, table: pd.DataFrame) -> Axes:
    """Weights with their 95 % bands at the distances that occur."""
    points(axes, np.rad2deg(table["distance"]), *(np.exp(table[name]) for name in ("f", "low", "high")), "surrogate")
    return weight_axis(axes)


def _persons(axes: Axes, table: pd.DataFrame) -> Axes:
    """Weights of each person as a thin line, and of the group, which is person 0, with its band."""
    for subject, one in table.groupby("subject"):
        if subject:
            curve(axes, np.rad2deg(one["distance"]), np.exp(one["f"]), "human", linewidth=0.5)
    return weights(axes, table[table["subject"] == 0])


def responses(axes: Axes, error: ArrayLike, human: ArrayLike, surrogate: ArrayLike, title: str) -> None:
    """Density of responses around something on the whole circle: people as a filled step, the surrogate as a line.

    error: bin centres (rad) from -pi on; the first bin is drawn again at the end.
    """
    degrees, human, surrogate = (np.append(values, values[0]) for values in map(np.asarray, (error, human, surrogate)))
    degrees = np.rad2deg(degrees)
    degrees[-1] = 180
    axes.fill_between(degrees, human, step="mid", color=COLOURS["human"], alpha=0.25, linewidth=0)
    axes.step(degrees, human, where="mid", color=COLOURS["human"], linewidth=0.8)
    axes.plot(degrees, surrogate, color=COLOURS["surrogate"])
    axes.set(xlim=(-180, 180), ylim=(0, None), xticks=(-180, 0, 180), title=title)


def _checked(axes: Axes, table: pd.DataFrame) -> None:
    """People's errors by distance with 95 % intervals, and two models'."""
    people = table[table["who"] == "people"]
    spread = 1.96 * people["standard_error"]
    ends = people["error"] - spread, people["error"] + spread
    points(axes, np.rad2deg(people["bin"]), people["error"], *ends, "human")
    for who, role in CHECKED.items():
        one = table[table["who"] == who]
        curve(axes, np.rad2deg(one["bin"]), one["error"], role)
    axes.set(xlim=(0, 185), xticks=(0, 90, 180))


def _in_two_lines(name: str) -> str:
    return name.replace(" et al.", "\net al.").replace(" & Lin", "\n& Lin")
