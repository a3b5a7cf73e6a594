"""Figures of what is found of observers that are known."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from swaputils.drawing import COLOURS, WIDTH, curve, doubling_axis, reference, say


def chosen(counts: Mapping[str, pd.DataFrame]) -> Figure:
    """How often each model (columns) was chosen for each observer (rows), a panel for each criterion."""
    figure, panels = plt.subplots(1, len(counts), figsize=(WIDTH, 3), sharey=True)
    for axes, (title, table) in zip(panels, counts.items()):
        _counted(axes, table).set(title=title, ylabel="")
    panels[0].set_ylabel("observer")
    return figure


def invented(functions: pd.DataFrame) -> Figure:
    """Fitted minus true function of report distance, a panel for each emission: single sets, and their mean in black."""
    emissions = functions.groupby("emission", sort=False)
    figure, panels = plt.subplots(1, len(emissions), figsize=(WIDTH, 2.4), sharex=True, sharey=True)
    for axes, (name, table) in zip(panels, emissions):
        for _, one in table.groupby("replicate"):
            curve(axes, np.rad2deg(one["distance"]), one["invented"], "surrogate", linewidth=0.6)
        mean = table.groupby("distance")["invented"].mean()
        curve(axes, np.rad2deg(mean.index), mean, "target")
        axes.set(title=name.replace(" + ", "\n+ "), xticks=(0, 90, 180), xlim=(0, 180))
        reference(axes, 0.0)
    panels[0].set_ylabel("fitted minus true $f$")
    figure.supxlabel("report distance (°)", fontsize=9)
    return figure


def power(error: pd.Series, found: pd.Series) -> Figure:
    """Standard error of a swap rate, and share of sets with a gradient, both by true value and number of trials."""
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 2.7))
    ends = {0: {"ha": "right", "xytext": (-5, 0)}, -1: {"ha": "left", "xytext": (5, 0)}}
    for axes, table, text, (end, side) in zip(panels, (error, found), ("{:.2f}", "{:.0f}"), ends.items()):
        for (true, one), style in zip(table.groupby("true"), (":", "--", "-")):
            line = one.droplevel("true")
            curve(axes, line.index, line, "surrogate", linestyle=style, marker="o", markersize=3)
            place = side | {"textcoords": "offset points", "va": "center"}
            say(axes, float(line.index[end]), line.iloc[end], text.format(true), "surrogate", **place)
        doubling_axis(axes, table.index.unique("trials").tolist(), "trials")
    panels[0].set(ylabel="standard error of the swap rate", ylim=(0, None), xlim=(30, None))
    panels[1].set(ylabel="share of sets with a gradient", ylim=(-0.05, 1.1))
    return figure


def _counted(axes: Axes, counts: pd.DataFrame) -> Axes:
    """A square for each row and column, darker the larger its number, which stands in it; zeros are left empty."""
    shades = sns.light_palette(COLOURS["surrogate"], as_cmap=True)
    text = counts.astype(str).where(counts > 0, "")
    sns.heatmap(counts, annot=text, fmt="", cmap=shades, cbar=False, square=True, linewidths=1, ax=axes)
    axes.set(xlabel=counts.columns.name or "", ylabel=counts.index.name or "")
    axes.tick_params(length=0)
    axes.tick_params(axis="x", rotation=45)
    axes.tick_params(axis="y", rotation=0)
    return axes
