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
from torch.nn.functional import softplus

from swaputils import recurrence
from swaputils.reachability import spanning_signs
from swaputils.records import Rollout, TrialInputs, TrialNoise
from swaputils.recurrence import Forcing, Span


@dataclass(frozen=True)
class RNNConfig:
    """A network's size.

    units:      number of units U.
    drive:      "plain" (one hidden layer) or "tree" (a dendritic tree of `branching`).
    hidden:     hidden units of the plain drive.
    branching:  branches per unit and leaves per branch of the tree.
    memory_scale: null-space activity that the initial weights are made for; the noise is about 0.5 a step.
    leak:       alpha, the share of the state replaced in one 50 ms step.
    clock:      even length of the sinusoidal code of the report step.
    projection: learned factorised projection of a square conjunctive input to this many rows and columns; None for none.
    """

    units: int = 16
    drive: Literal["plain", "tree"] = "plain"
    hidden: int = 128
    branching: tuple[int, int] = (5, 5)
    memory_scale: float = 10.0
    leak: float = 0.1
    clock: int = 8
    projection: int | None = None

    def __post_init__(self):
        if self.drive not in ("plain", "tree"):
            raise ValueError(f"drive is {self.drive!r}; allowed are 'plain' and 'tree'")
        if self.units < 3 or self.hidden < 1 or min(self.branching) < 1:
            raise ValueError("a network needs 3 or more units and at least one hidden unit, branch and leaf")
        if not self.memory_scale > 0:
            raise ValueError(f"memory_scale is {self.memory_scale}; it must be positive")
        if not 0 < self.leak <= 1 or self.clock < 2 or self.clock % 2:
            raise ValueError("leak must lie in (0, 1] and clock must be an even number of 2 or more")


class PlainDrive(nn.Module):
    """f(z, e, h) = S_w (W_o softplus(W_z S_r z + W_e e + W_h h + b) + b_o).

    The fixed S_r and S_w read and write the state in natural units: the readout plane as it is (written 1 / leak times larger, as
    a kernel target is), the null space in units of `memory_scale`. They change no function that f can be; they let
    training start from memories that beat the noise and from a plane that is not drowned by them.
    """

    def __init__(self, config: RNNConfig, input_size: int, readout: Float[Tensor, "2 units"]):
        super().__init__()
        in_plane, outside = _projections(readout)
        self.register_buffer("reading", in_plane + outside / config.memory_scale)
        self.register_buffer("writing", in_plane / config.leak + outside * config.memory_scale)
        self.from_state = nn.Linear(config.units, config.hidden)
        self.from_input = nn.Linear(input_size, config.hidden, bias=False)
        self.from_time = nn.Linear(config.clock, config.hidden, bias=False)
        self.output = nn.Linear(config.hidden, config.units)

    def weights(self) -> tuple[Tensor, ...]:
        """The parameters that act at every step."""
        return self.from_state.weight @ self.reading, self.writing @ self.output.weight, self.writing @ self.output.bias

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """What reaches the hidden layer besides the state: [S, M, hidden], or [S, 1, hidden] without input [M, D].

        time: [S, clock] code of the steps.
        """
        hidden = (self.from_time(time) + self.from_state.bias)[:, None]
        return (hidden if inputs is None else hidden + self.from_input(inputs),)

    @staticmethod
    def evaluate(weights, state, context):
        from_state, output, bias = weights
        hidden = softplus(torch.addmm(context[0], state, from_state.T))
        return torch.addmm(bias, hidden, output.T), (state, hidden)

    @staticmethod
    def pull_back(weights, saved, gradient, weight_gradients):
        from_state, output, _ = weights
        state, hidden = saved
        through_hidden = (gradient @ output).mul_(_softplus_slope(hidden))
        weight_gradients[0].addmm_(through_hidden.T, state)
        weight_gradients[1].addmm_(gradient.T, hidden)
        weight_gradients[2].add_(gradient.sum(0))
        return through_hidden @ from_state, (through_hidden,)


