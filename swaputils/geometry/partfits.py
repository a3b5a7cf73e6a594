"""Regressions of activity on two colours in disjoint parts of the trials, and without each small set of them.

Sums over small sets of trials are all that is kept of the trials: every part, and every part without a set, is fitted from them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from swaputils.geometry.harmonics import (
    LEADING,
    UnusableActivity,
    check_design,
    interactions,
    main_effects,
    most_harmonics,
    two_way,
)

PARTS = 4  # a squared product of two planes needs four independent estimates
GROUPS = 20  # small sets of trials; each part holds a quarter of them


class Regressions(NamedTuple):
    """The columns of the design that each regression takes; the constant is the first, the main effects follow."""

    harmonics: int  #: of each colour
    orders: tuple[tuple[int, int], ...]  #: of the two-way terms in the design
    additive: list[int]  #: columns of the constant and the main effects
    leading: list[int] | None  #: these and the interactions (2, -1) and (-1, 2); None where the colours are too few
    full: list[int]  #: these and all two-way terms of so many harmonics


def regressions(colours: Tensor, harmonics: int | None) -> Regressions:
    """The regressions that these colours allow. UnusableActivity where they do not allow so many harmonics."""
    most = most_harmonics(colours)
    if harmonics is not None and not 1 <= harmonics <= most:
        raise UnusableActivity(f"harmonics is {harmonics}; these colours allow 1 to {most}")
    harmonics = min(2, most) if harmonics is None else harmonics
    orders = two_way(harmonics)
    # (1, -2) is (-1, 2) backwards; with one harmonic the two terms are added
    missing = () if harmonics > 1 or most < 2 else LEADING
    main = 1 + 4 * harmonics
    columns = list(range(main))
    first = main + 2 * len(orders)
    if missing:
        leading = [*columns, *range(first, first + 4)]
    elif most >= 2:
        wanted = [orders.index((2, -1)), orders.index((1, -2))]
        leading = [*columns, *(main + 2 * place + part for place in wanted for part in (0, 1))]
    else:
        leading = None
    return Regressions(harmonics, orders + missing, columns, leading, list(range(first)))


class Moments(NamedTuple):
    """Sums over the trials of each small set: of the products of the regressors, and of regressors with activity."""

    normal: Tensor  #: [GROUPS, terms, terms]
    cross: Tensor  #: [GROUPS, terms, steps * units]
    steps: int  #: how many there are


def moments_of(
    activity: Tensor, colours: Tensor, model: Regressions, where: str, *, generator: torch.Generator
) -> Moments:
    """Deal the trials into small sets of equal size and sum over each. UnusableActivity where they do not suffice."""
    terms = torch.cat((main_effects(colours, model.harmonics), interactions(colours, model.orders)), dim=1)
    design = torch.cat((torch.ones_like(terms[:, :1]), terms), dim=1)
    needed = PARTS * (design.shape[1] + 1) * GROUPS // (GROUPS - PARTS) + GROUPS
    if len(design) < needed:
        fewer = f", or one harmonic instead of {model.harmonics}" if model.harmonics > 1 else ""
        raise UnusableActivity(
            f"{where} are {len(design)}, too few for four regressions with {design.shape[1]} parameters each; "
            f"give {needed} or more{fewer}"
        )
    check_design(design.T @ design, colours, where)
    chosen = torch.randperm(len(design), generator=generator).tensor_split(GROUPS)
    flat = activity.flatten(1)
    normal = torch.stack([design[some].T @ design[some] for some in chosen])
    cross = torch.stack([design[some].T @ flat[some].double() for some in chosen])
    return Moments(normal, cross, activity.shape[1])


class Fits(NamedTuple):
    """Coefficients of the wanted rows, those of each group of trials after those of the one before."""

    whole: Tensor  #: [parts, rows, steps, units] in each part
    without: Tensor  #: [sets, rows, steps, units] in the part of a small set, without that set
    owner: Tensor  #: [sets] the part


def fits_of(moments: list[Moments], parts: Tensor, columns: Sequence[int], rows: slice, jackknife: bool) -> Fits:
    """Least squares in each part, and without each small set in turn where a jackknife is wanted."""
    member = torch.zeros((len(parts), GROUPS), dtype=torch.float64).scatter_(1, parts, 1.0)
    owner = member.argmax(0) if jackknife else torch.zeros(0, dtype=torch.long)
    weights = torch.cat((member, (member - torch.eye(GROUPS).double()[:, None])[torch.arange(len(owner)), owner]))
    fitted = []
    for each in moments:
        normal = torch.einsum("wg,gij->wij", weights, each.normal[:, columns][:, :, columns])
        solving = torch.linalg.inv(normal)[:, rows]
        cross = each.cross[:, columns]
        fitted.append(torch.stack([s @ torch.tensordot(w, cross, 1) for s, w in zip(solving, weights)]))
    coefficients = torch.cat(fitted, dim=1).unflatten(2, (moments[0].steps, -1))
    return Fits(coefficients[: len(parts)], coefficients[len(parts) :], owner)
