"""Targets of either kind, against integrals of their density over the plane or the circle."""

import math

import pytest
import torch
from torch import Tensor

from swaputils.angles import to_xy, von_mises_log_density
from swaputils.diffusion.schedule import linear_schedule
from swaputils.diffusion.targets import ResponseDensity, ResponseMixture, Target, circle_nodes
from tests.small import assert_unbiased, seeded

SCHEDULE = linear_schedule(6)
SHARES = (0.5, 0.3, 0.2)
CENTRES = (0.4, 1.5, -2.0)
KAPPA = 6.0
DRAWS = 40_000


def mixture(rows: int = 1) -> ResponseMixture:
    angles, weights = (torch.tensor([values], dtype=torch.float64).expand(rows, -1) for values in (CENTRES, SHARES))
    return ResponseMixture(angles, weights.log(), spread=0.3, radius=2.0)


def density_on_circle(angle: Tensor) -> Tensor:
    """Two von Mises components and a uniform one."""
    apart = angle[:, None] - torch.tensor(CENTRES[:2], dtype=torch.float64)
    around = von_mises_log_density(apart, torch.full_like(apart, KAPPA)).exp()
    return around @ torch.tensor(SHARES[:2], dtype=torch.float64) + SHARES[2] / (2 * math.pi)


def circle(rows: int = 1, nodes: int = 256) -> ResponseDensity:
    log_nodes = density_on_circle(circle_nodes(nodes)).log() + 3.0  # a constant says nothing
    return ResponseDensity(log_nodes.expand(rows, -1), radius=2.0)


def on_the_plane() -> tuple[Tensor, Tensor]:
    """Points of a grid and the probability of each, by the normal clusters' own formula."""
    axis = torch.arange(-6, 6, 0.05, dtype=torch.float64)
    points = torch.cartesian_prod(axis, axis)
    squared = torch.cdist(points, 2 * to_xy(torch.tensor(CENTRES, dtype=torch.float64))).square()
    each = (-squared / (2 * 0.6**2)).exp() / (2 * math.pi * 0.6**2)
    return points, each @ torch.tensor(SHARES, dtype=torch.float64) * 0.05**2


def on_the_circle() -> tuple[Tensor, Tensor]:
    """Points of a fine ring and the probability of each."""
    angle = circle_nodes(5_000)
    return 2 * to_xy(angle), density_on_circle(angle) * 2 * math.pi / 5_000


KINDS = {"mixture": (mixture, on_the_plane), "density": (circle, on_the_circle)}
BOTH = pytest.mark.parametrize("kind", KINDS)


@BOTH
def test_it_is_a_target_and_moves_as_one(kind):
    target = KINDS[kind][0](3)
    assert isinstance(target, Target) and len(target) == 3 and target.radius == 2.0
    assert target.like.dtype == torch.float64
    single = target.to(torch.zeros(1))
    assert type(single) is type(target) and single.like.dtype == torch.float32
    assert single.sample(generator=seeded()).dtype == torch.float32


@BOTH
def test_its_log_density_is_that_of_the_formula_and_integrates_to_one(kind):
    make, grid = KINDS[kind]
    points, probability = grid()
    assert float(probability.sum()) == pytest.approx(1, abs=1e-6)
    cell = 0.05**2 if kind == "mixture" else 2 * math.pi / len(points)
    found = make(len(points)).log_density(points).exp() * cell
    torch.testing.assert_close(found, probability, rtol=1e-3, atol=1e-12)
    assert float(found.sum()) == pytest.approx(1, abs=1e-4)


@BOTH
def test_its_moments_are_the_integrals(kind):
    make, grid = KINDS[kind]
    points, probability = grid()
    mean, covariance = make(2).moments()
    expected = probability @ points
    second = torch.einsum("k,kd,ke->de", probability, points, points)
    torch.testing.assert_close(mean, expected.expand(2, 2), rtol=0, atol=1e-6)
    wanted = second - expected[:, None] * expected
    torch.testing.assert_close(covariance, wanted.expand(2, 2, 2), rtol=0, atol=1e-6)


@BOTH
def test_its_draws_have_its_moments_and_fill_regions_as_it_does(kind):
    make, grid = KINDS[kind]
    points, probability = grid()
    drawn = make(DRAWS).sample(generator=seeded())
    assert_unbiased(drawn, probability @ points)
    assert_unbiased(drawn.square(), probability @ points.square())
    for inside in (
        lambda point: point[:, 0] > 0.7,
        lambda point: point.sum(1) < 0,
        lambda point: point[:, 0].abs() < point[:, 1],
    ):
        share = float(probability @ inside(points).double())
        assert 0.05 < share < 0.95
        tolerance = 4.5 * math.sqrt(share * (1 - share) / DRAWS)
        assert float(inside(drawn).double().mean()) == pytest.approx(share, abs=tolerance + 0.005)


@BOTH
@pytest.mark.parametrize("step", [0, 2, 5])
def test_its_expected_end_point_is_bayes_rule_on_the_grid(kind, step):
    """x_0 weighs p(x_0) N(x_t; sqrt(abar) x_0, (1 - abar) I) given the noised x_t."""
    make, grid = KINDS[kind]
    points, probability = grid()
    alpha_bar = SCHEDULE.alpha_bar.flip(0)[step]
    noised = 1.5 * torch.randn((4, 6, 2), dtype=torch.float64, generator=seeded())
    found = make(4).expected_endpoint(SCHEDULE, noised)[:, step]
    for row, expected in enumerate(found):
        squared = (noised[row, step] - alpha_bar.sqrt() * points).square().sum(1)
        posterior = (probability.log() - squared / (2 * (1 - alpha_bar))).softmax(0)
        torch.testing.assert_close(expected, posterior @ points, rtol=0, atol=1e-5)


def test_practice_spreads_a_mixture_over_its_items_and_leaves_a_density_alone():
    shares = mixture().practised().log_weights.exp()[0]
    torch.testing.assert_close(shares, 0.8 * torch.tensor(SHARES, dtype=torch.float64) + 0.2 / 3)
    density = circle()
    assert density.practised() is density
