"""The tables of validation, in small: every measure beside planted truth."""

import math

import pytest

from swaputils.geometry.planted import SEPARATION, Plan
from swaputils.geometry.validation import angles, over_the_range, recordings, spiking
from tests.small import seeded


@pytest.fixture(scope="module")
def rows():
    found = over_the_range(2, (0.0, 0.29, 1.0), {"network": Plan(trials=1_600)}, generator=seeded())
    return {(row.separation, row.truth, row.estimator): row for row in found}


def test_regression_is_right_over_the_range_and_bins_are_where_colours_are_independent(rows):
    for (separation, _, estimator), row in rows.items():
        if estimator.startswith("regression"):
            assert row.mean == pytest.approx(row.expected, abs=0.03)
        elif separation == 0 and "4 colours" not in estimator:
            assert row.mean == pytest.approx(row.expected, abs=0.1)
    assert len(rows) == 2 * 3 * 5


def test_bins_are_wrong_where_colours_keep_a_distance(rows):
    for estimator, orthogonal in (("bins of one colour", 0.29), ("three components, 16 bins", 0.53)):
        assert rows[SEPARATION, 0.0, estimator].mean == pytest.approx(orthogonal, abs=0.1)
        assert rows[SEPARATION, 0.29, estimator].mean == pytest.approx(0, abs=0.12)
        assert rows[SEPARATION, 1.0, estimator].mean == pytest.approx(1, abs=0.01)


def test_recordings_are_unbiased_and_pool():
    plan = Plan(trials=300, units=60, noise=0.8, alignment=0.5, separation=SEPARATION)
    row = recordings(plan, 25, generator=seeded(1))
    assert 0.4 < row.reliability < 0.8
    assert max(map(abs, (row.numerator_z, row.first_strength_z, row.second_strength_z))) < 3.5
    assert abs(row.pooled_error) < 0.06 and row.coverage > 0.8
    assert math.isfinite(row.sd) and row.recordings == 25


def test_angles_are_recovered_by_regression():
    for row in angles((30.0,), 200, 2, generator=seeded(2)):
        assert row.worst_error < (0.1 if row.estimator.startswith("regression") else 12)


def test_spiking_recordings_are_unbiased_and_pool():
    plan = Plan(trials=250, units=30, alignment=0.5)
    row = recordings(plan, 40, spiking(2.0, 0.6, 3.0), generator=seeded(3))
    assert max(map(abs, (row.numerator_z, row.first_strength_z, row.second_strength_z))) < 3.5
    assert abs(row.pooled_error) < 0.15 and row.reliability < 0.9
