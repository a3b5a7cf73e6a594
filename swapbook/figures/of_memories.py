"""Figures of the shape of one item's memory, and of colour planes on the way to the target."""

from collections.abc import Mapping
from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from swapbook.conditions import SHOWN
from swaputils.drawing import COLOURS, WIDTH, log_axis, say

HOLES = {0: ("pieces", "reference"), 1: ("loops", "cued"), 2: ("hollows", "nontarget")}
MARKS = {"gated": ("network", "o"), "dendrites": ("nontarget", "D"), "tree": ("guess", "v")}
DRIVES = {"gated": "gated", "dendrites": "dendrites", "tree": "small tree"}
MOMENTS = {"before": "before the cue", "after": "at its end"}
SHOWN_BARS, LONGEST = 9, 2.0  # bars of a dimension; the largest distance that is shown
SHORTEST = 0.02  # bar that is shown


def bars(table: pd.DataFrame, systems: Mapping[str, str]) -> Figure:
    """A panel for each system of `item_codes.bars_table`, by name with its title: every hole from where it opens to where it closes.

    Shaded is the range of distances over which the shape in the title is found.
    """
    columns = len(systems) // 2
    figure, panels = plt.subplots(2, columns, figsize=(WIDTH, 4.4), sharex=True, sharey=True, squeeze=False)
    for axes, (system, title) in zip(panels.flat, systems.items()):
        own, height = table[(table["system"] == system) & (table["died"] - table["born"] > SHORTEST)], 0
        if own["low"].notna().all():
            axes.axvspan(*own[["low", "high"]].iloc[0], color="0.92", linewidth=0)
        for dimension, (_, role) in HOLES.items():
            for _, bar in own[own["dimension"] == dimension].head(SHOWN_BARS).iterrows():
                ends = [bar["born"], min(bar["died"], LONGEST)]
                axes.plot(ends, [height, height], color=COLOURS[role], linewidth=2, solid_capstyle="butt")
                height += 1
            height += 1
        axes.set_title(f"{title}\nfound: {own['shape'].iloc[0]}")
    for number, (text, role) in enumerate(HOLES.values()):
        say(panels[0, 0], 1.98, (SHOWN_BARS + 1) * number + 5.5, text, role, ha="right", va="top")
    panels[0, 0].set(xlim=(0, LONGEST), yticks=(), ylim=(3 * SHOWN_BARS + 2.5, -1))
    figure.supxlabel("distance below which states are joined (spread of the states = 1)", fontsize=9)
    return figure


def on_the_way(table: pd.DataFrame) -> Figure:
    """Alignment over the loss above the optimum, `on_the_way.on_the_way`: before the cue above, at its end below, a column for each condition.

    Gated networks on their way to the target are open and joined; filled is where the training of any drive has ended.
    """
    names = list(dict.fromkeys(table["condition"]))
    size = (WIDTH, 4.4)
    figure, panels = plt.subplots(2, len(names), figsize=size, sharex="col", sharey=True, squeeze=False)
    for axes, (moment, name) in zip(panels.flat, product(MOMENTS, names)):
        _path(axes, table[table["condition"] == name], moment)
    for axes, name in zip(panels[0], names):
        axes.set_title(SHOWN[name])
    for axes, text in zip(panels[:, 0], MOMENTS.values()):
        axes.set_ylabel(f"alignment {text}")
    panels[1, 0].legend(fontsize=8, loc="lower left")
    figure.supxlabel("loss above the optimum (nearer to the target →)", fontsize=9)
    return figure


def _path(axes: Axes, table: pd.DataFrame, moment: str) -> None:
    gated = table[table["drive"] == "gated"]
    for _, path in gated[gated["seed"].isin(gated.loc[gated["level"].notna(), "seed"])].groupby("seed"):
        path = path.sort_values("update")
        axes.plot(path["loss"], path[moment], color=COLOURS["network"], linewidth=0.8, alpha=0.6)
    for drive, (role, mark) in MARKS.items():
        for ended, face in ((False, "white"), (True, COLOURS[role])):
            part = table[(table["drive"] == drive) & (table["level"].isna() == ended)]
            style = {"color": COLOURS[role], "markerfacecolor": face, "markersize": 4.5, "linestyle": "none"}
            text = DRIVES[drive] + (", ended" if ended else ", on its way")
            axes.plot(part["loss"], part[moment], mark, label=text if len(part) else None, **style)
    log_axis(axes, 0.1, 0.03, 0.01, 0.003).set_ylim(-0.03, 1.03)
    if not axes.xaxis_inverted():
        axes.invert_xaxis()
