"""The figure of the opening page: from a display over people's responses, surrogate, network and planes to the verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from swapbook.figures.of_people import responses, weights
from swapbook.summaries.collected import mean_curve
from swaputils.drawing import COLOURS, curve, distance_axis, points, say

WIDE, HIGH = 4.8, 6.3  # inches
HUES = (0.0, 0.36, 0.62, 0.13, 0.48, 0.8, 0.25, 0.7)
VERDICTS = {"hold": "surrogate", "hold in part": "task_optimal", "open": "guess", "do not hold": "nontarget"}


@dataclass(frozen=True)
class Opening:
    """What the panels show.

    Attributes:
        around: error, human and surrogate: responses around the colour of a neighbour, as `tables.surrogate_table` has them.
        function: distance, f, low and high of the surrogate's swap function.
        networks: rows of `collection` that were taught people's swap function.
        overlap: by the text beside its column, the overlap of the colour planes before the cue in every network of a group.
        verdicts: number of claims by verdict, see VERDICTS.
    """

    around: pd.DataFrame
    function: pd.DataFrame
    networks: pd.DataFrame
    overlap: Mapping[str, np.ndarray]
    verdicts: Mapping[str, int]


def opening(shown: Opening) -> Figure:
    """The six panels, in the order in which they are read."""
    figure, ((display, people), (surrogate, network), (planes, verdict)) = plt.subplots(3, 2, figsize=(WIDE, HIGH))
    _display(display)
    around = shown.around
    responses(people, around["error"], around["human"], around["surrogate"], "")
    people.set(xlabel="response minus\nneighbour's colour (°)", ylabel="density (1/rad)")
    say(people, -170.0, 0.035, "people", "human")
    say(people, 60.0, 0.19, "surrogate", "surrogate")
    weights(surrogate, shown.function)
    distance_axis(surrogate, np.rad2deg(shown.function["distance"]).tolist())
    surrogate.set(xlabel="distance from the cue (°)", ylabel="weight of an item")
    _swaps(network, shown.networks)
    _overlap(planes, shown.overlap)
    _counts(verdict, shown.verdicts)
    titles = ("a display", "people", "a surrogate", "networks", "their memory", "the verdict")
    for number, (axes, title) in enumerate(zip(figure.axes, titles), start=1):
        axes.set_title(f"{number}  {title}", fontweight="bold", fontsize=10)
    return figure


def _display(axes: Axes) -> None:
    """Eight coloured items on a circle, one of them cued; drawn, not data."""
    turns = np.linspace(0, 2 * np.pi, len(HUES), endpoint=False) + np.pi / 2
    for turn, hue in zip(turns, HUES):
        axes.add_patch(plt.Circle((np.cos(turn), np.sin(turn)), 0.2, color=hsv_to_rgb((hue, 0.75, 0.9))))
    cued, neighbour = ((np.cos(turn), np.sin(turn)) for turn in turns[:2])
    for place, text, role in ((cued, "cued:\nits colour?", "cued"), (neighbour, "a swap", "nontarget")):
        axes.annotate("", 0.72 * np.array(place), (0, -0.1), arrowprops={"arrowstyle": "->", "color": COLOURS[role]})
        axes.add_patch(plt.Circle(place, 0.26, fill=False, color=COLOURS[role], linewidth=1.6))
        away = (1.3 * place[0] - 0.15, place[1] + 0.2) if role == "nontarget" else (place[0] + 0.35, 1.35 * place[1])
        say(axes, *map(float, away), text, role, ha="left" if role == "cued" else "right", va="center")
    axes.set(xlim=(-1.85, 1.55), ylim=(-1.3, 1.6), aspect="equal")
    axes.axis("off")


def _swaps(axes: Axes, networks: pd.DataFrame) -> None:
    """Swap rate over probe distance of every network, and of the best that the objective allows."""
    degrees = np.degrees(networks["ideal_curve"].iloc[0]["distance"])
    best = mean_curve(networks, "ideal_curve")
    top = float(best[0])
    curve(axes, degrees, best, "ideal", linewidth=4, alpha=0.5)
    for each in map(pd.DataFrame, networks["network_curve"]):
        points(axes, np.degrees(each["distance"]), each["rate"], each["low"], each["high"], "network", marker=".")
        curve(axes, np.degrees(each["distance"]), each["rate"], "network", linewidth=0.8)
    say(axes, 80.0, 0.8 * top, "networks", "network")
    say(axes, 80.0, 0.95 * top, "best possible", "ideal")
    distance_axis(axes, degrees.tolist())
    axes.set(xlabel="distance from the cue (°)", ylabel="swap rate", ylim=(0, None))


def _overlap(axes: Axes, overlap: Mapping[str, np.ndarray]) -> None:
    """A column for each group of networks, a point for each network, a bar for their mean; drawn planes at both ends of the axis."""
    for place, ((text, values), role) in enumerate(zip(overlap.items(), ("network", "cued", "task_optimal"))):
        spread = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else np.zeros(1)
        axes.plot(place + spread, values, "o", color=COLOURS[role], markersize=3.5, alpha=0.7)
        axes.plot([place - 0.3, place + 0.3], [values.mean()] * 2, color=COLOURS[role])
        away, side = (place + 0.45, "left") if place == 0 else (place - 0.45, "right")
        say(axes, away, float(values.mean()), text, role, ha=side, va="center")
    flat = np.array([(-0.3, -0.06), (0.1, -0.06), (0.3, 0.06), (-0.1, 0.06)])
    upright = np.array([(-0.08, -0.14), (0.08, -0.06), (0.08, 0.14), (-0.08, 0.06)])
    for height, shapes in ((0.92, (flat, flat + (0.04, 0.05))), (0.12, (flat, upright))):
        for corners, opaque in zip(shapes, (0.25, 0.6)):
            grey = {"color": COLOURS["reference"], "alpha": opaque, "linewidth": 0}
            axes.add_patch(Polygon(corners + (-1.0, height), closed=True, **grey))
    axes.set(xticks=(), xlim=(-1.45, len(overlap) - 0.5), ylim=(-0.05, 1.1))
    axes.set(xlabel="networks", ylabel="overlap of colour planes", yticks=(0, 0.5, 1))


def _counts(axes: Axes, verdicts: Mapping[str, int]) -> None:
    """How many claims there are of each verdict."""
    for place, (verdict, count) in enumerate(verdicts.items()):
        axes.barh(place, count, color=COLOURS[VERDICTS[verdict]], height=0.6)
        axes.text(count + 0.3, place, str(count), va="center", fontsize=9)
    axes.set(yticks=range(len(verdicts)), yticklabels=list(verdicts), ylim=(len(verdicts) - 0.4, -0.6))
    axes.set(xlabel="claims", xlim=(0, 1.2 * max(verdicts.values())))
