"""Frozen records that stages hand to one another; shapes are checked when a record is made."""

import math
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

STEP_SECONDS = 0.05


class ShapeError(ValueError):
    """A record was given a field whose shape does not fit the others."""


def _check(record: object, name: str, shape: tuple[int | None, ...]) -> None:
    """Raise ShapeError unless field `name` has `shape` (None stands for any length)."""
    actual = tuple(getattr(record, name).shape)
    fits = len(actual) == len(shape) and all(want in (None, got) for got, want in zip(actual, shape))
    if not fits:
        expected = ", ".join("any" if want is None else str(want) for want in shape)
        raise ShapeError(f"{type(record).__name__}.{name} has shape {actual}; expected ({expected})")


class _Moves:
    """Gives a record of tensors `.to(device)`; given a tensor, it follows its dtype as well."""

    def to(self, device: torch.device | str | Tensor):
        moved = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (Tensor, _Moves)):
                moved[field.name] = value.to(device)
        return replace(self, **moved)


@dataclass(frozen=True)
class Displays(_Moves):
    """What was shown: M displays of up to N items, angles in rad in [-pi, pi).

    report: [M, N] report feature of each item; NaN where a display has fewer items.
    probe:  [M, N] probe (cue) feature of each item; NaN where absent or not recorded.
    cued:   [M] index of the item to report.
    """

    report: Tensor
    probe: Tensor
    cued: Tensor

    def __post_init__(self):
        _check(self, "report", (None, None))
        _check(self, "probe", tuple(self.report.shape))
        _check(self, "cued", (self.report.shape[0],))

    def __len__(self) -> int:
        return self.report.shape[0]

    def __getitem__(self, index) -> "Displays":
        """The displays picked by a slice, a mask or indices."""
        return Displays(self.report[index], self.probe[index], self.cued[index])

    @property
    def present(self) -> Tensor:
        """[M, N] which items exist."""
        return ~torch.isnan(self.report)

    @property
    def set_size(self) -> Tensor:
        """[M] number of items shown."""
        return self.present.sum(-1)

    @property
    def is_cued(self) -> Tensor:
        """[M, N] true at the item to report."""
        items = torch.arange(self.report.shape[1], device=self.report.device)
        return items == self.cued[:, None]

    def only_cued(self) -> "Displays":
        """The same displays as if nothing but the cued item had been shown."""
        report, probe = (feature.where(self.is_cued, torch.nan) for feature in (self.report, self.probe))
        return Displays(report, probe, self.cued)

    @property
    def cued_report(self) -> Tensor:
        """[M] report feature of the cued item."""
        return self.report.gather(1, self.cued[:, None]).squeeze(1)

    @property
    def cued_probe(self) -> Tensor:
        """[M] probe feature of the cued item."""
        return self.probe.gather(1, self.cued[:, None]).squeeze(1)


@dataclass(frozen=True)
class Trials(_Moves):
    """M trials of delayed estimation.

    displays: what was shown.
    response: [M] reported angle, rad in [-pi, pi).
    subject:  [M] whole numbers that tell people apart.
    condition: [M] whole numbers that tell experimental conditions apart; None where there is one only.
    """

    displays: Displays
    response: Tensor
    subject: Tensor
    condition: Tensor | None = None

    def __post_init__(self):
        _check(self, "response", (len(self.displays),))
        _check(self, "subject", (len(self.displays),))
        if self.condition is not None:
            _check(self, "condition", (len(self.displays),))

    def __len__(self) -> int:
        return len(self.displays)

    def __getitem__(self, index) -> "Trials":
        """The trials picked by a slice, a mask or indices."""
        condition = None if self.condition is None else self.condition[index]
        return Trials(self.displays[index], self.response[index], self.subject[index], condition)


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
                raise ValueError(f"period {name} lasts {seconds} s; allowed are positive multiples of {STEP_SECONDS} s")

    def steps(self, period: str) -> int:
        """Number of network steps of a period."""
        return round(getattr(self, period) / STEP_SECONDS)

    @property
    def preparatory_steps(self) -> int:
        """Number of network steps before the report period."""
        return sum(self.steps(period) for period in ("stimulus", "delay", "cue", "post_cue_delay"))


