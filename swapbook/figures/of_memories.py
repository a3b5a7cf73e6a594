"""Figures of the shape of one item's memory, and of colour planes on the way to the target."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from swaputils.drawing import COLOURS, WIDTH, say

HOLES = {0: ("pieces", "reference"), 1: ("loops", "cued"), 2: ("hollows", "nontarget")}
MARKS = {"gated": ("network", "o"), "dendrites": ("nontarget", "D"), "tree": ("guess", "v")}
SHOWN_BARS, LONGEST = 9, 2.0  # bars of a dimension; the largest distance that is shown


def bars(table: pd.DataFrame, systems: Mapping[str, str]) -> Figure:
    """A panel for each system of `item_codes.bars_table`, by name with its title: every hole from where it opens to where it closes.

    Shaded is the range of distances over which the shape in the title is found.
    """
    columns = len(systems) // 2
    figure, panels = plt.subplots(2, columns, figsize=(WIDTH, 4.4), sharex=True, sharey=True)
    for axes, (system, title) in zip(panels.flat, systems.items()):
        own, height = table[table["system"] == system], 0
        axes.axvspan(*own[["low", "high"]].iloc[0], color="0.92", linewidth=0)
        for dimension, (_, role) in HOLES.items():
            for _, bar in own[own["dimension"] == dimension].head(SHOWN_BARS).iterrows():
                ends = [bar["born"], min(bar["died"], LONGEST)]
                axes.plot(ends, [height, height], color=COLOURS[role], linewidth=2, solid_capstyle="butt")
                height += 1
            height += 1
        axes.set_title(f"{title}:\n{own['shape'].iloc[0]}")
    for number, (text, role) in enumerate(HOLES.values()):
        say(panels[0, 0], 1.98, (SHOWN_BARS + 1) * number + 7.5, text, role, ha="right", va="top")
    panels[0, 0].set(xlim=(0, LONGEST), yticks=(), ylim=(3 * SHOWN_BARS + 2.5, -1))
    figure.supxlabel("distance below which states are joined (spread of the states = 1)", fontsize=9)
    return figure


def on_the_way(axes: Axes, table: pd.DataFrame, moment: str) -> Axes:
    """Alignment at a moment over the loss above the optimum: gated networks on their way to the target, joined, and where every drive ends."""
    for _, path in table[table["drive"] == "gated"].groupby("seed"):
        path = path.sort_values("update")
        if path["level"].notna().any():
            axes.plot(path["loss"], path[moment], color=COLOURS["network"], linewidth=0.8, alpha=0.6)
    for drive, (role, mark) in MARKS.items():
        for ended, face in ((False, "white"), (True, COLOURS[role])):
            part = table[(table["drive"] == drive) & (table["level"].isna() == ended)]
            style = {"color": COLOURS[role], "markerfacecolor": face, "markersize": 4.5, "linestyle": "none"}
            axes.plot(part["loss"], part[moment], mark, **style)
    axes.set(xscale="log", ylim=(-0.03, 1.03))
    return axes
