"""Figures of what the null space of networks tells of swaps."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from swapbook.figures.of_networks import broken, name_axes
from swapbook.summaries.collected import TITLES
from swapbook.summaries.null_space import COMPONENTS, areas_of, courses_of
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
    numbers = list(range(1, COMPONENTS + 1))
    style = {"marker": "o", "markersize": 4, "linewidth": 0.6, "alpha": 0.7}

    def draw(axes: Axes, areas: list[float]) -> None:
        drawing.curve(axes, numbers, areas, "network", **style)
        axes.set(xticks=numbers, xlim=(0.7, COMPONENTS + 0.3))

    figure = _six_panels({name: areas_of(networks, name) for name in conditions}, draw)
    return name_axes(figure, "principal component of the null space", "area under ROC curve")


def decisions(networks: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """How well the readout plane and the null space tell swaps during the report, two lines for every network of six conditions."""

    def draw(axes: Axes, course: dict[str, list[float]]) -> None:
        for space, role in (("plane", "ideal"), ("null_space", "network")):
            seconds = STEP_SECONDS * np.arange(len(course[space]))
            drawing.curve(axes, seconds, course[space], role, linewidth=0.8)

    figure = _six_panels({name: courses_of(networks, name) for name in conditions}, draw)
    drawing.say(figure.axes[2], 0.9, 0.6, "readout plane", "ideal")
    drawing.say(figure.axes[2], 0.9, 0.53, "null space", "network")
    return name_axes(figure, "time in the report period (s)", "area under ROC curve")


def _six_panels(found: dict[str, list], draw: Callable[[Axes, object], None]) -> Figure:
    """Areas under the ROC curve of the networks of six conditions, beside chance."""
    figure, panels = plt.subplots(2, 3, figsize=(drawing.WIDTH, 4.2), sharex=True, sharey=True)
    for axes, (name, networks) in zip(panels.flat, found.items()):
        for network in networks:
            draw(axes, network)
        drawing.reference(axes, 0.5)
        axes.set_title(f"{broken(TITLES[name])} (n = {len(networks)})", fontsize=8)
    panels[0, 0].set(ylim=(0.4, 1.02))
    return figure
