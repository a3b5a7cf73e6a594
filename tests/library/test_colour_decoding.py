"""Colours decoded from planted activity, and the areas of planted rings."""

import math

import pytest
import torch

from swaputils.angles import to_xy
from swaputils.geometry import UnusableActivity, rings_at
from swaputils.geometry.colour_decoding import colour_areas, decoded_colour
from tests.small import seeded


def drawn(trials, seed=0):
    return 2 * math.pi * torch.rand(trials, dtype=torch.float64, generator=seeded(seed)) - math.pi


def noise(trials, units=10, seed=5):
    return torch.randn((trials, units), dtype=torch.float64, generator=seeded(seed))


def test_a_ring_is_decoded_and_noise_is_not():
    colour = drawn(400)
    ring = rings_at((1.0, 1.0), (1.0, 1.0), 0.0, 10, generator=seeded(1))[0]
    found = decoded_colour(to_xy(colour) @ ring + 0.02 * noise(400), colour, permutations=20, generator=seeded(2))
    assert found.score > 0.99 and found.chance < 0.2
    with pytest.raises(UnusableActivity, match="12 trials are too few to decode 10 units in 5 folds"):
        decoded_colour(noise(12), drawn(12), generator=seeded())


def test_noise_is_above_its_chance_in_one_case_of_twenty():
    above = 0
    for seed in range(60):
        found = decoded_colour(noise(120, 4, seed), drawn(120, seed + 100), permutations=39, generator=seeded(seed))
        above += found.score > found.chance
    assert above <= 8  # 3 expected; more than 8 in 1 of 200


def test_areas_of_planted_rings():
    """A square of radius r has the area 2 r^2; a plane at an angle sees cos of both its angles of it."""
    angles = math.radians(60), math.radians(60)
    rings = rings_at(angles, (1.0, 1.0), 0.0, 12, generator=seeded(3))
    later = 2 * rings_at((0.0, 0.0), (1.0, 1.0), 0.0, 12, generator=seeded(4))
    item = torch.arange(8_000) % 2
    colour = (torch.arange(8_000) // 2 % 4).double() * math.pi / 2 - math.pi
    own = to_xy(colour)[:, None]
    before, after = ((own @ each[item]).squeeze(1) + 0.05 * noise(8_000, 12) for each in (rings, later))
    found = colour_areas(before, after, colour, item, generator=seeded(6))
    assert found.own == pytest.approx(2, rel=0.02) and found.after_kept == pytest.approx(8, rel=0.02)
    assert found.other == pytest.approx(2 * 0.25, rel=0.1)
    across = torch.linalg.qr(rings[0].T).Q.T @ later[0].T
    assert found.after_in_before == pytest.approx(2 * abs(float(torch.linalg.det(across))), abs=0.3)
