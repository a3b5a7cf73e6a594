"""Planes of colour: recovery of planted planes and the geometry of their comparison."""

import math

import pytest
import torch

from swapbook.null_space_measures import alignment, bin_means, colour_plane, principal_angles
from swaputils.angles import to_xy
from tests.small import assert_unbiased, seeded

UNITS = 14


def orthonormal(columns: int, seed: int, units: int = UNITS) -> torch.Tensor:
    """[units, columns] random orthonormal columns."""
    return torch.linalg.qr(torch.randn((units, columns), dtype=torch.float64, generator=seeded(seed))).Q


def colours(trials: int, seed: int) -> torch.Tensor:
    return 2 * math.pi * torch.rand(trials, dtype=torch.float64, generator=seeded(seed)) - math.pi


def activity_of(colour: torch.Tensor, plane: torch.Tensor, other: torch.Tensor, noise: float) -> torch.Tensor:
    """Rings of a colour in one plane and of an independent colour in another, around a mean, with noise."""
    distractor = colours(len(colour), 90)
    independent = torch.randn((len(colour), UNITS), dtype=torch.float64, generator=seeded(91))
    return 5 + 2 * to_xy(colour) @ plane.T + 2 * to_xy(distractor) @ other.T + noise * independent


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_plane_in_any_basis_is_aligned(seed):
    plane = orthonormal(2, seed)
    other_basis = plane @ orthonormal(2, seed + 5, units=2)
    assert alignment(plane, other_basis) == pytest.approx(1)
    torch.testing.assert_close(principal_angles(plane, other_basis), torch.zeros(2).double(), rtol=0, atol=1e-7)


def test_orthogonal_planes_are_not_aligned():
    both = orthonormal(4, 0)
    assert alignment(both[:, :2], both[:, 2:]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("first", "second"), [(0.3, 1.1), (0.0, math.pi / 2), (0.7, 0.7)])
def test_planes_at_known_angles(first, second):
    axes = orthonormal(4, 3)
    turned = torch.stack(
        [
            math.cos(first) * axes[:, 0] + math.sin(first) * axes[:, 2],
            math.cos(second) * axes[:, 1] + math.sin(second) * axes[:, 3],
        ],
        dim=1,
    )
    expected = torch.tensor([max(first, second), min(first, second)], dtype=torch.float64)
    torch.testing.assert_close(principal_angles(axes[:, :2], turned), expected, rtol=0, atol=1e-7)
    assert alignment(axes[:, :2], turned) == pytest.approx((math.cos(first) ** 2 + math.cos(second) ** 2) / 2)


def test_alignment_survives_a_rotation_of_the_whole_space():
    first, second, turn = orthonormal(2, 1), orthonormal(2, 2), orthonormal(UNITS, 3)
    assert alignment(turn @ first, turn @ second) == pytest.approx(alignment(first, second))
    assert alignment(first, second) == pytest.approx(alignment(second, first))


@pytest.mark.parametrize("units", [4, 14])
def test_random_planes_have_two_over_the_dimension(units):
    values = [alignment(orthonormal(2, 2 * s, units), orthonormal(2, 2 * s + 1, units)) for s in range(600)]
    assert_unbiased(torch.tensor(values)[:, None], 2 / units)


def test_a_planted_plane_is_recovered_beside_another_colour_and_noise():
    axes = orthonormal(4, 4)
    plane, other, colour = axes[:, :2], axes[:, 2:], colours(8_000, 6)
    found = colour_plane(activity_of(colour, plane, other, noise=1.0), colour)
    torch.testing.assert_close(found.T @ found, torch.eye(2).double())
    assert alignment(found, plane) > 0.99
    assert alignment(found, other) < 0.02


def test_the_plane_turns_with_the_space_and_ignores_a_shift_of_it():
    axes, turn, colour = orthonormal(4, 4), orthonormal(UNITS, 5), colours(500, 6)
    activity = activity_of(colour, axes[:, :2], axes[:, 2:], noise=0.3)
    turned = colour_plane(activity @ turn.T + 7, colour)
    assert alignment(turned, turn @ colour_plane(activity, colour)) == pytest.approx(1)


def test_bin_means_by_hand():
    colour = torch.tensor([-math.pi, -3.0, -0.1, 0.1, 0.2, 3.1], dtype=torch.float64)
    activity = torch.tensor([[1.0], [3.0], [10.0], [20.0], [30.0], [40.0]], dtype=torch.float64)
    assert bin_means(activity, colour, 2).flatten().tolist() == pytest.approx([14 / 3, 30])
    with pytest.raises(ValueError, match="2 of 6 colour bins hold no trial"):
        bin_means(activity, colour, 6)


def test_random_planes_are_aligned_by_two_over_the_dimensions():
    first, second = torch.linalg.qr(torch.randn((2, 20_000, 14, 2), dtype=torch.float64, generator=seeded())).Q
    found = (first.mT @ second).square().sum((1, 2)) / 2
    assert found.mean() == pytest.approx(1 / 7, abs=0.003) and found.min() > 0 and found.max() < 1
    pairs = [alignment(orthonormal(2, seed), orthonormal(2, seed + 1_000)) for seed in range(400)]
    assert torch.tensor(pairs).mean() == pytest.approx(float(found.mean()), abs=0.02)
    assert torch.tensor(pairs).std() == pytest.approx(float(found.std()), rel=0.2)
