"""The network: a leaky stochastic recurrent network whose response is read from a fixed plane of its state.

One step is

    z_{k+1} = (1 - leak) z_k + leak f(z_k, time_k, input_k) + sigma_k eta_k,

with f the recurrent drive and eta_k standard normal; x_k = U z_k is the state in the readout plane, the rest is the
null space. `rollout` runs the steps.
"""

import math
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from swaputils.errors import SwaputilsError
from swaputils.inputs import PREPARATION, TrialInputs
from swaputils.network.bounded import BoundedDrive
from swaputils.network.drives import GatedDrive, TreeDrive
from swaputils.network.rate import RateDrive
from swaputils.network.reachability import spanning_signs
from swaputils.network.recurrence import Span

Drive = GatedDrive | TreeDrive | RateDrive | BoundedDrive


@dataclass(frozen=True)
class RNNConfig:
    """A network's size.

    Attributes:
        units: number of units U.
        drive: "gated" (hidden units that multiply), "tree" (dendrites of `branching`), or "rate" (one matrix between units).
        hidden: hidden units of the gated drive.
        branching: branches per unit and leaves per branch of the tree.
        memory_scale: null-space activity that the initial weights are made for; the noise is about 0.5 a step.
        leak: alpha, the share of the state replaced in one 50 ms step.
        clock: even length of the sinusoidal code of the report step.
        input_scale: factor of the input to a tree; of the size of memories, it lets inputs write them from the first
            update on.
        projection: learned factorised projection of a square conjunctive input to this many rows and columns; None for
            none.
        memory_bound: of the null-space part of the drive, see `BoundedDrive`; None for no bound.
        louder: a period of the preparation, and the factor of the noise outside the readout plane in it; None for even noise.
    """

    units: int = 16
    drive: Literal["gated", "tree", "rate"] = "gated"
    hidden: int = 128
    branching: tuple[int, int] = (5, 5)
    memory_scale: float = 10.0
    leak: float = 0.1
    clock: int = 8
    projection: int | None = None
    input_scale: float = 1.0
    memory_bound: float | None = None
    louder: tuple[str, float] | None = None

    def stored(self) -> dict:
        """As JSON values; what runs were stored without is left out where it is as it was for them."""
        found = asdict(self) | {"branching": list(self.branching)}
        found["louder"] = self.louder and list(self.louder)
        later = {"input_scale": 1, "memory_bound": None, "louder": None}
        return {name: value for name, value in found.items() if name not in later or value != later[name]}

    def __post_init__(self):
        if self.drive not in ("gated", "tree", "rate"):
            raise SwaputilsError(f"drive is {self.drive!r}; allowed are 'gated', 'tree' and 'rate'")
        if self.units < 3 or self.hidden < 1 or min(self.branching) < 1:
            raise SwaputilsError("a network needs 3 or more units and at least one hidden unit, branch and leaf")
        if not self.input_scale > 0:
            raise SwaputilsError(f"input_scale is {self.input_scale}; it must be positive")
        if self.memory_bound is not None and not self.memory_bound > 0:
            raise SwaputilsError(f"memory_bound is {self.memory_bound}; it must be positive")
        if self.louder is not None and (self.louder[0] not in PREPARATION or not self.louder[1] >= 0):
            raise SwaputilsError(
                f"louder is {self.louder}; it must name one of {', '.join(PREPARATION)} and a factor of 0 or more"
            )
        if not self.memory_scale > 0:
            raise SwaputilsError(f"memory_scale is {self.memory_scale}; it must be positive")
        if not 0 < self.leak <= 1 or self.clock < 2 or self.clock % 2:
            raise SwaputilsError("leak must lie in (0, 1] and clock must be an even number of 2 or more")


