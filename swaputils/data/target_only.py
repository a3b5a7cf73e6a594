"""Files of which only the target is fitted: the non-targets serve to count the set size, if at all."""

from dataclasses import replace

from swaputils.data.consistency import padded
from swaputils.data.padding import padding
from swaputils.data.sheet import Sheet
from swaputils.data.suspicions import Suspicion


def only_target(sheet: Sheet) -> tuple[Sheet, list[Suspicion]]:
    """The sheet without non-targets, and what keeps them from being counted where nothing else tells the set size."""
    others = sheet.nontargets
    if not others:
        return sheet, []
    of = {ours: header for ours, header in sheet.roles.of.items() if ours not in others}
    values = sheet.values.drop(columns=others)
    if sheet.set_size is not None:
        return replace(sheet, values=values, roles=replace(sheet.roles, of=of)), []
    nothing = padding(sheet)
    problems = [padded(sheet, nothing)] if nothing is not None and "padding" not in sheet.layout.trust else []
    shown = sheet.values[others].notna().sum(axis=1) + (0 if sheet.layout.items_include_target else 1)
    fact = f"{sheet.title(*others)} used to count the items shown, and for nothing else"
    return replace(sheet, values=values, set_size=shown.astype(float), facts=[*sheet.facts, fact]), problems
