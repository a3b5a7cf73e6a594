"""What the comparison of colour planes needs of a session: cross-products of regression coefficients between disjoint parts.

In part a of the trials of a group (all trials, or those that cue one item) ordinary least squares gives

  x = b_a + B_a phi(c_1, c_2) + residual.

Noise of disjoint parts is independent, so B_a B_b^T, summed over units, is unbiased for a != b where B_a B_a^T is not. The sums add
over units, hence over sessions. Trials are dealt into `GROUPS` small sets, of which the four parts are made; leaving out one
set at a time gives the replicates of a jackknife.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.geometry.harmonics import UnusableActivity, check_activity, dependence
from swaputils.geometry.partfits import GROUPS, PARTS, Fits, Moments, Regressions, fits_of, moments_of, regressions

SPLITS = 6  # ways of dealing the sets into parts, over which is averaged


@dataclass(frozen=True)
class CrossProducts:
    """Cross-products of one session, or of several added.

    With R = 1 + GROUPS replicates (all trials, then all but one set), four parts, and rows that hold the cos and sin coefficients
    of item 0 and of item 1, of all trials or, in turn, of the trials that cue item 0 and item 1:

    Attributes:
        additive: [R, splits, steps, rows, rows, parts, parts] from the regression on both colours.
        leading: the same with the interactions (2, -1) and (-1, 2) in the regression; None where the colours are too
            few for them.
        variance: [R, steps, 2] of the main effects and of their two-way interaction, summed over units, under
            independent colours.
        signal: [steps, effects, effects] products of all main effects, from which random planes are drawn.
        dependent: whether the two colours of a display depend on one another.
        by_step: whether the activity came with steps.
        units, trials: how many there are.
    """

    additive: Tensor
    leading: Tensor | None
    variance: Tensor
    signal: Tensor
    dependent: bool
    by_step: bool
    units: int
    trials: int

    def __add__(self, other: "CrossProducts") -> "CrossProducts":
        """Both sessions together. ValueError where they were not measured alike."""
        alike = self.additive.shape == other.additive.shape and self.signal.shape == other.signal.shape
        if not alike or (self.leading is None) != (other.leading is None):
            raise ValueError("sessions differ in steps, harmonics or in whether items were cued; measure them alike")
        leading = None
        if self.leading is not None and other.leading is not None:
            leading = self.leading + other.leading
        return replace(
            self,
            additive=self.additive + other.additive,
            leading=leading,
            variance=self.variance + other.variance,
            signal=self.signal + other.signal,
            dependent=self.dependent or other.dependent,
            units=self.units + other.units,
            trials=self.trials + other.trials,
        )


def cross_products(
    activity: Float[Tensor, "trials *steps units"],
    colours: Float[Tensor, "trials 2"],
    cued: Int[Tensor, " trials"] | None = None,
    *,
    generator: torch.Generator,
    harmonics: int | None = None,
    jackknife: bool = True,
) -> CrossProducts:
    """The cross-products of one session, which add over sessions.

    Args:
        activity: of each trial, and step where there are steps, and unit.
        colours: of item 0 and item 1, rad.
        cued: index of the item that was cued, 0 or 1; None to use all trials alike.
        generator: deals the trials into parts.
        harmonics: of each colour in the regression; None for two, or one where the colours are too few.
        jackknife: whether to make the replicates that intervals need; R = 1 without.

    Raises:
        UnusableActivity: names what is missing.
    """
    if activity.ndim not in (2, 3):
        raise UnusableActivity(
            f"activity has {activity.ndim} axes; allowed are [trials, units] and [trials, steps, units]"
        )
    if len(colours) != len(activity) or cued is not None and len(cued) != len(activity):
        named = "" if cued is None else f" and cued items of {len(cued)}"
        raise UnusableActivity(f"activity of {len(activity)} trials and colours of {len(colours)}{named}; give as many")
    steps = activity if activity.ndim == 3 else activity[:, None]
    check_activity(steps, colours)
    model = regressions(colours, harmonics)
    groups: dict[str, slice | Tensor] = {"all trials": slice(None)}
    if cued is not None:
        if not ((cued == 0) | (cued == 1)).all():
            raise UnusableActivity("cued must be 0 or 1 in every trial")
        groups = {f"the trials that cue item {item}": cued == item for item in (0, 1)}
    deals = torch.stack([torch.randperm(GROUPS, generator=generator) for _ in range(SPLITS)]).unflatten(1, (PARTS, -1))
    moments = [
        moments_of(steps[chosen], colours[chosen], model, name, generator=generator) for name, chosen in groups.items()
    ]
    additive, signal = _ring_products(moments, deals, model.additive, model.harmonics, jackknife)
    leading = None
    if model.leading is not None:
        leading, _ = _ring_products(moments, deals, model.leading, model.harmonics, jackknife)
    return CrossProducts(
        additive=additive,
        leading=leading,
        variance=torch.stack([_variances(each, deals[0], model, jackknife) for each in moments]).sum(0) / len(moments),
        signal=signal,
        dependent=dependence(colours) > 3 / len(colours) ** 0.5,
        by_step=activity.ndim == 3,
        units=steps.shape[2],
        trials=len(colours),
    )


def _ring_products(
    moments: list[Moments], deals: Tensor, columns: Sequence[int], harmonics: int, jackknife: bool
) -> tuple[Tensor, Tensor]:
    """[R, splits, steps, rows, rows, parts, parts] products of the first harmonics; and [steps, effects, effects] of all."""
    effects = 4 * harmonics
    first = torch.tensor([0, 1, 2 * harmonics, 2 * harmonics + 1])
    rings = torch.cat([first + effects * place for place in range(len(moments))])
    products, signals = [], []
    for parts in deals:
        fits = fits_of(moments, parts, columns, slice(1, 1 + effects), jackknife)
        signals.append(between_parts(_products(fits.whole, fits.whole)))
        products.append(_with_replicates(Fits(fits.whole[:, rings], fits.without[:, rings], fits.owner)))
    return torch.stack(products, dim=1), torch.stack(signals).mean(0)


def _with_replicates(fits: Fits) -> Float[Tensor, "replicates steps rows rows parts parts"]:
    """Products of all rows of all parts, with all trials and then without each set, which changes those of its own part."""
    full = _products(fits.whole, fits.whole)
    replicates = full.repeat(1 + len(fits.owner), 1, 1, 1, 1, 1)
    if not len(fits.owner):
        return replicates
    sets = torch.arange(len(fits.owner))
    changed = _products(fits.without, fits.whole).movedim(-2, 0)  # [sets, steps, rows, rows, parts]
    replicates[1 + sets, ..., fits.owner, :] = changed
    replicates[1 + sets, ..., :, fits.owner] = changed.transpose(2, 3)
    own = torch.einsum("grsu,gqsu->gsrq", fits.without, fits.without)
    replicates[1 + sets, ..., fits.owner, fits.owner] = own
    return replicates


def _products(
    first: Float[Tensor, "parts rows steps units"], second: Float[Tensor, "others rows steps units"]
) -> Float[Tensor, "steps rows rows parts others"]:
    """Products of all rows of either, summed over units."""
    rows, steps = first.shape[1:3]
    one, other = (each.flatten(0, 1).transpose(0, 1) for each in (first, second))
    products = (one @ other.mT).reshape(steps, len(first), rows, len(second), rows)
    return products.permute(0, 2, 4, 1, 3)


def between_parts(products: Float[Tensor, "*any parts parts"]) -> Float[Tensor, "*any"]:
    """Mean over the pairs of different parts, which noise does not bias."""
    parts = products.shape[-1]
    return (products.sum((-1, -2)) - products.diagonal(dim1=-2, dim2=-1).sum(-1)) / (parts * (parts - 1))


def _variances(
    moments: Moments, parts: Tensor, model: Regressions, jackknife: bool
) -> Float[Tensor, "replicates steps 2"]:
    """Variance of the main effects and of their interaction under independent colours: half the squared coefficients."""
    fits = fits_of([moments], parts, model.full, slice(1, None), jackknife)
    before = fits.whole[fits.owner]
    # the square of the sum over parts less the sum of squares holds the pairs of different parts only
    total, squares = fits.whole.sum(0, keepdim=True), fits.whole.square().sum(0, keepdim=True)
    totals = torch.cat((total, total - before + fits.without))
    squares = torch.cat((squares, squares - before.square() + fits.without.square()))
    each = (totals.square() - squares).sum(-1) / (2 * PARTS * (PARTS - 1))
    main = 4 * model.harmonics
    return torch.stack((each[:, :main].sum(1), each[:, main:].sum(1)), dim=-1)
