"""Colour planes of one session or of several: cross-products are added over neurons, hence over sessions, and then compared."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add

import torch
from torch import Tensor

from swaputils.geometry import pseudo_population
from swaputils.geometry.alignment import ColourAlignment, alignment_from
from swaputils.geometry.crossproducts import CrossProducts, cross_products
from swaputils.geometry.nulls import between_halves, exchanged_items
from swaputils.geometry.planepairs import Estimate, pair_measures, pair_of_rows
from swaputils.recordings.sessions import Session
from swaputils.recordings.unusable import harmonics_of

Sessions = Sequence[Session]


def aligned(sessions: Sessions, by_cue: bool, *, generator: torch.Generator) -> ColourAlignment:
    """The planes of both items of all sessions together, from all trials or by cue group; UnusableActivity where that cannot be."""
    return alignment_from(_added(sessions, by_cue, generator=generator), generator=generator)


def permuted_names(sessions: Sessions, by_cue: bool, draws: int, *, generator: torch.Generator) -> Tensor:
    """[draws, steps] alignment with the names of the items exchanged in half of the trials, see `geometry.permuted_items`."""
    found = []
    for _ in range(draws):
        exchanged = []
        for session in sessions:
            colours, cued = exchanged_items(session.colours, session.cued, generator=generator)
            exchanged.append(replace(session, colours=colours, cued=cued))
        products = _added(exchanged, by_cue, jackknife=False, generator=generator)
        found.append(pair_measures(pair_of_rows(products.additive, 0, 6 if by_cue else 2)).alignment[0])
    return torch.stack(found)


def same_item(sessions: Sessions, *, generator: torch.Generator) -> Estimate:
    """[steps] alignment of an item's plane with itself in another half of the trials, see `geometry.same_item_parts`."""
    halves = [replace(each, cued=torch.randperm(len(each.colours), generator=generator) % 2) for each in sessions]
    return between_halves(_added(halves, True, generator=generator))


def four_colours(sessions: Sessions, draws: int, *, generator: torch.Generator) -> Tensor:
    """[draws, steps] the published angle (degrees) of the planes of the cued colour, see `geometry.pseudo_population`."""
    known = [
        pseudo_population.Session(each.activity, each.colours, each.cued_colour()[1], torch.zeros(len(each.activity)))
        for each in sessions
    ]
    return pseudo_population.plane_cosines(known, draws, generator=generator).acos().rad2deg()


def _added(sessions: Sessions, by_cue: bool, *, jackknife: bool = True, generator: torch.Generator) -> CrossProducts:
    """The cross-products of all sessions, measured alike."""
    how: dict = {"generator": generator, "harmonics": harmonics_of(sessions, by_cue), "jackknife": jackknife}
    found = []
    for session in sessions:
        varies = (session.activity != session.activity[:1]).any(0).any(0)  # a neuron may be silent in these steps
        cued = session.cued if by_cue else None
        found.append(cross_products(session.activity[:, :, varies], session.colours, cued, **how))
    return reduce(add, found)
