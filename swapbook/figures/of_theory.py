"""Figures of the noising, of what the ideal sampler makes of it, and of what teacher forcing makes of memory."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from swaputils.drawing import COLOURS, WIDTH, cloud, curve, doubling_axis, points, reference, say

SHOWN = {"cued": 36, "nontarget": 4}  # single responses that are followed
BIN, FEWEST = 0.4, 100  # width of bins, and responses in one that is drawn
INFORMATION = {
    "index-cued": ("network", "o"),
    "probe-cued": ("network", "s"),
    "free": ("nontarget", "o"),
    "index-cued, old": ("ideal", "o"),
    "probe-cued, old": ("ideal", "s"),
}


def noising(coordinate: ArrayLike, swapped: ArrayLike) -> Figure:
    """A coordinate of responses, [responses, levels from 0 on], on its way to noise: single ones, and all at five levels."""
    coordinate, swapped = np.asarray(coordinate), np.asarray(swapped)
    roles, last = {"cued": coordinate[~swapped], "nontarget": coordinate[swapped]}, coordinate.shape[1] - 1
    figure, (paths, *panels) = plt.subplots(1, 6, sharey=True, figsize=(WIDTH, 2.6), width_ratios=(3.2, 1, 1, 1, 1, 1))
    for role, count in SHOWN.items():
        paths.plot(range(last + 1), roles[role][:count].T, color=COLOURS[role], linewidth=0.6, alpha=0.6)
    for axes, level in zip(panels, range(0, last + 1, last // 4)):
        _sideways(axes, {role: values[:, level] for role, values in roles.items()}, np.linspace(-4.5, 4.5, 61))
        axes.set_title(f"t = {level}")
    paths.set(xlabel="noise level t", xlim=(0, last), ylabel="first coordinate of $x_t$", ylim=(-5.2, 5.2))
    say(paths, float(last), 4.5, "responses to the cued item", "cued", ha="right")
    say(paths, float(last), -4.8, "swaps", "nontarget", ha="right")
    return figure


def targets(draws: pd.DataFrame, level: int) -> Figure:
    """Sampled and closed-form targets at one level.

    Args:
        draws: first coordinates of x, of its sampled and of its closed target; role of the response. Black: means in
            bins of x.
    """
    figure, axes = plt.subplots(figsize=(6.5, 2.8))
    for role, few in draws[:2_000].groupby("role"):
        cloud(axes, few["x"], few["sampled"], role)
    line = draws.sort_values("x").iloc[::100]
    curve(axes, line["x"], line["closed"], "ideal")
    bins = draws.groupby((draws["x"] / BIN).round())
    binned = bins[["x", "sampled"]].mean().assign(error=1.96 * bins["sampled"].sem())[bins.size() >= FEWEST]
    mean, error = binned["sampled"], binned["error"]
    points(axes, binned["x"], mean, mean - error, mean + error, "target")
    axes.set(xlabel="first coordinate of $x_t$", ylabel="first coordinate of $k_t$", ylim=(-3, 3))
    axes.set_title(f"targets at level t = {level}")
    say(axes, 4.0, 2.5, "drawn: cued item", "cued", ha="right")
    say(axes, 4.0, -2.7, "drawn: swaps", "nontarget", ha="right")
    say(axes, -0.6, 0.3, "closed form", "ideal")
    return figure


def floor(smallest: pd.DataFrame) -> Figure:
    """Smallest loss by level (columns) for each swap probability (rows)."""
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    middle = smallest.shape[1] // 2
    for probability, line in smallest.iterrows():
        curve(axes, line.index, line, "nontarget", linewidth=1 + 2 * probability)
        above = {"ha": "center", "xytext": (0, 3), "textcoords": "offset points"}
        say(axes, float(line.index[middle]), line.iloc[middle], f"{probability:.2f}", "nontarget", **above)
    axes.set(xlim=(smallest.columns[0], 1), ylim=(0, None))
    axes.set(xlabel="noise level t", ylabel="variance of the sampled target")
    return figure


def gradient(variances: pd.DataFrame, steps: int) -> Figure:
    """Variance of the gradient by block of levels (rows) under both targets (columns)."""
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    middle = steps - steps / len(variances) * (np.arange(len(variances)) + 0.5) + 0.5
    texts = {"sampled": ("sampled target", "nontarget", 8), "closed_form": ("closed-form target", "ideal", -18)}
    for column, (text, role, below) in texts.items():
        curve(axes, middle, variances[column], role, marker="o", markersize=4)
        beside = {"xytext": (0, below), "textcoords": "offset points", "ha": "center"}
        number = len(variances) // 2
        say(axes, middle[number], variances[column].iloc[number], text, role, **beside)
    axes.set(yscale="log", xlim=(steps + 0.5, 0.5), xlabel="noise level t", ylabel="variance of gradient")
    axes.margins(y=0.2)
    return figure


def divergence(own: ArrayLike, irreducible: ArrayLike) -> Figure:
    """Divergence at each report step: a network's own, and what no network can avoid, [responses, steps].

    The latter is drawn where its estimate is above three standard errors.
    """
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    irreducible, steps = np.asarray(irreducible), len(own)
    least, error = irreducible.mean(axis=0), irreducible.std(axis=0, ddof=1) / len(irreducible) ** 0.5
    levels = range(steps, 0, -1)
    curve(axes, levels, own, "network")
    curve(axes, levels, np.where((least > 3 * error) & (least > 1e-5), least, np.nan), "ideal")
    say(axes, 0.35 * steps, 3e-2, "learnable: index-cued network", "network", ha="right")
    say(axes, 0.25 * steps, 6e-4, "irreducible", "ideal")
    axes.set(yscale="log", xlim=(steps, 1), ylim=(3e-6, 1), xlabel="noise level t", ylabel="divergence (nats)")
    return figure


def bias(by_steps: pd.DataFrame, by_last: pd.DataFrame, swap_probability: float, spread: float) -> Figure:
    """Swap rate and spread of the ideal sampler by number of steps, and swap rate by first and last variance (index)."""
    figure, (rates, widths, last) = plt.subplots(1, 3, figsize=(WIDTH, 2.6))
    for axes, column, target in ((rates, "swap rate", swap_probability), (widths, "SD", spread)):
        error = by_steps["± " + column.split()[-1]]
        _with_error(axes, by_steps.index, by_steps[column], error, "ideal")
        doubling_axis(axes, by_steps.index.tolist(), "report steps T")
        reference(axes, target, "target", "target", "left")
        axes.set_title({"SD": "angular SD (rad)"}.get(column, column) + ", paper's noise")
    for first, role, shift, height in ((0.01, "ideal", -0.002, 0.115), (0.02, "network", 0.002, 0.111)):
        table = by_last.loc[first]
        _with_error(last, table.index + shift, table["swap rate"], table["± rate"], role)
        say(last, 0.40, height, rf"$\beta_1 = {first}$", role, ha="right")
    reference(last, swap_probability, "target", "target", "right")
    last.set(title="swap rate, cluster noise", xlabel=r"variance of the last level, $\beta_T$")
    last.margins(y=0.15)
    return figure


def commitment(course: pd.DataFrame) -> Figure:
    """Mean responsibility of the item swapped to, over time (s, index), for two schedules (columns)."""
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    for name, role, text, side, height, aside in (
        ("paper", "ideal", "paper's schedule", "left", "top", (8, -4)),
        ("low bias", "network", "low-bias schedule", "right", "bottom", (-8, 4)),
    ):
        curve(axes, course.index, course[name], role)
        passed = course.index[course[name] >= 0.7][0]
        say(axes, passed, 0.7, text, role, ha=side, va=height, xytext=aside, textcoords="offset points")
    reference(axes, 0.5, "one half", end="left")
    axes.set(xlabel="time after the end of the cue (s)", ylabel="responsibility", ylim=(0, 1.03))
    return figure


def information(gains: Mapping[str, ArrayLike], steps: Sequence[int]) -> Figure:
    """What the null space tells of the response at some report steps: [steps, 2] gains in bits with standard errors, see INFORMATION.

    The points of one step stand side by side.
    """
    figure, axes = plt.subplots(figsize=(6.5, 2.8))
    for place, (name, (role, marker)) in enumerate(INFORMATION.items()):
        gain, error = np.asarray(gains[name]).T
        beside = np.asarray(steps) + 0.3 * (place - len(INFORMATION) // 2)
        curve(axes, beside, gain, role, linewidth=0.8)
        _with_error(axes, beside, gain, error, role, marker)
    reference(axes, 0.0)
    peak = float(np.max(np.asarray(gains["index-cued, old"])[:, 0]))
    say(axes, 0.0, 0.8 * peak, "forced, beyond an old $x_t$", "ideal")
    say(axes, 0.0, 0.65 * peak, "running free, beyond $x_t$", "nontarget")
    say(axes, 0.0, 0.5 * peak, "forced, beyond $x_t$: none", "network")
    axes.set(xlabel="report step", ylabel="information (bits)")
    return figure


def twice(
    optimum: pd.DataFrame, graded: pd.Series, networks: pd.DataFrame, predicted: tuple[pd.DataFrame, pd.DataFrame]
) -> Figure:
    """Swap rate over misbinding rate in the exact optimum and in networks.

    Args:
        optimum, networks: m, kind, and the value with its interval low to high.
        graded: predicted for a memory with confidence, by m.
        predicted: of both panels, rates by m if errors count twice, once or are absorbed.
    """
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 2.9), sharex=True, sharey=True)
    for axes, rates in zip(panels, predicted):
        for column, style in {"twice": "-", "once": "--", "absorbed": ":"}.items():
            role = "target" if column == "twice" else "reference"
            curve(axes, rates.index, rates[column], role, linestyle=style)
        say(axes, 0.21, rates["absorbed"].iloc[0] - 0.035, "absorbed", "reference", ha="right")
        say(axes, 0.15, 0.165, "once", "reference")
        say(axes, 0.12, 0.30, "twice", "target")
    for axes, table, role in zip(panels, (optimum, networks), ("ideal", "network")):
        for kind, marker in (("sign", "o"), ("graded", "s"), ("total", "o"), ("conditional", "D")):
            one = table[table["kind"] == kind]
            points(axes, one["m"], one["value"], one["low"], one["high"], role, marker)
    curve(panels[0], graded.index, graded, "ideal", linewidth=0.8)
    panels[0].set(title="exact optimum", xlabel="misbinding rate m", ylabel="swap rate")
    panels[1].set(title="trained networks", xlabel="misbinding rate m", xlim=(-0.005, 0.225), ylim=(0, 0.42))
    say(panels[0], 0.005, 0.36, "dots: memory without confidence\nsquares: with confidence", "ideal")
    say(panels[1], 0.005, 0.36, "dots: all swaps\ndiamonds: against its memory", "network")
    return figure


def deciding(early: pd.Series, late: float, error: float) -> Figure:
    """What the bound charges a network that decides before the report, by number of rollouts, and one that decides during it.

    Args:
        error: standard error of `late`, whose 95 % interval is drawn.
    """
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    curve(axes, early.index, early, "network", marker="o", markersize=4)
    low, high = late - 1.96 * error, late + 1.96 * error
    axes.axhspan(low, high, color=COLOURS["ideal"], alpha=0.25, linewidth=0)
    reference(axes, late, role="ideal")
    above = {"xycoords": ("axes fraction", "data"), "xytext": (0, 2), "textcoords": "offset points", "ha": "right"}
    say(axes, 1.0, high, "decides in the plane, during the report", "ideal", **above)
    say(axes, 40.0, 6.0, "decides before the report", "network")
    axes.set(xscale="log", yscale="log", xlabel="null-space rollouts K", ylabel="loss beyond entropy (nats)")
    return figure


def _with_error(axes: Axes, x: ArrayLike, y: ArrayLike, error: ArrayLike, role: str, marker: str = "o") -> Axes:
    """Points with their 95 % intervals."""
    return points(axes, x, y, y - 1.96 * error, y + 1.96 * error, role, marker)


def _sideways(axes: Axes, values: Mapping[str, ArrayLike], edges: ArrayLike) -> None:
    """Counts of values by role, stacked, along the vertical axis, so that they can stand beside paths."""
    roles, parts = list(values), list(values.values())
    style = {"histtype": "stepfilled", "orientation": "horizontal", "linewidth": 0}
    for shown in range(len(roles), 0, -1):  # the sums from the largest on: stacked bars would leave white seams
        axes.hist(np.concatenate(parts[:shown]), edges, color=COLOURS[roles[shown - 1]], **style)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
