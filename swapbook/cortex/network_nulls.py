"""What alignment of colour planes is by chance and at most, for every condition beside its own."""

import numpy as np
import pandas as pd
import torch

from swapbook.cortex.network_states import COMPARED, WAITING, networks, simulate
from swapbook.networks import Network
from swaputils.behaviour import mean_interval
from swaputils.geometry import (
    UnusableActivity,
    alignment_from,
    cross_products,
    permuted_items,
    planes_within,
    same_item_parts,
)

UNTRAINED = "index_untrained"
TRIALS, DRAWS, PERMUTATIONS = 2_000, 500, 10
MOMENTS = ("before", "after")
COLUMNS = ("alignment", "within_low", "within", "within_high", "permuted_items", "same_item")


def null_table() -> pd.DataFrame:
    """One row for every condition and moment (before: the end of the delay; after: 0.3 s after the cue).

    n, networks on which all could be told, of so many; alignment with low and high, its 95 % t interval over networks; and means over networks: within,
    median of random planes within the measured covariance of activity, with within_low and within_high, 95 % of them; permuted_items, with
    the names of the items exchanged in random trials, of planes that do not differ; same_item, of an item with itself in another half of the
    trials. place: where the interval lies beside random planes: below, within, above, or cannot be told, where a ring is not told from noise in
    two networks or more.
    """
    rows = [row for network in networks(*COMPARED, UNTRAINED, *WAITING) for row in _of_one(network)]
    found = []
    for (condition, moment), part in pd.DataFrame(rows).groupby(["condition", "moment"], sort=False):
        known = part.dropna()
        mean, low, high = mean_interval(known["alignment"].to_numpy()) if len(known) else (np.nan,) * 3
        means = known[list(COLUMNS[1:])].mean().to_dict()
        row = {"condition": condition, "moment": moment, "n": len(known), "of": len(part)}
        row |= {"alignment": mean, "low": low, "high": high} | means
        found.append(row | {"place": _place(low, high, means["within_low"], means["within_high"])})
    return pd.DataFrame(found)


def _place(low: float, high: float, least: float, most: float) -> str:
    """Where an interval lies beside the middle 95 % of random planes."""
    if not low <= high:
        return "cannot be told"
    return "below" if high < least else "above" if low > most else "within"


def _of_one(network: Network) -> list[dict]:
    simulated = simulate(network, TRIALS)
    displays = simulated.displays
    generator = torch.Generator().manual_seed(network.seed)
    rows = []
    for moment, step, cued in zip(MOMENTS, simulated.moments, (None, displays.cued)):
        activity = simulated.hidden[:, step]
        try:
            products = cross_products(activity, displays.report, cued, generator=generator)
            own = alignment_from(products, generator=generator).alignment
            random = planes_within(torch.cov(activity.T), DRAWS, generator=generator)
            items = permuted_items(activity, displays.report, cued, draws=PERMUTATIONS, generator=generator).mean()
            same = same_item_parts(activity, displays.report, generator=generator).value
        except UnusableActivity:
            values = [np.nan] * len(COLUMNS)
        else:
            ends = random.quantile(torch.tensor([0.025, 0.5, 0.975], dtype=torch.float64)).tolist()
            values = [float(own.value), *ends, float(items), float(same)]
        rows.append({"condition": network.condition, "moment": moment} | dict(zip(COLUMNS, values)))
    return rows
