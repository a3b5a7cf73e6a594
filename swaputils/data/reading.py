"""One step between a user's file and a fit: trials, and what was understood of the file, in the user's own words."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from swaputils.data.comparisons import unrelated
from swaputils.data.consistency import suspicions
from swaputils.data.layout import Layout
from swaputils.data.sheet import Sheet, read_sheet
from swaputils.data.suspicions import Suspicion
from swaputils.data.table import ROUNDING, DataError
from swaputils.data.target_only import only_target
from swaputils.files import shown
from swaputils.trials import Displays, Trials

WHOLE = r"-?(0|[1-9]\d{0,17})"
MOST_POOLED = 8  # values of a column that may tell conditions apart


@dataclass(frozen=True)
class Column:
    """An angle column as it was read: the user's header, what it is, its units, range in them, and how many cells are filled."""

    title: str
    role: str
    unit: str
    low: float
    high: float
    filled: int


@dataclass(frozen=True)
class Reading:
    """What was read from a file.

    Attributes:
        name: the file's, as messages show it.
        layout: what was said about it.
        rows: how many the table has.
        trials: those that can be used; None while there are problems.
        people: the user's names by the numbers in `trials.subject`.
        conditions: the user's names by the numbers in `trials.condition`; empty without `--condition`.
        set_sizes: numbers of usable trials by set size.
        columns: the angle columns.
        read_as: the user's headers of the other columns that were used, by our names.
        dropped: numbers of trials left out, by reason.
        ignored: headers of columns that were not read.
        pooled: those of them that could tell conditions apart, with their values.
        notes: what looks odd without being a reason to refuse, as sentences.
        facts: how the file was written and what was done to its cells, as phrases.
        problems: what has to be settled before these trials can be fitted.
    """

    name: str
    layout: Layout
    rows: int
    trials: Trials | None
    people: dict[int, str]
    conditions: dict[int, str] = field(default_factory=dict)
    set_sizes: dict[int, int] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    read_as: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    pooled: dict[str, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    problems: tuple[Suspicion, ...] = ()

    def settled(self) -> Trials:
        """The trials; DataError where something about them has to be settled first."""
        if self.problems:
            raise DataError(f"{self.name}: " + "\n  also: ".join(map(str, self.problems)))
        assert self.trials is not None
        return self.trials


def examine(path: Path | str, layout: Layout | None = None) -> Reading:
    """What a file holds, with the problems that keep it from being fitted; DataError where it cannot be read at all."""
    path, layout = Path(path), layout or Layout()
    sheet = _places_from_0(read_sheet(path, layout))
    problems: list[Suspicion] = []
    if layout.two_components:
        sheet, problems = only_target(sheet)
    cells, roles = sheet.source.cells, sheet.roles.of
    for header, why in (
        (roles.get("subject"), "every trial needs a person"),
        (layout.condition, "every trial needs a condition"),
    ):
        if header is not None:
            sheet.refuse(cells[header].isna(), header, f"is empty; {why}")
    problems += suspicions(sheet)
    unusable = _unusable(sheet)
    lost = np.zeros(len(cells), dtype=bool)
    for reason, rows in unusable.items():
        unusable[reason] = rows & ~lost
        lost |= rows
    if lost.any() and not layout.drop_unanswered:
        problems.append(_unanswered(sheet, unusable))
    if lost.all():
        raise DataError(f"{shown(path)}: no trial can be used: {', '.join(unusable)} in every row")
    subject, people = _people(sheet)
    conditions: dict[int, str] = {}
    trials, displays = None, _displays(sheet)
    set_sizes = pd.Series(displays.set_size[torch.tensor(~lost)].numpy()).value_counts().sort_index().to_dict()
    if not problems:
        trials = Trials(displays, torch.tensor(_radians(sheet, "response")), torch.tensor(subject))
        if layout.condition:
            conditions = dict(enumerate(in_order(cells[layout.condition].unique())))
            codes = pd.Categorical(cells[layout.condition], list(conditions.values())).codes.astype("int64")
            trials = replace(trials, condition=torch.tensor(codes))
        trials = trials[torch.tensor(~lost)]
        people = {number: people[number] for number in sorted(set(trials.subject.tolist()))}
    used = set(roles.values()) | {layout.condition}
    unread = [header for header in cells if header not in used]
    ordered = [roles[name] for name in ("trial", "block") if name in roles and not layout.long]
    pooled = {header: values for header in unread if (values := _few(cells[header]))}
    return Reading(
        name=shown(path),
        layout=layout,
        rows=len(cells),
        trials=trials,
        people=people,
        conditions=conditions,
        set_sizes=set_sizes,
        columns=_columns(sheet),
        read_as={name: roles[name] for name in ("subject", "set_size") if name in roles},
        dropped={reason: int(rows.sum()) for reason, rows in unusable.items() if rows.any()},
        ignored=(*unread, *ordered),
        pooled=pooled,
        notes=() if problems else tuple(unrelated(sheet)),
        facts=(*sheet.facts, *sheet.roles.notes),
        problems=tuple(problems),
    )


def read(path: Path | str, layout: Layout | None = None) -> Trials:
    """Trials of a file; DataError naming what is wrong and the option that settles it."""
    return examine(path, layout).settled()


def of_trials(name: str, trials: Trials) -> Reading:
    """A reading of trials that come from no file."""
    people = {number: str(number) for number in sorted(set(trials.subject.tolist()))}
    return Reading(name, Layout(), len(trials), trials, people)


def _unusable(sheet: Sheet) -> dict[str, np.ndarray]:
    """Rows that hold no trial, by reason."""
    reasons = {f"no response in {sheet.title('response')}": sheet.values["response"].isna().to_numpy()}
    if "target" in sheet.titles:
        reasons[f"no target in {sheet.title('target')}"] = sheet.values["target"].isna().to_numpy()
    return reasons


def _unanswered(sheet: Sheet, unusable: dict[str, np.ndarray]) -> Suspicion:
    """The problem of rows without a response or a target."""
    lost = np.logical_or.reduce(list(unusable.values()))
    row = int(lost.argmax())
    name = "response" if sheet.values["response"].isna().iloc[row] else "target"
    return Suspicion(
        None,
        f"row {sheet.source.lines[row]}, column {sheet.titles[name]}: is empty; {int(lost.sum())} of {len(lost)} trials lack a "
        "response or a target",
        "--drop-unanswered leaves them out",
    )


def _people(sheet: Sheet) -> tuple[np.ndarray, dict[int, str]]:
    """A whole number for each row's person, and their names; names that are whole numbers stay as they are."""
    if "subject" not in sheet.roles.of:
        return np.ones(len(sheet.values), dtype=np.int64), {1: "1"}
    cells = sheet.source.cells[sheet.roles.of["subject"]]
    if cells.str.fullmatch(WHOLE).all():
        numbers = cells.astype("int64").to_numpy()
        return numbers, {int(number): str(number) for number in np.unique(numbers)}
    codes, names = pd.factorize(cells)
    return codes + 1, {code: str(name) for code, name in enumerate(names, start=1)}


def _displays(sheet: Sheet) -> Displays:
    """What was shown, the target first; its set size where that is not the number of items on record."""
    report = torch.tensor(np.column_stack([_radians(sheet, name) for name in sheet.items]))
    probe = torch.full_like(report, math.nan)
    if sheet.cues:
        probe = torch.tensor(np.column_stack([_radians(sheet, f"cue_{name}") for name in sheet.items]))
        probe[report.isnan()] = math.nan
    if sheet.layout.items_include_target:
        copy = (report == report[:, :1]) & (torch.arange(report.shape[1]) > 0)
        first = copy & (copy.cumsum(1) == 1)
        report[first], probe[first] = math.nan, math.nan
    displays = Displays(report, probe, torch.zeros(len(report), dtype=torch.long))
    if sheet.set_size is not None:
        said = torch.tensor(sheet.set_size.to_numpy(np.int64))
        if not said.equal(displays.set_size):
            displays = replace(displays, shown=torch.maximum(said, displays.set_size))
    return displays


def _radians(sheet: Sheet, name: str) -> np.ndarray:
    """A column in rad in [-pi, pi), its period stretched to the full circle; NaN where empty."""
    angles = sheet.values[name].to_numpy(float) * (2 * math.pi / sheet.turn(name))
    inside = (angles >= -math.pi) & (angles < math.pi)  # these keep every digit
    wrapped = np.where(inside, angles, (angles + math.pi) % (2 * math.pi) - math.pi)
    rounded = (np.abs(angles) >= math.pi) & (np.abs(angles) <= math.pi + ROUNDING)  # pi, by few decimals
    return np.where(rounded | (wrapped >= math.pi), -math.pi, wrapped)


def _places_from_0(sheet: Sheet) -> Sheet:
    """Numbers of places counted from 0; DataError where a cell is no number of a place on the circle."""
    slots = sheet.layout.cue_slots
    if slots is None:
        return sheet
    if not sheet.cues:
        raise DataError(f"{shown(sheet.path)}: --cue-slots is about cue columns, but none is read")
    first = 0 if sheet.values[sheet.cues].min().min() == 0 else 1
    allowed = f"whole numbers from {first} to {first + slots - 1}, as --cue-slots says"
    for name in sheet.cues:
        places = sheet.values[name]
        faulty = (places % 1 != 0) & places.notna() | (places < first) | (places > first + slots - 1)
        sheet.refuse(faulty, name, f"is no place; expected {allowed}")
    return replace(sheet, values=sheet.values.assign(**sheet.values[sheet.cues] - first), first_place=first)


def _columns(sheet: Sheet) -> tuple[Column, ...]:
    """Every angle column with its range."""
    found = []
    for name in sheet.values:
        if name in sheet.titles:
            raw = sheet.error if name == "response" and sheet.error is not None else sheet.values[name]
            raw = raw + sheet.first_place if name.startswith("cue_") else raw
            role = re.sub(r"_(?=\d)", " ", name).replace("_", " of ", 1)  # "cue of nontarget 1", "nontarget 1"
            unit = "places" if name.startswith("cue_") and sheet.layout.cue_slots else sheet.unit(name)
            found.append(Column(sheet.titles[name], role, unit, raw.min(), raw.max(), int(raw.count())))
    return tuple(found)


def _few(cells: pd.Series) -> list[str]:
    """The values of a column that could tell conditions apart."""
    values = cells.dropna().unique()
    return in_order(values) if 2 <= len(values) <= min(MOST_POOLED, len(cells) // 2) else []


def in_order(names: Iterable[str]) -> list[str]:
    """Names sorted, by number where all are numbers."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)
