"""Figures of where swaps come from: when they are settled, what pushes and noise do, and what the cue and the report move."""

import itertools
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from swapbook.figures.of_networks import broken, close_panels, name_axes, shade_periods
from swapbook.networks import Network
from swaputils.behaviour import mean_interval
from swaputils.drawing import COLOURS, WIDTH, curve, points, reference, say
from swaputils.inputs import PREPARATION, Periods

DIRECTIONS = {
    "exchange": ("towards exchanged colours", "nontarget"),
    "swap": ("towards swaps", "network"),
    "random": ("random, as long", "guess"),
    "plane": ("in the readout plane", "ideal"),
}
LOOKS = {
    "index_swap": ("network", "o"),
    "index_swap_settled_stimulus": ("cued", "s"),
    "index_swap_settled_delay": ("task_optimal", "^"),
    "index_swap_settled_cue": ("nontarget", "D"),
    "index_swap_settled_late": ("guess", "v"),
    "index_swap_own_stimulus": ("human", "*"),
    "index_swap_own_delay": ("ideal", "P"),
    "index_swap_own_cue": ("target", "X"),
    "index_no_swap": ("guess", "o"),
}
"""Role of the colour and marker of each kind of networks, where several kinds share a panel."""
MEASURES = {"swap_rate": "swap rate", "far": "share of reports near neither item"}
SPACES = {"plane": "in the readout plane", "null space": "outside it"}
EFFECTS = {"cue": "cued", "report": "network", "error": "nontarget"}


def times_of_settlement(periods: Periods, rows: Mapping[str, str]) -> Figure:
    """A drawing of the idea: the periods of a trial, and for each kind of network the one that settles what is reported; no data.

    Args:
        rows: name of each kind, and the period in which its swaps are settled: one of the preparation, or "report".
    """
    ends = np.cumsum([0.0, *(getattr(periods, name) for name in PREPARATION), periods.report])
    spans = dict(zip((*PREPARATION, "report"), itertools.pairwise(ends)))
    figure, axes = plt.subplots(figsize=(WIDTH, 0.6 + 0.45 * len(rows)))
    shade_periods(axes, periods)
    for height, (kind, settled_in) in enumerate(rows.items()):
        start, end = spans[settled_in]
        axes.plot([0, start], [height, height], color=COLOURS["reference"], linestyle=":", linewidth=1.2)
        axes.plot([end, ends[-1]], [height, height], color=COLOURS["nontarget"], linewidth=2)
        axes.plot(
            [start, end], [height, height], color=COLOURS["nontarget"], linewidth=7, alpha=0.5, solid_capstyle="butt"
        )
        axes.text(-0.05, height, kind, ha="right", va="center", fontsize=8)
    axes.set(xlim=(0, ends[-1]), ylim=(len(rows) - 0.4, -0.6), xlabel="time in the trial (s)", yticks=[])
    axes.spines["left"].set_visible(False)
    return figure


