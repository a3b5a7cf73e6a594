"""Regressors of two colours on the circle: main effects of either, and two-way interactions; and what makes them unusable."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.errors import SwaputilsError

LEADING = ((2, -1), (-1, 2))  # the interactions of lowest order that correlate with a colour's own first harmonic
LARGEST_CONDITION = 1e8  # of the normal equations, above which a design counts as singular


class UnusableActivity(SwaputilsError):
    """Activity or colours from which no colour plane can be estimated."""


def main_effects(colours: Float[Tensor, "trials 2"], harmonics: int) -> Float[Tensor, "trials terms"]:
    """cos and sin of k c for k = 1 ... harmonics, of the first colour and then of the second (rad): 4 harmonics terms."""
    orders = [(k, 0) for k in range(1, harmonics + 1)] + [(0, k) for k in range(1, harmonics + 1)]
    return interactions(colours, orders)


def interactions(
    colours: Float[Tensor, "trials 2"], orders: Sequence[tuple[int, int]]
) -> Float[Tensor, "trials terms"]:
    """cos and sin of m c_1 + n c_2 for each (m, n): two terms an order."""
    angle = colours.double() @ torch.tensor(orders, dtype=torch.float64).reshape(-1, 2).T
    return torch.stack((angle.cos(), angle.sin()), dim=-1).flatten(1)


def two_way(order: int) -> tuple[tuple[int, int], ...]:
    """All two-way orders (m, n) with 1 <= m <= order and 1 <= |n| <= order."""
    return tuple((m, n) for m in range(1, order + 1) for n in range(-order, order + 1) if n)


def distinct_colours(colours: Float[Tensor, "trials 2"]) -> int:
    """The number of distinct colours of the item that has fewer of them."""
    x, y = ((part * 1e6).round() for part in (colours.cos(), colours.sin()))  # files round angles
    return min(len((3e6 * x + y)[:, item].unique()) for item in (0, 1))


def most_harmonics(colours: Float[Tensor, "trials 2"]) -> int:
    """The most harmonics that k distinct colours can tell apart, (k - 1) / 2. UnusableActivity where that is none."""
    distinct = distinct_colours(colours)
    if distinct < 3:
        raise UnusableActivity(
            f"an item has {distinct} distinct colour{'s' if distinct > 1 else ''}; a plane needs 3 or more of either item"
        )
    return (distinct - 1) // 2


def dependence(colours: Float[Tensor, "trials 2"]) -> float:
    """How far the two colours of a display depend on one another, |mean exp(i (c_2 - c_1))|: 0 where they are independent."""
    apart = colours[:, 1] - colours[:, 0]
    return math.hypot(float(apart.cos().mean()), float(apart.sin().mean()))


def check_design(normal: Float[Tensor, "terms terms"], colours: Float[Tensor, "trials 2"], where: str) -> None:
    """UnusableActivity where the regressors of these colours are linearly dependent; `where` names the trials."""
    values = torch.linalg.eigvalsh(normal)
    if values[-1] < LARGEST_CONDITION * values[0]:
        return
    if dependence(colours) > 1 - 1e-9:
        raise UnusableActivity(
            f"the two items of {where} are always at the same distance, so their colours cannot be told apart; "
            "vary the distance"
        )
    raise UnusableActivity(
        f"the colours of {where} are too few or too regular to tell the terms of the regression apart; "
        "give more trials or fewer harmonics"
    )


def check_activity(activity: Float[Tensor, "trials steps units"], colours: Float[Tensor, "trials 2"]) -> None:
    """UnusableActivity for activity or colours that are not numbers, and for units that never change."""
    if not torch.isfinite(colours).all():
        bad = int((~torch.isfinite(colours)).any(1).sum())
        raise UnusableActivity(f"{bad} trials lack a colour of an item (NaN); leave them out")
    unusable = ~torch.isfinite(activity).flatten(0, 1).all(0)
    if unusable.any():
        raise UnusableActivity(
            f"activity is NaN or infinite in {_named(unusable)}; leave out those units or their trials"
        )
    constant = (activity == activity[:1]).flatten(0, 1).all(0)
    if constant.any():
        raise UnusableActivity(f"activity never changes in {_named(constant)}; leave those units out")


def _named(units: Tensor) -> str:
    """The units that are true, a few by number."""
    found = units.nonzero().flatten().tolist()
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return f"unit{'s' if len(found) > 1 else ''} {', '.join(map(str, found[:5]))}{more}"
