"""What was read of a recording: sessions of trials, or condition means alone, and what was understood on the way."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from swaputils.angles import distance
from swaputils.data.table import DataError
from swaputils.shapes import check_shape


@dataclass(frozen=True)
class Session:
    """The trials of one session, whose neurons are its own.

    Attributes:
        name: of the session.
        activity: [trials, steps, neurons].
        colours: [trials, 2] of item 0 and item 1, rad.
        cued: [trials] the item that was cued; None where that is not known.
        report: [trials] reported colour, rad; None where there is none.
    """

    name: str
    activity: Tensor
    colours: Tensor
    cued: Tensor | None = None
    report: Tensor | None = None

    def __post_init__(self):
        check_shape(self, "activity", (None, None, None))
        check_shape(self, "colours", (len(self.activity), 2))
        for name in ("cued", "report"):
            if getattr(self, name) is not None:
                check_shape(self, name, (len(self.activity),))

    def __getitem__(self, chosen) -> "Session":
        """The trials picked by a slice or a mask."""
        cued, report = (None if part is None else part[chosen] for part in (self.cued, self.report))
        return Session(self.name, self.activity[chosen], self.colours[chosen], cued, report)

    def cued_colour(self) -> tuple[Tensor, Tensor]:
        """[trials] colour of the cued item, and which item that is."""
        assert self.cued is not None
        return self.colours.gather(1, self.cued[:, None]).squeeze(1), self.cued

    def correct(self) -> "Session":
        """The trials whose report is nearer to the cued colour than to the other one; all of them where there is no report."""
        if self.report is None or self.cued is None:
            return self
        return self[distance(self.report[:, None], self.colours).argmin(1) == self.cued]

    def more_accurate(self) -> "Session":
        """The half of the trials whose report is nearer to the cued colour; all of them where there is no report."""
        if self.report is None or self.cued is None:
            return self
        error = distance(self.report, self.cued_colour()[0])
        return self[error <= error.median()]


@dataclass(frozen=True)
class Recording:
    """What was read, in words and in numbers.

    Attributes:
        name: of the data, as the user gave it.
        said: what was understood, a sentence each.
        problems: what has to be settled before anything is computed, a sentence each.
        sessions: of trials; none where there are condition means alone.
        time: [steps] of the activity, in the file's unit; None where there is one moment.
        cue_time: on that axis; None where there is no cue, or no axis.
        before, after: from and to of the windows that are compared; None where there is one moment.
        means: [2, colours, neurons] where there are no trials.
        unit: of time.
    """

    name: str
    said: tuple[str, ...]
    problems: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    time: Tensor | None = None
    cue_time: float | None = None
    before: tuple[float, float] | None = None
    after: tuple[float, float] | None = None
    means: Tensor | None = None
    unit: str = ""

    def settled(self) -> "Recording":
        """Itself; DataError with the first thing that has to be settled."""
        if self.problems:
            raise DataError(self.problems[0])
        return self

    @property
    def cued(self) -> bool:
        """Whether it is known which item was cued."""
        return bool(self.sessions) and self.sessions[0].cued is not None

    @property
    def reported(self) -> bool:
        return bool(self.sessions) and self.sessions[0].report is not None

    @property
    def trials(self) -> int:
        return sum(len(each.activity) for each in self.sessions)

    @property
    def neurons(self) -> int:
        activity = [each.activity for each in self.sessions] if self.means is None else [self.means]
        return sum(each.shape[2] for each in activity)

    def _parts(self) -> tuple[bool, bool, bool]:
        """Whether there are a cue, a report and a time axis."""
        return self.cued, self.reported, self.time is not None


def together(recordings: list[Recording]) -> Recording:
    """Recordings of several files as one; DataError where they do not go together."""
    first, *others = recordings
    if not others:
        return first
    for each in recordings:
        if each.means is not None:
            fault = "holds condition means, which cannot be pooled; several files need single trials"
            raise DataError(f"{each.name}: {fault}")
    for other in others:
        for what, one, two in zip(("a cue", "a report", "a time axis"), first._parts(), other._parts()):
            if one != two:
                has, lacks = (first.name, other.name) if one else (other.name, first.name)
                raise DataError(f"{has} has {what} and {lacks} has none; sessions have to be alike to be pooled")
        if first.time is not None and other.time is not None:
            same = first.time.shape == other.time.shape and bool(torch.isclose(first.time, other.time).all())
            if not same or first.cue_time != other.cue_time:
                raise DataError(
                    f"{first.name} and {other.name} differ in their time axis or the time of the cue; sessions have to be on "
                    "one axis to be pooled"
                )
    lists: dict = {
        part: sum((getattr(each, part) for each in recordings), ()) for part in ("said", "problems", "sessions")
    }
    return replace(first, name=" and ".join(each.name for each in recordings), **lists)
