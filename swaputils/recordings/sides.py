"""The sides of the cue that are measured, each with its steps and the window that is compared."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from swaputils.recordings.recorded import Recording, Session
from swaputils.recordings.timing import steps_in


@dataclass(frozen=True)
class Part:
    """One side of the cue, or the one moment that there is.

    Attributes:
        name: as tables show it.
        by_cue: whether trials are grouped by the cue.
        steps: [all steps] those that belong to it.
        window: [all steps] those that are averaged.
        time: of its steps; None where there is one moment.
    """

    name: str
    by_cue: bool
    steps: Tensor
    window: Tensor
    time: Tensor | None

    def course(self, session: Session) -> Session:
        return replace(session, activity=session.activity[:, self.steps])

    def moment(self, session: Session) -> Session:
        return replace(session, activity=session.activity[:, self.window].mean(1, keepdim=True))


def parts_of(recording: Recording) -> list[Part]:
    """Before and after the cue; all of it where there was none; the one moment where there is no time."""
    time, cue, before, after = recording.time, recording.cue_time, recording.before, recording.after
    if time is None or before is None:
        only = torch.tensor([True])
        return [Part("at the one moment", recording.cued, only, only, None)]
    if after is None or cue is None:
        every = torch.ones_like(time, dtype=torch.bool)
        return [Part("throughout", recording.cued, every, steps_in(time, before, cue), time)]
    return [
        Part("before the cue", False, time < cue, steps_in(time, before, cue), time[time < cue]),
        Part("after the cue", recording.cued, time >= cue, steps_in(time, after, cue), time[time >= cue]),
    ]
