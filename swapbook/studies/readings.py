"""What chapter 1 reads off posteriors and stored tables."""

import math
from collections.abc import Mapping

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from swapbook.studies.swap_functions import function_rows
from swaputils.data.simulated import simulated_swap_function
from swaputils.surrogate import LADDER, SwapPosterior, swap_function_draws
from swaputils.task import DelayedEstimation
from swaputils.trials import Displays

RATIO_DRAWS = 20_000
CUES = ("invalid", "neutral", "valid")  # retro-cues, in the order of their conditions


def functions(posteriors: Mapping[int, SwapPosterior]) -> pd.DataFrame:
    """Swap functions of cue distance by set size: set_size, distance (rad), f with its 95 % band low to high."""
    by_size = {size: pd.DataFrame(function_rows({"dimension": "cue"}, each)) for size, each in posteriors.items()}
    return pd.concat(by_size, names=["set_size"]).reset_index("set_size").drop(columns="dimension")


def true_functions(table: pd.DataFrame) -> list[float]:
    """The swap function of the simulated observers at each set size and distance of `functions`."""
    places = zip(torch.tensor(table["distance"].to_numpy()), table["set_size"])
    return [float(simulated_swap_function(distance, size)) for distance, size in places]


def weight_ratio(
    posterior: SwapPosterior,
    over: Float[Tensor, " over"],
    under: Float[Tensor, " under"],
    *,
    generator: torch.Generator,
) -> list[float]:
    """Mean weight at some cue distances over that at others: 2.5 % quantile, median, 97.5 % quantile, to two digits."""
    draws = swap_function_draws(posterior, torch.cat((over, under)), RATIO_DRAWS, generator=generator).exp()
    ratio = draws[:, : len(over)].mean(dim=1) / draws[:, len(over) :].mean(dim=1)
    ends = ratio.quantile(torch.tensor([0.025, 0.5, 0.975], dtype=torch.float64))
    return [float(f"{end:.2g}") for end in ends.tolist()]


def chosen(recovery: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """How often each model of the ladder is the best by a criterion, for each observer."""
    best = recovery.groupby(["observer", "replicate"])[criterion].idxmax()
    counts = pd.crosstab(recovery.loc[best, "observer"], recovery.loc[best, "model"])
    return counts.reindex(index=list(LADDER), columns=list(LADDER), fill_value=0)


def gains(table: pd.DataFrame) -> pd.DataFrame:
    """Gain of each model on held-out trials with its standard error, as text, by data set and emission."""
    text = table["gain"].map("{:.1f}".format) + " (" + table["standard_error"].map("{:.1f}".format) + ")"
    return table.assign(text=text).pivot(index=["data", "emission"], columns="model", values="text")


def by_name_of_cue(contrasts: pd.Series) -> pd.Series:
    """Contrasts such as "condition 1 - 0" as "neutral - invalid"."""
    numbers = contrasts.str.removeprefix("condition ")
    return numbers.str.replace(r"\d", lambda number: CUES[int(number[0])], regex=True)


def error_gaps(errors: pd.DataFrame) -> pd.DataFrame:
    """Total variation between people's errors and the surrogate's by set size, and how large it is on average by chance."""
    rows = {}
    for size, table in errors.groupby("set_size"):
        width = 2 * math.pi / len(table)
        gap = (table["human"] - table["surrogate"]).abs().sum() * width / 2
        chance = (width * table["surrogate"] / (2 * math.pi * table["count"].sum())).pow(0.5).sum()
        rows[size] = {"gap": gap, "chance": chance}
    return pd.DataFrame(rows).T.rename_axis("set_size")


def taught_swaps(task: DelayedEstimation, distance: Float[Tensor, " places"]) -> Float[Tensor, " places"]:
    """The probability of a swap that a task teaches for two items, by their distance (rad)."""
    features = torch.stack((torch.zeros_like(distance), distance), dim=1)
    target = task.target(Displays(features, features, torch.zeros(len(distance), dtype=torch.long)))
    return target.log_weights[:, 1].exp()
