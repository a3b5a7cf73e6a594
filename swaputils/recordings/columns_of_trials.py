"""What each trial showed, cued and was answered: angles in rad whatever their unit, and the cued item as 0 or 1."""

import math

import numpy as np
import torch
from torch import Tensor

from swaputils.angles import wrap
from swaputils.data.layout import full_turn
from swaputils.data.table import DataError
from swaputils.recordings.recording_formats import Variable
from swaputils.recordings.recording_options import Described, plain

TURN = 2 * math.pi
SLACK = 1e-3  # by which rounded angles pass a full turn
UNITS = {"rad": "rad", "radian": "rad", "radians": "rad", "deg": "deg", "degree": "deg", "degrees": "deg"}
KNOWN_ITEMS = (("upper", "lower"), ("top", "bottom"), ("left", "right"), ("first", "second"), ("a", "b"))


def angles(named: dict[str, Variable], described: Described) -> tuple[dict[str, Tensor], str]:
    """Every column in rad, and their unit in the file; each is judged as a whole. DataError where the unit cannot be told."""
    for title, each in named.items():
        if each.values.dtype.kind not in "fiu":
            raise DataError(f"{title!r} holds no numbers; colours and reports are angles")
    judged = {title: _judged(title, each, described.units) for title, each in named.items()}
    first, *others = named
    for title in others:
        if judged[title] != judged[first]:
            raise DataError(
                f"{first!r} looks like {judged[first]} ({_range(named[first])}) and {title!r} like {judged[title]} "
                f"({_range(named[title])}); give both in one unit, rad or deg"
            )
    unit = described.units or judged[first]
    turn = full_turn(unit)
    for title, each in named.items():
        if np.nanmax(np.abs(each.values)) > turn * (1 + SLACK):
            fault = f"{title!r} is {_range(each)}, but a full turn is {turn:g} in {unit}"
            raise DataError(f"{fault}; --units says the unit")
    radians = {title: torch.as_tensor(each.values * (TURN / turn)).double() for title, each in named.items()}
    return {title: wrap(angle) for title, angle in radians.items()}, unit


def _judged(title: str, each: Variable, given: str | None) -> str:
    """The unit that the numbers of a column look like: by what the file says, or by how far they reach."""
    said = UNITS.get((each.unit or "").lower().strip())
    if said:
        return said
    values = each.values[np.isfinite(each.values.astype(float))]
    if not values.size:
        raise DataError(f"{title!r} is empty; it needs an angle in each trial")
    if np.abs(values).max() > TURN * (1 + SLACK):
        if given is None and np.abs(values).max() > 360 * (1 + SLACK):
            fault = f"{title!r} is {_range(each)}, past a full turn of 360 degrees"
            raise DataError(f"{fault}; --units says what a full turn is")
        return "deg"
    if given is None and (values == values.round()).all() and len(np.unique(values)) > 2:
        count = len(np.unique(values))
        raise DataError(
            f"{title!r} holds the whole numbers {values.min():g} to {values.max():g}; --units {count} if they number {count} "
            "colours around the circle, --units rad or deg if they are angles"
        )
    return "rad"


def _range(each: Variable) -> str:
    return f"{np.nanmin(each.values):.4g} to {np.nanmax(each.values):.4g}"


def cued_items(
    title: str, values: np.ndarray, names: tuple[str, ...], described: Described
) -> tuple[np.ndarray, list[str]]:
    """0 or 1 for each trial (NaN where empty), and the two values in the file; DataError where they cannot be told.

    Args:
        names: of the two items in the order of their colours, where the file has them.
    """
    text = np.array([_name(value) for value in values])
    found = sorted(set(text) - {""})
    chosen = described.items or _recognised(found, names)
    if chosen is None or not set(found) <= set(chosen):
        some = ", ".join(found[:6]) + (", ..." if len(found) > 6 else "")
        raise DataError(
            f"{title!r} holds {some}; it has to name one of two items, as 0 and 1, 1 and 2, or upper and lower; --items FIRST "
            "SECOND says which values those are"
        )
    if len(found) < 2:
        only = found[0] if found else "none"
        raise DataError(f"{title!r} cues one item only ({only}); both have to be cued in some trials")
    return np.where(text == "", np.nan, (text == chosen[1]).astype(float)), list(chosen)


def _recognised(found: list[str], names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The two values of the cue in the order of the items."""
    for pair in (names, ("0", "1"), ("1", "2"), *KNOWN_ITEMS, ("up", "down")):
        by_name = {plain(value): value for value in found}
        if found and len(pair) == 2 and set(by_name) <= {plain(name) for name in pair}:
            return tuple(by_name.get(plain(name), name) for name in pair)
    return None


def _name(value: object) -> str:
    """A value of the cue as text; whole numbers without a point, nothing for NaN."""
    if isinstance(value, (bool, np.bool_, int, float, np.number)):
        number = float(value)
        return "" if math.isnan(number) else f"{number:g}"
    return str(value).strip()