def settlement(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """How well the null space tells a swap through the trial: a panel for each condition, a line for each network.

    Args:
        table: see `origins.settlement.settlement`.
        titles: of the conditions, in order.
    """
    rows = -(-len(titles) // 3)
    figure, panels = plt.subplots(rows, 3, figsize=(WIDTH, 0.5 + 1.7 * rows), sharex=True, sharey=True, squeeze=False)
    for axes, (condition, title) in zip(panels.flat, titles.items()):
        own = table[table["condition"] == condition]
        shade_periods(axes, Network(condition).plan.task.periods)
        for _, network in own.groupby("seed"):
            curve(axes, network["time"], network["area"], "network", linewidth=1, alpha=0.8)
        reference(axes, 0.5)
        axes.set_title(f"{broken(title)} ({own['seed'].nunique()})", fontsize=8, pad=13)
    close_panels(panels, len(titles))
    panels[0, 0].set(ylim=(0.4, 1.02))
    return name_axes(figure, "time in the trial (s)", "area under ROC curve")


def charges(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """What the bound charges networks beyond the ideal sampler, over the number of rollouts: a line for each network.

    Args:
        table: see `origins.many_rollouts.rollouts`.
        titles: of the conditions, each with the role of its colour.
    """
    figure, axes = plt.subplots(figsize=(0.62 * WIDTH, 2.8))
    for condition, (title, role) in titles.items():
        own = table[table["condition"] == condition]
        for _, network in own.groupby("seed"):
            curve(axes, network["rollouts"], network["excess"], role, marker="o", markersize=3.5, linewidth=1)
        last = own[own["rollouts"] == own["rollouts"].max()]
        say(axes, last["rollouts"].max() * 1.15, last["excess"].mean(), title, role)
    counts = sorted(table["rollouts"].unique())
    axes.set(xscale="log", yscale="log", xlabel="rollouts", ylabel="charge beyond the ideal\nsampler's (nats a trial)")
    axes.set_xticks(counts, counts)
    axes.set_yticks([0.3, 1, 3, 10, 30], ["0.3", "1", "3", "10", "30"])
    axes.minorticks_off()
    axes.set_xlim(0.85, 9 * counts[-1])
    return figure


def planes_by_time(networks: Mapping[str, pd.DataFrame]) -> Figure:
    """Alignment of the colour planes at the end of the delay and of the cue: a point for each network, means with intervals.

    Args:
        networks: for each kind the rows of `plane_tables.at_moments`, the first at the top.
    """
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.8 + 0.33 * len(networks)), sharey=True, sharex=True)
    ends = [-0.03, 1.03]
    for axes, moment, title in zip(panels, ("before", "after"), ("at the end of the delay", "at the end of the cue")):
        for height, found in enumerate(networks.values()):
            values = found[moment].to_numpy()
            axes.plot(values, np.full(len(values), height), "o", color=COLOURS["network"], markersize=4, alpha=0.4)
            mean, low, high = mean_interval(values)
            axes.plot([low, high], [height, height], color="k", linewidth=1.4)
            axes.plot(mean, height, "|", color="k", markersize=9)
            ends = [np.nanmin([*ends, low - 0.03]), np.nanmax([*ends, high + 0.03])]
        axes.set(xlim=ends, ylim=(len(networks) - 0.5, -0.5), xlabel="alignment", title=title)
        axes.grid(axis="y", color="0.93")
    panels[0].set_yticks(range(len(networks)), [f"{kind} ({len(found)})" for kind, found in networks.items()])
    return figure


def pushes(table: pd.DataFrame, titles: Mapping[str, str], measure: str) -> Figure:
    """What a push does over its dose: a row for each condition, a column for each moment, a line for each direction.

    Means with intervals over networks; of pushes in the readout plane also what the ideal sampler would do, as open marks.

    Args:
        table: see `origins.pushes.pushes`.
        titles: of the conditions, in order.
    """
    moments = list(table["moment"].unique())
    shape = len(titles), len(moments)
    figure, panels = plt.subplots(
        *shape, figsize=(WIDTH, 0.6 + 1.5 * shape[0]), sharex=True, sharey=True, squeeze=False
    )
    for row, (condition, title) in zip(panels, titles.items()):
        for axes, moment in zip(row, moments):
            own = table[(table["condition"] == condition) & (table["moment"] == moment)]
            for direction, (_, role) in DIRECTIONS.items():
                _dose(axes, own[own["direction"] == direction], measure, role)
        row[0].set_ylabel(broken(title), fontsize=8)
    for axes, moment in zip(panels[0], moments):
        axes.set_title(moment, fontsize=8)
    panels[0, 0].set(ylim=(-0.03, 1.03), yticks=(0, 0.5, 1), xlim=np.array([-0.05, 1.05]) * table["dose"].max())
    handles = [Line2D([], [], color=COLOURS[role], marker="o", label=text) for text, role in DIRECTIONS.values()]
    if measure == "swap_rate":
        handles.append(
            Line2D([], [], color="k", marker="D", markerfacecolor="none", linestyle="", label="ideal sampler")
        )
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), fontsize=8, columnspacing=1.4)
    return name_axes(figure, "dose of the push (1: the whole way)", MEASURES[measure])


