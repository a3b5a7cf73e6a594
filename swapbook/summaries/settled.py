"""Tables of chapter 5 on networks whose swaps are settled at a known time: behaviour, when activity tells, planes, accounts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from swapbook.conditions import BY_NUMBER, BY_NUMBER_BETWEEN_PLACES, BY_OWN_NOISE, PERIODS, ROLLOUTS
from swapbook.networks import Network
from swapbook.origins.settlement import in_periods
from swapbook.plane_tables import at_moments
from swapbook.summaries.collected import networks_of
from swapbook.theory.importance import best_committed_rate
from swaputils.behaviour import mean_interval

IN_PERIODS = [f"in the {period}" for period in PERIODS]
KINDS = {
    **dict(zip(IN_PERIODS, BY_NUMBER)),
    "in the report": "index_swap",
}
"""When swaps are settled, by design, and the condition that does so."""

CONTROLS = {
    "after the cue": "index_swap_settled_late",
    "in the report, an idle number": "index_swap_idle",
    "in the report, a noisy cue": "index_swap_louder",
    "never, an idle number": "index_no_swap_idle",
    "never": "index_no_swap",
}
PROBED = {
    **dict(zip(IN_PERIODS, BY_NUMBER_BETWEEN_PLACES)),
    "in the report": "probe_similarity_00",
}
"""The same with similarity swaps between places."""
OWN_NOISE = dict(zip((f"own noise of the {period}" for period in PERIODS), BY_OWN_NOISE))
WENT_ON = {
    "nothing yet": "index_swap_settled_cue",
    **{f"{count} rollout{'s' * (count > 1)}": f"index_swap_rollouts_{count}" for count in ROLLOUTS},
    "energy score": "index_swap_scored_early",
    "energy score, from the report": "index_swap_scored_late",
}
"""What networks that settled swaps in the cue were taught from then on, while the number told nothing; the last had settled none."""
ROLLOUTS_OF = {f"index_swap_rollouts_{count}": count for count in ROLLOUTS}
TOLD = 0.9  # area under the ROC curve from which activity tells a swap


def behaviour(networks: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Behaviour of each kind of networks, means, beside the ideal sampler's; kinds of which none is stored are left out."""
    rows = {}
    for kind, condition in kinds.items():
        own = networks_of(networks, condition)
        if len(own):
            rows[kind] = {
                "networks": len(own),
                "swap rate": own["network_swap_rate"].mean(),
                "ideal": own["ideal_swap_rate"].mean(),
                "largest difference": (own["network_swap_rate"] - own["ideal_swap_rate"]).abs().max(),
                "far from both": own["network_far"].mean(),
                "median error (rad)": own["network_median_nearest"].mean(),
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("swaps are settled")


def memories(ratios: pd.DataFrame, kinds: Mapping[str, str]) -> pd.Series:
    """The ratio of memory to noise that each kind of networks attains, a mean over networks, see `origins.signal`."""
    means = ratios.groupby("condition")["ratio"].mean()
    found = {kind: means[name] for kind, name in kinds.items() if name in means.index}
    return pd.Series(found, name="memory over noise", dtype=float)


def told(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Largest area before each period ends, means over networks, see `settlement`; `least` and `most` of all networks in the trial."""
    rows = {}
    for kind, condition in kinds.items():
        own = table[table["condition"] == condition]
        if len(own):
            found = own.groupby("seed").apply(in_periods, Network(condition), include_groups=False)
            rows[kind] = {"networks": len(found)} | found.mean().to_dict()
    named = {"stimulus": "stimulus", "delay": "delay", "cue": "cue", "post_cue_delay": "before the report"}
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns=named).rename_axis("swaps are settled")


def changed(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Share of reports of the item that was not cued first, by change of the trial, means over networks; in brackets those near neither item.

    Args:
        table: see `origins.changed_trials`.
    """
    means = table.groupby(["condition", "change"])[["nontarget", "far"]].mean()
    words = means.map("{:.2f}".format).agg(lambda row: f"{row['nontarget']} ({row['far']})", axis=1).unstack("change")
    words = words.reindex(kinds.values()).dropna()[list(table["change"].unique())]
    return words.rename(index={name: kind for kind, name in kinds.items()}).rename_axis("swaps are settled").T


def planes(networks: pd.DataFrame, kinds: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """`plane_tables.at_moments` of each kind of networks of which some are stored."""
    found = {kind: at_moments(networks, condition) for kind, condition in kinds.items()}
    return {kind: each for kind, each in found.items() if len(each)}


def overlaps(networks: pd.DataFrame, kinds: Mapping[str, str]) -> pd.Series:
    """Alignment of the colour planes before the cue in each kind of networks, a mean over networks."""
    found = {kind: each["before"].mean() for kind, each in planes(networks, kinds).items()}
    return pd.Series(found, name="overlap before the cue", dtype=float)


def plane_contrasts(networks: pd.DataFrame, kinds: Mapping[str, str], versus: str) -> pd.DataFrame:
    """Alignment before the cue of one kind minus that of each other, with Welch's interval."""
    found = planes(networks, kinds)
    rows = {
        f"{versus}, minus {kind}": dict(
            zip(("difference", "low", "high"), mean_interval(found[versus]["before"], each["before"]))
        )
        for kind, each in found.items()
        if kind != versus and versus in found
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def went_on(networks: pd.DataFrame, areas: pd.DataFrame, numbers: pd.DataFrame, charged: pd.DataFrame) -> pd.DataFrame:
    """Networks of WENT_ON: means of behaviour, of the area before the report, and of the share of reports that another number switches.

    Beside them the effective number of rollouts where there are several, and the swap rate of an early choice that the bound asks for.

    Args:
        areas: see `origins.settlement.settlement`.
        numbers: see `origins.settlement.counterfactuals`.
        charged: see `origins.many_rollouts.rollouts`.
    """
    rates = _rates_asked_for(networks, charged)
    rows = {}
    for kind, condition in WENT_ON.items():
        own = networks_of(networks, condition)
        if len(own):
            area, switched = (table[table["condition"] == condition] for table in (areas, numbers))
            before = area.groupby("seed").apply(in_periods, Network(condition), include_groups=False)
            count = ROLLOUTS_OF.get(condition, 1)
            same = charged[(charged["condition"] == condition) & (charged["rollouts"] == count)]
            rows[kind] = {
                "networks": len(own),
                "swap rate": own["network_swap_rate"].mean(),
                "asked for": rates.get(condition, own["ideal_swap_rate"].mean()),
                "far from both": own["network_far"].mean(),
                "area before the report": before["post_cue_delay"].mean() if len(before) else np.nan,
                "switched by the number": switched["switched"].mean(),
                "effective rollouts": same["effective"].mean() if count > 1 else np.nan,
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("went on with")


def _rates_asked_for(networks: pd.DataFrame, charged: pd.DataFrame) -> dict[str, float]:
    """Swap rate of an early choice at which the bound of each number of rollouts is highest, given what a miss costs the first networks."""
    first = networks_of(networks, WENT_ON["nothing yet"])
    swaps = first["ideal_swap_rate"].mean()
    charge = charged[(charged["condition"] == WENT_ON["nothing yet"]) & (charged["rollouts"] == 1)]["excess"].mean()
    miss = charge / (2 * swaps * (1 - swaps))
    return {name: best_committed_rate(swaps, miss, count) for name, count in ROLLOUTS_OF.items() if count > 1}


def accounts(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Accounts of swaps from activity at the end of the delay and of the cue, mean shares over networks, see `error_accounts`."""
    rows = {}
    for kind, condition in kinds.items():
        own = table[(table["moment"] == "end of the cue") & (table["condition"] == condition)]
        if len(own):
            networks = own["seed"].nunique()
            rows[kind] = {"networks": networks} | (own.groupby("found", sort=False)["share"].sum() / networks).to_dict()
    return pd.DataFrame.from_dict(rows, orient="index").fillna(0.0).rename_axis("swaps are settled")
