"""Human trials as tidy CSV, in and out, checked cell by cell with one clear message."""

import csv
import io
import math
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch

from swaputils.errors import SwaputilsError
from swaputils.files import shown, write_text
from swaputils.trials import Displays, Trials

NUMBERING = ["subject", "trial", "set_size"]

REQUIRED = [*NUMBERING, "response", "target"]

FIRST_ROW = 2  # row 1 is the header

EMPTY = {"", "NA", "NaN", "nan"}

ROUNDING = 1e-5  # files keep six decimals, so -pi may read -3.141593


class DataError(SwaputilsError):
    """A data set is unknown or absent, or its file breaks the format."""


def read_trials(path: Path | str, condition: str | None = None) -> Trials:
    """Trials of a tidy CSV in float64 on the CPU; item 0 is cued, probes are NaN in a file without cue columns.

    Args:
        condition: a further column that tells experimental conditions apart; its distinct values, sorted, are numbered
            from 0.

    >>> from tempfile import TemporaryDirectory
    >>> from swaputils.data.simulated import simulated_trials
    >>> with TemporaryDirectory() as folder:
    ...     write_trials(f"{folder}/people.csv", simulated_trials(seed=0, people=2, trials_per_set_size=5))
    ...     trials = read_trials(f"{folder}/people.csv")
    >>> len(trials), trials.displays.set_size.unique().tolist()
    (80, [1, 2, 3, 4, 5, 6, 7, 8])
    """
    table = read_table(path)
    if condition is None:
        return to_trials(table)
    if condition not in table:
        there = ", ".join(table.columns)
        raise DataError(f"{shown(path)}: has no column {condition!r} for conditions; there are {there}")
    refuse(Path(path), table[condition].isna(), condition, "is empty; every trial needs a condition")
    return replace(to_trials(table), condition=torch.tensor(pd.factorize(table[condition], sort=True)[0]))


def to_trials(table: pd.DataFrame) -> Trials:
    """Trials of a table that `check_table` passed."""
    items = ["target", *nontargets(table.columns)]
    report = _angles(table[items])
    cued = "cue_target" in table
    probe = _angles(table[[f"cue_{item}" for item in items]]) if cued else torch.full_like(report, math.nan)
    displays = Displays(report, probe, torch.zeros(len(table), dtype=torch.long))
    return Trials(displays, _angles(table["response"]), torch.tensor(table["subject"].to_numpy()))


def read_table(path: Path | str) -> pd.DataFrame:
    """Checked rows of a tidy CSV; columns outside of the format stay text.

    Raises DataError naming the file, the row and the column of the first fault, and what is allowed.
    """
    return check_table(Path(path), read_cells(Path(path)))


def check_table(path: Path, text: pd.DataFrame) -> pd.DataFrame:
    """The cells of a file as numbers, after every check of the format; `path` is for the messages."""
    _check_columns(path, text.columns)
    items = ["target", *nontargets(text.columns)]
    cues = [f"cue_{item}" for item in items] if "cue_target" in text else []
    angles = ["response", *items, *cues]
    table = text.copy()
    for column in [*NUMBERING, *angles]:
        table[column] = numbers(path, text[column])
    for column in REQUIRED:
        refuse(path, table[column].isna(), column, "is empty; every trial needs it")
    for column in NUMBERING:
        refuse(path, table[column] % 1 != 0, column, "is not a whole number", text[column])
        table[column] = table[column].astype("int64")
    for column in angles:
        _check_angles(path, table[column], text[column])
    for item in items if cues else []:
        refuse(path, table[item].notna() & table[f"cue_{item}"].isna(), f"cue_{item}", f"is empty, but {item} is not")
        refuse(path, table[item].isna() & table[f"cue_{item}"].notna(), item, f"is empty, but cue_{item} is not")
    shows = table[items].notna().sum(axis=1)
    refuse(path, shows != table["set_size"], "set_size", "is not the number of items in the row", text["set_size"])
    repeated = table.duplicated(["subject", "trial"])
    refuse(path, repeated, "trial", "was already used for this subject; each subject and trial once", text["trial"])
    return table


