"""What a measured recording says and what it cannot say, in plain sentences that follow from the numbers."""

import math

import pandas as pd

from swaputils.geometry.alignment import LARGEST_LEAK, NOT_IDENTIFIED, NOT_TOLD, WIDEST
from swaputils.recordings.measuring import Measured

CHANCE = {
    "below": "less than random planes within the same activity share",
    "above": "more than random planes within the same activity share",
    "within": "no more and no less than random planes within the same activity may share",
}


def alignments(measured: Measured, trials: str = "all") -> pd.DataFrame:
    """The alignment of the two items' planes, one row for each moment."""
    table = measured.moments[measured.moments["planes"].isin(["both items", "selected"])]
    return table[(table["measure"] == "alignment") & (table["trials"] == trials)]


def findings(measured: Measured) -> list[str]:
    """What it means, in three sentences or fewer."""
    if len(measured.means):
        return _of_means(measured.means)
    rows = alignments(measured).to_dict("records")
    said = [_alignment(row) for row in rows]
    if len(rows) == 2:
        said.append(_change(*rows))
    return said


def more_findings(measured: Measured) -> list[str]:
    """What else was found, a sentence each."""
    if not len(measured.accounts):
        return []
    shares = measured.accounts[measured.accounts["what"] == "share of swaps"]
    parts = ", ".join(f"{row.of} {row.value:z.0%} [{row.low:z.0%}, {row.high:z.0%}]" for row in shares.itertuples())
    swaps = measured.accounts.query("what == 'expected swaps'")["value"].iloc[0]
    if len(shares) == 1:
        why = "the states of the accounts lie too close in this activity"
        return [f"Where the about {swaps:.0f} swaps arise cannot be told: {why}."]
    return [f"Of about {swaps:.0f} swaps, by account: {parts}."]


def _alignment(row: dict) -> str:
    """One moment."""
    both = row["planes"] == "both items"
    planes = "the colour planes of the two items" if both else "the planes of the item that was cued"
    where = f"{row['period'][0].upper()}{row['period'][1:]}"
    if row["verdict"] == NOT_TOLD:
        return f"{where}, how far {planes} are aligned cannot be told from these trials."
    value = f"{row['value']:z.2f} [{row['low']:z.2f}, {row['high']:z.2f}]"
    if row["verdict"] == NOT_IDENTIFIED:
        return f"{where}, the alignment of {planes} is not identified: {value} holds only without interactions of the two colours."
    chance = CHANCE[row["against_chance"]]
    return f"{where}, {planes} have an alignment of {value} (0 orthogonal, 1 the same): {chance}."


def _change(before: dict, after: dict) -> str:
    """The difference between both moments; their trials are the same, so its interval is cautious."""
    if "told" != before["verdict"] or "told" != after["verdict"]:
        return "So whether the planes turn toward one another with the cue cannot be said."
    difference = after["value"] - before["value"]
    reach = math.hypot(*((row["high"] - row["low"]) / 2 for row in (before, after)))
    interval = f"by {difference:+.2f} [{difference - reach:+.2f}, {difference + reach:+.2f}]"
    if abs(difference) <= reach:
        return f"Alignment changes {interval} with the cue: no change can be told."
    return f"Alignment changes {interval} with the cue: the planes turn {'toward one another' if difference > 0 else 'apart'}."


def _of_means(means: pd.DataFrame) -> list[str]:
    rows = means.set_index("measure")
    said = []
    for measure, what, unit, digits in (
        ("alignment", "alignment of the two planes in the full space", "", 3),
        ("angle in three components (degrees)", "published angle", " degrees", 1),
    ):
        row = rows.loc[measure]
        value, low, high = (f"{row[name]:.{digits}f}" for name in ("value", "low", "high"))
        outside = "inside" if row["low"] <= row["value"] <= row["high"] else "outside"
        said.append(
            f"The {what} is {value}{unit}, {outside} of what the same neurons give with their colours permuted "
            f"(95 % from {low} to {high})."
        )
    return said


def limits(measured: Measured) -> list[str]:
    """One sentence for each thing that these data, measured in this way, cannot say."""
    recording, said = measured.recording, list(measured.left_out)
    if recording.means is not None:
        return [
            "Means hold noise, which makes planes look orthogonal: without trials it cannot be removed, and there are no intervals.",
            "Two planes within three components share a line whatever the activity, so the published angle says less than it seems.",
        ]
    apart, dependent = measured.separated
    if dependent:
        said.append(
            f"The two colours of a display depend on one another (mean of exp(i (c2 - c1)) is {apart:.2f} in size, more than by "
            f"chance): regression needs the activity to be additive, an alignment counts as not identified where it moves by more "
            f"than {LARGEST_LEAK:g} with two interactions in the regression, and the published measures are biased."
        )
    doubtful = measured.moments[measured.moments["measure"] == "alignment"]
    for verdict, why in {
        NOT_TOLD: f"a ring cannot be told from noise, or the interval is wider than {WIDEST:g}",
        NOT_IDENTIFIED: "the colours depend on one another and the two regressions disagree, or the second cannot be made",
    }.items():
        some = doubtful[doubtful["verdict"] == verdict]
        if len(some):
            which = "; ".join(f"{row.planes} {row.period}, {row.trials} trials" for row in some.itertuples())
            said.append(f"“{verdict}” ({why}): {which}.")
    others = "sessions" if len(recording.sessions) == 1 else "other sessions"
    said.append(f"Intervals are over trials: they say nothing of other neurons, {others} or animals.")
    if recording.after is not None and recording.cued:
        said.append(
            "Before the cue all trials give the planes of both items; after it each plane comes from the trials that cue its item. "
            "A low alignment before the cue and a high one after it do not show by themselves where errors arise."
        )
    return said
