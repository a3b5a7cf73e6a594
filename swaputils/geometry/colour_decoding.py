"""How well a colour can be read from activity by a linear decoder, and how large the ring of its means is in a plane."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.angles import to_xy
from swaputils.geometry.harmonics import UnusableActivity
from swaputils.geometry.published import FOUR, condition_means

FOLDS = 5
LEVEL = 0.95  # of chance


@dataclass(frozen=True)
class Decoded:
    """Mean cosine of the error of a decoder on trials that it was not fitted to: 1 exact, 0 none.

    Attributes:
        chance: below which 95 % of decoders of permuted colours lie.
    """

    score: float
    chance: float


def decoded_colour(
    activity: Float[Tensor, "trials units"],
    colour: Float[Tensor, " trials"],
    *,
    permutations: int = 100,
    generator: torch.Generator,
) -> Decoded:
    """Linear regression of (cos, sin) of a colour (rad) on activity, cross-validated; its direction is the decoded colour.

    Raises:
        UnusableActivity: where a fold leaves fewer trials than units.
    """
    trials, units = activity.shape
    if trials * (FOLDS - 1) // FOLDS <= units + 1:
        raise UnusableActivity(f"{trials} trials are too few to decode {units} units in {FOLDS} folds")
    orders = [torch.arange(trials)] + [torch.randperm(trials, generator=generator) for _ in range(permutations)]
    wanted = to_xy(torch.stack([colour.double()[order] for order in orders], dim=1))  # [trials, orders, 2]
    design = torch.cat((torch.ones((trials, 1), dtype=torch.float64), activity.double()), dim=1)
    fold = torch.randperm(trials, generator=generator) % FOLDS
    found = torch.empty_like(wanted)
    for held_out in range(FOLDS):
        inside = fold == held_out
        fitted = torch.linalg.lstsq(design[~inside], wanted[~inside].flatten(1), driver="gelsd").solution
        found[inside] = (design[inside] @ fitted).unflatten(1, (-1, 2))
    scores = torch.nn.functional.cosine_similarity(found, wanted, dim=-1).mean(0)
    return Decoded(float(scores[0]), float(scores[1:].quantile(LEVEL)))


@dataclass(frozen=True)
class ColourAreas:
    """Areas of the quadrilaterals of four mean colours, mean over both items; squared units of activity.

    Panichello & Buschman 2021. The plane of an item is that of the two leading components of its means in one half of the trials; areas are
    those of means in the other half, so that noise is not mistaken for a ring.

    Attributes:
        own, other: before, of an item's colours in its own plane and in that of the other item.
        after_in_before: of its colours after, in its plane before; beside `own`.
        before_in_after, after_kept: in its plane after, of its colours before and after.
    """

    own: float
    other: float
    after_in_before: float
    before_in_after: float
    after_kept: float


def colour_areas(
    before: Float[Tensor, "trials units"],
    after: Float[Tensor, "trials units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    *,
    generator: torch.Generator,
) -> ColourAreas:
    """Areas given activity at two moments, and the colour (rad) of the item whose plane is wanted, 0 or 1, in every trial."""
    half = torch.randperm(len(colour), generator=generator) % 2
    means = torch.stack(
        [_means(each, colour, item, half) for each in (before, after)]
    )  # [moments, 2 halves, 2 items, ...]
    planes = torch.linalg.svd(means[:, 0], full_matrices=False).Vh[..., :2, :]  # [moments, items, 2, units]
    shown = means[:, 1]

    def area(moment: int, plane: int, *, others: bool = False) -> float:
        bases = planes[plane].flip(0) if others else planes[plane]
        return float(_area(shown[moment] @ bases.mT).mean())

    return ColourAreas(area(0, 0), area(0, 0, others=True), area(1, 0), area(0, 1), area(1, 1))


def _means(activity: Tensor, colour: Tensor, item: Tensor, half: Tensor) -> Float[Tensor, "2 2 4 units"]:
    """Centred means by half of the trials, item and four bins of colour."""
    halves = [
        condition_means(activity[half == part], colour[half == part], item[half == part], FOUR) for part in (0, 1)
    ]
    means = torch.stack(halves)
    return means - means.mean(-2, keepdim=True)


def _area(corners: Float[Tensor, "*any 4 2"]) -> Float[Tensor, "*any"]:
    """Area of quadrilaterals, by the shoelace formula."""
    x, y = corners.unbind(-1)
    return ((x * y.roll(-1, -1) - y * x.roll(-1, -1)).sum(-1) / 2).abs()
