"""Nulls and ceilings: random planes within a covariance, permuted items and colours, and the same item twice."""

import math

import pytest
import torch

from swaputils.geometry import (
    Plan,
    colour_alignment,
    permuted_colours,
    permuted_items,
    planes_within,
    plant,
    same_item_parts,
)
from swaputils.geometry.nulls import planes_within_signal
from tests.small import assert_unbiased, seeded


@pytest.mark.parametrize("dimensions", [4, 14])
def test_random_planes_in_a_round_covariance_share_two_over_the_dimensions(dimensions):
    drawn = planes_within(3 * torch.eye(dimensions).double(), 4_000, generator=seeded())
    assert_unbiased(drawn[:, None], 2 / dimensions)
    assert drawn.min() > 0 and drawn.max() < 1


def test_random_planes_in_two_or_nearly_two_dimensions_are_common():
    flat = torch.diag(torch.tensor([2.0, 1.0, 0.0, 0.0], dtype=torch.float64))
    torch.testing.assert_close(planes_within(flat, 50, generator=seeded()), torch.ones(50).double())
    nearly = torch.diag(torch.tensor([2.0, 1.0, *[0.001] * 12], dtype=torch.float64))
    assert planes_within(nearly, 500, generator=seeded()).mean() > 0.8  # where 2 / 14 would be expected of a round one


def test_covariances_of_steps_go_together_and_what_is_none_is_refused():
    both = torch.stack((torch.eye(4), torch.diag(torch.tensor([1.0, 1, 0, 0])))).double()
    drawn = planes_within(both, 300, generator=seeded())
    assert drawn.shape == (300, 2) and drawn[:, 0].mean() < 0.6 and drawn[:, 1].min() > 0.999
    with pytest.raises(ValueError, match="not those of a covariance"):
        planes_within(-both, 5, generator=seeded())


def test_products_of_coefficients_give_the_planes_of_the_covariance_that_they_make():
    coefficients = torch.randn((6, 20), dtype=torch.float64, generator=seeded(1)) * torch.arange(1, 7)[:, None]
    from_products = planes_within_signal(coefficients @ coefficients.T, 4_000, generator=seeded(2))
    from_covariance = planes_within(coefficients.T @ coefficients, 4_000, generator=seeded(3))
    levels = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95], dtype=torch.float64)
    torch.testing.assert_close(from_products.quantile(levels), from_covariance.quantile(levels), atol=0.03, rtol=0)


@pytest.mark.parametrize("cued", [False, True])
def test_items_with_exchanged_names_have_one_plane(cued):
    planted = plant(Plan(alignment=0.1, trials=3_000, noise=0.2), generator=seeded(4))
    which = torch.randint(2, (3_000,), generator=seeded(5)) if cued else None
    permuted = permuted_items(planted.activity, planted.colours, which, draws=4, generator=seeded(6))
    found = colour_alignment(planted.activity, planted.colours, which, generator=seeded(7))
    assert permuted.shape == (4,) and permuted.min() > 0.9
    assert float(found.alignment.high) < 0.2


def test_the_same_item_in_two_parts_is_the_ceiling_under_noise_too():
    planted = plant(Plan(alignment=0.3, trials=2_000, units=40, noise=1.0), generator=seeded(8))
    found = same_item_parts(planted.activity, planted.colours, generator=seeded(9))
    assert float(found.low) < 1 < float(found.high) + 0.05 and float(found.value) == pytest.approx(1, abs=0.06)
    course = torch.stack((planted.activity, planted.activity), dim=1)
    assert same_item_parts(course, planted.colours, generator=seeded(9)).value.shape == (2,)


def test_permuted_colours_keep_every_unit_and_lose_the_relation_between_units():
    means = torch.arange(24, dtype=torch.float64).reshape(2, 4, 3)
    permuted = permuted_colours(means, 200, generator=seeded())
    torch.testing.assert_close(permuted.sort(dim=-2).values, means.sort(dim=-2).values.expand(200, -1, -1, -1))
    assert_unbiased(permuted.flatten(1), means.mean(1, keepdim=True).expand(-1, 4, -1).flatten())
    aligned = permuted[..., 0] - permuted[..., 1]
    assert not (aligned == aligned[:1]).all() and math.isclose(float(aligned.mean()), -1, abs_tol=1e-9)
