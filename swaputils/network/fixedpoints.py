"""Fixed and slow points of a network's deterministic step, and how the step acts near a state (Sussillo & Barak 2013).

While what reaches a network stays the same, its step without noise is one map F of the state. A state that F leaves where it is is a fixed
point; one at which |F(z) - z| is a small local minimum is a slow point. The eigenvalues of F's derivative say what becomes of what
lies near: a direction with an eigenvalue near 1 keeps what is written into it.

The report period has no fixed points, as its step changes with time: there are `report_steps`, a map each, to be linearised along a path.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.network.rnn import RNN
from swaputils.shapes import check_shape

Step = Callable[[Tensor], Tensor]
"""One step without noise, [M, U] -> [M, U], each state by itself."""

ITERATIONS = 200  # of the minimisation, at most
LEAST_DAMPING, MOST_DAMPING = 1e-9, 1e6  # over the mean squared slope
STANDING = 1e-6  # of the speed that is asked for, where a point counts as standing still and its search ends
SMALLEST = 1e-300


@dataclass(frozen=True)
class SlowPoints:
    """P states at which the speed of a map is a local minimum, the slowest first.

    Attributes:
        points: [P, U].
        speed: [P] |F(z) - z|, in units of activity a step.
        eigenvalues: [P, U] of the map's derivative, complex, largest modulus first.
    """

    points: Tensor
    speed: Tensor
    eigenvalues: Tensor

    def __post_init__(self):
        check_shape(self, "points", (None, None))
        check_shape(self, "speed", (len(self.points),))
        check_shape(self, "eigenvalues", tuple(self.points.shape))

    def __len__(self) -> int:
        return len(self.points)


def prepared_step(rnn: RNN, shown: Float[Tensor, " inputs"] | None) -> Step:
    """The step before the report while the input `shown` lasts, or none: the same map at every step."""
    projected = None if shown is None else rnn.projection(shown[None].to(rnn.readout))
    return _with_context(rnn, rnn.drive.context(projected, rnn.preparatory_clock[None]), 0)


def report_steps(rnn: RNN) -> list[Step]:
    """The steps of the report in turn; each is another map, because the network is told the time."""
    context = rnn.drive.context(None, rnn.report_clock(rnn.clock_code))
    return [_with_context(rnn, context, step) for step in range(len(rnn.clock_code))]


def jacobians(step: Step, states: Float[Tensor, "states units"]) -> Float[Tensor, "states units units"]:
    """Derivative of the step at each state, [M, out, in]."""
    by_output: Tensor = torch.func.jacrev(lambda all_states: step(all_states).sum(0))(
        states
    )  # each depends on its own state
    return by_output.transpose(0, 1)


def spectrum(step: Step, states: Float[Tensor, "states units"]) -> Tensor:
    """[M, U] complex eigenvalues of the step's derivative at each state, largest modulus first."""
    values = torch.linalg.eigvals(jacobians(step, states))
    return values.gather(1, values.abs().argsort(dim=1, descending=True, stable=True))


def slow_directions(eigenvalues: Tensor, within: float = 0.02) -> Int[Tensor, "*states"]:
    """How many eigenvalues of each state are nearer to 1 than `within`: what lies there takes 1 / within steps or more to fade or turn."""
    return ((eigenvalues - 1).abs() < within).sum(-1)


def slow_points(
    step: Step, starts: Float[Tensor, "starts units"], slowest: float, apart: float, *, spread: float | None = None
) -> SlowPoints:
    """Minimise the speed |F(z) - z|^2 / 2 from many states, and merge what is found twice.

    Levenberg and Marquardt's steps, for all starts at once, in double precision. What ends up farther from every start than
    the starts lie from their mean is left out, as nothing is known of the map there.

    Args:
        step: the map F.
        starts: states on trajectories, in double precision.
        slowest: speed above which a point is left out, in units of activity a step.
        apart: distance below which two points are one, in units of activity.
        spread: distance from the nearest start beyond which a point is left out; None for the starts' own distance
            from their mean (root mean square).

    Raises:
        SwaputilsError: for starts that are not finite numbers in double precision, or limits that are not positive.
    """
    if starts.dtype != torch.float64 or starts.ndim != 2 or not len(starts) or not torch.isfinite(starts).all():
        raise SwaputilsError(
            f"starts are {tuple(starts.shape)} numbers of {starts.dtype}; needed are one or more rows of finite float64"
        )
    if not (slowest > 0 and apart > 0):
        raise SwaputilsError(f"slowest is {slowest} and apart is {apart}; both must be positive")
    found, speed = _minimised(step, starts.detach(), STANDING * slowest)
    reach = _root_mean_square(starts - starts.mean(0)) if spread is None else spread
    near = torch.cdist(found, starts).min(1).values <= max(reach, apart)
    kept = torch.nonzero(near & (speed <= slowest)).flatten()
    kept = _merged(found, kept[speed[kept].argsort(stable=True)], apart)
    return SlowPoints(found[kept], speed[kept], spectrum(step, found[kept]))


def _with_context(rnn: RNN, context: tuple[Tensor, ...], row: int) -> Step:
    weights, layers = rnn.drive.weights(), [layer[row] for layer in context]

    def step(states: Tensor) -> Tensor:
        return torch.lerp(states, rnn.drive.evaluate(weights, states, layers)[0], rnn.config.leak)

    return step


def _minimised(step: Step, starts: Tensor, enough: float) -> tuple[Tensor, Tensor]:
    """States near the starts that are as slow as enough or of least speed, and their speeds."""
    states, speed = starts.clone(), (step(starts) - starts).norm(dim=1)
    damping = torch.full_like(speed, 1e-2)
    going = torch.arange(len(states))
    for _ in range(ITERATIONS):
        here = states[going]
        slope = jacobians(step, here) - torch.eye(here.shape[1]).to(here)
        normal, downhill = slope.mT @ slope, (slope.mT @ (step(here) - here)[..., None])[..., 0]
        ridge = damping[going, None] * normal.diagonal(dim1=1, dim2=2).mean(1, keepdim=True) + SMALLEST
        tried = here - torch.linalg.solve(normal + torch.diag_embed(ridge.expand_as(here)), downhill)
        tried_speed = (step(tried) - tried).norm(dim=1)
        better = tried_speed < speed[going]
        states[going[better]], speed[going[better]] = tried[better], tried_speed[better]
        damping[going] *= torch.where(better, 0.2, 4.0)
        damping.clamp_(LEAST_DAMPING)
        going = torch.nonzero((speed > enough) & (damping < MOST_DAMPING)).flatten()
        if not len(going):
            break
    return states, speed


def _merged(points: Tensor, order: Tensor, apart: float) -> Tensor:
    """Those of the indices `order`, in their order, that lie no nearer than `apart` to one that is kept."""
    kept: list[Tensor] = []
    for index in order:
        if not kept or (points[torch.stack(kept)] - points[index]).norm(dim=1).min() >= apart:
            kept.append(index)
    return torch.stack(kept) if kept else order[:0]


def _root_mean_square(rows: Tensor) -> float:
    return float(rows.square().sum(1).mean().sqrt())