def write_trials(path: Path | str, trials: Trials) -> None:
    """Write trials as a tidy CSV that reads back exactly: the cued item is the target, trials count within subject."""
    displays = trials.displays
    cued_first = displays.is_cued.double() * 2 + displays.present.double()
    order = cued_first.argsort(dim=1, descending=True, stable=True)
    report, probe = displays.report.gather(1, order), displays.probe.gather(1, order)
    items = ["target", *(f"nontarget_{k}" for k in range(1, report.shape[1]))]
    table = pd.DataFrame({"subject": trials.subject.cpu().numpy()})
    table["trial"] = table.groupby("subject").cumcount() + 1
    table["set_size"] = displays.set_size.cpu().numpy()
    table["response"] = trials.response.cpu().double().numpy()
    table[items] = report.cpu().double().numpy()
    if not probe.isnan().all():
        table[[f"cue_{item}" for item in items]] = probe.cpu().double().numpy()
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def _angles(columns: pd.DataFrame | pd.Series) -> torch.Tensor:
    """Columns as angles; pi, and what rounding put a little outside of the circle, is -pi."""
    angles = torch.tensor(columns.to_numpy(float))
    return torch.where(angles.abs() >= math.pi, -math.pi, angles)


def nontargets(columns: pd.Index) -> list[str]:
    """The non-target columns in the order of their numbers."""
    found = [column for column in columns if re.fullmatch(r"nontarget_\d+", column)]
    return sorted(found, key=lambda column: int(column.removeprefix("nontarget_")))


def read_cells(path: Path) -> pd.DataFrame:
    """All cells of a CSV file as text, empty ones as missing; DataError where it is none."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(content), strict=True))
    except OSError as error:
        raise DataError(f"{shown(path)}: cannot be read ({error.strerror}); expected a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{shown(path)}: is not a CSV file; expected comma-separated text in UTF-8") from error
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < FIRST_ROW:
        raise DataError(f"{shown(path)}: holds no trials; expected a header and one row per trial")
    header, *body = rows
    for column in header:
        if header.count(column) > 1:
            raise DataError(f"{shown(path)}: column {column!r} occurs twice")
    for number, row in enumerate(body, start=FIRST_ROW):
        if len(row) != len(header):
            raise DataError(f"{shown(path)}, row {number}: has {len(row)} cells; the header has {len(header)}")
    filled = [[None if cell in EMPTY else cell for cell in row] for row in body]
    return pd.DataFrame(filled, columns=header, dtype=object)


def _check_columns(path: Path, columns: pd.Index) -> None:
    """DataError unless the columns of the format are there."""
    cues = [column for column in columns if re.fullmatch(r"cue_(target|nontarget_\d+)", column)]
    expected = [*REQUIRED, *(cue.removeprefix("cue_") for cue in cues)]
    if cues:
        expected += [f"cue_{item}" for item in ("target", *nontargets(columns))]
    missing = [column for column in dict.fromkeys(expected) if column not in columns]
    if missing:
        found = ", ".join(columns[:30])[:300]  # the header of a file that is no table may be long
        raise DataError(f"{shown(path)}: misses the columns {', '.join(missing)}; found {found}")


def numbers(path: Path, cells: pd.Series) -> pd.Series:
    """The column as float64, NaN where empty; DataError at the first cell that is not a finite number."""
    try:
        values = cells.astype("float64")
    except ValueError:
        values = pd.Series([_number(cell) for cell in cells])
    faulty = (values.isna() & cells.notna()) | (values.abs() == math.inf)
    refuse(path, faulty, cells.name, "is not a number; expected a finite number or an empty cell", cells)
    return values


def _number(cell: str | None) -> float:
    """The number in a cell; NaN where there is none."""
    try:
        return math.nan if cell is None else float(cell)
    except ValueError:
        return math.nan


def _check_angles(path: Path, angles: pd.Series, cells: pd.Series) -> None:
    """DataError at the first angle outside of [-pi, pi), with advice where the whole column has another unit."""
    outside = angles.abs() > math.pi + ROUNDING
    given = angles.dropna()
    advice = ""
    if outside.sum() > 0.25 * len(given):  # a quarter: more than a slip in single cells
        if given.min() >= 0 and given.max() <= 2 * math.pi + ROUNDING:
            advice = "; this column seems to run from 0 to 2 pi: subtract 2 pi from values of pi and above"
        elif 4 * math.pi < given.abs().max() <= 360:
            advice = "; this column seems to be in degrees: multiply by pi / 180 and wrap"
    refuse(path, outside, angles.name, "is outside of the circle; expected rad in [-pi, pi)" + advice, cells)


def refuse(path: Path, faulty: pd.Series, column: str, fault: str, cells: pd.Series | None = None) -> None:
    """DataError at the first faulty row, if there is one."""
    if faulty.any():
        row = int(faulty.to_numpy().argmax())
        cell = "" if cells is None else f" {cells.iloc[row]!r}"
        raise DataError(f"{shown(path)}, row {row + FIRST_ROW}, column {column}:{cell} {fault}")
