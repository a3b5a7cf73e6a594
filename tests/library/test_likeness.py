"""Shape distances, what groups explain of distances, and the map: theorems, planted groups, calibration and bad input."""

import pytest
import torch

from swaputils.errors import SwaputilsError
from swaputils.geometry.likeness import group_share, mapped, shape_distance
from tests.small import seeded


def shape(units=5, seed=0):
    return torch.randn((40, units), dtype=torch.float64, generator=seeded(seed))


def moved(points, seed=1):
    turn = torch.linalg.qr(torch.randn((points.shape[1],) * 2, dtype=torch.float64, generator=seeded(seed))).Q
    return 3.0 * points @ turn + 7.0


def scattered(apart, seed, groups=4, each=3):
    """Places of systems around centres of groups, and their distances."""
    centres = apart * torch.randn((groups, 1, 6), dtype=torch.float64, generator=seeded(seed))
    places = (centres + torch.randn((groups, each, 6), dtype=torch.float64, generator=seeded(seed + 1))).flatten(0, 1)
    return torch.cdist(places, places), torch.arange(groups).repeat_interleave(each)


def test_place_size_rotation_and_unused_units_do_not_change_a_shape():
    assert shape_distance(shape(), moved(shape())) < 1e-6
    assert shape_distance(shape(), torch.cat((shape(), torch.zeros(40, 3).double()), dim=1)) < 1e-6


def test_the_distance_is_symmetric_keeps_the_triangle_inequality_and_equals_procrustes():
    from scipy.spatial import procrustes

    first, second, third = shape(seed=1), shape(seed=2), shape(seed=3)
    d12, d23, d13 = shape_distance(first, second), shape_distance(second, third), shape_distance(first, third)
    assert d12 == pytest.approx(shape_distance(second, first)) and d13 <= d12 + d23
    disparity = procrustes(first.numpy(), second.numpy())[2]  # sin^2 of the angle
    assert torch.tensor(d12).sin().square().item() == pytest.approx(disparity, abs=1e-6)


def test_planted_groups_explain_the_distances_and_the_share_is_the_one_of_the_places():
    distances, groups = scattered(5.0, seed=3)
    found = group_share(distances, groups, generator=seeded())
    assert found.p < 0.01 and found.share > 0.9 and found.within < 0.5 * found.between


def test_without_groups_the_share_is_the_expected_one_and_p_is_uniform():
    found = [group_share(*scattered(0.0, seed=10 * k), permutations=200, generator=seeded(k)) for k in range(60)]
    assert found[0].chance == pytest.approx(3 / 11)
    assert sum(one.share for one in found) / 60 == pytest.approx(3 / 11, abs=0.03)
    assert sum(one.p for one in found) / 60 == pytest.approx(0.5, abs=0.12)


def test_a_plane_is_mapped_onto_itself():
    places = torch.randn((9, 2), dtype=torch.float64, generator=seeded(4))
    found, shown = mapped(torch.cdist(places, places))
    torch.testing.assert_close(torch.cdist(found, found), torch.cdist(places, places))
    assert shown == pytest.approx(1)


def test_bad_input_is_a_sentence():
    with pytest.raises(SwaputilsError, match="40 and 39 samples"):
        shape_distance(shape(), shape()[1:])
    with pytest.raises(SwaputilsError, match="no form to compare"):
        shape_distance(shape(), torch.ones(40, 2))
    with pytest.raises(SwaputilsError, match="3 systems in 1 groups"):
        group_share(torch.ones(3, 3), torch.zeros(3, dtype=torch.long), generator=seeded())
