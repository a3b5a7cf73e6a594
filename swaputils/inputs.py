"""What a network receives in a trial, and how long each period of it lasts."""

import math
from dataclasses import dataclass

from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.shapes import Moves, ShapeError

STEP_SECONDS = 0.05
PREPARATION = ("stimulus", "delay", "cue", "post_cue_delay")  # periods before the report


@dataclass(frozen=True)
class Periods:
    """Durations of a trial's periods in seconds; one network step lasts 50 ms."""

    stimulus: float = 0.25
    delay: float = 0.75
    cue: float = 0.25
    post_cue_delay: float = 0.05
    report: float = 2.0

    def __post_init__(self):
        for name, seconds in vars(self).items():
            steps = seconds / STEP_SECONDS
            if not (0.5 < steps < math.inf) or abs(steps - round(steps)) > 1e-6:
                raise SwaputilsError(
                    f"period {name} lasts {seconds} s; allowed are positive multiples of {STEP_SECONDS} s"
                )

    def steps(self, period: str) -> int:
        """Number of network steps of a period."""
        return round(getattr(self, period) / STEP_SECONDS)

    @property
    def cue_steps(self) -> tuple[int, int]:
        """Number of network steps before the cue, and to its end."""
        on = self.steps("stimulus") + self.steps("delay")
        return on, on + self.steps("cue")

    @property
    def preparatory_steps(self) -> int:
        """Number of network steps before the report period."""
        return sum(self.steps(period) for period in PREPARATION)


@dataclass(frozen=True)
class TrialInputs(Moves):
    """What a network receives in M trials, constant within each period before the report; during the report it receives nothing.

    Attributes:
        shown: for each of these periods [M, D], or None where nothing is shown; something is shown in one of them at
            least.
        steps: how many network steps each of them lasts.
        report: how many the report lasts.
    """

    shown: tuple[Tensor | None, ...]
    steps: tuple[int, ...]
    report: int

    def __post_init__(self):
        if len(self.shown) != len(self.steps) or min(self.steps, default=0) < 1 or self.report < 1:
            raise ShapeError(
                f"TrialInputs holds {len(self.shown)} periods of {self.steps} steps and a report of {self.report}; "
                "each period and the report need one step or more"
            )
        shapes = {tuple(part.shape) for part in self.shown if part is not None}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2:
            raise ShapeError(
                f"TrialInputs.shown has shapes {sorted(shapes)}; expected one and the same, (trials, inputs)"
            )

    def __len__(self) -> int:
        return len(self.like)

    @property
    def like(self) -> Tensor:
        """A tensor with the type and on the device of its numbers."""
        return next(part for part in self.shown if part is not None)

    @property
    def preparation(self) -> int:
        """Number of network steps before the report."""
        return sum(self.steps)

    def during(self, period: str) -> slice:
        """The network steps of a period of the preparation."""
        place = PREPARATION.index(period)
        start = sum(self.steps[:place])
        return slice(start, start + self.steps[place])
