"""What task-optimal networks do with nearer probes and more noise, and what planted responses say of the readings, in words."""

import pandas as pd

from swapbook.conditions import SHOWN
from swapbook.induced import TAUGHT
from swapbook.summaries.collected import in_words

READ = {
    "nearest": "nearer to the other",
    "swaps": "non-targets, mixture",
    "other": "near the other",
    "middle": "near the middle",
}


def planted_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """By concentration: mean and largest error of each reading of planted swaps, and the readings of responses at the mean of both."""
    choice, mean = (table[table["kind"] == kind] for kind in ("choice", "mean"))
    columns = {}
    for reading in ("nearest", "swaps", "other"):
        errors = (choice[reading] - choice["true_swaps"]).groupby(choice["true_concentration"])
        worst = errors.agg(lambda each: each.abs().max())
        columns["planted swaps, error", READ[reading]] = [
            f"{error:+z.3f}, at most {most:.3f}" for error, most in zip(errors.mean(), worst)
        ]
    means = mean.groupby("true_concentration")[list(READ)].mean().rename(columns=READ)
    found = pd.DataFrame(columns, index=means.index.rename("concentration"))
    for title in means:
        found["mean of both, no swaps", title] = means[title].map("{:.3f}".format)
    return found.sort_index(ascending=False)


def induced_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Readings under every change with 95 % intervals over networks, and those of networks that were taught swaps, unchanged."""
    rows = {}
    for (condition, change, value), part in table.groupby(["condition", "change", "value"], sort=False):
        changed = f"noise × {value:g}" if change == "noise" else f"probes {value:g}° apart"
        cue, unchanged = condition.split("_")[0], condition in TAUGHT.values()
        row = {"n": len(part)} | {title: in_words(part[reading]) for reading, title in READ.items()}
        row["concentration"] = f"{part['concentration'].mean():.1f}"
        rows[f"{cue}: {SHOWN[condition]}" + ("" if unchanged else f", {changed}")] = row
    return pd.DataFrame(rows).T
