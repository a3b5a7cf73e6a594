"""What looks wrong when responses, targets and non-targets of a user's file are compared, or columns that were not read."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from swaputils.data.roles import key
from swaputils.data.sheet import Sheet
from swaputils.data.suspicions import ENOUGH, RARE, Suspicion

STRONG = 12.0  # n R^2, which chance exceeds in 6 of a million files
WEAK = 1.0  # n R^2 below which there is no sign that two columns are related
ALIKE = 0.95  # share of rows that makes two columns the same


def unread_items(sheet: Sheet) -> Iterator[Suspicion]:
    """Numbered columns that look like items and are not read."""
    if sheet.layout.two_components or sheet.nontargets or sheet.set_size is not None:
        return
    family = families(sheet)
    if family:
        pairs = " ".join(f"nontarget_{k}={name}" for k, name in enumerate(family, start=1))
        yield Suspicion(
            "columns",
            f"no column was recognised as a non-target, while {', '.join(map(repr, family))} look like angles of items",
            f"if they are non-targets, say --columns {pairs}; if not, --ignore {' '.join(family)}",
        )


def families(sheet: Sheet) -> list[str]:
    """Headers with numbers, two or more of one kind, whose cells lie about the circle as the targets do."""
    used = {*sheet.roles.of.values(), *sheet.layout.ignore}
    families: dict[str, list[str]] = {}
    for header in sheet.source.cells:
        stem = key(header).rstrip("0123456789")
        if header not in used and key(header) != stem:
            families.setdefault(stem, []).append(header)
    for family in families.values():
        if len(family) >= 2 and all(_like_angles(sheet, header) for header in family):
            return family
    return []


def _like_angles(sheet: Sheet, header: str) -> bool:
    """Whether a column that was not read holds angles by the look of it."""
    cells = sheet.source.cells[header].dropna()
    values = pd.to_numeric(cells.str.replace(",", ".", regex=False), errors="coerce")
    turn = sheet.turn("response")
    if not len(values) or values.isna().any() or values.abs().max() > turn * 1.00001:
        return False
    numbers = (values % 1 == 0).all() and values.nunique() < 12
    return bool(np.ptp(values) > turn / 2 and not numbers)


def _radians(sheet: Sheet, values: pd.DataFrame, name: str) -> np.ndarray:
    return values[name].to_numpy() * (2 * np.pi / sheet.turn(name))


def copies(sheet: Sheet, values: pd.DataFrame) -> Iterator[Suspicion]:
    """Columns that repeat another: responses that are the target, non-targets that hold it."""
    target = values["target"]
    answered = target.notna() & values["response"].notna()
    if {"response", "target"} <= set(sheet.titles) and sheet.error is None and target.nunique() >= 3:
        same = (values["response"] == target)[answered]
        if len(same) >= 10 and same.mean() >= ALIKE:
            seen = f"{sheet.title('response')} equals {sheet.title('target')} in {int(same.sum())} of {len(same)} rows"
            yield Suspicion("copies", seen, "name the column of responses with --columns response=...")
    others = values[sheet.nontargets]
    if not len(sheet.nontargets) or target.nunique() < 3:
        return
    several = others.notna().any(axis=1)
    here = others.eq(target, axis=0).any(axis=1)[several]
    if not sheet.layout.items_include_target and len(here) >= 10 and here.mean() >= ALIKE:
        frequency = target.map(target.value_counts(normalize=True))
        chance = 1 - (1 - frequency) ** others.notna().sum(axis=1)
        if np.log(chance[several].clip(1e-12, 1 - 1e-12)).sum() < np.log(RARE):
            seen = f"{sheet.title(*sheet.nontargets)} hold the target itself in {int(here.sum())} of {len(here)} rows"
            yield Suspicion("copies", seen, "say --items-include-target, which takes it out once per row")
    for first, second in combinations(sheet.nontargets, 2):
        both = others[[first, second]].dropna()
        if len(both) >= 10 and both[first].nunique() >= 3 and (both[first] == both[second]).mean() >= ALIKE:
            seen = f"{sheet.title(first)} and {sheet.title(second)} hold the same angles"
            yield Suspicion("copies", seen, f"--ignore {sheet.titles[second]} leaves one out")


def odd_responses(sheet: Sheet, values: pd.DataFrame) -> Iterator[Suspicion]:
    """Responses that are errors, or count from another zero or in another direction than targets."""
    target, response = values["target"], values["response"]
    both = (target.notna() & response.notna()).to_numpy()
    others = values[sheet.nontargets]
    if not sheet.relative and both.sum() >= 5 and target[both].nunique() == 1 and others.stack().nunique() > 1:
        what = f"{sheet.title('target')} is {target[both].iloc[0]:g} in every row"
        what = what if "target" in sheet.titles else "there is no target"
        yield Suspicion(
            "response",
            f"{what} while {sheet.title(*sheet.nontargets)} vary, so {sheet.title('response')} seems to hold errors beside "
            "absolute non-targets",
            "give the target's angle as --columns target=... with --errors; or, if non-targets count from the target as well, "
            "say --relative",
        )
        return
    if both.sum() < ENOUGH or target[both].nunique() < 3:
        return
    if sheet.error is not None:
        error = sheet.error.dropna()
        if error.min() >= 0 and error.max() <= sheet.turn("response") / 2 * 1.00001 and len(error) >= ENOUGH:
            seen = (
                f"{sheet.title('response')} is never negative, so it seems to be the size of errors without their sign"
            )
            yield Suspicion("response", seen, "name a column of signed errors or of responses")
        return
    there, said = (_radians(sheet, values, name)[both] for name in ("target", "response"))
    count = int(both.sum())
    straight, mirrored, alone = (np.exp(1j * angle).mean() for angle in (said - there, said + there, said))
    if abs(alone) > 0.5 and count * abs(alone) ** 2 > STRONG and abs(straight) < 0.35 * abs(alone):
        yield Suspicion(
            "response",
            f"{sheet.title('response')} stays near {np.degrees(np.angle(alone)):.0f}° whatever the target, so it seems to hold errors",
            "say --errors if it is the response minus the target",
        )
    elif count * abs(mirrored) ** 2 > STRONG and abs(mirrored) > 0.3 and abs(straight) < 0.35 * abs(mirrored):
        seen = f"{sheet.title('response')} runs against {sheet.title('target')}: one rises where the other falls"
        yield Suspicion("response", seen, "turn one of them around")
    elif count * abs(straight) ** 2 > STRONG and abs(straight) > 0.3 and abs(np.angle(straight)) > np.pi / 6:
        yield Suspicion(
            "response",
            f"{sheet.title('response')} lies on average {np.degrees(np.angle(straight)):.0f}° of the circle from "
            f"{sheet.title('target')}, so the two seem to count from different zeros",
            "count both from one",
        )


def unrelated(sheet: Sheet) -> Iterator[str]:
    """A sentence where responses have nothing to do with targets: guesses, or columns that are not what they seem."""
    target, response = sheet.values["target"], sheet.values["response"]
    both = (target.notna() & response.notna()).to_numpy()
    if both.sum() >= 100:
        said, there = (_radians(sheet, sheet.values, name)[both] for name in ("response", "target"))
        length = abs(np.exp(1j * (said - there)).mean())
        if both.sum() * length**2 < WEAK:
            yield (
                f"Note: {sheet.title('response')} has nothing to do with the targets (mean resultant of the errors {length:.2f}): "
                "are these the right columns?"
            )