class TreeDrive(nn.Module):
    """Dendritic tree of each unit: softplus leaves feed softplus branches feed a softplus soma (f >= 0).

    leaf_ijk = softplus(a_ijk . z + c_ijk . e + d_ijk . h + b_ijk),
    branch_ij = softplus(sum_k w_ijk leaf_ijk + c_ij . e + b_ij),  f_i = softplus(sum_j w_ij branch_ij + c_i . e + b_i).
    """

    def __init__(self, config: RNNConfig, input_size: int, readout: Float[Tensor, "2 units"]):
        super().__init__()
        in_plane, outside = _projections(readout)
        self.register_buffer("reading", in_plane + outside / config.memory_scale)
        branches, leaves = config.branching
        self.branches = (config.units, branches)
        self.leaves = (config.units, branches, leaves)
        nodes = config.units * branches * leaves
        self.from_state = nn.Linear(config.units, nodes)
        self.from_input = nn.Linear(input_size, nodes, bias=False)
        self.leaf_time = nn.Linear(config.clock, nodes, bias=False)
        self.branch_time = nn.Linear(config.clock, config.units * branches)
        self.soma_time = nn.Linear(config.clock, config.units)
        self.leaf_weight = nn.Parameter(torch.empty(self.leaves))
        self.branch_weight = nn.Parameter(torch.empty(self.branches))

    def weights(self) -> tuple[Tensor, ...]:
        """The parameters that act at every step."""
        return self.from_state.weight @ self.reading, self.leaf_weight, self.branch_weight

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """What reaches leaves, branches and somas besides the state: [S, M, ...], or [S, 1, ...] without input [M, D].

        time: [S, clock] code of the steps.
        """
        leaves = (self.leaf_time(time) + self.from_state.bias)[:, None]
        leaves = leaves if inputs is None else leaves + self.from_input(inputs)
        branches, somas = self.branch_time(time)[:, None], self.soma_time(time)[:, None]
        return leaves.unflatten(-1, self.leaves), branches.unflatten(-1, self.branches), somas

    @staticmethod
    def evaluate(weights, state, context):
        from_state, leaf_weight, branch_weight = weights
        leaves = softplus(context[0] + (state @ from_state.T).unflatten(1, leaf_weight.shape))
        branches = softplus((leaves * leaf_weight).sum(-1) + context[1])
        somas = softplus((branches * branch_weight).sum(-1) + context[2])
        return somas, (state, leaves, branches, somas)

    @staticmethod
    def pull_back(weights, saved, gradient, weight_gradients):
        from_state, leaf_weight, branch_weight = weights
        state, leaves, branches, somas = saved
        at_somas = gradient * _softplus_slope(somas)
        weight_gradients[2].add_((at_somas[..., None] * branches).sum(0))
        at_branches = at_somas[..., None] * branch_weight * _softplus_slope(branches)
        weight_gradients[1].add_((at_branches[..., None] * leaves).sum(0))
        at_leaves = at_branches[..., None] * leaf_weight * _softplus_slope(leaves)
        weight_gradients[0].addmm_(at_leaves.flatten(1).T, state)
        return at_leaves.flatten(1) @ from_state, (at_leaves, at_branches, at_somas)


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


def _softplus_slope(value: Tensor) -> Tensor:
    """Derivative of softplus where it takes the value: 1 - exp(-value)."""
    return value.neg().exp_().neg_().add_(1)


def _projections(readout: Tensor) -> tuple[Tensor, Tensor]:
    """[U, U] projections onto the readout plane and onto the null space."""
    in_plane = readout.T @ readout
    return in_plane, torch.eye(len(in_plane)).to(in_plane) - in_plane


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
        drive = {"plain": PlainDrive, "tree": TreeDrive}[config.drive]
        self.drive = drive(config, input_size if rows is None else rows**2, self.readout)
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


def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw linear layers uniformly within 1 / sqrt(fan in), as PyTorch does, and tree weights Xavier-normal, as the paper."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif isinstance(layer, TreeDrive):
            for weight in (layer.leaf_weight, layer.branch_weight):
                nn.init.normal_(weight, std=math.sqrt(2 / (weight.shape[-1] + 1)), generator=generator)


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
