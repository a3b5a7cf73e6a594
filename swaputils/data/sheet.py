"""The columns of a user's file as numbers: raw angles in the user's units under our names, with the user's headers for messages."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from swaputils.data.layout import Layout, full_turn
from swaputils.data.long_format import widened
from swaputils.data.roles import Roles, find_roles, key, numbered
from swaputils.data.sources import Source, read_source
from swaputils.data.table import DataError
from swaputils.files import shown


@dataclass(frozen=True)
class Sheet:
    """What a file holds, before anything is made of it.

    Attributes:
        path, layout: the file, and what was said about it.
        source: its cells.
        roles: which column is what.
        values: raw numbers by our names: response, target, nontarget_k, cue_...; NaN where empty.
        titles: the user's header of each, for messages.
        set_size: numbers of the column of set sizes; None without one.
        facts: what was done to get here, as phrases.
        relative: whether response and non-targets count from the target.
        error: the column of errors as it stands, where the file has errors in place of responses.
        first_place: what was taken from numbers of places, so that they count from 0.
    """

    path: Path
    layout: Layout
    source: Source
    roles: Roles
    values: pd.DataFrame
    titles: dict[str, str]
    set_size: pd.Series | None
    facts: list[str] = field(default_factory=list)
    relative: bool = False
    error: pd.Series | None = None
    first_place: int = 0

    @property
    def items(self) -> list[str]:
        """Target and non-targets."""
        return [name for name in self.values if name == "target" or name.startswith("nontarget_")]

    @property
    def nontargets(self) -> list[str]:
        return self.items[1:]

    @property
    def cues(self) -> list[str]:
        return [name for name in self.values if name.startswith("cue_")]

    @property
    def reported(self) -> list[str]:
        """Every column in the report feature that the user's file has."""
        return [name for name in ("response", *self.items) if name in self.titles]

    def unit(self, name: str) -> str:
        """Units of a column."""
        own = self.layout.unit_of_column.get(self.titles.get(name, ""))
        return own or (name.startswith("cue_") and self.layout.cue_units) or self.layout.units

    def turn(self, name: str) -> float:
        """What takes the feature of a column once around, in its units."""
        if name.startswith("cue_") and self.layout.cue_slots:
            return float(self.layout.cue_slots)
        period = self.layout.cue_period if name.startswith("cue_") else self.layout.period
        return full_turn(self.unit(name)) * period / 360

    def title(self, *names: str) -> str:
        """The user's headers in quotes."""
        known = [f"'{self.titles[name]}'" for name in names if name in self.titles]
        first = [*known[:2], "..."] if len(known) > 4 else known[:-1]
        return " and ".join([", ".join(first)] * bool(first) + known[-1:])

    def refuse(self, faulty: pd.Series, name: str, fault: str) -> None:
        """DataError at the first faulty row, if there is one."""
        if faulty.any():
            row = int(faulty.to_numpy().argmax())
            header = self.titles.get(name, name)
            cell = self.source.cells[header].iloc[row] if header in self.source.cells else None
            where = f"{shown(self.path)}, row {self.source.lines[row]}, column {header}:"
            raise DataError(f"{where} {fault}" if cell is None else f"{where} {cell!r} {fault}")


def read_sheet(path: Path, layout: Layout) -> Sheet:
    """The numbers of a file; DataError naming the first cell that cannot be one."""
    source = read_source(path, layout)
    roles = find_roles(path, source.cells, layout)
    if layout.long:
        source, roles = widened(path, source, roles)
    facts = list(source.facts)
    angles = ("response", "target", "error", "nontarget_", "cue_", "item_")
    titles = {name: header for name, header in roles.of.items() if name.startswith(angles)}
    if "response" not in titles and "error" in roles.of:
        titles["response"] = titles.pop("error")
    titles.pop("error", None)
    decimal = _decimal(source, titles.values(), layout, facts)
    sheet = Sheet(path, layout, source, roles, pd.DataFrame(index=source.cells.index), titles, None, facts)
    values = pd.DataFrame({name: _numbers(sheet, name, decimal) for name in titles})
    values = _without_codes(values, layout, facts)
    set_size = _set_size(sheet) if "set_size" in roles.of else None
    sheet = Sheet(path, layout, source, roles, values, titles, set_size, facts)
    return _up_to_set_size(_around_target(_probed_first(sheet)))


def _without_codes(values: pd.DataFrame, layout: Layout, facts: list[str]) -> pd.DataFrame:
    """The values without those that stand for nothing; cues only where their item is not there."""
    values = values.copy()
    others = [name for name in values if name.startswith(("nontarget_", "item_"))]
    for codes, columns in ((layout.missing, others), (layout.no_response, ["response"])):
        for code in codes:
            here = values[columns] == code
            values[columns] = values[columns].mask(here)
            what = "no response" if columns == ["response"] else "not shown"
            facts.append(f"{code:g} read as {what} in {int(here.to_numpy().sum())} cells")
    for name in others:
        if f"cue_{name}" in values:
            nothing = values[name].isna() & values[f"cue_{name}"].isin(layout.missing)
            values[f"cue_{name}"] = values[f"cue_{name}"].mask(nothing)
    return values


def _decimal(source: Source, headers, layout: Layout, facts: list[str]) -> str:
    """The decimal mark: as given, or a comma where cells of angles have commas and none has a point."""
    if layout.decimal:
        return layout.decimal
    cells = source.cells[list(headers)]
    commas = any(cells[header].str.contains(",", regex=False, na=False).any() for header in cells)
    points = any(cells[header].str.contains(".", regex=False, na=False).any() for header in cells)
    if commas and not points:
        facts.append("decimal commas")
        return ","
    return "."


