"""How alike the activity of systems is: shape distances, what groups explain of distances, and a map of them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.errors import SwaputilsError


@dataclass(frozen=True)
class GroupShare:
    """What the names of groups explain of distances.

    Attributes:
        share: of the sum of squared distances, the part between groups, in [0, 1] (pseudo R^2).
        chance: what it is on average when the names are permuted, (groups - 1) / (systems - 1).
        p: share of permutations, the data among them, that explain as much or more.
        within, between: mean distance of two systems of the same group, and of different groups.
    """

    share: float
    chance: float
    p: float
    within: float
    between: float


def shape_distance(first: Float[Tensor, "samples units"], second: Float[Tensor, "as_many others"]) -> float:
    """Angle between two shapes (rad, in [0, pi/2]): least over rotations and reflections, places and sizes taken out.

    arccos |X^T Y|_*, with X and Y centred and of norm 1 (Kendall; Williams, Kunz, Kornblith & Linderman 2021). A metric.

    Args:
        first, second: activity in the same samples; the numbers of units may differ.

    Raises:
        SwaputilsError: for other numbers of samples, for what is not finite, and for activity that never changes.
    """
    if len(first) != len(second):
        raise SwaputilsError(f"shapes of {len(first)} and {len(second)} samples; both need the same samples")
    centred = []
    for shape in (first, second):
        moved = shape.double() - shape.double().mean(0)
        if not torch.isfinite(moved).all() or not moved.norm() > 0:
            raise SwaputilsError("a shape is not finite or the same in all samples; it has no form to compare")
        centred.append(moved / moved.norm())
    return float(torch.linalg.svdvals(centred[0].T @ centred[1]).sum().clamp(max=1).acos())


def group_share(
    distances: Float[Tensor, "systems systems"],
    groups: Int[Tensor, " systems"],
    *,
    permutations: int = 10_000,
    generator: torch.Generator,
) -> GroupShare:
    """Permutational analysis of variance of a distance matrix (Anderson 2001).

    Sums of squares come from distances alone: over pairs of N systems sum d^2 / N in all, and within each group likewise.

    Args:
        distances: symmetric.
        groups: number of the group that each system belongs to.
        permutations: of these numbers.
        generator: permutes.

    Raises:
        SwaputilsError: unless there are two or more groups and more systems than groups.
    """
    systems, counts = len(groups), groups.unique(return_counts=True)[1]
    if not 2 <= len(counts) < systems:
        raise SwaputilsError(
            f"{systems} systems in {len(counts)} groups; needed are two groups or more, and more systems"
        )
    squares = distances.double().square()
    orders = torch.rand((permutations, systems), generator=generator).argsort(1)
    named = torch.cat((groups[None], groups[orders]))
    member = torch.nn.functional.one_hot(named.unique(return_inverse=True)[1]).double()
    within = torch.einsum("pig,ij,pjg->pg", member, squares, member) / 2 / member.sum(1)
    shares = 1 - within.sum(1) / (squares.sum() / 2 / systems)
    same = (groups[:, None] == groups) & ~torch.eye(systems, dtype=torch.bool)
    return GroupShare(
        share=float(shares[0]),
        chance=(len(counts) - 1) / (systems - 1),
        p=float((shares >= shares[0] - 1e-12).double().mean()),
        within=float(distances[same].mean()),
        between=float(distances[groups[:, None] != groups].mean()),
    )


def mapped(distances: Float[Tensor, "systems systems"]) -> tuple[Float[Tensor, "systems 2"], float]:
    """Classical scaling (Torgerson 1952): places in a plane whose distances are near the given ones, and the share of squares shown."""
    squares = distances.double().square()
    centring = torch.eye(len(squares)).double() - 1 / len(squares)
    values, vectors = torch.linalg.eigh(-centring @ squares @ centring / 2)
    shown = values[-2:].flip(0).clamp_min(0)
    return vectors[:, -2:].flip(1) * shown.sqrt(), float(shown.sum() / values.clamp_min(0).sum())
