"""Measures as published, from mean activity by colour: three principal components and the angle of two planes within them.

They average over one item's colour alone, so displays whose two colours keep a least distance bias them: orthogonal planes
measure about .5 (`planted.mean_of_the_other`, `validation`). And two planes in three dimensions always share a line.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.geometry.harmonics import UnusableActivity

FOUR = 4  # colour bins of Panichello & Buschman 2021
PER_CONDITION = 10  # trials of each condition in one of their bootstraps


def bin_means(
    activity: Float[Tensor, "trials *steps units"], colour: Float[Tensor, " trials"], bins: int
) -> Float[Tensor, "*steps bins units"]:
    """Mean activity in equal bins of colour (rad), of which one is centred on 0. UnusableActivity when a bin is empty."""
    index = _bin(colour, bins)
    counts = torch.bincount(index, minlength=bins)
    if (counts == 0).any():
        raise UnusableActivity(
            f"{int((counts == 0).sum())} of {bins} colour bins hold no trial; give more trials or fewer bins"
        )
    total = activity.new_zeros((bins, *activity.shape[1:]), dtype=torch.float64).index_add_(0, index, activity.double())
    return (total / counts.reshape(-1, *[1] * (activity.ndim - 1))).movedim(0, -2)


def condition_means(
    activity: Float[Tensor, "trials *steps units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    bins: int,
) -> Float[Tensor, "*steps 2 bins units"]:
    """Mean activity by item and by bins of that item's colour: the trials of `item` 0, then those of `item` 1."""
    return torch.stack([bin_means(activity[item == which], colour[item == which], bins) for which in (0, 1)], dim=-3)


def cosine_in_three(means: Float[Tensor, "*any 2 colours units"]) -> Float[Tensor, "*any"]:
    """Cosine of the normals of two planes within the three leading components of all means (Panichello & Buschman 2021).

    The means of both items, less their common mean, are projected to three principal components; an item's plane is that of the
    two leading components of its own points. Normals point to where the colours run anticlockwise.

    Args:
        means: of either item by colour, in the order of the colours.

    Returns:
        The cosine, -1 to 1; the published angle is arccos of its size, the paper's measure its size.
    """
    return _normal_cosine(_three_components(means))


def variance_in_three(means: Float[Tensor, "*any 2 colours units"]) -> Float[Tensor, "*any"]:
    """Share of the variance of all means that their three leading components hold."""
    centred = _centred(means)
    return _three_components(means).square().sum((-1, -2, -3)) / centred.square().sum((-1, -2))


def reported_colour_cosine(
    activity: Float[Tensor, "trials *steps units"],
    colour: Float[Tensor, " trials"],
    cued: Int[Tensor, " trials"],
    bins: int = 16,
) -> Float[Tensor, "*steps"]:
    """|n_1 . n_2| of the planes of the reported colour, by cued item, within three components: 0 orthogonal, 1 parallel.

    As published for networks: the activity of all trials is projected to its three principal components and then averaged in bins
    of the colour; the plane of an item is that of the two leading components of its averages.

    Args:
        activity: of correct trials.
        colour: that was reported, rad.
        cued: item that was cued, 0 or 1.
        bins: of the colour.
    """
    steps = activity.double().movedim(0, -2)
    centred = steps - steps.mean(-2, keepdim=True)
    components = torch.linalg.eigh(centred.mT @ centred).eigenvectors[..., -3:]
    return _normal_cosine(condition_means(activity, colour, cued, bins) @ components[..., None, :, :]).abs()


