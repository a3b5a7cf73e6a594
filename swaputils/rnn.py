"""The network: a leaky stochastic recurrent network whose response is read from a fixed plane of its state.

z_{k+1} = (1 - leak) z_k + leak f(z_k, time_k, input_k) + sigma_k eta_k          (one step)
x_k     = U z_k                                                                 (readout plane; the rest is the null space)

f is the recurrent drive. `RNN.step` is the deterministic part; `rollout` adds the noise.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from swaputils import recurrence
from swaputils.drives import GatedDrive, PlainDrive, TreeDrive
from swaputils.reachability import spanning_signs
from swaputils.records import Rollout, TrialInputs, TrialNoise
from swaputils.recurrence import Forcing, Span


@dataclass(frozen=True)
class RNNConfig:
    """A network's size.

    units:      number of units U.
    drive:      "plain" (one hidden layer), "gated" (one of hidden units that multiply), or "tree" (dendrites of `branching`).
    hidden:     hidden units of the plain and of the gated drive.
    branching:  branches per unit and leaves per branch of the tree.
    memory_scale: null-space activity that the initial weights are made for; the noise is about 0.5 a step.
    leak:       alpha, the share of the state replaced in one 50 ms step.
    clock:      even length of the sinusoidal code of the report step.
    projection: learned factorised projection of a square conjunctive input to this many rows and columns; None for none.
    """

    units: int = 16
    drive: Literal["plain", "gated", "tree"] = "plain"
    hidden: int = 128
    branching: tuple[int, int] = (5, 5)
    memory_scale: float = 10.0
    leak: float = 0.1
    clock: int = 8
    projection: int | None = None

    def __post_init__(self):
        if self.drive not in ("plain", "gated", "tree"):
            raise ValueError(f"drive is {self.drive!r}; allowed are 'plain', 'gated' and 'tree'")
        if self.units < 3 or self.hidden < 1 or min(self.branching) < 1:
            raise ValueError("a network needs 3 or more units and at least one hidden unit, branch and leaf")
        if not self.memory_scale > 0:
            raise ValueError(f"memory_scale is {self.memory_scale}; it must be positive")
        if not 0 < self.leak <= 1 or self.clock < 2 or self.clock % 2:
            raise ValueError("leak must lie in (0, 1] and clock must be an even number of 2 or more")


class FactorisedProjection(nn.Module):
    """Learned projection A S B^T of a square conjunctive input S: [M, C * C] -> [M, rows * rows]."""

    def __init__(self, input_size: int, rows: int):
        super().__init__()
        self.centres = math.isqrt(input_size)
        if self.centres**2 != input_size:
            raise ValueError(f"a factorised projection needs a square input, not one of length {input_size}")
        self.report = nn.Linear(self.centres, rows, bias=False)
        self.probe = nn.Linear(self.centres, rows, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        conjunction = inputs.unflatten(-1, (self.centres, self.centres))
        return self.report(self.probe(conjunction).mT).mT.flatten(-2)


def _clock_code(steps: int, size: int) -> Tensor:
    """[steps, size] sinusoidal code of the report step (Vaswani et al. 2017)."""
    rates = 10_000 ** (-torch.arange(size // 2) / (size // 2))
    phases = torch.arange(steps)[:, None] * rates
    return torch.cat((phases.sin(), phases.cos()), dim=1)


class RNN(nn.Module):
    """Leaky stochastic recurrent network with a fixed readout plane.

    config:       sizes.
    input_size:   length of the stimulus and cue vectors.
    report_noise: [T] noise standard deviation of each report step; preparatory steps use its first entry.
    generator:    draws the readout plane and the initial weights.
    """

    def __init__(
        self, config: RNNConfig, input_size: int, report_noise: Float[Tensor, " steps"], *, generator: torch.Generator
    ):
        super().__init__()
        self.config = config
        square = torch.randn((config.units, config.units), dtype=torch.float64, generator=generator)
        rotation = torch.linalg.qr(square).Q.T.float()
        rotation = rotation * spanning_signs(
            rotation[:2]
        )  # else a drive that is never negative, as the tree's, may be stuck
        self.register_buffer("readout", rotation[:2].clone())
        self.register_buffer("null_space", rotation[2:].clone())
        self.register_buffer("report_noise", report_noise.float())
        rows, clock = config.projection, config.clock
        self.projection = nn.Identity() if rows is None else FactorisedProjection(input_size, rows)
        self.drive = _new_drive(config, input_size if rows is None else rows**2, self.readout)
        self.report_clock = nn.Sequential(nn.Linear(clock, clock), nn.SiLU(), nn.Linear(clock, clock))
        self.preparatory_clock = nn.Parameter(torch.zeros(clock))
        self.register_buffer("clock_code", _clock_code(len(report_noise), clock))
        _initialise(self, generator)

    def step(self, state: Float[Tensor, "trials units"], context: tuple[Tensor, ...]) -> Float[Tensor, "trials units"]:
        """Deterministic part of one step, (1 - leak) z + leak f(z): [M, U] -> [M, U]; context: [M, ...] or [1, ...] each."""
        drive, _ = self.drive.evaluate(self.drive.weights(), state, context)
        return torch.lerp(state, drive, self.config.leak)

    def contexts(self, inputs: TrialInputs) -> list[Span]:
        """The drive's context in each period: constant before the report, clocked during it."""
        shown = {"stimulus": inputs.stimulus, "delay": None, "cue": inputs.cue, "post_cue_delay": None}
        spans = []
        for period, source in shown.items():
            projected = None if source is None else self.projection(source)
            context = self.drive.context(projected, self.preparatory_clock[None])
            spans.append(Span(inputs.periods.steps(period), context))
        report = self.drive.context(None, self.report_clock(self.clock_code))
        return [*spans, Span(inputs.periods.steps("report"), report)]

    def in_plane(self, state: Float[Tensor, "*any units"]) -> Float[Tensor, "*any 2"]:
        """Readout-plane coordinates U z."""
        return state @ self.readout.T

    def in_null_space(self, state: Float[Tensor, "*any units"]) -> Float[Tensor, "*any units-2"]:
        """Null-space coordinates V z."""
        return state @ self.null_space.T


