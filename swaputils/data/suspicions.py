"""What looks wrong in a user's file when its columns are judged as wholes; each with a sentence and the option that settles it.

A clean file must pass: a column is suspected only where chance makes it look so less than about once in 100,000 files.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from swaputils.data.layout import UNITS
from swaputils.data.sheet import Sheet

ROUNDING = 1e-5  # relative; files keep few decimals
RARE = 1e-5
ENOUGH = 20  # rows or values to judge a column by
MOST_PLACES = 40


@dataclass(frozen=True)
class Suspicion:
    """Something that looks wrong: one of TRUSTS, what is seen, and what to do about it."""

    name: str | None  # None where nothing can be read on from
    seen: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.seen}; {self.remedy}" + (f" (--trust {self.name} reads on as it is)" if self.name else "")


def _units(sheet: Sheet, values: pd.DataFrame) -> Iterator[Suspicion]:
    """Reports in other units than said: all of them, a column, or those of a person."""
    names = [name for name in sheet.reported if sheet.layout.unit_of_column.get(sheet.titles[name]) is None]
    if sheet.layout.units == "deg" and names:
        limit = math.pi if sheet.error is not None and len(names) == 1 else UNITS["rad"]
        varied = [name for name in names if values[name].nunique() >= 2]
        written = values if sheet.error is None else values.assign(response=sheet.error)
        largest = {name: written[name].abs().max() for name in varied}
        small = [name for name, most in largest.items() if most <= limit * (1 + ROUNDING)]
        widest = max(varied, key=lambda name: largest[name], default="")
        if varied and small == varied:
            if _numbers(np.unique(values[varied].dropna().to_numpy())):
                return  # told with the period
            most, turns = largest[widest], " (or in turns: --units 1)" if largest[widest] <= 1 else ""
            seen = f"no reported angle exceeds {most:.3g}, so the file seems to be in rad{turns}"
            yield Suspicion("units", seen, "leave --units deg out")
        else:
            for name in small:
                if values[name].nunique() >= 10:
                    others = f"{sheet.title(widest)} reaches {largest[widest]:.4g}"
                    seen = f"{sheet.title(name)} never exceeds {largest[name]:.3g} while {others}, so it seems to be in rad"
                    yield Suspicion("units", seen, f"say --units-of {sheet.titles[name]}=rad")
            yield from _units_of_people(sheet, values, varied)
    elif sheet.layout.units == "rad" and names:
        pooled = _distinct(values, [name for name in names if name != "response"] or names)
        if len(pooled) >= ENOUGH and 0 <= pooled.min() and pooled.max() <= 1 and _share(len(pooled), 1 / UNITS["rad"]):
            seen = f"angles run from {pooled.min():.3g} to {pooled.max():.3g} only, as turns do"
            yield Suspicion("units", seen, "say --units 1")


def _distinct(values: pd.DataFrame, names: list[str]) -> np.ndarray:
    """The different numbers in some columns, ascending."""
    return np.unique(values[names].stack().dropna())


def _units_of_people(sheet: Sheet, values: pd.DataFrame, names: list[str]) -> Iterator[Suspicion]:
    """People whose angles are all small in a file of degrees."""
    if "subject" in sheet.roles.of and names and not sheet.relative:
        people = sheet.source.cells[sheet.roles.of["subject"]]
        most = values[names].abs().max(axis=1).groupby(people).agg(["max", "count"])
        small = most.index[(most["max"] <= UNITS["rad"] * (1 + ROUNDING)) & (most["count"] >= 10)]
        if len(small):
            header, some = sheet.roles.of["subject"], list(map(str, small[:5]))
            yield Suspicion(
                "units",
                f"no reported angle of {', '.join(some)} in '{header}' exceeds {UNITS['rad']:.3g}, while others' do, "
                "so these people seem to be in rad",
                f"read them apart with --only {header}={','.join(some)}",
            )


def _share(distinct: int, share: float) -> bool:
    """Whether values that could lie anywhere would so rarely all fall in this share of the circle."""
    return bool(share**distinct < RARE)


def _period(sheet: Sheet, values: pd.DataFrame) -> Iterator[Suspicion]:
    """Items that fill a part of the circle which another period, or numbers in place of angles, would explain."""
    names = [name for name in sheet.items if name in sheet.titles and sheet.turn(name) == sheet.turn("response")]
    pooled, turn = _distinct(values, names), sheet.turn("response")
    if len(pooled) < 3:
        return
    unit, low, high = sheet.layout.units, pooled.min(), pooled.max()
    half = turn / 2 * (1 + ROUNDING)
    centred = -half / 2 <= low < 0 and high <= half / 2
    if sheet.layout.period == 360 and ((low >= 0 and high <= half) or centred):
        used = [name for name in names if values[name].count()]
        share = (high if low >= 0 else high - low) / turn
        if _share(len(pooled), max(share, 0.25)) or _full_grid(pooled, turn / 2) or _numbers(pooled):
            reach = f"never exceed {high:.4g}" if low >= 0 else f"stay within {low:.4g} and {high:.4g}"
            seen = f"{sheet.title(*used)} {reach}"
            if _numbers(pooled) and high < turn / 2 * 0.98 and low in (0, 1):
                seen += " and are whole numbers, as numbers of colours or places are"
                remedy = f"say --units {int(high) + (low == 0)}"
            elif high > 0.4 * turn or centred:
                seen, remedy = (
                    f"{seen}, so they seem to be orientations, which half a turn brings back",
                    "say --period 180",
                )
                if _numbers(pooled) and low == 1:
                    remedy += f", or --units {int(high)} for values numbered 1 to {int(high)}"
            else:
                seen, remedy = (
                    f"{seen} of a full turn of {turn:.4g} {unit}",
                    "say with --units what number a full turn is",
                )
            yield Suspicion("period", seen, remedy)
    elif low >= 0 and abs(low) < 0.02 * turn and 0.5 < high / turn <= 0.75 and (high / turn) ** len(pooled) < RARE**2:
        seen = f"{sheet.title(*names)} run from {low:.4g} to {high:.4g} of a full turn of {turn:.4g}"
        remedy = f"if a full turn is another number, say --units {math.ceil(high + 1e-9)} or what it is"
        yield Suspicion("period", seen, remedy)
    spans = values[names].max() - values[names].min()
    if spans.max() > turn * (1 + ROUNDING) and np.abs(pooled).max() <= turn * (1 + ROUNDING):
        one, doubled = values[spans.idxmax()], " and no --period 180" if sheet.layout.period == 180 else ""
        ends = f"runs from {one.min():.4g} to {one.max():.4g}, more than one period of {turn:.4g} {unit}"
        yield Suspicion("period", f"{sheet.title(one.name)} {ends}", f"check the units and the period{doubled}")


def _numbers(pooled: np.ndarray) -> bool:
    """Whether the values are whole numbers that leave few gaps, from 0 or 1 on."""
    whole = (pooled % 1 == 0).all() and pooled.min() in (0, 1) and len(pooled) >= 3
    return bool(whole and len(pooled) >= 0.8 * (pooled.max() - pooled.min() + 1))


def _full_grid(pooled: np.ndarray, turn: float) -> bool:
    """Whether the values are equally spaced from 0 on and go once around a turn."""
    if len(pooled) < 4 or abs(pooled.min()) > ROUNDING * turn:
        return False
    steps = np.diff(pooled)
    return bool(np.ptp(steps) < 1e-3 * turn and abs(len(pooled) * steps.mean() - turn) < 1e-2 * steps.mean())


def _range(sheet: Sheet, values: pd.DataFrame) -> Iterator[Suspicion]:
    """Angles more than a turn from 0; responses may run on past the target by half a turn."""
    for name in [*sheet.reported, *sheet.cues]:
        if name.startswith("cue_") and sheet.layout.cue_slots:
            continue
        turn, unit, column = sheet.turn(name), sheet.unit(name), values[name]
        outside = column.abs() > turn * (1 + ROUNDING)
        if name == "response" and "target" in values:
            outside &= (column - values["target"]).abs() > turn / 2
        if outside.any():
            row = int(outside.to_numpy().argmax())
            cell, count, most = column.iloc[row], int(outside.sum()), column.abs().max()
            remedy = f"if {cell:g} stands for nothing, {'--no-response' if name == 'response' else '--missing'} {cell:g} says so"
            if unit == "rad" and 4 * math.pi < most <= UNITS["deg"] + 1e-6:
                option = "--cue-units deg" if name.startswith("cue_") else "--units deg"
                remedy = f"this column seems to be in degrees: name {option}"
            others = f" (so are {count - 1} more)" if count > 1 else ""
            limit = f"{-turn:.5g} to {turn:.5g} {unit}"
            yield Suspicion(
                "range",
                f"row {sheet.source.lines[row]}, column {sheet.titles[name]}: '{cell:g}' is more than one period from 0{others}, "
                f"expected {limit}",
                remedy,
            )


def _cues(sheet: Sheet, values: pd.DataFrame) -> Iterator[Suspicion]:
    """Cues in other units than reports, or numbers of places."""
    if not sheet.cues or sheet.layout.cue_slots:
        return
    pooled = _distinct(values, sheet.cues)
    if len(pooled) < 2:
        return
    unit, turn = sheet.unit(sheet.cues[0]), sheet.turn(sheet.cues[0])
    low, high, columns = pooled.min(), pooled.max(), sheet.title(*sheet.cues)
    most = f"no cue in {columns} exceeds {high:.4g}"
    places = (pooled % 1 == 0).all() and low in (0, 1) and high <= MOST_PLACES and len(pooled) >= 0.7 * (high - low + 1)
    largest = np.abs(pooled).max()
    if places and (unit != "rad" or high > 1 or low == 0):
        count = int(high) + (low == 0)
        yield Suspicion(
            "cues",
            f"{most} and all are whole numbers, as numbers of places are, while cues are read in {unit}",
            f"say --cue-slots {count} if there are {count} places on the circle",
        )
    elif unit == "deg" and largest <= UNITS["rad"] * (1 + ROUNDING):
        guess = "1" if largest < 1 and low >= 0 and _grid_turn(pooled) == 1 else "rad"
        seen = f"{most} in a file of degrees, so cues seem to be in other units"
        yield Suspicion("cues", seen, f"say --cue-units {guess}")
    elif largest <= turn * 2 * math.pi / 360 * (1 + ROUNDING):
        remedy = "say with --cue-units what number a full turn of the cues is"
        yield Suspicion("cues", f"{most} of a full turn of {turn:.4g} {unit}", remedy)
    elif unit == "rad" and 4 * math.pi < largest <= UNITS["deg"] + 1e-6:
        return  # told by the range
    else:
        other = _grid_turn(pooled)
        if other and abs(other / turn - 1) > 0.01:
            half = abs(other / turn - 0.5) < 0.01
            yield Suspicion(
                "cues",
                f"cues in {columns} are {len(pooled)} equal steps that go once around {other:.4g}, not around {turn:.4g}",
                "say --cue-period 180 if they are orientations" if half else f"say --cue-units {other:.4g}",
            )
        elif low >= 0 and high <= turn / 2 * (1 + ROUNDING) and sheet.layout.cue_period == 360 and len(pooled) >= 17:
            seen = f"{most}, so cues seem to be orientations, which half a turn brings back"
            yield Suspicion("cues", seen, "say --cue-period 180")


def _grid_turn(pooled: np.ndarray) -> float | None:
    """The turn that equally spaced values from 0 on go around, where it is one that people use."""
    return next((turn for turn in (1.0, 180.0, math.pi, 360.0, 2 * math.pi) if _full_grid(pooled, turn)), None)


CHECKS: tuple[Callable[[Sheet, pd.DataFrame], Iterator[Suspicion]], ...] = (_units, _period, _cues, _range)
"""Checks of the values of angle columns; a column that is not in the units said is not judged further.

:meta hide-value:
"""
