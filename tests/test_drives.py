"""Softplus and its slope by powers of two, against torch's, also where powers overflow."""

import math

import pytest
import torch
from torch.nn.functional import softplus

from swaputils.drives import LOG2_E, _softplus2, _through_softplus2_


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 2e-6), (torch.float64, 1e-13)])
def test_softplus_and_its_slope(dtype, tolerance):
    before = torch.cat((torch.linspace(-30, 30, 601), torch.tensor([-1e4, -200.0, 85.0, 90.0, 500.0, 1e4]))).to(dtype)
    value, growth = _softplus2(before * LOG2_E)
    expected = softplus(before.double(), threshold=100).to(dtype)
    torch.testing.assert_close(value / LOG2_E, expected, rtol=tolerance, atol=tolerance)
    slope = _through_softplus2_(torch.ones_like(before), growth)
    torch.testing.assert_close(slope, before.sigmoid(), rtol=0, atol=tolerance)


def test_powers_overflow_where_the_guard_begins():
    """Without the guard float32 would give infinity a little above it."""
    assert math.isinf(float(torch.tensor(128.0).exp2())) and not math.isinf(float(torch.tensor(127.0).exp2()))
    value, growth = _softplus2(torch.tensor([125.0, 126.0, 127.0, 129.0]))
    assert value.tolist() == [125.0, 126.0, 127.0, 129.0] and growth.isfinite().all()
