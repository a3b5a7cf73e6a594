"""One display shown to a network many times, with noise that can be kept, so that the same trial can be run again otherwise."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from swapbook.networks import Trained
from swapbook.null_space_measures import PROBES, REPORTS
from swaputils.angles import distance, to_angle
from swaputils.behaviour import FAR, is_swap
from swaputils.inputs import TrialInputs
from swaputils.network.patching import continued
from swaputils.network.rollout import TrialNoise, draw_noise, rollout
from swaputils.task import repeated_display
from swaputils.trials import Displays

SEED = 1_000_091  # of noise and announcements that no training run and no other measure draws


@dataclass(frozen=True)
class Replay:
    """M trials of one network that show the same display.

    Attributes:
        inputs, noise: what they can be run again with.
        states: [M, steps, U] after each step.
        end: [M, 2] last state in the readout plane.
    """

    trained: Trained
    displays: Displays
    inputs: TrialInputs
    noise: TrialNoise
    states: Tensor
    end: Tensor

    @property
    def hidden(self) -> Tensor:
        """[M, steps, U - 2] states outside the readout plane."""
        return self.trained.rnn.in_null_space(self.states)

    @property
    def swapped(self) -> Tensor:
        """[M] whether the report is nearer to the item that was not cued."""
        return swapped(self.displays, self.end)

    @torch.no_grad()
    def again(self, noise: TrialNoise) -> Tensor:
        """[M, 2] last states in the readout plane of the same trials with other noise."""
        run = rollout(self.trained.rnn, self.inputs, noise)
        return self.trained.rnn.in_plane(run.report[:, -1])

    def pushed(self, step: int, by: Tensor) -> Tensor:
        """[M, 2] last states in the readout plane when the state after `step` steps is moved by [U] or [M, U]."""
        rest = continued(self.trained.rnn, self.inputs, self.noise, step, self.states[:, step - 1] + by)
        return self.trained.rnn.in_plane(rest[:, -1])


def replay(
    trained: Trained,
    trials: int,
    *,
    report: tuple[float, float] = REPORTS,
    cued: int = 0,
    announcement: Tensor | None = None,
) -> Replay:
    """A display shown so many times; noise is the same for every call, and so are the numbers that it announces unless given."""
    generator = torch.Generator().manual_seed(SEED)
    task = trained.plan.task
    displays = task.announce(repeated_display(report, PROBES, cued, trials), generator=generator)
    if announcement is not None:
        displays = replace(displays, announcement=announcement)
    inputs = task.encode(displays).to(trained.rnn.readout)
    noise = draw_noise(trained.rnn, inputs, generator=torch.Generator().manual_seed(SEED + 1))
    with torch.no_grad():
        run = rollout(trained.rnn, inputs, noise)
    states = torch.cat((run.preparation, run.report[:, 1:]), dim=1)
    return Replay(trained, displays, inputs, noise, states, trained.rnn.in_plane(states[:, -1]))


def swapped(displays: Displays, end: Tensor) -> Tensor:
    """[M] whether points in the plane lie nearer to another item than the cued one."""
    return is_swap(displays, to_angle(end))


def far(displays: Displays, end: Tensor) -> Tensor:
    """[M] whether points in the plane lie far from both items."""
    return distance(to_angle(end)[:, None], displays.report).min(1).values > FAR
