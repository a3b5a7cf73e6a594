"""Trials from a file in a user's own columns and units, turned into the one format of `data` and checked there."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from swaputils.data.table import ROUNDING, DataError, check_table, nontargets, numbers, read_cells, refuse, to_trials
from swaputils.files import shown
from swaputils.trials import Trials

UNITS = {"rad": 2 * math.pi, "deg": 360.0}  # a full turn
PERIODS = (360, 180)
OURS = re.compile(r"subject|trial|set_size|response|(cue_)?(target|nontarget_[1-9]\d*)")


@dataclass(frozen=True)
class FileFormat:
    """How a file differs from the format of `data`.

    columns:    our names mapped to those of the file.
    units:      of all angles, "rad" or "deg".
    period:     360, or 180 where the report feature is an orientation, which half a turn brings back: angles are doubled.
    cue_period: the same for the cue feature.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: str = "rad"
    period: int = 360
    cue_period: int = 360

    def __post_init__(self):
        if self.units not in UNITS:
            raise DataError(f"units are {self.units!r}; allowed are {', '.join(UNITS)}")
        for name in ("period", "cue_period"):
            if getattr(self, name) not in PERIODS:
                raise DataError(f"{name} is {getattr(self, name)}; allowed are 360 and, for orientations, 180 degrees")
        for ours in self.columns:
            if not OURS.fullmatch(ours):
                raise DataError(
                    f"{ours!r} is no column of the format; map subject, trial, set_size, response, target, "
                    "nontarget_1, ..., cue_target, cue_nontarget_1, ... to columns of the file"
                )


def read(path: Path | str, layout: FileFormat) -> Trials:
    """Trials of a file in another format.

    Angles may lie anywhere within one period of 0 and are wrapped. Trials and set sizes are counted where the file has no
    column for them; people whose names are not whole numbers are numbered in the order in which they appear.
    Raises DataError naming the file, the row and the column of the first fault, and what is allowed.
    """
    path = Path(path)
    table = _renamed(path, read_cells(path), layout.columns)
    items = [column for column in ("target", *nontargets(table.columns)) if column in table]
    if "subject" in table:
        refuse(path, table["subject"].isna(), "subject", "is empty; every trial needs it")
        if not table["subject"].str.fullmatch(r"-?\d+").all():
            table["subject"] = table["subject"].factorize()[0] + 1
        if "trial" not in table:
            table["trial"] = table.groupby("subject").cumcount() + 1
    if "set_size" not in table:
        table["set_size"] = table[items].notna().sum(axis=1)
    periods = {column: layout.period for column in ("response", *items) if column in table}
    _refuse_radians(path, table[list(periods)], layout)
    periods |= {f"cue_{item}": layout.cue_period for item in items if f"cue_{item}" in table}
    for column, period in periods.items():
        table[column] = _in_radians(path, table[column], layout, period)
    return to_trials(check_table(path, table))


def _renamed(path: Path, text: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The table under our names; a column of ours that the file has but that was mapped elsewhere is left out."""
    for ours, theirs in columns.items():
        if theirs not in text:
            found = ", ".join(text.columns[:30])[:300]
            raise DataError(f"{shown(path)}: misses the column {theirs!r}, to be read as {ours}; found {found}")
    kept = text.drop(columns=[name for name in text if name in columns or name in columns.values()])
    return pd.concat([kept, *(text[theirs].rename(ours) for ours, theirs in columns.items())], axis=1)


def _in_radians(path: Path, cells: pd.Series, layout: FileFormat, period: int) -> pd.Series:
    """Angles in rad in [-pi, pi), stretched from their period to the full circle; NaN where empty."""
    turn = UNITS[layout.units] * period / 360
    angles = numbers(path, cells)
    seem_degrees = layout.units == "rad" and 4 * math.pi < angles.abs().max() <= UNITS["deg"]
    advice = "; this column seems to be in degrees: name --units deg" if seem_degrees else ""
    fault = f"is more than one period from 0; expected {-turn:.5g} to {turn:.5g} {layout.units}{advice}"
    refuse(path, angles.abs() > turn * (1 + ROUNDING), cells.name, fault, cells)
    return (angles * (2 * math.pi / turn) + math.pi) % (2 * math.pi) - math.pi


def _refuse_radians(path: Path, reported: pd.DataFrame, layout: FileFormat) -> None:
    """DataError where no reported angle of a file said to be in degrees exceeds what a file in rad could hold."""
    if layout.units == "deg":
        largest = max((numbers(path, reported[column]).abs().max() for column in reported), default=math.inf)
        if largest <= UNITS["rad"]:
            raise DataError(
                f"{shown(path)}: no reported angle exceeds {largest:.3g}, so the file seems to be in rad; "
                "leave --units deg out"
            )
