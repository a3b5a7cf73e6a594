"""Figures of networks while they are taught."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from swaputils import drawing


def learning(log: pd.DataFrame) -> Figure:
    """Loss over updates in both stages, and the delay that was reached in the first; `log` of a training, empty for an untrained network."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 2.6), width_ratios=(1, 2), sharey=True)
    log = log.reindex(columns=["stage", "update", "loss", "delay"])
    for axes, stage, title in zip(panels, (0, 1), ("selection", "distribution")):
        part = log[log["stage"] == stage]
        drawing.curve(axes, part["update"], part["loss"], "network", linewidth=1)
        axes.set(yscale="log", xlabel="updates", title=title)
        if stage == 0 and len(part):
            delay = drawing.curve(axes.twinx(), part["update"], part["delay"], "reference")
            delay.set(ylim=(0, 0.8))
            delay.set_ylabel("delay (s)", color=drawing.COLOURS["reference"])
    panels[0].set_ylabel("loss")
    panels[1].tick_params(labelleft=True)
    return figure
