"""What alignment is by chance and at most: random planes, permuted items, permuted colours, and the same item twice."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.geometry.crossproducts import CrossProducts, cross_products
from swaputils.geometry.planepairs import Estimate, estimate, mean_measures, pair_measures, pair_of_rows


def planes_within(
    covariance: Float[Tensor, "*steps units units"], draws: int, *, generator: torch.Generator
) -> Float[Tensor, " draws *steps"]:
    """Alignment of pairs of random planes drawn within a covariance, span(C^(1/2) z) with z standard normal.

    Elsayed, Lara, Kaufman, Churchland & Cunningham 2016. Where activity fills few dimensions random planes share much: their
    mean alignment is 2 / d only where C has d equal eigenvalues.

    Args:
        covariance: of the activity, or of its means by condition. Noise makes it rounder, and the alignments lower.
        draws: number of pairs.
        generator: draws z.

    Raises:
        ValueError: for a matrix that is no covariance.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    if not (values[..., -1] > 0).all() or (values[..., 0] < -1e-6 * values[..., -1]).any():
        raise ValueError(f"eigenvalues from {values.min():.3g} to {values.max():.3g} are not those of a covariance")
    return _random_pairs(vectors * values.clamp_min(0).sqrt()[..., None, :], draws, generator)


def planes_within_signal(
    signal: Float[Tensor, "*steps effects effects"], draws: int, *, generator: torch.Generator
) -> Float[Tensor, " draws *steps"]:
    """The same within the covariance of the part of activity that follows colour, given products of its coefficients.

    Coefficients times standard normal numbers have the covariance of the activity that they describe, so only their products
    are needed, which add over sessions. Noise can make the products not positive; such directions count as empty.
    """
    values, vectors = torch.linalg.eigh((signal + signal.mT) / 2)
    return _random_pairs((vectors * values.clamp_min(0).sqrt()[..., None, :]).mT, draws, generator)


def _random_pairs(root: Float[Tensor, "*steps axes drawn"], draws: int, generator: torch.Generator) -> Tensor:
    """[draws, *steps] alignment of the planes that pairs of standard normal z span after multiplication by `root`."""
    shape = (2, draws, *[1] * (root.ndim - 2), root.shape[-1], 2)
    first, second = torch.linalg.qr(root @ torch.randn(shape, dtype=torch.float64, generator=generator)).Q
    return (first.mT @ second).square().sum((-1, -2)) / 2


def permuted_items(
    activity: Float[Tensor, "trials *steps units"],
    colours: Float[Tensor, "trials 2"],
    cued: Int[Tensor, " trials"] | None = None,
    *,
    draws: int = 100,
    generator: torch.Generator,
) -> Float[Tensor, " draws *steps"]:
    """Alignment when the names of the two items are exchanged in a random half of the trials: of planes that do not differ.

    The arguments are those of `colour_alignment`. Without noise it is 1 wherever either item has a plane; an alignment below
    these values belongs to planes that do differ.
    """
    found = []
    for _ in range(draws):
        products = cross_products(
            activity, *exchanged_items(colours, cued, generator=generator), generator=generator, jackknife=False
        )
        pair = pair_measures(pair_of_rows(products.additive, 0, 2 if cued is None else 6))
        found.append(pair.alignment[0] if products.by_step else pair.alignment[0, 0])
    return torch.stack(found)


def exchanged_items(
    colours: Float[Tensor, "trials 2"], cued: Int[Tensor, " trials"] | None, *, generator: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    """Colours and cued items with the names of the two items exchanged in a random half of the trials."""
    exchanged = torch.rand(len(colours), generator=generator) < 0.5
    named = None if cued is None else (1 - cued).where(exchanged, cued)
    return colours.flip(1).where(exchanged[:, None], colours), named


def same_item_parts(
    activity: Float[Tensor, "trials *steps units"], colours: Float[Tensor, "trials 2"], *, generator: torch.Generator
) -> Estimate:
    """Alignment of an item's plane with itself in another random half of the trials, mean over both items: the ceiling.

    Noise is removed, so it is 1 up to its interval wherever colour is held in one way throughout; less means that an item's plane
    depends on something that the halves do not share.
    """
    half = torch.randperm(len(colours), generator=generator) % 2
    products = cross_products(activity, colours, half, generator=generator)
    found = between_halves(products)
    return found if products.by_step else Estimate(found.value[0], found.low[0], found.high[0])


def between_halves(products: CrossProducts) -> Estimate:
    """[steps] alignment of an item's plane with itself, mean over both items, where the two halves of the trials stand for the cue groups."""
    pairs = [pair_measures(pair_of_rows(products.additive, row, row + 4)) for row in (0, 2)]
    return estimate(mean_measures(pairs).alignment)


def permuted_colours(
    means: Float[Tensor, "2 colours units"], draws: int, *, generator: torch.Generator
) -> Float[Tensor, "draws 2 colours units"]:
    """Means in which each unit's colours are permuted anew for either item: as many tuned units, and no common plane.

    Measures of these are what noise and tuning without a relation between units give.
    """
    order = torch.rand((draws, *means.shape), generator=generator).argsort(dim=-2)
    return means.expand(draws, -1, -1, -1).gather(-2, order)