class FactorisedProjection(nn.Module):
    """Learned projection A S B^T of a square conjunctive input S: [M, C * C] -> [M, rows * rows]; one further channel passes as it is.

    A and B start with the lowest harmonics over the tuning centres, of norm 1: random rows mix up neighbouring places, and the cued item is
    then hardly ever selected.
    """

    def __init__(self, input_size: int, rows: int):
        super().__init__()
        self.centres = math.isqrt(input_size)
        further = input_size - self.centres**2
        if further > 1:
            raise SwaputilsError(f"a factorised projection needs a square input, not one of length {input_size}")
        self.output_size = rows**2 + further
        self.report = nn.Linear(self.centres, rows, bias=False)
        self.probe = nn.Linear(self.centres, rows, bias=False)

    @torch.no_grad()
    def start(self) -> None:
        """Set A and B to cosine and sine of the first harmonic, of the second, and so on."""
        orders = torch.arange(self.report.out_features)[:, None] // 2 + 1
        phases = 2 * math.pi * torch.arange(self.centres) / self.centres * orders
        rows = torch.where(torch.arange(len(orders))[:, None] % 2 == 0, phases.cos(), phases.sin())
        for layer in (self.report, self.probe):
            layer.weight.copy_(rows / rows.norm(dim=1, keepdim=True))

    def forward(self, inputs: Tensor) -> Tensor:
        """The projected inputs, [M, C * C] -> [M, rows * rows], and after them a further channel where there is one."""
        square = self.centres**2
        conjunction = inputs[..., :square].unflatten(-1, (self.centres, self.centres))
        projected = self.report(self.probe(conjunction).mT).mT.flatten(-2)
        return torch.cat((projected, inputs[..., square:]), dim=-1)


def _clock_code(steps: int, size: int) -> Tensor:
    """[steps, size] sinusoidal code of the report step (Vaswani et al. 2017)."""
    rates = 10_000 ** (-torch.arange(size // 2) / (size // 2))
    phases = torch.arange(steps)[:, None] * rates
    return torch.cat((phases.sin(), phases.cos()), dim=1)


class RNN(nn.Module):
    """Leaky stochastic recurrent network with a fixed readout plane.

    Attributes:
        config: sizes.
        input_size: length of the stimulus and cue vectors.
        report_noise: [T] noise standard deviation of each report step; preparatory steps use its first entry.
        generator: draws the readout plane and the initial weights.
    """

    readout: Tensor
    null_space: Tensor
    report_noise: Tensor
    clock_code: Tensor
    drive: Drive

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
        clock, self.projection = config.clock, _new_projection(config, input_size)
        input_size = getattr(self.projection, "output_size", input_size)
        self.drive = _new_drive(config, input_size, self.readout)
        self.report_clock = nn.Sequential(nn.Linear(clock, clock), nn.SiLU(), nn.Linear(clock, clock))
        self.preparatory_clock = nn.Parameter(torch.zeros(clock))
        self.register_buffer("clock_code", _clock_code(len(report_noise), clock))
        _initialise(self, generator)
        if isinstance(self.projection, FactorisedProjection):
            self.projection.start()

    def contexts(self, inputs: TrialInputs) -> list[Span]:
        """The drive's context in each period: constant before the report, clocked during it."""
        spans = []
        for shown, steps in zip(inputs.shown, inputs.steps):
            projected = None if shown is None else self.projection(shown)
            spans.append(Span(steps, self.drive.context(projected, self.preparatory_clock[None])))
        report = self.drive.context(None, self.report_clock(self.clock_code))
        return [*spans, Span(inputs.report, report)]

    def in_plane(self, state: Float[Tensor, "*any units"]) -> Float[Tensor, "*any 2"]:
        """Readout-plane coordinates U z."""
        return state @ self.readout.T

    def in_null_space(self, state: Float[Tensor, "*any units"]) -> Float[Tensor, "*any units-2"]:
        """Null-space coordinates V z."""
        return state @ self.null_space.T


def _new_projection(config: RNNConfig, input_size: int) -> nn.Module:
    return nn.Identity() if config.projection is None else FactorisedProjection(input_size, config.projection)


def _new_drive(config: RNNConfig, input_size: int, readout: Tensor) -> Drive:
    """The drive that the config names; what reaches it has length `input_size`."""
    drive: GatedDrive | TreeDrive | RateDrive
    if config.drive == "tree":
        drive = TreeDrive(
            config.units, config.branching, input_size, config.clock, readout, config.memory_scale, config.input_scale
        )
    elif config.drive == "rate":
        drive = RateDrive(config.units, input_size, config.clock, readout, config.memory_scale, config.leak)
    else:
        drive = GatedDrive(
            config.units, config.hidden, input_size, config.clock, readout, config.memory_scale, config.leak
        )
    return drive if config.memory_bound is None else BoundedDrive(drive, readout, config.memory_bound)


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
