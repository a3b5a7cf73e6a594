"""States of stored networks on displays with independent colours, with what every comparison with recordings needs of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from swapbook.collection import stored
from swapbook.conditions import ANIMALS_DELAY
from swapbook.networks import Network
from swapbook.planes import AFTER, activity
from swaputils.angles import distance, to_angle
from swaputils.trials import Displays

COMPARED = ("index_swap", "index_no_swap", "index_task_optimal", "index_mean_regression")
WAITING = tuple(f"{name}_waits" for name in COMPARED[:3])  # with the animals' delay between cue and report
SEEDS = 5


@dataclass(frozen=True)
class Simulated:
    """Trials of one network.

    Attributes:
        states, hidden: [trials, steps, units] all of the state, and its part outside of the readout plane.
        error: [trials] distance of the response from the cued colour, rad.
        on, off: steps before the cue, and to its end.
        planes: what is stored of its colour planes, see `planes.planes`; None of an untrained network.
        waits: whether the report is as long after the cue as in the animals.
    """

    displays: Displays
    states: Tensor
    hidden: Tensor
    error: Tensor
    on: int
    off: int
    planes: dict | None
    waits: bool

    @property
    def moments(self) -> tuple[int, int]:
        """The end of the delay, and 0.3 s after the cue."""
        return self.on - 1, self.off - 1 + AFTER


def simulate(network: Network, trials: int) -> Simulated:
    """So many trials, the same displays for every network; StoreError where it is not stored."""
    trained = network.load()
    plan = replace(trained.plan, scale=replace(trained.plan.scale, activity=trials))
    generator = torch.Generator().manual_seed(1_000_081)
    displays, states, hidden = activity(trained.rnn, plan, 0.0, None, generator)
    error = distance(to_angle(trained.rnn.in_plane(states[:, -1])), displays.cued_report)
    planes, periods = trained.metrics.get("planes"), plan.task.periods
    waits = periods.post_cue_delay >= ANIMALS_DELAY
    return Simulated(displays, states, hidden, error, *periods.cue_steps, planes, waits)


def networks(*conditions: str, most: int = SEEDS) -> Iterator[Network]:
    """The first stored networks of each condition; none of a condition that is not stored."""
    for condition in conditions:
        yield from stored(condition)[:most]
