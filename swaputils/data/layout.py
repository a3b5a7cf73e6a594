"""How a user's file is to be read: everything that can be said about it, as one record that is also the options of commands."""

import math
import re
from dataclasses import dataclass

from swaputils.data.table import DataError

UNITS = {"rad": 2 * math.pi, "deg": 360.0}  # a full turn
PERIODS = (360, 180)
OURS = re.compile(
    r"subject|trial|block|set_size|response|error|probed|is_target|item|cue|((cue_)?(target|nontarget_[1-9]\d*|item_[1-9]\d*))"
)
TRUSTS = "units period range cues padding set-size items response copies rows names columns"
"""What can be trusted where it looks wrong; each suspicion names one of them."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, where that cannot be seen in it. Every field has a value that fits most files.

    Args:
        columns: our column names and those of the file, as in response=answer target=colour; names like ours are recognised.
        units: of the angles in the file: rad, deg, or the number that stands for a full turn, as 180 for colours 1 to 180.
        period: 180 if the report feature is an orientation (its angles are doubled), else 360.
        cue_units: of the cue columns, where they have units of their own.
        cue_period: 180 if the cue feature is an orientation, else 360.
        cue_slots: number of places on the circle, where cue columns hold place numbers.
        units_of: units of single columns, as in answer=rad.
        missing: values that stand for an item not shown, as -1 or 0.
        no_response: values that stand for a response not given, as -1 or 999.
        condition: column that tells conditions apart; each is fitted alone, then they are contrasted.
        only: rows to read, as in practice=0 block=2,3.
        drop_unanswered: leave out trials without a response or without a target.
        two_components: the non-targets were not recorded, or are not to be used: no swaps, set sizes from their column.
        relative: response and non-targets are given relative to the target.
        errors: the response column holds the response minus the target.
        items_include_target: the non-target columns hold the target as well; it is taken out once per row.
        long: the file has a row per item; its columns are item, is_target, response, and cue where there is one.
        no_cues: do not read cue columns.
        ignore: columns that are not to be read.
        delimiter: between cells: comma, semicolon, tab, space or a character; seen in the file unless given.
        decimal: mark, "." or ","; seen in the file unless given.
        header: names of the columns of a file that does not name them.
        skip: lines above the header that are not part of the table.
        trust: what is right although it looks wrong, by the name that the message gives.
    """

    columns: tuple[str, ...] = ()
    units: str = "rad"
    period: int = 360
    cue_units: str | None = None
    cue_period: int = 360
    cue_slots: int | None = None
    units_of: tuple[str, ...] = ()
    missing: tuple[float, ...] = ()
    no_response: tuple[float, ...] = ()
    condition: str | None = None
    only: tuple[str, ...] = ()
    drop_unanswered: bool = False
    two_components: bool = False
    relative: bool = False
    errors: bool = False
    items_include_target: bool = False
    long: bool = False
    no_cues: bool = False
    ignore: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str | None = None
    header: tuple[str, ...] = ()
    skip: int = 0
    trust: tuple[str, ...] = ()

    def __post_init__(self):
        for unit in (self.units, self.cue_units, *self.unit_of_column.values()):
            if unit is not None:
                full_turn(unit)
        for name in ("period", "cue_period"):
            if getattr(self, name) not in PERIODS:
                raise DataError(f"{name} is {getattr(self, name)}; allowed are 360 and, for orientations, 180 degrees")
        for ours in self.named:
            if not OURS.fullmatch(ours):
                raise DataError(
                    f"{ours!r} is no column of the format; map subject, set_size, response, target, nontarget_1, ..., "
                    "cue_target, cue_nontarget_1, ... to columns of the file"
                )
        theirs = list(self.named.values())
        for name in theirs:
            if theirs.count(name) > 1:
                raise DataError(f"--columns names the column {name!r} twice")
        for name in self.trust:
            if name not in TRUSTS.split():
                raise DataError(f"--trust takes {TRUSTS.replace(' ', ', ')}; {name!r} is none of them")
        if self.cue_slots is not None and self.cue_slots < 2:
            raise DataError(f"cue_slots is {self.cue_slots}; there need to be two places or more")
        if self.decimal not in (None, ".", ","):
            raise DataError(f"decimal is {self.decimal!r}; allowed are . and ,")
        self.rows  # noqa: B018 (checks its pairs)

    @property
    def named(self) -> dict[str, str]:
        """Our names with those of the file."""
        return pairs("columns", self.columns, "response=answer")

    @property
    def unit_of_column(self) -> dict[str, str]:
        """Columns of the file with units of their own."""
        return pairs("units-of", self.units_of, "answer=rad")

    @property
    def rows(self) -> dict[str, list[str]]:
        """Columns of the file with the values that are read."""
        return {name: values.split(",") for name, values in pairs("only", self.only, "practice=0").items()}

    @property
    def given(self) -> dict:
        """The options that differ from their default, as JSON values."""
        return given_options(self)


def given_options(options: object) -> dict:
    """The fields of a record of options that differ from their default, as JSON values."""
    default = type(options)()
    chosen = {name: value for name, value in vars(options).items() if value != getattr(default, name)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()}


def full_turn(unit: str) -> float:
    """What a full turn is in a unit; DataError where it is none."""
    try:
        turn = UNITS[unit] if unit in UNITS else float(unit)
    except ValueError:
        turn = math.nan
    if not 0 < turn < math.inf:
        raise DataError(f"units are {unit!r}; allowed are {', '.join(UNITS)} or the number that stands for a full turn")
    return turn


def pairs(option: str, given: tuple[str, ...], example: str) -> dict[str, str]:
    """Pairs that an option gives as NAME=VALUE; DataError where one is none, or a name stands twice."""
    for pair in given:
        if not all(pair.partition("=")):
            raise DataError(f"--{option} takes pairs as in {example}; {pair!r} is none")
    names = [pair.partition("=")[0] for pair in given]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"--{option} names {name!r} twice")
    return dict(pair.split("=", 1) for pair in given)
