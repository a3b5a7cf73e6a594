"""Delayed estimation with the displays that people saw: their cues as they were, their colours drawn anew."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from swaputils.diffusion.targets import Target
from swaputils.errors import SwaputilsError
from swaputils.inputs import Periods, TrialInputs
from swaputils.task import TaskConfig
from swaputils.trials import Displays


@dataclass(frozen=True)
class FamiliarDisplays:
    """A task whose cue features are those of displays that people saw, so that no distance occurs that a fit has not seen.

    Attributes:
        config: encoding, periods and number of items, at most that of `seen`; its probes and its separation are not used.
        seen: displays of one set size, with probe features where the cueing is by probe.
        answers: the distributions of answers to displays.

    >>> seen = TaskConfig(cueing="probe", items=3).sample(10, generator=torch.Generator().manual_seed(0))
    >>> task = FamiliarDisplays(TaskConfig(cueing="probe", items=2), seen, lambda displays: None)
    >>> task.sample(4, generator=torch.Generator().manual_seed(1)).set_size.tolist()
    [2, 2, 2, 2]
    """

    config: TaskConfig
    seen: Displays
    answers: Callable[[Displays], Target]

    def __post_init__(self):
        sizes = self.seen.set_size.unique().tolist()
        if len(sizes) != 1 or sizes[0] < self.config.items:
            raise SwaputilsError(f"displays of {sizes} items cannot be shown again as displays of {self.config.items}")

    @property
    def input_size(self) -> int:
        return self.config.input_size

    @property
    def periods(self) -> Periods:
        return self.config.periods

    def sample(self, trials: int, *, generator: torch.Generator) -> Displays:
        """Displays picked at random, with as many of their items as the task has; the cued one anywhere among them."""
        picked = torch.randint(len(self.seen), (trials,), device=generator.device, generator=generator)
        seen = self.seen.to(generator.device)[picked]
        shown = mixed(seen, self.config.items, generator=generator)
        free = torch.rand(shown.report.shape, dtype=torch.float64, device=generator.device, generator=generator)
        return Displays(2 * torch.pi * free - torch.pi, shown.probe, shown.cued)

    def encode(self, displays: Displays) -> TrialInputs:
        """Input vectors and timing, see `TaskConfig.encode`."""
        return self.config.encode(displays)

    def target(self, displays: Displays) -> Target:
        """Distribution of the answers to each display."""
        return self.answers(displays)


def mixed(displays: Displays, items: int, *, generator: torch.Generator) -> Displays:
    """The displays with the cued item and others picked at random, `items` in all, in random order.

    An index-cued network would else always be asked for the item that stands first in a file.
    """
    order = torch.rand(displays.report.shape, device=generator.device, generator=generator)
    order = order.masked_fill(displays.is_cued, -1).masked_fill(~displays.present, 2).argsort(1)[:, :items]
    places = torch.rand(order.shape, device=generator.device, generator=generator).argsort(1)
    order = order.gather(1, places)
    report, probe = displays.report.gather(1, order), displays.probe.gather(1, order)
    return Displays(report, probe, _place_of(order, displays.cued))


def _place_of(order: Tensor, cued: Tensor) -> Tensor:
    """Where in each row of `order` the cued item went."""
    return (order == cued[:, None]).to(torch.int8).argmax(1)