def _numbers(sheet: Sheet, name: str, decimal: str) -> pd.Series:
    """A column as float64, NaN where empty; DataError at the first cell that is not a finite number."""
    cells = sheet.source.cells[sheet.titles[name]]
    if decimal == ",":
        cells = cells.str.replace(",", ".", regex=False)
    try:
        values = cells.astype("float64")
    except ValueError:
        values = pd.to_numeric(cells, errors="coerce").astype("float64")
    faulty = (values.isna() & cells.notna()) | (values.abs() == math.inf)
    commas = cells[faulty].str.contains(",", regex=False, na=False).any()
    advice = "; --decimal , reads decimal commas" if commas else ""
    sheet.refuse(faulty, name, f"is not a number; expected a finite number or an empty cell{advice}")
    return values


def _set_size(sheet: Sheet) -> pd.Series:
    """The column of set sizes; DataError where a cell is no whole number."""
    header = sheet.roles.of["set_size"]
    cells = sheet.source.cells[header]
    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    sheet.refuse(cells.isna(), header, "is empty; a column of set sizes needs one in every row (or --ignore it)")
    fault = f"is not a set size; expected whole numbers from 1 on, or --ignore '{header}'"
    sheet.refuse(values.isna() | (values % 1 != 0) | (values < 1), header, fault)
    return values


def _probed_first(sheet: Sheet) -> Sheet:
    """Items in columns of their own, with the number of the one that was probed, as target and non-targets."""
    items = numbered(sheet.values, "item_")
    if not items:
        return sheet
    header = sheet.roles.of["probed"]
    probed = pd.to_numeric(sheet.source.cells[header], errors="coerce")
    numbers = [int(name.removeprefix("item_")) for name in items]
    sheet.refuse(~probed.isin(numbers), header, f"is none of the items {numbers[0]} to {numbers[-1]}")
    place = probed.map({number: k for k, number in enumerate(numbers)}).to_numpy(int)
    rank = np.ones((len(place), len(items)))
    rank[np.arange(len(place)), place] = 0
    order = rank.argsort(axis=1, kind="stable")  # the probed item, then the others in their order
    values, titles = sheet.values, dict(sheet.titles)
    new = {"response": values["response"]}
    for prefix in ("", "cue_"):
        names = [f"{prefix}{item}" for item in items]
        if prefix and not all(name in values for name in names):
            continue
        sorted_ = np.take_along_axis(values[names].to_numpy(), order, axis=1)
        family = f"{titles[names[0]]} to {titles[names[-1]]}"
        for k in range(len(items)):
            ours = f"{prefix}target" if k == 0 else f"{prefix}nontarget_{k}"
            new[ours] = sorted_[:, k]
            titles[ours] = f"{family}, {f'the one in {header}' if k == 0 else f'other {k}'}"
    titles = {name: titles[name] for name in new}
    facts = [*sheet.facts, f"'{header}' tells which of {len(items)} items is the target"]
    return replace(sheet, values=pd.DataFrame(new), titles=titles, facts=facts)


def _around_target(sheet: Sheet) -> Sheet:
    """Absolute angles where the file has errors, and a target of 0 where everything counts from it."""
    layout, values, facts = sheet.layout, sheet.values.copy(), list(sheet.facts)
    has_target = "target" in values
    errors = layout.errors or "response" not in sheet.roles.of
    error = values["response"] if errors or layout.relative else None
    relative = layout.relative or (not has_target and _from_memtoolbox(sheet))
    order = ["response", "target", *numbered(values, "nontarget_"), *sheet.cues]
    if relative or not has_target:
        if layout.relative and has_target and not (values["target"].dropna() % sheet.turn("target") == 0).all():
            facts.append("with --relative the column of targets is not used: response and non-targets count from it")
        values["target"] = values["response"] * 0 if not has_target else values["target"] * 0
        facts.append(f"{sheet.title('response')} read as the error from the target, which is set to 0")
        if relative and numbered(values, "nontarget_"):
            facts.append(f"{sheet.title(*numbered(values, 'nontarget_'))} read as relative to the target")
    elif errors:
        turns = sheet.turn("target") / sheet.turn("response")
        values["response"] = values["target"] / turns + values["response"]
        values["response"] %= sheet.turn("response")
        facts.append(f"{sheet.title('response')} read as response minus {sheet.title('target')}")
    values = values[[name for name in order if name in values]]
    titles = {name: header for name, header in sheet.titles.items() if not (relative and name == "target")}
    return replace(sheet, values=values, titles=titles, facts=facts, relative=relative, error=error)


def _up_to_set_size(sheet: Sheet) -> Sheet:
    """Without the items beyond the set size, where that is trusted."""
    if "set-size" not in sheet.layout.trust or sheet.set_size is None:
        return sheet
    values = sheet.values.copy()
    kept = sheet.set_size - (0 if sheet.layout.items_include_target else 1)
    filled = values[sheet.nontargets].notna()
    beyond = filled & filled.cumsum(axis=1).gt(kept, axis=0)
    if not beyond.to_numpy().any():
        return sheet
    for name in sheet.nontargets:
        columns = [column for column in (name, f"cue_{name}") if column in values]
        values.loc[beyond[name], columns] = math.nan
    fact = f"items beyond '{sheet.roles.of['set_size']}' left out in {int(beyond.any(axis=1).sum())} rows"
    return replace(sheet, values=values, facts=[*sheet.facts, fact])


def _from_memtoolbox(sheet: Sheet) -> bool:
    """Whether the columns are those of MemToolbox, whose distractors count from the target."""
    names = [key(sheet.titles[name]) for name in numbered(sheet.values, "nontarget_")]
    return key(sheet.titles["response"]) == "errors" and all(name.startswith("distractors") for name in names)
