"""Tasks: which displays are shown, how a trial is encoded as input, and what is to be answered.

`Task` says what training needs of any task; delayed estimation, the task of this field, is one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from swaputils.angles import distance, to_xy, wrap
from swaputils.diffusion.targets import ResponseMixture, Target
from swaputils.errors import SwaputilsError
from swaputils.inputs import PREPARATION, Periods, TrialInputs
from swaputils.trials import Displays


@runtime_checkable
class Task(Protocol):
    """What a network can be taught.

    Displays are any record of M trials that has a length and can be indexed by a slice, a mask or indices.

    Attributes:
        input_size: length D of the input vectors.
        periods: durations of the trial; `TrialInputs` holds them in steps.
    """

    @property
    def input_size(self) -> int: ...

    @property
    def periods(self) -> Any: ...

    def sample(self, trials: int, *, generator: torch.Generator) -> Any:
        """Draw displays."""

    def encode(self, displays: Any) -> TrialInputs:
        """Input vectors and timing of the trials."""

    def target(self, displays: Any) -> Target:
        """Distribution of the answers to each display."""


@dataclass(frozen=True)
class TaskConfig:
    """The displays of a delayed-estimation task, and their encoding.

    Attributes:
        cueing: "index" shows the position of the item to report, "probe" shows its probe feature.
        items: set size.
        probes: "continuous", or "locations": eight equally spaced places, as in the human experiments.
        separation: smallest distance between two items' report features (and continuous probe features), rad.
        centres: number of tuning centres for each feature of the conjunctive code (probe cueing).
        sharpness: concentration of the von Mises tuning curves.
        periods: durations of the trial.

    >>> task = TaskConfig(cueing="probe", items=3, probes="locations")
    >>> displays = task.sample(5, generator=torch.Generator().manual_seed(0))
    >>> displays.set_size.tolist(), task.encode(displays).shown[0].shape
    ([3, 3, 3, 3, 3], torch.Size([5, 256]))
    """

    cueing: Literal["index", "probe"] = "index"
    items: int = 2
    probes: Literal["continuous", "locations"] = "continuous"
    separation: float = math.pi / 4.1
    centres: int = 16
    sharpness: float = 5.0
    periods: Periods = field(default_factory=Periods)

    def __post_init__(self):
        if self.cueing not in ("index", "probe"):
            raise SwaputilsError(f"cueing is {self.cueing!r}; allowed are 'index' and 'probe'")
        if self.probes not in ("continuous", "locations"):
            raise SwaputilsError(f"probes is {self.probes!r}; allowed are 'continuous' and 'locations'")
        if self.items < 1 or (self.probes == "locations" and self.items > 8):
            raise SwaputilsError(f"items is {self.items}; allowed are 1 or more, and at most 8 on eight locations")
        if not 0 <= self.separation * self.items < 2 * math.pi:
            raise SwaputilsError(f"{self.items} items cannot be {self.separation:.3f} rad apart on a circle")

    @property
    def input_size(self) -> int:
        """Length of the stimulus and cue input vectors."""
        return 3 * self.items if self.cueing == "index" else self.centres**2

    def sample(self, trials: int, *, generator: torch.Generator) -> Displays:
        """Draw displays of the task: features uniform given their separation, cued item uniform (float64)."""
        report = _separated_angles(trials, self.items, self.separation, generator)
        if self.probes == "locations":
            places = _random_orders(trials, 8, generator)[:, : self.items]
            probe = wrap(places.double() * (math.pi / 4))
        else:
            probe = _separated_angles(trials, self.items, self.separation, generator)
        cued = torch.randint(self.items, (trials,), device=generator.device, generator=generator)
        return Displays(report, probe, cued)

    def encode(self, displays: Displays) -> TrialInputs:
        """Input vectors and timing of a trial.

        Cued by index, the stimulus holds (cos, sin) of each item's report feature in its own slot; the cue is one-hot
        over the items, in channels of its own.

        Cued by probe, the stimulus is the sum over items of the outer product of report and probe tuning (a conjunctive
        code); the cue is the probe tuning of the cued item, flat over report features.
        """
        if self.cueing == "index":
            slots = to_xy(displays.report).flatten(1)
            one_hot = displays.is_cued.to(slots)
            stimulus = torch.cat((slots, torch.zeros_like(one_hot)), dim=1)
            cue = torch.cat((torch.zeros_like(slots), one_hot), dim=1)
        else:
            report, probe = self._tuning(displays.report), self._tuning(displays.probe)
            stimulus = torch.einsum("mni,mnj->mij", report, probe).flatten(1)
            cue = self._tuning(displays.cued_probe)[:, None].expand(-1, self.centres, -1).flatten(1)
        steps = tuple(self.periods.steps(period) for period in PREPARATION)
        return TrialInputs((stimulus, None, cue, None), steps, self.periods.steps("report"))

    def _tuning(self, feature: Tensor) -> Tensor:
        """Von Mises tuning r_i(phi) = exp(kappa (cos(phi - phi_i) - 1)): [...] -> [..., centres]."""
        centres = torch.arange(self.centres, dtype=feature.dtype, device=feature.device)
        centres = 2 * math.pi * centres / self.centres - math.pi
        return (self.sharpness * ((feature[..., None] - centres).cos() - 1)).exp()


@dataclass(frozen=True)
class DelayedEstimation:
    """The displays of `config` with the distribution of answers that `answers` gives them.

    Attributes:
        announced_in: period in which one more channel carries a standard normal number drawn for each trial; it is 0 in
            the others. Answers may depend on it, see `settled`. None for no such channel.
    """

    config: TaskConfig
    answers: Callable[[Displays], Target]
    announced_in: Literal["stimulus", "delay", "cue", "post_cue_delay"] | None = None

    @property
    def input_size(self) -> int:
        return self.config.input_size + (self.announced_in is not None)

    @property
    def periods(self) -> Periods:
        return self.config.periods

    def sample(self, trials: int, *, generator: torch.Generator) -> Displays:
        """Draw displays, see `TaskConfig.sample`, and their announcements."""
        return self.announce(self.config.sample(trials, generator=generator), generator=generator)

    def announce(self, displays: Displays, *, generator: torch.Generator) -> Displays:
        """The displays with announcements drawn anew, where the task has them."""
        if self.announced_in is None:
            return displays
        drawn = torch.randn(len(displays), dtype=torch.float64, device=generator.device, generator=generator)
        return replace(displays, announcement=drawn)

    def encode(self, displays: Displays) -> TrialInputs:
        """Input vectors and timing, see `TaskConfig.encode`; the announcement is the last channel.

        Raises:
            SwaputilsError: for displays without one where the task announces.
        """
        inputs = self.config.encode(displays)
        if self.announced_in is None:
            return inputs
        if displays.announcement is None:
            raise SwaputilsError(
                "the task announces in each trial what is to be reported; these displays say nothing of it"
            )
        number = displays.announcement[:, None].to(inputs.like)
        nothing = torch.zeros_like(number).expand(-1, self.config.input_size)
        shown: list[Tensor | None] = []
        for period, part in zip(PREPARATION, inputs.shown):
            if period == self.announced_in:
                shown.append(torch.cat((nothing if part is None else part, number), dim=1))
            else:
                shown.append(None if part is None else torch.cat((part, torch.zeros_like(number)), dim=1))
        return replace(inputs, shown=tuple(shown))

    def target(self, displays: Displays) -> Target:
        """Distribution of the answers to each display."""
        return self.answers(displays)


def settled(target: ResponseMixture, is_cued: Bool[Tensor, "trials items"], number: Tensor | None) -> ResponseMixture:
    """The mixture once a number xi has settled which item it holds: another than the cued one where Phi(xi) < p.

    Over xi, a standard normal number, each item is reported as often as in the mixture; p is the weight of all other items, which
    share the interval below it in their order.

    Args:
        number: [M] xi of each trial.

    Raises:
        SwaputilsError: where the displays announce no number.
    """
    if number is None:
        raise SwaputilsError("what is to be reported is settled by a number; these displays announce none")
    last = is_cued.to(target.angles.device).int().argsort(dim=1, stable=True)  # the cued item comes last
    upper = target.log_weights.exp().gather(1, last).cumsum(1)[:, :-1]
    below = torch.special.ndtr(number)[:, None].to(upper)
    picked = last.gather(1, (below >= upper).sum(1, keepdim=True))
    return replace(target, log_weights=torch.full_like(target.log_weights, -torch.inf).scatter(1, picked, 0.0))


def mistakes(
    displays: Displays, response: Float[Tensor, " trials"]
) -> tuple[Float[Tensor, " trials"], Bool[Tensor, " trials"]]:
    """Distance of each response from the cued item (rad), and whether another item is nearer."""
    error = distance(response[:, None].to(displays.report), displays.report)
    to_cued = error.gather(1, displays.cued[:, None]).squeeze(1)
    return to_cued, error.nan_to_num(torch.inf).min(1).values < to_cued


def _separated_angles(displays: int, items: int, separation: float, generator: torch.Generator) -> Tensor:
    """[displays, items] uniform angles no two of which lie closer than `separation`.

    The gaps around the circle between sorted items are `separation` plus a uniform point of the simplex, which is the
    uniform distribution on the allowed set; the first item's place is uniform and the order is shuffled.
    """
    free = 2 * math.pi - items * separation
    share = torch.empty((displays, items), dtype=torch.float64, device=generator.device)
    share = share.exponential_(generator=generator)
    gaps = separation + free * share / share.sum(-1, keepdim=True)
    start = 2 * math.pi * torch.rand((displays, 1), dtype=torch.float64, device=generator.device, generator=generator)
    angles = start + torch.cumsum(gaps, dim=-1)
    return wrap(angles.gather(1, _random_orders(displays, items, generator)))


def _random_orders(rows: int, length: int, generator: torch.Generator) -> Tensor:
    """[rows, length] an independent random permutation in each row."""
    return torch.rand((rows, length), device=generator.device, generator=generator).argsort(-1)


def repeated_display(report: Sequence[float], probe: Sequence[float], cued: int, count: int) -> Displays:
    """The same display `count` times: report and probe feature of each item (rad), and the index of the cued one."""
    shown = [wrap(torch.tensor(feature, dtype=torch.float64).expand(count, -1)) for feature in (report, probe)]
    return Displays(shown[0], shown[1], torch.full((count,), cued))


def probe_distance(displays: Displays) -> Float[Tensor, "trials items"]:
    """Distance of each item's probe feature from the cued item's, rad in [0, pi]; NaN where either is absent."""
    return distance(displays.probe, displays.cued_probe[:, None])
