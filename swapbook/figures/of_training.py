"""Figures of networks while they are taught."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from swaputils import drawing


def learning(log: pd.DataFrame) -> Figure:
    """Loss over updates in both stages, and the delay that was reached in the first; `log` of a training, empty for an untrained network."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 2.6), width_ratios=(1, 2))
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
    return figure


def recipes(curves: pd.DataFrame, ideal_rate: float) -> Figure:
    """Loss and swap rate over processor time, see `collection.learning_curves`, and the ideal sampler's swap rate."""
    figure, panels = plt.subplots(1, 2, figsize=(drawing.WIDTH, 2.8))
    roles = {"paper": "reference", "equal": "human", "book": "network"}
    for axes, measure in zip(panels, ("loss", "swap_rate")):
        for recipe, role in roles.items():
            run = curves[curves["recipe"] == recipe]
            drawing.curve(axes, run["cpu_seconds"] / 60, run[measure], role, linewidth=1)
        axes.set(xlabel="CPU minutes", xlim=(0, None))
    panels[0].set(yscale="log")
    panels[0].set_ylabel("loss with equal weights of steps,\nclosed-form target")
    last = curves.groupby("recipe").last()
    for recipe, share, right, height, text in (
        ("paper", 0.5, 0, 2.3, "paper's recipe"),
        ("book", 1, 1, 1.0, "this book"),
        ("equal", 1, 1, 0.9, "this book, equal weights"),
    ):
        minute = share * last["cpu_seconds"][recipe] / 60 + right
        drawing.say(panels[0], minute, height * last["loss"][recipe], text, roles[recipe])
    panels[1].set(ylabel="swap rate", ylim=(0, 0.6))
    drawing.reference(panels[1], ideal_rate, "ideal sampler", "ideal")
    return figure
