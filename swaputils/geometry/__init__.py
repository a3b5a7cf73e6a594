"""Planes of colour in population activity: how far two of them are aligned, with its noise, chance and truth on planted data."""

from swaputils.geometry.alignment import ColourAlignment, PlanePair, alignment_from, colour_alignment
from swaputils.geometry.crossproducts import CrossProducts, cross_products
from swaputils.geometry.harmonics import UnusableActivity
from swaputils.geometry.nulls import permuted_colours, permuted_items, planes_within, same_item_parts
from swaputils.geometry.planepairs import Estimate
from swaputils.geometry.planted import (
    SEPARATION,
    Plan,
    Planted,
    binned_alignment,
    mean_of_the_other,
    plant,
    ring_pair,
    rings_at,
    separated_colours,
    true_alignment,
)
from swaputils.geometry.published import (
    MeansCompared,
    bin_means,
    compare_means,
    condition_means,
    cosine_in_three,
    four_colour_angles,
    reported_colour_cosine,
    variance_in_three,
)
