"""How far the mean activity of four colours spreads in the plane of an item, its own or another's (Panichello & Buschman 2021)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.geometry.published import FOUR, condition_means


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
