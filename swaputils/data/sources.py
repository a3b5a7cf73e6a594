"""From the bytes of a user's file to a table of text cells under the user's own headers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from swaputils.data import matlab
from swaputils.data.layout import Layout
from swaputils.data.table import DataError
from swaputils.files import shown

EMPTY = {"", "na", "nan", "n/a", "#n/a", "none", "null", "."}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " "}
WORDS = {sign: word for word, sign in DELIMITERS.items()} | {"|": "bar"}
SAMPLE = 200  # lines that the delimiter is told from
OTHERS = {  # first bytes of files that are no tables, and what to do about it
    b"PK\x03\x04": "is an Excel workbook or an archive; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "is an Excel workbook; save the sheet as CSV",
    b"\x1f\x8b": "is compressed (gzip, or an R workspace); unpack it, or save the table as CSV",
    b"RDX": "is an R workspace; save the table with write.csv",
    b"$FL2": "is an SPSS file; save the table as CSV",
}


@dataclass(frozen=True)
class Source:
    """A table as it stands in a file.

    Attributes:
        cells: text under the user's headers, None where empty.
        lines: line of the file for each row; the entry of each variable in a file without lines.
        facts: how the file was written, as phrases.
    """

    cells: pd.DataFrame
    lines: np.ndarray
    facts: tuple[str, ...]


def read_source(path: Path, layout: Layout) -> Source:
    """The table of a file; DataError where there is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{shown(path)}: cannot be read ({error.strerror}); expected a CSV file") from error
    if matlab.is_matlab(content) or path.suffix.lower() == ".mat":
        cells, facts = matlab.read_matlab(path, content)
        source = Source(cells, np.arange(1, len(cells) + 1), facts)
    else:
        for start, fault in OTHERS.items():
            if content.startswith(start):
                raise DataError(f"{shown(path)}: {fault}")
        source = _read_text(path, content, layout)
    return _chosen_rows(path, source, layout)


