"""Conditions that were fitted apart, set beside one another."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations

import numpy as np
import pandas as pd

from swaputils.report.fitting import Fitted
from swaputils.report.page import PAGE
from swaputils.surrogate.mixture_resamples import PARAMETERS

NORMAL_95 = 1.96
COLUMNS = "first second mixture set_size parameter value_first value_second difference low high"
EXPLANATION = (
    "Differences between conditions, second minus first, of the group means of the mixtures, with 95 % intervals: the halves of "
    "the two intervals, which come from different trials, are added as independent errors. An interval that holds 0 shows no "
    "difference. Weights of non-targets are compared where both conditions have the same cue distance."
)

NOTHING = "The conditions have no set size in common, so there is nothing to contrast."


def contrasts(fits: Mapping[str, Fitted]) -> pd.DataFrame:
    """Differences of every pair of conditions, second minus first.

    Columns: first, second; mixture, set_size, parameter; value_first, value_second; difference, low, high. The log weight of a
    non-target by cue distance (the model "cue") has the parameter "f at <degrees>".
    """
    rows = []
    for (first, one), (second, other) in combinations(fits.items(), 2):
        pair = {"first": first, "second": second}
        rows += [pair | row for row in (*_mixtures(one, other), *_functions(one, other))]
    return pd.DataFrame(rows, columns=COLUMNS.split())


def _mixtures(one: Fitted, other: Fitted) -> list[dict]:
    """Differences of the group means at the set sizes that both have."""
    if not len(one.group) or not len(other.group):
        return []
    both = one.group.merge(other.group, on=["mixture", "set_size"], suffixes=("|1", "|2"))
    rows = []
    for row in both.to_dict("records"):
        for name in PARAMETERS:
            if name == "p_nontarget" and (row["mixture"] == "2 components" or row["set_size"] == 1):
                continue  # 0 in both
            first, second = (row[f"{name}|{k}"] for k in (1, 2))
            ends = [[row.get(f"{name}_{end}|{k}", math.nan) for end in ("low", "high")] for k in (1, 2)]  # if resampled
            half = math.hypot(*((high - low) / 2 for low, high in ends))
            rows.append(_row(row["mixture"], int(row["set_size"]), name, first, second, half))
    return rows


def _functions(one: Fitted, other: Fitted) -> list[dict]:
    """Differences of the log weights at the cue distances that both have."""
    if not len(one.functions) or not len(other.functions):
        return []
    parts = [
        fitted.functions.query("model == 'cue'").assign(degrees=lambda part: np.degrees(part["distance"]).round(1))
        for fitted in (one, other)
    ]
    both = parts[0].merge(parts[1], on=["set_size", "degrees"], suffixes=("|1", "|2"))
    rows = []
    for row in both.to_dict("records"):
        half = math.hypot(*(row[f"high|{k}"] - row[f"f|{k}"] for k in (1, 2)))
        name = f"f at {row['degrees']:g}"
        rows.append(_row("swap function", int(row["set_size"]), name, row["f|1"], row["f|2"], half))
    return rows


def _row(mixture: str, size: int, name: str, first: float, second: float, half: float) -> dict:
    row = {"mixture": mixture, "set_size": size, "parameter": name, "value_first": first, "value_second": second}
    return row | {"difference": second - first, "low": second - first - half, "high": second - first + half}


def overview(
    fits: Mapping[str, Fitted], folders: Mapping[str, str], column: str, name: str, read: Sequence[str]
) -> str:
    """A page with the contrasts and a link to the report of each condition."""
    table = contrasts(fits)
    table["sign"] = np.where((table["low"] > 0) | (table["high"] < 0), "differs", "")
    shown = table.round(3).to_html(index=False, border=0) if len(table) else f"<p>{NOTHING}</p>"
    links = "".join(
        f'<li><a href="{escape(folders[one])}/report.html">{escape(one)}</a>: {len(fitted.trials)} trials</li>'
        for one, fitted in fits.items()
    )
    body = (
        f"<p>Conditions, in “{escape(column)}”, each fitted alone:</p><ul>{links}</ul>"
        f'<h2>Contrasts</h2><p>{escape(EXPLANATION)}</p><div class="table">{shown}</div>'
        f"<h2>Data</h2><ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in read)}</ul>"
    )
    return PAGE.substitute(title=escape(f"Swap errors in {name}, by {column}"), body=body, footer="")


def folder_names(conditions: Sequence[str]) -> dict[str, str]:
    """A folder for each condition, named after it as far as names of files allow."""
    names: dict[str, str] = {}
    for condition in conditions:
        plain = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in condition)
        plain = plain.strip(".") or "condition"
        while plain.lower() in {name.lower() for name in names.values()}:
            plain += "_"
        names[condition] = plain
    return names
