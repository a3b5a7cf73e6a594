"""Planted truth: two rings of colour at a known alignment in noisy activity, and the closed form of what binning makes of them.

x = B_1 u(c_1) + B_2 u(c_2) + interactions + noise,   u(c) = (cos c, sin c)

so that every estimator can be run on the very displays of its analysis before it is shown.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import to_xy, wrap
from swaputils.geometry.harmonics import LEADING, interactions

SEPARATION = (
    math.pi / 4.1
)  # least distance of two colours in the displays of the book and of the published pipeline, rad


@dataclass(frozen=True)
class Plan:
    """What is planted.

    Attributes:
        trials, units: sizes.
        alignment: mean squared cosine of the principal angles of the two planes, in [0, 1]; both angles are the same.
        separation: least distance of the two colours, rad; 0 for independent colours.
        strengths: radius of either ring.
        phase: angle by which the second ring is ahead of the first inside the plane, rad.
        interaction: variance of the interactions of order (2, -1) and (-1, 2) over that of both rings, under
            independent colours. Each lies in the plane of the other item, where it does most harm on separated
            displays.
        noise: standard deviation in each unit and trial.
        distinct: number of equally spaced colours; None for all angles.
    """

    trials: int = 2_000
    units: int = 14
    alignment: float = 0.0
    separation: float = 0.0
    strengths: tuple[float, float] = (1.0, 1.0)
    phase: float = 0.0
    interaction: float = 0.0
    noise: float = 0.005
    distinct: int | None = None

    def __post_init__(self):
        if not 0 <= self.alignment <= 1:
            raise ValueError(f"alignment is {self.alignment}; allowed are 0 to 1")
        if not 0 <= self.separation < math.pi:
            raise ValueError(f"separation is {self.separation}; allowed are 0 to less than pi")
        if self.units < 4:
            raise ValueError(f"{self.units} units hold no two orthogonal planes; allowed are 4 or more")


@dataclass(frozen=True)
class Planted:
    """Planted activity.

    Attributes:
        activity: [trials, units].
        colours: [trials, 2] of the two items, rad.
        rings: [2, 2, units] the rows that multiply cos c and sin c, of either item.
    """

    activity: Tensor
    colours: Tensor
    rings: Tensor


def plant(plan: Plan, *, generator: torch.Generator, rings: Float[Tensor, "2 2 units"] | None = None) -> Planted:
    """Draw displays and activity; `rings` are drawn as the plan says unless they are given."""
    rings = ring_pair(plan, generator=generator) if rings is None else rings
    colours = separated_colours(plan.trials, plan.separation, plan.distinct, generator=generator)
    activity = to_xy(colours[:, 0]) @ rings[0] + to_xy(colours[:, 1]) @ rings[1]
    if plan.interaction:
        other_planes = plan.interaction**0.5 * rings.flip(0).flatten(0, 1)
        activity = activity + interactions(colours, LEADING) @ other_planes
    noise = torch.randn(activity.shape, dtype=torch.float64, generator=generator)
    return Planted(activity + plan.noise * noise, colours, rings)


def ring_pair(plan: Plan, *, generator: torch.Generator) -> Float[Tensor, "2 2 units"]:
    """Two circular rings in random planes whose two principal angles are both arccos sqrt(alignment)."""
    angle = math.acos(math.sqrt(plan.alignment))
    return rings_at((angle, angle), plan.strengths, plan.phase, plan.units, generator=generator)


def rings_at(
    angles: tuple[float, float], strengths: tuple[float, float], phase: float, units: int, *, generator: torch.Generator
) -> Float[Tensor, "2 2 units"]:
    """Two circular rings in random planes with these principal angles (rad) and strengths, the second ahead by `phase`."""
    axes = torch.linalg.qr(torch.randn((units, 4), dtype=torch.float64, generator=generator)).Q.T
    first = axes[:2]
    turned = torch.stack([math.cos(a) * axes[i] + math.sin(a) * axes[i + 2] for i, a in enumerate(angles)])
    ahead = torch.tensor([[math.cos(phase), math.sin(phase)], [-math.sin(phase), math.cos(phase)]], dtype=torch.float64)
    return torch.stack((strengths[0] * first, strengths[1] * ahead @ turned))


def separated_colours(
    trials: int, separation: float, distinct: int | None = None, *, generator: torch.Generator
) -> Float[Tensor, "trials 2"]:
    """Two colours a trial (rad), uniform over all pairs that are at least `separation` apart.

    Args:
        distinct: number of equally spaced colours; None for all angles.
    """
    if distinct is None:
        start, share = torch.rand((2, trials), dtype=torch.float64, generator=generator)
        apart = separation + (2 * math.pi - 2 * separation) * share
        return wrap(torch.stack((2 * math.pi * start, 2 * math.pi * start + apart), dim=1))
    steps = torch.arange(distinct)
    apart = wrap(2 * math.pi * steps.double() / distinct).abs() >= separation - 1e-9
    allowed = steps[apart]
    if not len(allowed):
        raise ValueError(f"{distinct} colours have no pair that is {separation:.3f} rad apart")
    first = torch.randint(distinct, (trials,), generator=generator)
    second = first + allowed[torch.randint(len(allowed), (trials,), generator=generator)]
    return wrap(2 * math.pi / distinct * torch.stack((first, second), dim=1).double())


def mean_of_the_other(separation: float) -> float:
    """What a least distance makes of one colour given the other, E[exp(i (c_2 - c_1))] = -sin(d) / (pi - d).

    The other colour is uniform over the arc that is at least d away. 0 for d = 0, -.292 for d = pi / 4.1.
    """
    if not 0 <= separation < math.pi:
        raise ValueError(f"separation is {separation}; allowed are 0 to less than pi")
    return -math.sin(separation) / (math.pi - separation)


def binned_alignment(rings: Float[Tensor, "2 2 units"], separation: float) -> float:
    """The alignment that averages in bins of one item's colour give for these rings, without noise.

    Averages in bins of c_1 hold B_1 + k B_2 instead of B_1, with k = `mean_of_the_other`. For planes with both principal angles
    of cosine c, rings of equal strength and no phase, it is [(c (1 + k^2) + 2 k) / (1 + k^2 + 2 k c)]^2.
    """
    return true_alignment(rings + mean_of_the_other(separation) * rings.flip(0))


def true_alignment(rings: Float[Tensor, "2 2 units"]) -> float:
    """Mean squared cosine of the principal angles of the planes that two rings span."""
    first, second = torch.linalg.qr(rings.mT).Q
    return float((first.T @ second).square().sum() / 2)