def _read_text(path: Path, content: bytes, layout: Layout) -> Source:
    """The table of a text file."""
    text, encoding = _decoded(path, content)
    lines = text.splitlines()
    skipped, announced = layout.skip, None
    while skipped < len(lines) and (lines[skipped].startswith(("#", "%", "sep=")) or not lines[skipped].strip()):
        if lines[skipped].startswith("sep="):
            announced = lines[skipped][4:5]
        skipped += 1
    delimiter = _sign(layout.delimiter) or announced or _delimiter(lines[skipped : skipped + SAMPLE])
    rows, numbers = _rows(path, "\n".join(lines[skipped:]), delimiter)
    numbers += skipped
    facts = [] if delimiter == "," else [f"separated by {WORDS.get(delimiter, repr(delimiter))}"]
    facts += [encoding] if encoding else []
    if layout.header:
        header = list(layout.header)
    elif rows:
        header, rows, numbers = [cell.strip() for cell in rows[0]], rows[1:], numbers[1:]
    filled = [place for place, row in enumerate(rows) if any(cell.strip() for cell in row)]
    if not filled:
        raise DataError(f"{shown(path)}: holds no trials; expected a header and one row per trial")
    blank = filled[-1] + 1 - len(filled)  # those at the end do not count
    facts += [f"{blank} empty rows passed over"] if blank else []
    rows, numbers = [rows[place] for place in filled], numbers[filled]
    _refuse_numbers_as_names(path, header)
    header, rows, unnamed = _of_one_width(path, header, rows, numbers, delimiter)
    facts += unnamed
    body = [[None if cell.strip().lower() in EMPTY else cell.strip() for cell in row] for row in rows]
    return Source(pd.DataFrame(body, columns=header, dtype=object), numbers, tuple(facts))


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    """Text and, where it is not UTF-8, its encoding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "in UTF-16"
    if b"\x00" in content:
        raise DataError(f"{shown(path)}: is not a CSV file; expected a table as text")
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        if any(byte < 9 or 13 < byte < 32 for byte in content[:1000]):  # no text at all
            raise DataError(f"{shown(path)}: is not a CSV file; expected a table as text") from error
        return content.decode("cp1252", errors="replace"), "in Windows-1252"


def _sign(named: str | None) -> str | None:
    """The delimiter that an option names."""
    if named is None:
        return None
    sign = DELIMITERS.get(named, "\t" if named == "\\t" else named)
    if len(sign) != 1:
        raise DataError(f"delimiter is {named!r}; allowed are {', '.join(DELIMITERS)} or one character")
    return sign


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter under which most lines have as many cells as the header, and that more than one."""
    scores = {}
    for sign in (",", ";", "\t", "|", " "):
        widths = [len(row) for row in _split(lines, sign) if row]
        if widths and widths[0] > 1:
            alike = sum(width in (widths[0], widths[0] + 1) for width in widths) / len(widths)
            scores[sign] = (alike, widths[0], sign != " ")
    return max(scores, key=lambda sign: scores[sign]) if scores else ","


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Rows of cells; blanks count as one."""
    if delimiter == " ":
        return [line.split() for line in lines]
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _rows(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], np.ndarray]:
    """All rows with the line on which each ends."""
    if delimiter == " ":
        rows = [line.split() for line in text.splitlines()]
        return rows, np.arange(1, len(rows) + 1)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows, numbers = [], []
    try:
        for row in reader:
            rows.append(row)
            numbers.append(reader.line_num)
    except csv.Error as error:
        where = f"{shown(path)}, row {reader.line_num}"
        raise DataError(f"{where}: is not a CSV file; quotes do not close ({error})") from error
    return rows, np.array(numbers, dtype=int)


def _refuse_numbers_as_names(path: Path, header: list[str]) -> None:
    """DataError where the first row holds numbers only."""
    if header and all(_is_number(name) for name in header if name) and any(header):
        raise DataError(
            f"{shown(path)}: the first row holds numbers ({', '.join(header[:4])}, ...), not names of columns; "
            "add a header, or name the columns with --header"
        )


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _of_one_width(
    path: Path, header: list[str], rows: list[list[str]], numbers: np.ndarray, delimiter: str
) -> tuple[list[str], list[list[str]], list[str]]:
    """Header and rows of one width, without columns that have no name; what was left out, as phrases."""
    widths = {len(row) for row in rows}
    if widths == {len(header) + 1}:  # R writes names of rows without a header
        header = ["", *header] if any(row[-1].strip() for row in rows) else [*header, ""]  # or rows end in a delimiter
    for number, row in zip(numbers, rows):
        if len(row) != len(header):
            advice = ""
            if delimiter == "," and len(row) > len(header):
                advice = "; if it has decimal commas, save it with another delimiter, such as a semicolon"
            raise DataError(
                f"{shown(path)}, row {number}: has {len(row)} cells; the header has {len(header)}, "
                f"read with the delimiter {WORDS.get(delimiter, repr(delimiter))} (--delimiter names another){advice}"
            )
    for name in header:
        if name and header.count(name) > 1:
            raise DataError(f"{shown(path)}: column {name!r} occurs twice")
    named = [place for place, name in enumerate(header) if name]
    without = [place for place, name in enumerate(header) if not name]
    phrases = []
    if any(row[place].strip() for row in rows for place in without):
        phrases.append(f"column {', '.join(str(place + 1) for place in without)} without a name, not read")
    return [header[place] for place in named], [[row[place] for place in named] for row in rows], phrases


def _chosen_rows(path: Path, source: Source, layout: Layout) -> Source:
    """The rows that --only asks for."""
    kept = np.ones(len(source.cells), dtype=bool)
    facts = list(source.facts)
    for column, values in layout.rows.items():
        if column not in source.cells:
            raise DataError(f"{shown(path)}: has no column {column!r} for --only; there are {listed(source.cells)}")
        here = source.cells[column].isin(values).to_numpy()
        if not here.any():
            found = ", ".join(map(str, source.cells[column].dropna().unique()[:8]))
            raise DataError(f"{shown(path)}: no row has {column}={','.join(values)}; '{column}' holds {found}")
        kept &= here
        facts.append(f"only rows with {column} = {' or '.join(values)} ({int(here.sum())} of {len(here)})")
    if not kept.any():
        raise DataError(f"{shown(path)}: no row is left by --only {' '.join(layout.only)}")
    return Source(source.cells[kept].reset_index(drop=True), source.lines[kept], tuple(facts))


def listed(cells: pd.DataFrame) -> str:
    """The headers, for a message; the header of a file that is no table may be long."""
    return ", ".join(cells.columns[:30])[:300]
