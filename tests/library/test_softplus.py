"""Softplus, its slope and dendrites: that of compiled loops against torch in double precision, torch's part against autograd."""

import math

import numpy as np
import pytest
import torch

from swaputils.network.drives import dendrites, softplus2, through_dendrites, through_softplus2
from swaputils.network.softplus import ONE, loop, power_of_minus, softplus2_of

BEFORE = torch.cat((torch.linspace(-30, 30, 6_001), torch.tensor([-1e38, -1e4, -200.0, 126.0, 128.0, 500.0, 1e38])))


@loop
def in_a_loop(before, values, slopes):
    for n in range(len(before)):
        values[n] = softplus2_of(before[n])
        slopes[n] = ONE - power_of_minus(values[n])


def compiled(before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Values and slopes by the functions for compiled loops."""
    values, slopes = (np.empty(len(before), np.float32) for _ in range(2))
    in_a_loop(before.numpy(), values, slopes)
    return torch.from_numpy(values), torch.from_numpy(slopes)


def by_torch(before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    values = softplus2(before[None])
    return values[0], through_softplus2(torch.ones_like(values), values)[0]


@pytest.mark.parametrize(
    ("way", "dtype", "tolerance"),
    [(compiled, torch.float32, 1e-6), (by_torch, torch.float32, 1e-6), (by_torch, torch.float64, 1e-14)],
)
def test_softplus_and_its_slope(way, dtype, tolerance):
    before = BEFORE.to(dtype)
    exact = torch.logaddexp2(before.double(), torch.zeros((), dtype=torch.float64))
    values, slope = way(before)
    assert values.dtype == dtype
    torch.testing.assert_close(values.double(), exact, rtol=tolerance, atol=1e-37)
    torch.testing.assert_close(slope.double(), 1 - torch.exp2(-exact), rtol=0, atol=tolerance)
    assert 0 <= slope.min() and slope.max() <= 1


def test_what_is_not_finite_stays_so():
    assert compiled(torch.tensor([math.nan, math.inf]))[0].isfinite().tolist() == [False, False]


@pytest.mark.parametrize("shared", [True, False])
def test_dendrites_and_their_derivative_are_those_of_the_equation(shared):
    generator = torch.Generator().manual_seed(1)
    shapes = ((5, 24), (4, 6), (1, 6), (5, 6))
    before, weight, offset, at_sums = (
        3 * torch.randn(each, generator=generator, dtype=torch.float64) for each in shapes
    )
    offset = offset if shared else offset.repeat(len(before), 1) + at_sums
    watched = [tensor.clone().requires_grad_() for tensor in (before, weight)]
    by_equation = (torch.logaddexp2(watched[0], torch.zeros(1).double()).unflatten(1, (4, 6)) * watched[1]).sum(1)
    at_before, at_weight = torch.autograd.grad((by_equation * at_sums).sum(), watched)

    sums, values = dendrites(before, weight, offset)
    total = torch.full_like(weight, 2.0)
    found = through_dendrites(at_sums, values, weight, total)
    tolerance = {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(sums, by_equation.detach() + offset, **tolerance)
    torch.testing.assert_close(found, at_before, **tolerance)
    torch.testing.assert_close(total, at_weight + 2, **tolerance)
