"""What an experiment would see: the power of every contrast by number of sessions."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from swapbook.figures.of_networks import close_panels, name_axes
from swapbook.figures.of_origins import LOOKS
from swaputils.drawing import COLOURS, WIDTH, reference


def powers(table: pd.DataFrame, titles: Mapping[str, str], wanted: float, sessions: int) -> Figure:
    """A panel for each contrast, a line for each kind of networks; dashed: the power that is wanted and the animals' sessions.

    Args:
        table: see `cortex.power.powers`.
        titles: of the conditions, all of LOOKS.
    """
    contrasts = table["contrast"].unique()
    rows = -(-len(contrasts) // 3)
    figure, panels = plt.subplots(rows, 3, figsize=(WIDTH, 0.9 + 1.9 * rows), sharex=True, sharey=True, squeeze=False)
    for axes, contrast in zip(panels.flat, contrasts):
        for condition, title in titles.items():
            role, marker = LOOKS[condition]
            own = table[(table["contrast"] == contrast) & (table["condition"] == condition)]
            axes.plot(
                own["sessions"],
                own["power"],
                marker,
                color=COLOURS[role],
                linestyle="-",
                linewidth=1,
                markersize=4,
                label=title,
            )
        reference(axes, wanted)
        axes.axvline(sessions, color=COLOURS["reference"], linestyle="--", linewidth=0.8, zorder=0)
        axes.set_title(contrast, fontsize=8)
    close_panels(panels, len(contrasts))
    sizes = sorted(table["sessions"].unique())
    panels[0, 0].set(ylim=(-0.03, 1.03), xscale="log")
    panels[0, 0].set_xticks(sizes, [str(size) for size in sizes])
    panels[0, 0].minorticks_off()
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=8, title="swaps are settled")
    return name_axes(figure, "sessions", "power")
