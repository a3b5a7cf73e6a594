"""What looks wrong in a user's file when its columns are set beside one another: set sizes, cells, rows, people."""

from collections.abc import Iterator

import pandas as pd

from swaputils.data.comparisons import copies, families, odd_responses, unread_items
from swaputils.data.padding import Padding, padded_responses, padding, without
from swaputils.data.sheet import Sheet
from swaputils.data.suspicions import CHECKS, ENOUGH, Suspicion


def suspicions(sheet: Sheet) -> list[Suspicion]:
    """Everything that looks wrong and is not trusted, without what follows from something named before."""
    trusted = set(sheet.layout.trust)
    nothing, unanswered = padding(sheet), padded_responses(sheet)
    values = without(sheet, nothing, unanswered)
    found = [*_rows(sheet), *_names(sheet), *unread_items(sheet)]
    told = [] if nothing is None or "padding" in trusted else [padded(sheet, nothing)]
    found += [*told, *([] if unanswered is None else [_unanswered(sheet, unanswered)])]
    if "set-size" not in trusted and not told:
        found += _set_sizes(sheet)
    found += _cells(sheet)
    for check in CHECKS:
        known = {each.name for each in found}
        if check.__name__ == "_range" and known & {"units", "period", "cues"}:
            continue
        found += check(sheet, values)
    if not any(each.name in ("units", "range", "rows") and each.name not in trusted for each in found):
        found += copies(sheet, values)
        found += odd_responses(sheet, values)
    return [each for each in found if each.name not in trusted]


def excess(sheet: Sheet) -> pd.Series:
    """By how many items each row exceeds its set size; 0 in a file without set sizes."""
    shown = 1 + sheet.values[sheet.nontargets].notna().sum(axis=1)
    if sheet.layout.items_include_target:
        shown -= 1
    return shown * 0 if sheet.set_size is None else shown - sheet.set_size


def padded(sheet: Sheet, nothing: Padding) -> Suspicion:
    """Padding of items that were not shown; with the set size, where it says the same."""
    value, holds = f"{nothing.value:g}", "hold" if len(nothing.columns) > 1 else "holds"
    seen = f"{sheet.title(*nothing.columns)} {holds} {value} in {nothing.rows} rows, as for items that were not shown"
    remedy = f"--missing {value} reads it so"
    over = excess(sheet) > 0
    if over.any():
        header = sheet.roles.of["set_size"]
        seen += f", and '{header}' counts fewer items than are filled in {int(over.sum())} rows"
        remedy += f"; or --trust set-size leaves out the items beyond '{header}'"
    return Suspicion("padding", seen, remedy)


def _unanswered(sheet: Sheet, nothing: Padding) -> Suspicion:
    """A code in place of responses."""
    seen = f"{sheet.title('response')} is {nothing.value:g} in {nothing.rows} rows, as where no response was given"
    return Suspicion("padding", seen, f"--no-response {nothing.value:g} --drop-unanswered leaves these trials out")


def _set_sizes(sheet: Sheet) -> Iterator[Suspicion]:
    """Set sizes that say otherwise than the filled cells."""
    if sheet.set_size is None or sheet.layout.two_components:
        return
    header, difference = sheet.roles.of["set_size"], excess(sheet)
    over, under = difference > 0, difference < 0
    wrong, more = (over, "more") if over.any() else (under, "fewer")
    if not wrong.any():
        return
    row = int(wrong.to_numpy().argmax())
    said, line = int(sheet.set_size.iloc[row]), sheet.source.lines[row]
    seen = f"{int(wrong.sum())} rows have {more} items filled than '{header}' says, the first in row {line} "
    seen += f"({said + int(difference.iloc[row])} for {said})"
    if over.any():
        remedy = (
            f"--trust set-size leaves out the items beyond '{header}', --ignore {header} counts those that are filled"
        )
        yield Suspicion(None, seen, remedy)
    elif sheet.nontargets:
        remedy = f"--two-components fits without non-targets, --ignore {header} counts the items that are filled"
        yield Suspicion("set-size", seen, remedy)
    elif unread := families(sheet):  # else not recorded, which is no fault: said with the set sizes
        yield Suspicion(
            "set-size",
            f"'{header}' goes up to {int(sheet.set_size.max())}, but no column was recognised as a non-target",
            f"if they are {', '.join(map(repr, unread))}, --columns nontarget_1={unread[0]} ... reads them; if none was "
            "recorded, --two-components fits without swaps",
        )


def _cells(sheet: Sheet) -> Iterator[Suspicion]:
    """Cues of items that are not there, and items without cues."""
    if not sheet.cues:
        return
    cues = {name: f"cue_{name}" for name in sheet.items}
    stray = (
        {name: cues[name] for name in sheet.nontargets},
        "items",
        "if only what is filled was shown, --trust items passes over such cues",
    )
    bare = {cue: name for name, cue in cues.items()}, None, "--no-cues reads the file without cues"
    for pairs, trust, remedy in (stray, bare):
        lacks = pd.DataFrame(
            {one: sheet.values[one].isna() & sheet.values[other].notna() for one, other in pairs.items()}
        )
        rows = lacks.any(axis=1).to_numpy()
        if rows.any():
            one = lacks.columns[lacks.any()][0]
            empty, filled = (sheet.titles.get(name, name) for name in (one, pairs[one]))
            where = f"row {sheet.source.lines[int(rows.argmax())]}, column {empty}"
            yield Suspicion(trust, f"{where}: is empty, but {filled} is not, in {int(rows.sum())} rows", remedy)


def _rows(sheet: Sheet) -> Iterator[Suspicion]:
    """A row per item where a row per trial is expected, and rows that stand twice."""
    cells, roles = sheet.source.cells, sheet.roles.of
    if len(cells) < ENOUGH or sheet.layout.long:
        return
    response = sheet.values["response"]
    same = response.notna() & (response == response.shift())
    for header in (roles[ours] for ours in ("subject", "trial", "block") if ours in roles):
        same &= cells[header] == cells[header].shift()
    if same.mean() > 0.4 and (response.nunique() >= 10 or "trial" in roles):
        yield Suspicion(
            "rows",
            f"{int(same.sum())} rows repeat the response of the row above, as in a file with a row per item",
            "--long reads one, with --columns item=... is_target=... for the feature and the mark of the target",
        )
        return
    twice = cells.duplicated(keep=False)
    if twice.mean() >= 0.5 and ("trial" in roles or response.nunique() > 0.3 * len(response)):
        row = int(cells.duplicated().to_numpy().argmax())
        yield Suspicion(
            "rows",
            f"{int(twice.sum())} of {len(cells)} rows stand in the file more than once, the first again in row "
            f"{sheet.source.lines[row]}",
            "take out the copies",
        )


def _names(sheet: Sheet) -> Iterator[Suspicion]:
    """People whose names differ only as slips of the pen do."""
    if header := sheet.roles.of.get("subject"):
        names = pd.Series(sheet.source.cells[header].dropna().unique())
        plain = names.str.lower().str.replace(r"\.0+$", "", regex=True).str.replace(r"(?<!\d)0+(?=\d)", "", regex=True)
        again = plain.duplicated(keep=False)
        if again.any():
            pair = " and ".join(map(repr, names[plain == plain[again].iloc[0]]))
            yield Suspicion(
                "names", f"'{header}' holds {pair}, which may be one person", "write each person in one way"
            )
