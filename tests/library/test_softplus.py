"""Softplus, its slope and dendrites: the compiled loops against torch in double precision, torch's part against autograd."""

import math

import pytest
import torch

from swaputils.network.softplus import dendrites, softplus2, through_dendrites, through_softplus2

BEFORE = torch.cat((torch.linspace(-30, 30, 6_001), torch.tensor([-1e38, -1e4, -200.0, 126.0, 128.0, 500.0, 1e38])))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-14)])
def test_softplus_and_its_slope(dtype, tolerance):
    before = BEFORE[None].to(dtype)
    exact = torch.logaddexp2(before.double(), torch.zeros((), dtype=torch.float64))
    values = softplus2(before.clone())
    assert values.dtype == dtype
    torch.testing.assert_close(values.double(), exact, rtol=tolerance, atol=1e-37)
    slope = through_softplus2(torch.ones_like(before), values)
    torch.testing.assert_close(slope.double(), 1 - torch.exp2(-exact), rtol=0, atol=tolerance)
    assert 0 <= slope.min() and slope.max() <= 1


def test_what_is_not_finite_stays_so():
    assert softplus2(torch.tensor([[math.nan, math.inf]])).isfinite().tolist() == [[False, False]]


def example(dtype: torch.dtype, trials: int = 5, terms: int = 4, sums: int = 6) -> tuple[torch.Tensor, ...]:
    """Nodes before softplus, weights, an offset shared by all trials, and a gradient at the sums."""
    generator = torch.Generator().manual_seed(1)
    shapes = ((trials, terms * sums), (terms, sums), (1, sums), (trials, sums))
    return tuple(3 * torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shared", [True, False])
def test_dendrites_and_their_derivative_are_those_of_the_equation(dtype, shared):
    before, weight, offset, at_sums = example(dtype)
    offset = offset if shared else offset.repeat(len(before), 1) + at_sums
    watched = [tensor.double().requires_grad_() for tensor in (before, weight)]
    by_equation = (torch.logaddexp2(watched[0], torch.zeros(1).double()).unflatten(1, (4, 6)) * watched[1]).sum(1)
    at_before, at_weight = torch.autograd.grad((by_equation * at_sums.double()).sum(), watched)

    sums, values = dendrites(before, weight, offset)
    total = torch.full_like(weight, 2.0)
    found = through_dendrites(at_sums, values, weight, total)
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == torch.float32 else {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(sums.double(), by_equation.detach() + offset.double(), **tolerance)
    torch.testing.assert_close(found.double(), at_before, **tolerance)
    torch.testing.assert_close(total.double(), at_weight + 2, **tolerance)


def test_a_gradient_that_torch_wants_is_torchs():
    """Single precision too: the loops would hide the operation from autograd."""
    before, weight, offset, at_sums = example(torch.float32)
    before.requires_grad_()
    sums, values = dendrites(before, weight, offset)
    (by_torch,) = torch.autograd.grad((sums * at_sums).sum(), [before])
    by_hand = through_dendrites(at_sums, values.detach(), weight, torch.zeros_like(weight))
    torch.testing.assert_close(by_hand, by_torch, rtol=1e-5, atol=1e-5)
