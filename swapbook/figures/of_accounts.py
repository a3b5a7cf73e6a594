"""Figures of the accounts of swaps: what is found where the true one is known, and what networks show in the course of a trial."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from swaputils.behaviour import mean_interval
from swaputils.drawing import COLOURS
from swaputils.geometry.plantedswaps import ACCOUNTS

TOGETHER = "told together"
TEXTS = {"none": "as correct trials"}
PALETTE = {
    "misbinding": COLOURS["cued"],
    "misselection": COLOURS["nontarget"],
    "misinterpretation": COLOURS["task_optimal"],
    TOGETHER: COLOURS["network"],
    "none": "0.88",
}


def by_account(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Shares of swaps, a row for each combination of keys: a column for each account, and one for what is told of several together."""
    found = table.assign(column=table["found"].where(table["found"].isin(ACCOUNTS), TOGETHER))
    wide = found.pivot_table(index=keys, columns="column", values="share", aggfunc="sum", fill_value=0, sort=False)
    return wide.reindex(columns=list(PALETTE), fill_value=0)


def recovered(axes: Axes, table: pd.DataFrame) -> Axes:
    """Mean share found of every account over runs, a row for each true one; empty where none was planted. Networks that also swap
    by themselves belong in a panel of their own."""
    mean = by_account(table, ["account", "source", "seed"]).groupby("account").mean().reindex(ACCOUNTS)
    axes.imshow(mean.clip(0, 1), cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(mean.round(2).to_numpy() + 0.0):
        text = "" if np.isnan(share) else f"{share:.2f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color="w" if share > 0.5 else "k")
    axes.set_xticks(range(len(PALETTE)), [TEXTS.get(each, each) for each in PALETTE], rotation=40, ha="right")
    axes.set_yticks(range(len(mean)), [TEXTS.get(each, each) for each in mean.index])
    axes.set_xticks(np.arange(len(PALETTE) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(mean) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.85", linewidth=0.6)
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0)
    return axes


def in_time(axes: Axes, table: pd.DataFrame) -> Axes:
    """Accounts of the swaps of the networks of a condition at each moment, means over networks from the bottom up; the black line is the
    95 % interval over networks of the share that is not in the state of correct trials."""
    shares = by_account(table, ["moment", "seed"])
    for place, moment in enumerate(table["moment"].unique()):
        own, below = shares.loc[moment], 0.0
        for account, colour in PALETTE.items():
            share = max(float(own[account].mean()), 0.0)
            axes.bar(place, share, 0.75, below, color=colour, label=TEXTS.get(account, account) if place == 0 else None)
            below += share
        mean, low, high = mean_interval(1 - own["none"].to_numpy())
        axes.plot([place, place], [max(low, 0), min(high, 1)], color="k", linewidth=1)
        axes.plot(place, mean, "_", color="k", markersize=6)
    axes.set_xticks(range(table["moment"].nunique()), table["moment"].unique(), rotation=40, ha="right")
    axes.set(ylim=(0, 1.02), yticks=(0, 0.5, 1))
    return axes
