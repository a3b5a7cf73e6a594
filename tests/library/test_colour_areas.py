"""The areas of planted rings of colour, in their own plane and in others."""

import math

import pytest
import torch

from swaputils.angles import to_xy
from swaputils.geometry import rings_at
from swaputils.geometry.colour_areas import colour_areas
from tests.small import seeded


def test_areas_of_planted_rings():
    """A square of radius r has the area 2 r^2; a plane at an angle sees cos of both its angles of it."""
    angles = math.radians(60), math.radians(60)
    rings = rings_at(angles, (1.0, 1.0), 0.0, 12, generator=seeded(3))
    later = 2 * rings_at((0.0, 0.0), (1.0, 1.0), 0.0, 12, generator=seeded(4))
    item = torch.arange(8_000) % 2
    colour = (torch.arange(8_000) // 2 % 4).double() * math.pi / 2 - math.pi
    own = to_xy(colour)[:, None]
    noise = 0.05 * torch.randn((8_000, 12), dtype=torch.float64, generator=seeded(5))
    before, after = ((own @ each[item]).squeeze(1) + noise for each in (rings, later))
    found = colour_areas(before, after, colour, item, generator=seeded(6))
    assert found.own == pytest.approx(2, rel=0.02) and found.after_kept == pytest.approx(8, rel=0.02)
    assert found.other == pytest.approx(2 * 0.25, rel=0.1)
    across = torch.linalg.qr(rings[0].T).Q.T @ later[0].T
    assert found.after_in_before == pytest.approx(2 * abs(float(torch.linalg.det(across))), abs=0.3)
