"""Tables of chapter 5 on networks whose swaps are settled at a known time: behaviour, when activity tells, planes, accounts."""

from collections.abc import Mapping

import pandas as pd

from swapbook.networks import Network
from swapbook.origins.settlement import in_periods
from swapbook.plane_tables import at_moments
from swapbook.summaries.collected import networks_of
from swaputils.behaviour import mean_interval

KINDS = {
    "in the stimulus": "index_swap_settled_stimulus",
    "in the delay": "index_swap_settled_delay",
    "in the cue": "index_swap_settled_cue",
    "in the report": "index_swap",
}
"""When swaps are settled, by design, and the condition that does so."""

CONTROLS = {
    "after the cue": "index_swap_settled_late",
    "in the report, an idle number": "index_swap_idle",
    "never, an idle number": "index_no_swap_idle",
    "never": "index_no_swap",
}
OWN_NOISE = {f"own noise of the {period}": f"index_swap_own_{period}" for period in ("stimulus", "delay", "cue")}
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
    return words.rename(index={name: kind for kind, name in kinds.items()}).T


def planes(networks: pd.DataFrame, kinds: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """`plane_tables.at_moments` of each kind of networks of which some are stored."""
    found = {kind: at_moments(networks, condition) for kind, condition in kinds.items()}
    return {kind: each for kind, each in found.items() if len(each)}


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


def accounts(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Accounts of swaps from activity at the end of the delay and of the cue, mean shares over networks, see `error_accounts`."""
    rows = {}
    for kind, condition in kinds.items():
        own = table[(table["moment"] == "end of the cue") & (table["condition"] == condition)]
        if len(own):
            networks = own["seed"].nunique()
            rows[kind] = {"networks": networks} | (own.groupby("found", sort=False)["share"].sum() / networks).to_dict()
    return pd.DataFrame.from_dict(rows, orient="index").fillna(0.0).rename_axis("swaps are settled")
