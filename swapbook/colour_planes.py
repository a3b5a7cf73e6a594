"""Planes of colour in population activity, and how far two of them are aligned.

The plane of an item's colour is spanned by the two leading principal components of the activity averaged in bins of that
colour. Two planes are compared by their principal angles in the full space: planes fitted inside three dimensions would
always share a line.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.linalg import subspace_angles
from torch import Tensor

from swaputils.errors import SwaputilsError


def bin_means(
    activity: Float[Tensor, "trials units"], colour: Float[Tensor, " trials"], bins: int
) -> Float[Tensor, "bins units"]:
    """Mean activity in equal bins of colour (rad). SwaputilsError when a bin is empty."""
    index = ((colour + math.pi) / (2 * math.pi) * bins).floor().long().clamp(0, bins - 1)
    counts = torch.bincount(index, minlength=bins)
    if (counts == 0).any():
        raise SwaputilsError(
            f"{int((counts == 0).sum())} of {bins} colour bins hold no trial; give more trials or fewer bins"
        )
    total = activity.new_zeros((bins, activity.shape[1])).index_add_(0, index, activity)
    return total / counts[:, None].to(activity)


def colour_plane(
    activity: Float[Tensor, "trials units"], colour: Float[Tensor, " trials"], bins: int = 16
) -> Float[Tensor, "units 2"]:
    """Orthonormal basis of the plane in which mean activity varies most with colour."""
    means = bin_means(activity, colour, bins)
    return torch.linalg.svd(means - means.mean(dim=0), full_matrices=False).Vh[:2].T


def principal_angles(first: Float[Tensor, "units 2"], second: Float[Tensor, "units 2"]) -> Float[Tensor, " 2"]:
    """Principal angles between two planes (rad), the larger first."""
    return torch.from_numpy(np.asarray(subspace_angles(first.numpy(), second.numpy())))


def alignment(first: Float[Tensor, "units 2"], second: Float[Tensor, "units 2"]) -> float:
    """Mean squared cosine of the principal angles: 1 for the same plane, 0 for orthogonal ones.

    Two random planes in d dimensions have 2 / d on average.
    """
    return float(principal_angles(first, second).cos().square().mean())


def plane_alignment(
    activity: Float[Tensor, "trials steps units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    bins: int = 16,
) -> Float[Tensor, " steps"]:
    """Alignment, at each step, of the planes of the cued colour between trials that cue item 0 and trials that cue item 1."""
    groups = [(activity[item == which], colour[item == which]) for which in (0, 1)]
    return _alignment_by_step(*groups, bins)


def noise_ceiling(
    activity: Float[Tensor, "trials steps units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    bins: int = 16,
    *,
    generator: torch.Generator,
) -> Float[Tensor, " steps"]:
    """Alignment, at each step, of an item's plane with itself in another random half of its trials, mean over items."""
    ceilings = []
    for which in (0, 1):
        own, own_colour = activity[item == which], colour[item == which]
        order = torch.randperm(len(own), generator=generator)
        halves = [(own[half], own_colour[half]) for half in order.chunk(2)]
        ceilings.append(_alignment_by_step(*halves, bins))
    return torch.stack(ceilings).mean(dim=0)


def _alignment_by_step(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor], bins: int) -> Tensor:
    """[steps] alignment of the colour planes of two groups of trials, each (activity, colour)."""
    values = []
    for step in range(first[0].shape[1]):
        planes = [colour_plane(activity[:, step], colour, bins) for activity, colour in (first, second)]
        values.append(alignment(*planes))
    return torch.tensor(values, dtype=first[0].dtype)
