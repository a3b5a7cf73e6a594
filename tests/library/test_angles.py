"""Angles on the circle and the von Mises distribution."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.special import ive

from swaputils.angles import (
    distance,
    resultant,
    sample_von_mises,
    standard_deviation,
    to_angle,
    to_xy,
    von_mises_log_density,
    wasserstein,
    wrap,
)
from tests.small import assert_unbiased, seeded

CONCENTRATIONS = [0.0, 0.5, 5.0, 500.0]
angles = st.floats(-1e4, 1e4)
DRAWS = 40_000


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


@settings(deadline=None)
@given(angles)
def test_wrap_keeps_the_direction_within_the_range(angle):
    wrapped = wrap(scalar(angle))
    assert -math.pi <= wrapped < math.pi
    torch.testing.assert_close(to_xy(wrapped), to_xy(scalar(angle)), rtol=0, atol=1e-11)


@settings(deadline=None)
@given(angles)
def test_wrap_of_wrapped_angles_changes_nothing(angle):
    once = wrap(scalar(angle))
    torch.testing.assert_close(wrap(once), once, rtol=0, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_wrap_at_the_seam(dtype):
    pi = torch.tensor(math.pi, dtype=dtype)
    seam = torch.stack((pi, -pi, 3 * pi, torch.nextafter(-pi, -2 * pi), torch.nextafter(pi, 0 * pi), -3 * pi))
    wrapped = wrap(seam)
    assert wrapped.dtype == dtype
    assert (wrapped < pi).all() and (wrapped >= -pi).all()
    assert wrap(pi) == -pi


@settings(deadline=None)
@given(angles, angles, angles)
def test_distance_is_a_metric(first, second, third):
    a, b, c = scalar(first), scalar(second), scalar(third)
    assert 0 <= distance(a, b) <= math.pi
    torch.testing.assert_close(distance(a, b), distance(b, a), rtol=0, atol=1e-11)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-11


@settings(deadline=None)
@given(angles)
def test_to_angle_undoes_to_xy(angle):
    assert distance(to_angle(3.7 * to_xy(scalar(angle))), scalar(angle)) < 1e-11


@pytest.mark.parametrize("kappa", CONCENTRATIONS)
def test_von_mises_density(kappa):
    grid = torch.linspace(-math.pi, math.pi, 20_001, dtype=torch.float64)
    log_density = von_mises_log_density(grid, scalar(kappa))
    assert torch.trapezoid(log_density.exp(), grid) == pytest.approx(1, abs=1e-10)
    published = stats.vonmises.logpdf(grid, kappa) if kappa > 0 else stats.uniform.logpdf(grid, -math.pi, 2 * math.pi)
    torch.testing.assert_close(log_density, torch.from_numpy(published), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kappa", CONCENTRATIONS)
def test_von_mises_sampler_has_the_moments_and_the_distribution(kappa):
    draws = sample_von_mises(torch.full((DRAWS,), kappa, dtype=torch.float64), generator=seeded())
    assert_unbiased(to_xy(draws), torch.tensor([ive(1, kappa) / ive(0, kappa), 0.0]))
    cdf = stats.vonmises(kappa).cdf if kappa > 0 else stats.uniform(-math.pi, 2 * math.pi).cdf
    assert stats.kstest(draws, cdf).pvalue > 1e-3


def test_von_mises_sampler_takes_a_concentration_for_each_draw():
    kappa = torch.tensor([0.5, 500.0, 5.0]).repeat(1000, 1)
    draws = sample_von_mises(kappa, generator=seeded())
    assert draws.shape == kappa.shape and draws.dtype == kappa.dtype
    assert (draws.abs() <= math.pi).all()
    spread = standard_deviation(draws, dim=0)
    assert spread[1] < 0.1 < spread[2] < 0.8 < spread[0]


def test_von_mises_sampler_depends_on_its_generator_alone():
    kappa = torch.full((100,), 2.0)
    first = sample_von_mises(kappa, generator=seeded(1))
    torch.rand(1000)
    assert torch.equal(first, sample_von_mises(kappa, generator=seeded(1)))
    assert not torch.equal(first, sample_von_mises(kappa, generator=seeded(2)))


@pytest.mark.parametrize("dim", [0, 1, -1, -2])
def test_resultant_and_standard_deviation_match_scipy(dim):
    sample = sample_von_mises(torch.full((30, 40), 1.5, dtype=torch.float64), generator=seeded())
    published = stats.circstd(sample.numpy(), high=math.pi, low=-math.pi, axis=dim)
    torch.testing.assert_close(standard_deviation(sample, dim=dim), torch.from_numpy(published))
    torch.testing.assert_close(resultant(sample, dim=dim), torch.from_numpy(-(published**2) / 2).exp())


def test_standard_deviation_of_narrow_samples_is_the_linear_one():
    narrow = 0.02 * torch.randn(100_000, dtype=torch.float64, generator=seeded())
    assert float(standard_deviation(wrap(narrow + math.pi))) == pytest.approx(float(narrow.std()), rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_wasserstein_is_the_cheapest_assignment(seed):
    first, second = 2 * math.pi * torch.rand(2, 12, dtype=torch.float64, generator=seeded(seed)) - math.pi
    cost = distance(first[:, None], second).numpy()
    cheapest = cost[linear_sum_assignment(cost)].mean()
    assert wasserstein(first, second) == pytest.approx(cheapest, abs=1e-12)
    assert wasserstein(second, first.repeat(3)) == pytest.approx(cheapest, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.3, -2.0, math.pi])
def test_wasserstein_of_a_turned_point_is_the_angle(shift):
    point = torch.tensor([3.0], dtype=torch.float64)
    assert wasserstein(point, wrap(point + shift)) == pytest.approx(abs(shift), abs=1e-12)


def test_wasserstein_of_nothing_is_refused():
    with pytest.raises(ValueError, match="samples of 0 and 1 angles"):
        wasserstein(torch.zeros(0), torch.zeros(1))
