"""How far the colour planes of two items are aligned, from activity and colours alone."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.geometry.crossproducts import CrossProducts, cross_products
from swaputils.geometry.nulls import planes_within_signal
from swaputils.geometry.planepairs import Estimate, PairMeasures, estimate, mean_measures, pair_measures, pair_of_rows

WIDEST = 0.5  # interval of an alignment, beyond which it cannot be told
LARGEST_LEAK = 0.05  # difference between the two regressions, beyond which an alignment is not identified
DRAWS = 500  # of random planes
TOLD, NOT_TOLD, NOT_IDENTIFIED = "told", "cannot be told", "not identified"


@dataclass(frozen=True)
class PlanePair:
    """Two colour planes compared, each measure with a 95 % interval over trials; a value at each step where there are steps.

    The measures are those of `PairMeasures`; angles has a last axis of two. Besides:

    Attributes:
        with_interactions: alignment by the regression that has the interactions (2, -1) and (-1, 2) too; None where the
            colours are too few for them.
        chance: [2, *steps] 95 % of pairs of random planes within the measured covariance lie between these alignments.
        verdict: one word a step. "cannot be told": a ring cannot be told from noise, or the interval is wider than .5.
            "not identified": the colours depend on one another and the two regressions differ by more than .05, or the
            second cannot be made. Else "told".
        against_chance: one word a step: whether the interval lies "below" or "above" chance or reaches into it
            ("within"), or "cannot be told". Where activity holds little besides two common planes, random planes in it
            are as common.
    """

    alignment: Estimate
    with_interactions: Estimate | None
    angles: Estimate
    phase: Estimate
    mirrored: Estimate
    correlation: Estimate
    rho_cross: Estimate
    rho_self: Estimate
    index: Estimate
    chance: Tensor
    verdict: tuple[str, ...]
    against_chance: tuple[str, ...]


@dataclass(frozen=True)
class ColourAlignment:
    """The colour planes of two items, of one session or of several.

    Attributes:
        planes: of the two items: from all trials; or, where it is known which was cued, each from the trials that cue
            it (the selected planes).
        nonselected: each item's plane from the trials that cue the other one; None where no item was cued.
        selected_nonselected: within the same trials, the plane of the cued item and that of the other; mean over the
            two cues.
        additive_r2: variance of the main effects over that of main effects and two-way interaction, under independent
            colours.
        interaction: variance of the two-way interaction, summed over units.
        units, trials: how many there are.
    """

    planes: PlanePair
    nonselected: PlanePair | None
    selected_nonselected: PlanePair | None
    additive_r2: Estimate
    interaction: Estimate
    units: int
    trials: int

    @property
    def alignment(self) -> Estimate:
        """Mean squared cosine of the principal angles between the two items' planes."""
        return self.planes.alignment


def colour_alignment(
    activity: Float[Tensor, "trials *steps units"],
    colours: Float[Tensor, "trials 2"],
    cued: Int[Tensor, " trials"] | None = None,
    *,
    generator: torch.Generator,
    harmonics: int | None = None,
) -> ColourAlignment:
    """Compare the planes in which activity follows the colours of two items, by regression on both colours at once.

    x = b + B_1 phi(c_1) + B_2 phi(c_2) + residual, and the planes are the first harmonics in B_1 and B_2. Averages over one
    colour alone are biased wherever the two colours of a display keep a least distance (`planted.mean_of_the_other`).

    Args:
        activity: [trials, units] or [trials, steps, units] of one session, in any unit.
        colours: [trials, 2] of item 0 and item 1, rad; an item is the same place or the same position in every trial.
        cued: [trials] the item that was cued, 0 or 1; None to take all trials alike, as before a cue.
        generator: deals the trials into disjoint parts and draws random planes.
        harmonics: of each colour in the regression; None for two, or one where colours are too few.

    Returns:
        The planes compared, with intervals over trials. They say nothing of other units, sessions or networks.

    Raises:
        UnusableActivity: names what is missing: trials, colours, varied distances or usable units.

    >>> colours = 2 * torch.pi * torch.rand(400, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    >>> rings = torch.cat((colours.cos(), colours.sin()), dim=1)  # each item in two units of its own
    >>> activity = rings + 0.1 * torch.randn(400, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    >>> found = colour_alignment(activity, colours, generator=torch.Generator().manual_seed(2))
    >>> float(found.alignment.value) < 0.05
    True
    """
    products = cross_products(activity, colours, cued, generator=generator, harmonics=harmonics)
    return alignment_from(products, generator=generator)


def alignment_from(products: CrossProducts, *, generator: torch.Generator) -> ColourAlignment:
    """Compare the planes of a session, or of several whose cross-products were added.

    Args:
        products: of a session, or the sum of those of several that were measured alike.
        generator: draws random planes.
    """
    chance = planes_within_signal(products.signal, DRAWS, generator=generator).quantile(
        torch.tensor([0.025, 0.975], dtype=torch.float64), dim=0
    )
    variance = products.variance
    cued = products.additive.shape[-3] == 8
    pairs = {"planes": [(0, 6)], "nonselected": [(2, 4)], "selected_nonselected": [(0, 2), (6, 4)]}
    pairs = pairs if cued else {"planes": [(0, 2)]}
    found = {name: _plane_pair(products, rows, chance) for name, rows in pairs.items()}
    return ColourAlignment(
        planes=found["planes"],
        nonselected=found.get("nonselected"),
        selected_nonselected=found.get("selected_nonselected"),
        additive_r2=_shaped(estimate(variance[..., 0] / variance.sum(-1)), products),
        interaction=_shaped(estimate(variance[..., 1]), products),
        units=products.units,
        trials=products.trials,
    )


def _plane_pair(products: CrossProducts, pairs: list[tuple[int, int]], chance: Tensor) -> PlanePair:
    """Compare planes whose rows start at these numbers, mean over the pairs."""
    measures = _measured(products.additive, pairs)
    alignment = estimate(measures.alignment)
    other = None if products.leading is None else estimate(_measured(products.leading, pairs).alignment)
    told = alignment.width <= WIDEST  # never where NaN
    leak = torch.full_like(alignment.value, torch.inf) if other is None else (other.value - alignment.value).abs()
    unsure = products.dependent & ~(leak <= LARGEST_LEAK)
    names = ("angles", "mirrored", "correlation", "rho_cross", "rho_self", "index")
    return PlanePair(
        alignment=_shaped(alignment, products),
        with_interactions=other and _shaped(other, products),
        phase=_shaped(estimate(measures.phase, angle=True), products),
        **{name: _shaped(estimate(getattr(measures, name)), products) for name in names},
        chance=chance if products.by_step else chance[:, 0],
        verdict=tuple(NOT_TOLD if not t else NOT_IDENTIFIED if u else TOLD for t, u in zip(told, unsure)),
        against_chance=tuple(
            NOT_TOLD if not t else "below" if high < least else "above" if low > most else "within"
            for t, low, high, least, most in zip(told, alignment.low, alignment.high, *chance)
        ),
    )


def _measured(products: Tensor, pairs: list[tuple[int, int]]) -> PairMeasures:
    """Measures of the planes whose rows start at these numbers, mean over the pairs."""
    return mean_measures([pair_measures(pair_of_rows(products, first, second)) for first, second in pairs])


def _shaped(found: Estimate, products: CrossProducts) -> Estimate:
    """Without the axis of steps where the activity came without."""
    return found if products.by_step else Estimate(found.value[0], found.low[0], found.high[0])
