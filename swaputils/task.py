"""Delayed-estimation trials: which items are shown, how long each period lasts, and how a trial is encoded as input."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.circular import distance, to_xy, wrap
from swaputils.records import Displays, Periods, TrialInputs


@dataclass(frozen=True)
class TaskConfig:
    """A delayed-estimation task.

    cueing:      "index" shows the position of the item to report, "probe" shows its probe feature.
    items:       set size.
    probes:      "continuous", or "locations": eight equally spaced places, as in the human experiments.
    separation:  smallest distance between two items' report features (and continuous probe features), rad.
    centres:     number of tuning centres for each feature of the conjunctive code (probe cueing).
    sharpness:   concentration of the von Mises tuning curves.
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
            raise ValueError(f"cueing is {self.cueing!r}; allowed are 'index' and 'probe'")
        if self.probes not in ("continuous", "locations"):
            raise ValueError(f"probes is {self.probes!r}; allowed are 'continuous' and 'locations'")
        if self.items < 1 or (self.probes == "locations" and self.items > 8):
            raise ValueError(f"items is {self.items}; allowed are 1 or more, and at most 8 on eight locations")
        if not 0 <= self.separation * self.items < 2 * math.pi:
            raise ValueError(f"{self.items} items cannot be {self.separation:.3f} rad apart on a circle")

    @property
    def input_size(self) -> int:
        """Length of the stimulus and cue input vectors."""
        return 3 * self.items if self.cueing == "index" else self.centres**2


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


def sample_displays(config: TaskConfig, displays: int, *, generator: torch.Generator) -> Displays:
    """Draw displays of the task: features uniform given their separation, cued item uniform (float64)."""
    report = _separated_angles(displays, config.items, config.separation, generator)
    if config.probes == "locations":
        places = _random_orders(displays, 8, generator)[:, : config.items]
        probe = wrap(places.double() * (math.pi / 4))
    else:
        probe = _separated_angles(displays, config.items, config.separation, generator)
    cued = torch.randint(config.items, (displays,), device=generator.device, generator=generator)
    return Displays(report, probe, cued)


def repeated_display(report: Sequence[float], probe: Sequence[float], cued: int, count: int) -> Displays:
    """The same display `count` times: report and probe feature of each item (rad), and the index of the cued one."""
    features = [torch.tensor(feature, dtype=torch.float64).expand(count, -1) for feature in (report, probe)]
    return Displays(*(wrap(feature) for feature in features), torch.full((count,), cued))


def _tuning(config: TaskConfig, feature: Tensor) -> Tensor:
    """Von Mises tuning r_i(phi) = exp(kappa (cos(phi - phi_i) - 1)): [...] -> [..., centres]."""
    centres = torch.arange(config.centres, dtype=feature.dtype, device=feature.device)
    centres = 2 * math.pi * centres / config.centres - math.pi
    return (config.sharpness * ((feature[..., None] - centres).cos() - 1)).exp()


def encode(config: TaskConfig, displays: Displays) -> TrialInputs:
    """Input vectors and timing of a trial.

    index: the stimulus holds (cos, sin) of each item's report feature in its own slot; the cue is one-hot over the
           items, in channels of its own.
    probe: the stimulus is the sum over items of the outer product of report and probe tuning (a conjunctive code);
           the cue is the probe tuning of the cued item, flat over report features.
    """
    if config.cueing == "index":
        slots = to_xy(displays.report).flatten(1)
        one_hot = displays.is_cued.to(slots)
        stimulus = torch.cat((slots, torch.zeros_like(one_hot)), dim=1)
        return TrialInputs(stimulus, torch.cat((torch.zeros_like(slots), one_hot), dim=1), config.periods)
    report, probe = _tuning(config, displays.report), _tuning(config, displays.probe)
    stimulus = torch.einsum("mni,mnj->mij", report, probe)
    cue = _tuning(config, displays.cued_probe)[:, None].expand(-1, config.centres, -1)
    return TrialInputs(stimulus.flatten(1), cue.flatten(1), config.periods)


def probe_distance(displays: Displays) -> Float[Tensor, "trials items"]:
    """Distance of each item's probe feature from the cued item's, rad in [0, pi]; NaN where either is absent."""
    return distance(displays.probe, displays.cued_probe[:, None])