def four_colour_angles(
    activity: Float[Tensor, "trials *steps units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    *,
    draws: int = 1_000,
    generator: torch.Generator,
) -> Float[Tensor, " draws *steps"]:
    """Angle of two colour planes (degrees) in bootstraps of ten trials from each of 4 colours x 2 items.

    Panichello & Buschman 2021, figure 4: median and quartiles of it are what they report.

    Args:
        activity: of the trials that count, e.g. the more accurate half.
        colour: of the item whose plane is wanted, rad.
        item: which of the two that is.
        draws: number of bootstraps.
        generator: draws the trials.

    Raises:
        UnusableActivity: where a condition has fewer than ten trials.
    """
    condition = FOUR * item + _bin(colour, FOUR)
    members = [(condition == which).nonzero().flatten() for which in range(2 * FOUR)]
    fewest = min(map(len, members))
    if fewest < PER_CONDITION:
        raise UnusableActivity(f"a colour of an item has {fewest} trials; {PER_CONDITION} or more are needed")
    cosines = []
    for _ in range(draws):
        drawn = [some[torch.randint(len(some), (PER_CONDITION,), generator=generator)] for some in members]
        means = torch.stack([activity[some].double().mean(0) for some in drawn], dim=-2)
        cosines.append(cosine_in_three(means.unflatten(-2, (2, FOUR))))
    return torch.stack(cosines).abs().acos().rad2deg()


@dataclass(frozen=True)
class MeansCompared:
    """Two items' colour planes by means alone, in the full space; noise of the means is not removed.

    Attributes:
        angles: [*any, 2] principal angles of the planes of the two leading components of either item, the larger first,
            rad.
        alignment: mean squared cosine of them.
        index: alignment index, mean of both ways (Elsayed et al. 2016).
        rho_cross: mean correlation over units of same-colour means, either item centred (Panichello & Buschman 2021).
    """

    angles: Tensor
    alignment: Tensor
    index: Tensor
    rho_cross: Tensor


def compare_means(means: Float[Tensor, "*any 2 colours units"]) -> MeansCompared:
    """Compare two items' planes given mean activity by item and colour."""
    own = means.double() - means.double().mean(-2, keepdim=True)
    decomposed = torch.linalg.svd(own, full_matrices=False)
    planes, values = decomposed.Vh[..., :2, :], decomposed.S[..., :2]
    first, second = planes[..., 0, :, :], planes[..., 1, :, :]
    cosines = torch.linalg.svdvals(first @ second.mT).clamp(max=1)
    captured = [
        (own[..., item, :, :] @ planes[..., 1 - item, :, :].mT).square().sum((-1, -2))
        / values[..., item, :].square().sum(-1)
        for item in (0, 1)
    ]
    vectors = own - own.mean(-1, keepdim=True)
    vectors = vectors / vectors.norm(dim=-1, keepdim=True)
    return MeansCompared(
        angles=cosines.flip(-1).acos(),
        alignment=cosines.square().mean(-1),
        index=(captured[0] + captured[1]) / 2,
        rho_cross=(vectors[..., 0, :, :] * vectors[..., 1, :, :]).sum(-1).mean(-1),
    )


def _bin(colour: Tensor, bins: int) -> Tensor:
    """Index of the bin; the bins' centres are at -pi, -pi + 2 pi / bins and so on, so that colours on a grid lie at centres."""
    return ((colour + math.pi) / (2 * math.pi) * bins).round().long() % bins


def _centred(means: Tensor) -> Tensor:
    """[..., 2 colours, units] the means of both items less their common mean."""
    flat = means.double().flatten(-3, -2)
    return flat - flat.mean(-2, keepdim=True)


def _normal_cosine(points: Float[Tensor, "*any 2 colours 3"]) -> Float[Tensor, "*any"]:
    """Cosine of the normals of the planes of either item's points, turned to where the colours run anticlockwise."""
    own = points - points.mean(-2, keepdim=True)
    normal = torch.linalg.svd(own).Vh[..., 2, :]
    turning = torch.linalg.cross(own, own.roll(-1, -2), dim=-1).sum(-2)
    normal = normal * torch.where((normal * turning).sum(-1, keepdim=True) < 0, -1.0, 1.0)
    return normal.prod(-2).sum(-1)


def _three_components(means: Tensor) -> Tensor:
    """[..., 2, colours, 3] scores of the means on their three leading principal components."""
    centred = _centred(means)
    decomposed = torch.linalg.svd(centred, full_matrices=False)
    scores = decomposed.U[..., :3] * decomposed.S[..., None, :3]
    return scores.unflatten(-2, tuple(means.shape[-3:-1]))
