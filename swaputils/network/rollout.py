"""A network run through trials: its noise, its states, with or without a teacher."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.inputs import TrialInputs
from swaputils.network import recurrence
from swaputils.network.recurrence import Forcing
from swaputils.network.rnn import RNN
from swaputils.shapes import Moves, check_shape


@dataclass(frozen=True)
class TrialNoise(Moves):
    """Everything random in M trials of a network.

    Attributes:
        initial: [M, U] initial state.
        steps: [K, M, U] noise added at each of the K steps of a trial.
    """

    initial: Tensor
    steps: Tensor

    def __post_init__(self):
        check_shape(self, "initial", (None, None))
        check_shape(self, "steps", (None, *self.initial.shape))


@dataclass(frozen=True)
class Rollout(Moves):
    """States of a network through M trials, in network time.

    Attributes:
        preparation: [M, P, U] state after each step before the report.
        report: [M, T + 1, U] state at the start of the report period (index 0) and after each of its T steps.
        plane_drive: [M, T, 2] readout-plane part of the drive at each report step.
    """

    preparation: Tensor
    report: Tensor
    plane_drive: Tensor

    def __post_init__(self):
        trials, _, units = self.preparation.shape
        check_shape(self, "report", (trials, None, units))
        check_shape(self, "plane_drive", (trials, self.report.shape[1] - 1, 2))

    def __len__(self) -> int:
        return self.preparation.shape[0]


def draw_noise(rnn: RNN, inputs: TrialInputs, *, generator: torch.Generator) -> TrialNoise:
    """Half-normal initial states and Gaussian step noise for the trials of `inputs`."""
    trials, units = len(inputs), rnn.config.units
    dtype, device = rnn.readout.dtype, rnn.readout.device
    preparatory = rnn.report_noise[:1].expand(inputs.preparation)
    scale = torch.cat((preparatory, rnn.report_noise))
    initial = torch.randn((trials, units), generator=generator, dtype=dtype, device=device).abs()
    steps = torch.randn((len(scale), trials, units), generator=generator, dtype=dtype, device=device)
    steps = steps * scale[:, None, None]
    if rnn.config.louder is not None:
        period, factor = rnn.config.louder
        during = steps[inputs.during(period)]
        during += (factor - 1) * (during - rnn.in_plane(during) @ rnn.readout)
    return TrialNoise(initial, steps)


def silent_noise(rnn: RNN, inputs: TrialInputs) -> TrialNoise:
    """No noise: the initial state at its mean, sqrt(2 / pi), and nothing added at any step."""
    steps = inputs.preparation + len(rnn.report_noise)
    initial = rnn.readout.new_full((len(inputs), rnn.config.units), math.sqrt(2 / math.pi))
    return TrialNoise(initial, initial.new_zeros((steps, *initial.shape)))


def rollout(
    rnn: RNN, inputs: TrialInputs, noise: TrialNoise, teacher: Float[Tensor, "trials report_steps 2"] | None = None
) -> Rollout:
    """Run the network through the trials of `inputs`.

    Args:
        teacher: [M, T, 2] readout-plane state imposed at the start of each report step (teacher forcing); None to run
            free.

    Raises:
        SwaputilsError: when the trials' report period, the noise or the teacher has another length than needed.
    """
    _check_lengths(rnn, inputs, noise, teacher)
    start, forcing = inputs.preparation, None
    if teacher is not None:
        outside = torch.eye(rnn.config.units).to(rnn.readout) - rnn.readout.T @ rnn.readout
        forcing = Forcing(start, outside, teacher.to(rnn.readout).transpose(0, 1) @ rnn.readout)
    states, drives = recurrence.run(
        rnn.drive, rnn.drive.weights(), rnn.contexts(inputs), noise.initial, noise.steps, rnn.config.leak, forcing
    )
    states = states.transpose(0, 1)
    plane_drive = rnn.in_plane(drives[start:]).transpose(0, 1)  # before the transposition, which would slow the product
    return Rollout(states[:, :start], states[:, start - 1 :], plane_drive)


def _check_lengths(rnn: RNN, inputs: TrialInputs, noise: TrialNoise, teacher: Tensor | None) -> None:
    report_steps = inputs.report
    if report_steps != len(rnn.report_noise):
        raise SwaputilsError(
            f"the trials' report period has {report_steps} steps; the network's has {len(rnn.report_noise)}"
        )
    needed = inputs.preparation + report_steps
    if len(noise.steps) != needed:
        raise SwaputilsError(f"the noise has {len(noise.steps)} steps; these trials need {needed}")
    if teacher is not None and teacher.shape[1] != report_steps:
        raise SwaputilsError(f"the teacher has {teacher.shape[1]} steps; the report period has {report_steps}")