def _new_drive(config: RNNConfig, input_size: int, readout: Tensor) -> PlainDrive | GatedDrive | TreeDrive:
    """The drive that the config names; what reaches it has length `input_size`."""
    if config.drive == "tree":
        return TreeDrive(config.units, config.branching, input_size, config.clock, readout, config.memory_scale)
    drive = {"plain": PlainDrive, "gated": GatedDrive}[config.drive]
    return drive(config.units, config.hidden, input_size, config.clock, readout, config.memory_scale, config.leak)


def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw linear layers uniformly within 1 / sqrt(fan in), as PyTorch does, and tree weights Xavier-normal, as the paper."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif isinstance(layer, TreeDrive):
            for weight in (layer.leaf_weight, layer.branch_weight):
                nn.init.normal_(weight, std=math.sqrt(2 / (weight.shape[0] + 1)), generator=generator)


def draw_noise(rnn: RNN, inputs: TrialInputs, *, generator: torch.Generator) -> TrialNoise:
    """Half-normal initial states and Gaussian step noise for the trials of `inputs`."""
    trials, units = len(inputs), rnn.config.units
    like = {"dtype": rnn.readout.dtype, "device": rnn.readout.device}
    preparatory = rnn.report_noise[:1].expand(inputs.periods.preparatory_steps)
    scale = torch.cat((preparatory, rnn.report_noise))
    initial = torch.randn((trials, units), generator=generator, **like).abs()
    steps = torch.randn((len(scale), trials, units), generator=generator, **like)
    return TrialNoise(initial, steps * scale[:, None, None])


def silent_noise(rnn: RNN, inputs: TrialInputs) -> TrialNoise:
    """No noise: the initial state at its mean, sqrt(2 / pi), and nothing added at any step."""
    steps = inputs.periods.preparatory_steps + len(rnn.report_noise)
    initial = rnn.readout.new_full((len(inputs), rnn.config.units), math.sqrt(2 / math.pi))
    return TrialNoise(initial, initial.new_zeros((steps, *initial.shape)))


def rollout(
    rnn: RNN, inputs: TrialInputs, noise: TrialNoise, teacher: Float[Tensor, "trials report_steps 2"] | None = None
) -> Rollout:
    """Run the network through the trials of `inputs`.

    teacher: [M, T, 2] readout-plane state imposed at the start of each report step (teacher forcing); None to run free.
    Raises ValueError when the report period, the noise or the teacher has another length than the network's report noise.
    """
    _check_lengths(rnn, inputs, noise, teacher)
    start, forcing = inputs.periods.preparatory_steps, None
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
    report_steps = inputs.periods.steps("report")
    if report_steps != len(rnn.report_noise):
        raise ValueError(
            f"the trials' report period has {report_steps} steps; the network's has {len(rnn.report_noise)}"
        )
    needed = inputs.periods.preparatory_steps + report_steps
    if len(noise.steps) != needed:
        raise ValueError(f"the noise has {len(noise.steps)} steps; these trials need {needed}")
    if teacher is not None and teacher.shape[1] != report_steps:
        raise ValueError(f"the teacher has {teacher.shape[1]} steps; the report period has {report_steps}")
