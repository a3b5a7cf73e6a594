"""Figures of the planes of colour in population activity."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from swapbook.colour_planes import bin_means, colour_plane
from swapbook.conditions import CONDITIONS
from swapbook.figures.of_networks import broken, name_axes, ring, shade_periods
from swapbook.figures.of_swaps import DISTANCES
from swaputils import drawing
from swaputils.inputs import STEP_SECONDS, Periods


def rings(activity: Mapping[str, Tensor], colour: Tensor, cued: Tensor, bins: int, title: str) -> Figure:
    """Mean activity by the cued colour at two moments, [trials, units] each, in the colour plane of the first item at that moment."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 3.6), sharex=True, sharey=True)
    for axes, (moment, states) in zip(panels, activity.items()):
        plane = colour_plane(states[cued == 0], colour[cued == 0], bins)
        for item, name in enumerate(("first item", "second item")):
            means = bin_means(states[cued == item], colour[cued == item], bins)
            ring(axes, (means - means.mean(0)) @ plane, item == 0, name)
        axes.set_title(f"{title}: {moment}", fontsize=8)
        axes.set(xlabel="first axis of the first item's plane", ylabel="second axis")
    panels[0].legend(loc="upper left", fontsize=8)
    return figure


def over_time(planes: Mapping[str, Sequence[dict]], periods: Periods, random: tuple[float, float]) -> Figure:
    """Alignment over the trial with its noise ceiling, a line for every network of four conditions; random: ends for random planes."""
    figure, panels = plt.subplots(2, 2, figsize=(drawing.WIDTH, 4.4), sharex=True, sharey=True)
    for axes, (name, networks) in zip(panels.flat, planes.items()):
        shade_periods(axes, periods)
        seconds = STEP_SECONDS * np.arange(1, periods.preparatory_steps + periods.steps("report") + 1)
        for each in networks:
            drawing.curve(axes, seconds, each["alignment"][0], "network", linewidth=0.8)
            drawing.curve(axes, seconds, each["ceiling"][0], "reference", linewidth=0.6, linestyle=":")
        drawing.band(axes, seconds[[0, -1]], *np.stack((random, random), axis=1), "reference")
        axes.set_title(f"index: {CONDITIONS[name].title} (n = {len(networks)})", pad=14)
    drawing.say(panels[0, 0], 1.45, random[1], "random planes", "reference", va="bottom")
    panels[0, 0].set_ylim(0, 1.05)
    return name_axes(figure, "time (s)", "alignment of the two colour planes")


def by_distance(planes: Mapping[str, Sequence[dict]], moments: tuple[int, int], random: tuple[float, float]) -> Figure:
    """Alignment by probe distance after two steps, two lines for every network of ten conditions; random: ends for random planes."""
    figure, panels = plt.subplots(2, 5, figsize=(drawing.WIDTH, 4.4), sharex=True, sharey=True)
    style = {"marker": "o", "markersize": 3, "linewidth": 0.8}
    for axes, (name, networks) in zip(panels.flat, planes.items()):
        for each in networks:
            before, after = (np.array(each["alignment"])[:, step - 1] for step in moments)
            drawing.curve(axes, DISTANCES, before, "network", **style)
            drawing.curve(axes, DISTANCES, after, "human", linestyle="--", **style)
        drawing.band(axes, [25, 200], *np.stack((random, random), axis=1), "reference")
        drawing.distance_axis(axes, DISTANCES)
        axes.set_title(f"{broken(CONDITIONS[name].title)}\n(n = {len(networks)})", fontsize=8)
    panels[0, 0].set(ylim=(0, 1.05))
    drawing.say(panels[0, 4], 30.0, 0.56, "end of the delay", "network")
    drawing.say(panels[0, 4], 30.0, 0.46, "end of the cue", "human")
    return name_axes(figure, "probe distance (°)", "alignment of the colour planes")