def _dose(axes: Axes, own: pd.DataFrame, measure: str, role: str) -> None:
    if own.empty:
        return
    by_dose = own.groupby("dose")[measure]
    found = np.array([mean_interval(values.to_numpy()) for _, values in by_dose])
    curve(axes, list(by_dose.groups), found[:, 0], role, linewidth=1)
    points(axes, list(by_dose.groups), *found.T, role)
    if measure == "swap_rate" and own["predicted"].notna().all():
        axes.plot(list(by_dose.groups), own.groupby("dose")["predicted"].mean(), "D", color="k", markerfacecolor="none")


def noise_by_part(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Share of swaps over the factor of the noise: a column for each period, a row for each space, a line for each condition.

    Args:
        table: see `origins.period_noise.scaled_noise`.
        titles: of the conditions, all of LOOKS.
    """
    periods, spaces = table["period"].unique(), table["space"].unique()
    shape = len(spaces), len(periods)
    figure, panels = plt.subplots(*shape, figsize=(WIDTH, 0.5 + 1.9 * shape[0]), sharex=True, sharey=True)
    places = {factor: place for place, factor in enumerate(sorted(table["factor"].unique()))}
    for row, space in zip(panels, spaces):
        for axes, period in zip(row, periods):
            for number, (condition, title) in enumerate(titles.items()):
                role, marker = LOOKS[condition]
                here = (table["condition"] == condition) & (table["period"] == period) & (table["space"] == space)
                by_factor = table[here].groupby("factor")["p_nontarget"]
                found = np.array([mean_interval(values.to_numpy()) for _, values in by_factor]).reshape(-1, 3)
                shift = 0.09 * (number - (len(titles) - 1) / 2)
                shown = [places[factor] + shift for factor in by_factor.groups]
                curve(axes, shown, found[:, 0], role, linewidth=1, marker=marker, markersize=4.5, label=title)
                points(axes, shown, *found.T, role, marker)
        row[0].set_ylabel(SPACES[space], fontsize=9)
    for axes, period in zip(panels[0], periods):
        axes.set_title(f"noise of the {period}", fontsize=8)
    panels[0, 0].set_xticks(list(places.values()), [f"{factor:g}" for factor in places])
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=8, title="swaps are settled")
    return name_axes(figure, "factor of that noise", "share of swaps, fitted mixture")


def cue_and_report(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Lengths of the effects of cue, report and error through the trial, a panel for each condition, medians over networks.

    Args:
        table: see `origins.factorial.factorial`.
        titles: of the conditions, in order.
    """
    figure, panels = plt.subplots(1, len(titles), figsize=(WIDTH, 2.5), sharex=True, sharey=True, squeeze=False)
    for axes, (condition, title) in zip(panels[0], titles.items()):
        own = table[table["condition"] == condition]
        shade_periods(axes, Network(condition).plan.task.periods)
        for effect, role in EFFECTS.items():
            middle = own[own["effect"] == effect].groupby("time")["squared"].median().clip(lower=0) ** 0.5
            curve(axes, middle.index, middle, role, linewidth=1.4)
        axes.set_yscale("symlog", linthresh=0.3)
        axes.set_title(f"{broken(title)} ({own['seed'].nunique()})", fontsize=8, pad=13)
    for place, (effect, role) in enumerate(EFFECTS.items()):
        say(panels[0, 0], 0.97, 0.34 - 0.11 * place, effect, role, ha="right", xycoords="axes fraction")
    return name_axes(figure, "time in the trial (s)", "length of the effect")


def commitment(table: pd.DataFrame) -> Figure:
    """When networks settle their swaps over when the ideal sampler does, in the readout plane and outside it; a point for each network.

    Args:
        table: see `origins.commitment.commitments`.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.6))
    axes.set_box_aspect(1)
    ends = [0, 1.1 * table[["ideal", "plane", "null_space"]].max().max() if len(table) else 1.0]
    axes.plot(ends, ends, color=COLOURS["reference"], linestyle="--", linewidth=0.8, zorder=0)
    for space, role, label in (("null_space", "network", "null space"), ("plane", "ideal", "readout plane")):
        axes.plot(
            table["ideal"],
            table[space],
            "o",
            color=COLOURS[role],
            alpha=0.6,
            markersize=4,
            linestyle="none",
            label=label,
        )
    axes.set(
        xlim=ends, ylim=ends, xlabel="the ideal sampler settles (s of the report)", ylabel="the network settles (s)"
    )
    axes.legend(loc="upper left")
    return figure