@dataclass(frozen=True)
class ResponseMixture(_Moves):
    """Target distribution of the two-dimensional end point x_0, a planar Gaussian cluster per item.

    x_0 = radius * (unit vector at angles[n] + spread * standard normal), n ~ softmax(log_weights).

    angles:      [M, N] rad. Absent items have log weight -inf and any finite angle.
    log_weights: [M, N] normalised over the last axis.
    spread:      standard deviation of a cluster in units of the radius.
    radius:      distance of the clusters' centres from the origin (R).
    """

    angles: Tensor
    log_weights: Tensor
    spread: float
    radius: float

    def __post_init__(self):
        _check(self, "angles", (None, None))
        _check(self, "log_weights", tuple(self.angles.shape))
        if not (self.spread > 0 and self.radius > 0):
            raise ValueError(f"ResponseMixture needs spread > 0 and radius > 0, not {self.spread} and {self.radius}")

    def __len__(self) -> int:
        return self.angles.shape[0]


@dataclass(frozen=True)
class ResponseDensity(_Moves):
    """Target distribution of an end point x_0 on a circle, by its density at equally spaced angles from -pi on.

    x_0 = radius * (cos y, sin y), with the density of y given by log_density at the nodes.

    log_density: [M, K] up to a constant for each display. radius: distance of the end points from the origin (R).
    """

    log_density: Tensor
    radius: float

    def __post_init__(self):
        _check(self, "log_density", (None, None))
        if not self.radius > 0:
            raise ValueError(f"ResponseDensity needs radius > 0, not {self.radius}")

    def __len__(self) -> int:
        return self.log_density.shape[0]


@dataclass(frozen=True)
class TrialInputs(_Moves):
    """What the network receives, constant within a period.

    stimulus: [M, D] input during the stimulus period.
    cue:      [M, D] input during the cue period. Delays and the report period receive zeros.
    periods:  durations.
    """

    stimulus: Tensor
    cue: Tensor
    periods: Periods

    def __post_init__(self):
        _check(self, "stimulus", (None, None))
        _check(self, "cue", tuple(self.stimulus.shape))

    def __len__(self) -> int:
        return self.stimulus.shape[0]


@dataclass(frozen=True)
class Batch(_Moves):
    """One batch for an objective: displays, their encoding, and the responses to be learnt."""

    displays: Displays
    inputs: TrialInputs
    target: ResponseMixture | ResponseDensity

    def __post_init__(self):
        if not len(self.displays) == len(self.inputs) == len(self.target):
            raise ShapeError(
                f"Batch holds {len(self.displays)} displays, {len(self.inputs)} inputs and {len(self.target)} targets; "
                "they must be as many"
            )

    def __len__(self) -> int:
        return len(self.displays)


@dataclass(frozen=True)
class TrialNoise(_Moves):
    """Everything random in M trials of a network.

    initial: [M, U] initial state.
    steps:   [K, M, U] noise added at each of the K steps of a trial.
    """

    initial: Tensor
    steps: Tensor

    def __post_init__(self):
        _check(self, "initial", (None, None))
        _check(self, "steps", (None, *self.initial.shape))


@dataclass(frozen=True)
class Rollout(_Moves):
    """States of a network through M trials, in network time.

    preparation: [M, P, U] state after each step of stimulus, delay, cue and post-cue delay.
    report:      [M, T + 1, U] state at the start of the report period (index 0) and after each of its T steps.
    plane_drive: [M, T, 2] readout-plane part of the drive at each report step.
    """

    preparation: Tensor
    report: Tensor
    plane_drive: Tensor

    def __post_init__(self):
        trials, _, units = self.preparation.shape
        _check(self, "report", (trials, None, units))
        _check(self, "plane_drive", (trials, self.report.shape[1] - 1, 2))

    def __len__(self) -> int:
        return self.preparation.shape[0]
