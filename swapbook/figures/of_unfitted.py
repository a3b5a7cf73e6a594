"""The figure of what is foretold of people to whom nothing was fitted, beside what they did."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from swapbook.people import TAUGHT
from swapbook.studies.readings import CUES
from swapbook.unfitted import SIZES
from swaputils.drawing import COLOURS, WIDTH, band, curve, points

ASKED = {
    "valid_saves": "neutral\nminus valid",
    "marked_excess": "marked item\nminus another",
    "others_gain": "others: invalid\nminus neutral",
}
GROUPS = (("guess", "s"), ("guess", "^"), ("cued", "o"), ("network", "D"))  # two experiments, both, networks


def beside_people(foretold: pd.DataFrame, people: pd.DataFrame) -> Figure:
    """What was foretold of people to whom nothing was fitted, and what they did: by set size, by retro-cue, and as differences.

    Args:
        foretold: see `unfitted.predictions`.
        people: see `other_people.people`.
    """
    figure, (by_size, by_cue, differences) = plt.subplots(1, 3, figsize=(WIDTH, 2.7), width_ratios=(1, 1, 1.3))
    networks = foretold[foretold["source"] == TAUGHT]
    groups = {**dict(tuple(people.groupby("of", sort=False))), "networks": networks}
    sizes = [f"swaps_neutral_{items}" for items in SIZES]
    expected = foretold[foretold["source"] == "surrogate"].set_index("quantity").loc[sizes]
    band(by_size, list(SIZES), expected["low"], expected["high"], "target")
    curve(by_size, list(SIZES), expected["value"], "target", linewidth=1.2)
    cues = [f"swaps_{cue}_4" for cue in reversed(CUES)]
    shown = {by_size: (sizes, SIZES), by_cue: (cues, range(3)), differences: (list(ASKED), range(3))}
    for number, table in enumerate(groups.values()):
        role, marker = GROUPS[number]
        for axes, (quantities, places) in shown.items():
            if axes is by_size and table is networks:
                continue
            own = table.set_index("quantity").loc[quantities]
            shift = (number - 1.5) * (0.18 if axes is by_size else 0.12)
            points(axes, np.array(places) + shift, own["value"], own["low"], own["high"], role, marker)
    for axes in (by_cue, differences):
        axes.axhline(0, color=COLOURS["reference"], linewidth=0.8)
    by_size.set(xlabel="items, neutral retro-cue", ylabel="share of swaps", xticks=SIZES)
    by_cue.set(xlabel="retro-cue, 4 items")
    by_cue.set_xticks(range(3), labels=list(reversed(CUES)), fontsize=8)
    differences.set(ylabel="difference")
    differences.set_xticks(range(3), labels=list(ASKED.values()), fontsize=7)
    handles = [
        Line2D([], [], color=COLOURS[role], marker=marker, linestyle="", label=name)
        for (role, marker), name in zip(GROUPS, groups)
    ]
    handles.append(Line2D([], [], color=COLOURS["target"], label="foretold by other people"))
    figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize=8)
    return figure
