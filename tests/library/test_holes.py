"""Holes of planted codes of place and colour: a torus, a ring, two rings, slots; noise, rotation and bad input."""

import math

import pytest
import torch

from swaputils.angles import to_xy
from swaputils.geometry import UnusableActivity
from swaputils.geometry.holes import holes
from tests.small import seeded

STEPS, UNITS = 12, 14


def grid(places: int = STEPS):
    """Unit vectors of place and colour on a grid, [places * STEPS, 2] each, and the number of the place."""
    place, colour = (2 * math.pi * torch.arange(count, dtype=torch.float64) / count for count in (places, STEPS))
    pairs = torch.cartesian_prod(place, colour)
    return to_xy(pairs[:, 0]), to_xy(pairs[:, 1]), torch.arange(places).repeat_interleave(STEPS)


def embedded(parts, noise=0.05):
    """The parts side by side in random directions of UNITS dimensions, with noise."""
    together = torch.cat(parts, dim=1)
    axes = torch.linalg.qr(torch.randn((UNITS, UNITS), dtype=torch.float64, generator=seeded(1))).Q
    states = together @ axes[: together.shape[1]]
    return states + noise * torch.randn(states.shape, dtype=torch.float64, generator=seeded(2)) / UNITS**0.5


def torus():
    return embedded(grid()[:2])


def test_a_torus_has_two_loops_and_a_hollow():
    assert holes(torus()).count() == (1, 2, 1)


def test_a_ring_that_ignores_the_place_has_one_loop():
    assert holes(embedded([grid()[1]])).count() == (1, 1, 0)


def test_a_double_ring_is_two_pieces_with_a_loop_each():
    _, colour, place = grid(2)
    apart = torch.nn.functional.one_hot(place).double()
    assert holes(embedded([colour, 2 * apart])).count() == (2, 2, 0)


def test_slots_are_pieces_in_planes_of_their_own():
    _, colour, place = grid(4)
    slots = torch.nn.functional.one_hot(place).double()
    in_slots = (slots[:, :, None] * colour[:, None]).flatten(1)
    assert holes(embedded([in_slots, slots])).count() == (4, 4, 0)


def test_neither_size_nor_rotation_changes_what_lasts_and_noise_alone_lasts_nowhere():
    turn = torch.linalg.qr(torch.randn((UNITS, UNITS), dtype=torch.float64, generator=seeded(3))).Q
    for one, two in zip(holes(torus(), 1).lasting, holes(100 * torus() @ turn + 5, 1).lasting):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=0)
    noise = torch.randn((100, UNITS), dtype=torch.float64, generator=seeded(4))
    assert holes(noise, 1).count()[1] == 0


def test_bad_states_are_a_sentence():
    for states in (torus()[:2], torus() * torch.nan, torch.ones(5, 3)):
        with pytest.raises(UnusableActivity, match="needed are 3 or more finite ones that differ"):
            holes(states)


def test_numbers_of_holes_by_distance():
    ranges = {numbers: (low, high) for low, high, numbers in holes(torus()).at_distances(1.1)}
    low, high = ranges[1, 2, 1]
    assert high / low > 1.5 and 0.4 < low < 0.7
    ring = [high / low for low, high, numbers in holes(embedded([grid()[1]])).at_distances(1.1) if numbers == (1, 1, 0)]
    assert max(ring) > 2
