"""What answers a display: a network with its noise or without, a mixture that its last state parametrises, and the ideal sampler.

All answer through one call, `end_points(displays, generator)`: [M, 2] points in the readout plane, whose direction is the response.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from swaputils.diffusion import ideal
from swaputils.diffusion.schedule import Schedule
from swaputils.inputs import TrialInputs
from swaputils.network.rnn import RNN
from swaputils.network.rollout import Rollout, draw_noise, rollout, silent_noise
from swaputils.task import Task
from swaputils.training.objectives import mixture_readout

CHUNK = 1_000  # trials simulated at once, to bound memory


@runtime_checkable
class Encoder(Protocol):
    """The part of a task that a trained network needs."""

    def encode(self, displays: Any) -> TrialInputs: ...


@runtime_checkable
class Responder(Protocol):
    """Whatever answers displays."""

    def end_points(self, displays: Any, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """One end point in the readout plane for each display."""


@dataclass(frozen=True)
class Noisy:
    """A free-running network with its noise.

    >>> from swaputils.network.rnn import RNNConfig
    >>> from swaputils.task import TaskConfig
    >>> task, generator = TaskConfig(), torch.Generator().manual_seed(0)
    >>> rnn = RNN(RNNConfig(), task.input_size, torch.ones(task.periods.steps("report")), generator=generator)
    >>> Noisy(rnn, task).end_points(task.sample(3, generator=generator), generator).shape
    torch.Size([3, 2])
    """

    rnn: RNN
    task: Encoder

    @torch.no_grad()
    def end_points(self, displays: Any, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """Readout-plane state at the end of the report period."""
        return torch.cat([self.rnn.in_plane(run.report[:, -1]) for run in self._runs(displays, generator)])

    @torch.no_grad()
    def activity(self, displays: Any, generator: torch.Generator) -> Rollout:
        """States of the network through whole trials."""
        runs = list(self._runs(displays, generator))
        return Rollout(*(torch.cat([getattr(run, field.name) for run in runs]) for field in fields(Rollout)))

    def _runs(self, displays: Any, generator: torch.Generator) -> Iterator[Rollout]:
        for inputs in _chunks(self.rnn, self.task, displays):
            yield rollout(self.rnn, inputs, draw_noise(self.rnn, inputs, generator=generator))


@dataclass(frozen=True)
class Silent:
    """A free-running network with all noise off and the initial state at its mean; it draws nothing from the generator."""

    rnn: RNN
    task: Encoder

    @torch.no_grad()
    def end_points(self, displays: Any, generator: torch.Generator | None = None) -> Float[Tensor, "trials 2"]:
        """Readout-plane state at the end of the report period."""
        return torch.cat([self.rnn.in_plane(state) for state in last_states(self.rnn, self.task, displays)])


@dataclass(frozen=True)
class MixtureReadout:
    """Draws from the mixture that the noiseless network's last state parametrises, see `objectives.mixture_readout`.

    Attributes:
        spread: standard deviation of its clusters, in the plane's units.
    """

    rnn: RNN
    task: Encoder
    spread: float

    @torch.no_grad()
    def end_points(self, displays: Any, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """One draw for each display."""
        points = []
        for state in last_states(self.rnn, self.task, displays):
            centres, log_weights = mixture_readout(self.rnn, state)
            component = torch.multinomial(log_weights.exp(), 1, generator=generator)
            centre = centres.gather(1, component[..., None].expand(-1, 1, 2)).squeeze(1)
            noise = torch.randn(centre.shape, dtype=centre.dtype, device=centre.device, generator=generator)
            points.append(centre + self.spread * noise)
        return torch.cat(points)


@dataclass(frozen=True)
class IdealSampler:
    """The exact posterior in place of a network, see `ideal`."""

    schedule: Schedule
    task: Task

    def end_points(self, displays: Any, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
        """End points of its paths."""
        return ideal.sample_path(self.schedule, self.task.target(displays), generator=generator)[:, -1]


def last_states(rnn: RNN, task: Encoder, displays: Any) -> Iterator[Float[Tensor, "some units"]]:
    """State of the network without noise at the end of the report, some displays at a time."""
    for inputs in _chunks(rnn, task, displays):
        yield rollout(rnn, inputs, silent_noise(rnn, inputs)).report[:, -1]


def _chunks(rnn: RNN, task: Encoder, displays: Any) -> Iterator[TrialInputs]:
    """Inputs of the displays, some at a time, in the dtype and on the device of the network."""
    for start in tqdm(range(0, len(displays), CHUNK), desc="simulating", unit="chunk", leave=False):
        yield task.encode(displays[start : start + CHUNK]).to(rnn.readout)
