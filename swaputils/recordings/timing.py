"""The time axis of a recording, when the cue came on it, and the steps and windows before and after the cue."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from swaputils.data.table import DataError
from swaputils.recordings.recording_formats import Variable
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import Recording, Session

MOST_STEPS = 250
Window = tuple[float, float]


@dataclass(frozen=True)
class Timing:
    """A time axis, the time of the cue on it, and the windows that are compared; None where there is none."""

    time: np.ndarray
    unit: str
    cue: float | None
    before: Window
    after: Window | None


def time_axis(title: str, each: Variable | None, steps: int | None, described: Described) -> tuple[np.ndarray, str]:
    """The times of the steps (`steps` of them, where the activity tells), which have to increase, and their unit."""
    if described.times is not None and steps is not None:
        first, step = described.times
        return first + step * np.arange(steps), ""
    if each is None:
        raise DataError(
            "activity has steps but there is no time axis; --columns time=NAME names it, or --times FIRST STEP gives it"
        )
    time = np.atleast_1d(each.values.squeeze())
    if time.ndim != 1 or time.dtype.kind not in "fiu" or not np.isfinite(time).all():
        raise DataError(f"{title!r} is no time axis; it has to be one number for each step, in increasing order")
    wrong = np.flatnonzero(np.diff(time) <= 0)
    if len(wrong):
        here = wrong[0]
        raise DataError(
            f"{title!r} does not increase: {time[here + 1]:g} follows {time[here]:g} (entry {here + 1}, counted from 0); times "
            "have to be in increasing order"
        )
    return time.astype(float), each.unit or ""


def cue_time(
    title: str, each: Variable | None, time: np.ndarray, around_cue: bool | None, described: Described
) -> float:
    """When the cue came: as said, as stored, or at 0 where the axis runs through 0. DataError where it is not on the axis."""
    source = "--cue-time"
    if described.cue_time is not None:
        cue = described.cue_time
    elif each is not None:
        values = np.unique(each.values.astype(float))
        source = repr(title)
        if len(values) != 1:
            raise DataError(
                f"{title!r} differs between trials ({values.min():g} to {values.max():g}); align the activity of each trial to "
                "its cue, or say when that is with --cue-time"
            )
        cue = float(values[0])
    elif around_cue or (around_cue is None and time[0] < 0 <= time[-1]):
        return 0.0
    else:
        raise DataError(
            f"the time of the cue is not said; --cue-time gives it on the time axis, which runs from {time[0]:g} to {time[-1]:g}"
        )
    if not time[0] < cue <= time[-1]:
        raise DataError(
            f"{source} is {cue:g}, outside of the time axis, which runs from {time[0]:g} to {time[-1]:g}; allowed is a time "
            "above the first and up to the last"
        )
    return cue


def binned(activity: np.ndarray, time: np.ndarray, width: float, cue: float | None) -> tuple[np.ndarray, np.ndarray]:
    """[trials, bins, neurons] means over bins, of which one begins at the cue, and the mean time of each."""
    start = time[0] if cue is None else cue
    _, first = np.unique(np.floor((time - start) / width + 1e-9), return_index=True)
    ends = [*first[1:], len(time)]
    parts = [slice(one, end) for one, end in zip(first, ends)]
    means = [activity[:, part].mean(1) for part in parts]
    return np.stack(means, axis=1), np.array([time[part].mean() for part in parts])


def timing(time: np.ndarray, unit: str, cue: float | None, described: Described) -> Timing:
    """The windows that are compared; DataError where one holds no step or lies on the wrong side of the cue."""
    if len(time) > MOST_STEPS:
        raise DataError(
            f"the time axis has {len(time)} steps, more than {MOST_STEPS}; --bin WIDTH averages activity in bins of that width"
        )
    end = time[-1] if cue is None else cue
    before = described.before or _last_third(time[time <= end] if cue is None else time[time < end], end)
    after = None if cue is None else described.after or _last_third(time[time >= cue], time[-1])
    for name, window, low, high in (("before", before, time[0], end), ("after", after, end, time[-1])):
        if window is not None and not (low <= window[0] and window[1] <= high and steps_in(time, window, cue).any()):
            raise DataError(
                f"--{name} {window[0]:g} {window[1]:g} holds no step or leaves its side of the cue; allowed are times from "
                f"{low:g} to {high:g}"
            )
    return Timing(time, unit, cue, before, after)


def _last_third(time: np.ndarray, end: float) -> Window:
    """From where the last third of these steps begins, rounded up to one step at least, to the end."""
    return float(time[-max(1, round(len(time) / 3))]), float(end)


def steps_in(time: np.ndarray | Tensor, window: Window, cue: float | None) -> Tensor:
    """[steps] which lie in a window: up to its end, but before the cue where it ends there."""
    axis = torch.as_tensor(time)
    ends_at_cue = cue is not None and window[1] == cue
    return (axis >= window[0]) & ((axis < window[1]) if ends_at_cue else (axis <= window[1]))


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
