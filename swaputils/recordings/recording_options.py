"""How a user's recording is to be read: everything that can be said about it, as one record that is also the options of the command."""

import re
from dataclasses import dataclass
from typing import Literal

from swaputils.data.layout import full_turn, given_options, pairs
from swaputils.data.table import DataError

ROLES = "activity colours colour_0 colour_1 cued report time cue_time session neuron neuron_session"
AXES = "trials time neurons items colours conditions"


@dataclass(frozen=True)
class Described:
    """How a recording is laid out, where that cannot be seen in its file. Every field has a value that fits most files.

    Args:
        columns: our names and those of the file, as in activity=rates cued=cue_side; the names are activity, colours (or
            colour_0 and colour_1), cued, report, time, cue_time, session, neuron and neuron_session.
        dims: the axes of the activity in their order, where they have other names: trials, time and neurons; of condition
            means items, colours and neurons, or conditions and neurons.
        units: of colours and report: rad, deg, or the number that stands for a full turn; seen in the numbers unless given.
        items: the two values by which the cue names the first and the second item, as in upper lower.
        cue_time: when the cue came, on the time axis of the file.
        times: first time and step of the time axis, where the file has none.
        before: from and to, the window before the cue in which planes are measured; its last third unless given.
        after: from and to, the window after the cue; its last third unless given.
        bin: width of bins into which activity is averaged; of spikes in NWB .05 s unless given.
        align: column of the trials of an NWB file around which spikes are binned; that of the cue unless given.
        window: from and to around it, s.
        drop_neurons: neurons to leave out: constant ones, or those with nan.
        drop_unanswered: leave out trials without a report or a colour.
        without: sessions to leave out, by name.
    """

    columns: tuple[str, ...] = ()
    dims: tuple[str, ...] = ()
    units: str | None = None
    items: tuple[str, str] | None = None
    cue_time: float | None = None
    times: tuple[float, float] | None = None
    before: tuple[float, float] | None = None
    after: tuple[float, float] | None = None
    bin: float | None = None
    align: str | None = None
    window: tuple[float, float] = (-0.5, 1.0)
    drop_neurons: tuple[Literal["constant", "nan"], ...] = ()
    drop_unanswered: bool = False
    without: tuple[str, ...] = ()

    def __post_init__(self):
        if self.units is not None:
            full_turn(self.units)
        for ours in self.named:
            if ours not in ROLES.split():
                allowed = ROLES.replace(" ", ", ")
                raise DataError(f"--columns: {ours!r} is no part of a recording; allowed are {allowed}")
        for name in self.dims:
            if name not in AXES.split() or self.dims.count(name) > 1:
                raise DataError(f"--dims takes {AXES.replace(' ', ', ')}, each once; {' '.join(self.dims)} is not so")
        for option in ("window", "before", "after"):
            ends = getattr(self, option)
            if ends is not None and not ends[0] < ends[1]:
                raise DataError(f"--{option} is {ends[0]:g} to {ends[1]:g}; it has to end after it begins")
        for option, value in {"bin": self.bin, "times": self.times and self.times[1]}.items():
            if value is not None and not value > 0:
                raise DataError(f"--{option} has a step of {value:g}; it has to be above 0")

    @property
    def named(self) -> dict[str, str]:
        """Our names with those of the file."""
        return pairs("columns", self.columns, "activity=rates")

    @property
    def given(self) -> dict:
        """The options that differ from their default, as JSON values."""
        return given_options(self)


def plain(name: str) -> str:
    """A name without capitals, blanks and marks."""
    return "".join(re.findall(r"[a-z0-9]+", name.lower()))
