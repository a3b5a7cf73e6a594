"""Figures of what the null space of networks tells of swaps."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from swapbook.figures.of_networks import broken, name_axes
from swapbook.summaries.collected import TITLES
from swapbook.summaries.null_space import COMPONENTS, measured
from swaputils import drawing
from swaputils.inputs import STEP_SECONDS


def clouds(found: pd.DataFrame, title: str) -> Figure:
    """Trials in the first two components and in the first and third, swaps in a colour of their own, see `null_space.components`."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 3.2))
    for axes, second in zip(panels, (2, 3)):
        for swapped, role in ((False, "cued"), (True, "nontarget")):
            part = found[found["swap"] == swapped]
            drawing.cloud(axes, part[1], part[second], role)
        axes.set(xlabel="principal component 1", ylabel=f"principal component {second}")
        axes.set_title(title, loc="right", fontsize=8)
    drawing.say(panels[0], 0.02, 1.03, "correct", "cued", xycoords="axes fraction")
    drawing.say(panels[0], 0.2, 1.03, "swap", "nontarget", xycoords="axes fraction")
    return figure


def axes_of_swaps(networks: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """How well each component tells swaps, a line for every network of six conditions."""
    found = {name: [{"network": each["area"]} for each in measured(networks, name, "swap_axes")] for name in conditions}
    figure = _six_panels(found, 1, 1, marker="o", markersize=4, linewidth=0.6, alpha=0.7)
    figure.axes[0].set(xticks=range(1, COMPONENTS + 1), xlim=(0.7, COMPONENTS + 0.3))
    return name_axes(figure, "principal component of the null space", "area under ROC curve")


def decisions(networks: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """How well the readout plane and the null space tell swaps during the report, two lines for every network of six conditions."""
    found = {}
    for name in conditions:
        courses = measured(networks, name, "decision")
        found[name] = [{"ideal": each["plane"], "network": each["null_space"]} for each in courses]
    figure = _six_panels(found, 0, STEP_SECONDS, linewidth=0.8)
    drawing.say(figure.axes[2], 1.2, 0.6, "readout plane", "ideal")
    drawing.say(figure.axes[2], 1.2, 0.53, "null space", "network")
    return name_axes(figure, "time in the report period (s)", "area under ROC curve")


def _six_panels(found: dict[str, list[dict]], first: float, step: float, **style) -> Figure:
    """Areas under the ROC curve of the networks of six conditions by role, at places `step` apart, beside chance."""
    figure, panels = plt.subplots(2, 3, figsize=(drawing.WIDTH, 4.2), sharex=True, sharey=True)
    for axes, (name, networks) in zip(panels.flat, found.items()):
        for role, areas in (line for network in networks for line in network.items()):
            drawing.curve(axes, first + step * np.arange(len(areas)), areas, role, **style)
        drawing.reference(axes, 0.5)
        axes.set_title(f"{broken(TITLES[name])} (n = {len(networks)})", fontsize=8)
    panels[0, 0].set(ylim=(0.4, 1.02))
    return figure
