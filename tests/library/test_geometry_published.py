"""The published measures: by hand, on the public matrix of recorded activity, and how a least distance of colours biases them."""

import math

import pytest
import torch
from scipy.io import loadmat

from swaputils.angles import to_xy
from swaputils.geometry import (
    SEPARATION,
    Plan,
    UnusableActivity,
    bin_means,
    compare_means,
    cosine_in_three,
    four_colour_angles,
    permuted_colours,
    plant,
    reported_colour_cosine,
    rings_at,
    variance_in_three,
)
from tests.small import seeded

QUARTILES = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)


def ring_means(angles, colours=4, units=20, seed=0):
    """[2, colours, units] points of two rings at equally spaced colours."""
    rings = rings_at(angles, (1.0, 1.0), 0.0, units, generator=seeded(seed))
    return to_xy(2 * math.pi * torch.arange(colours, dtype=torch.float64) / colours) @ rings


@pytest.mark.parametrize("degrees", [15, 30, 45, 60, 75, 90, 120])
@pytest.mark.parametrize("colours", [4, 16])
def test_planes_that_share_a_line_have_their_angle_and_its_sign(degrees, colours):
    means = ring_means((math.radians(degrees), 0.0), colours) + 5
    assert float(cosine_in_three(means)) == pytest.approx(math.cos(math.radians(degrees)), abs=1e-9)
    assert float(cosine_in_three(means.flip(0))) == pytest.approx(math.cos(math.radians(degrees)), abs=1e-9)
    backwards = torch.stack((means[0], means[1].flip(0)))
    assert float(cosine_in_three(backwards)) == pytest.approx(-math.cos(math.radians(degrees)), abs=1e-9)
    assert float(variance_in_three(means)) == pytest.approx(1)


def test_means_are_compared_in_the_full_space():
    found = compare_means(ring_means((0.3, 1.1), 8))
    assert found.angles.tolist() == pytest.approx([1.1, 0.3])
    expected = (math.cos(0.3) ** 2 + math.cos(1.1) ** 2) / 2
    assert float(found.alignment) == pytest.approx(expected) == pytest.approx(float(found.index))


def test_bin_means_by_hand():
    colour = torch.tensor([-math.pi, -3.0, -0.1, 0.1, 0.2, 3.1], dtype=torch.float64)
    activity = torch.tensor([[1.0], [3.0], [10.0], [20.0], [30.0], [40.0]], dtype=torch.float64)
    assert bin_means(activity, colour, 2).flatten().tolist() == pytest.approx([44 / 3, 20])
    with pytest.raises(UnusableActivity, match="4 of 6 colour bins hold no trial"):
        bin_means(activity, colour, 6)


def test_bins_keep_colours_on_a_grid_together_and_steps_apart():
    colour = (torch.arange(40) % 4).double() * math.pi / 2 - math.pi
    colour = colour + 1e-9 * torch.randn(40, dtype=torch.float64, generator=seeded())
    activity = torch.stack((torch.arange(40) % 4, torch.arange(40)), dim=1)[:, :, None].double()
    found = bin_means(activity, colour, 4)
    assert found.shape == (2, 4, 1) and found[0].flatten().tolist() == [0, 1, 2, 3]
    torch.testing.assert_close(found[1], bin_means(activity[:, 1], colour, 4))


def cued_colours(planted):
    cued = torch.arange(len(planted.colours)) % 2
    return planted.colours.gather(1, cued[:, None]).squeeze(1), cued


@pytest.mark.parametrize(("truth", "independent", "separated"), [(0.0, 0.0, 0.54), (0.29, 0.54, 0.0), (1.0, 1.0, 1.0)])
def test_a_least_distance_of_colours_fakes_the_published_angle(truth, independent, separated):
    for separation, expected in ((0.0, independent), (SEPARATION, separated)):
        planted = plant(Plan(trials=20_000, alignment=truth, separation=separation), generator=seeded(2))
        found = reported_colour_cosine(planted.activity, *cued_colours(planted))
        assert float(found) == pytest.approx(expected, abs=0.06)


def test_four_colour_angles_centre_on_the_truth_and_need_ten_trials():
    rings = rings_at((math.radians(40), 0.0), (1.0, 1.0), 0.0, 30, generator=seeded(3))
    planted = plant(Plan(trials=4_000, units=30, distinct=64), generator=seeded(3), rings=rings)
    found = four_colour_angles(planted.activity, *cued_colours(planted), draws=100, generator=seeded(4))
    assert found.shape == (100,) and float(found.median()) == pytest.approx(40, abs=6)
    with pytest.raises(UnusableActivity, match="10 or more are needed"):
        four_colour_angles(planted.activity[:60], *(part[:60] for part in cued_colours(planted)), generator=seeded())


def test_planes_of_noise_alone_already_measure_about_80_degrees():
    noise = torch.randn((400, 2, 4, 380), dtype=torch.float64, generator=seeded(5))
    assert 76 < float(cosine_in_three(noise).abs().acos().rad2deg().median()) < 86


@pytest.fixture(scope="module")
def recorded(request):
    folder = request.getfixturevalue("data_folder") / "panichello2021_planes" / "raw"
    rates = loadmat(folder / "planesDemo.mat")["dat"]
    return torch.from_numpy(rates.astype("float64")).unflatten(0, (2, 4))


def test_recorded_activity_has_the_values_of_its_source(recorded):
    found = compare_means(recorded)
    assert float(variance_in_three(recorded)) == pytest.approx(0.649, abs=5e-4)
    cosine = float(cosine_in_three(recorded))
    assert cosine == pytest.approx(-0.133, abs=6e-4)
    assert math.degrees(math.acos(abs(cosine))) == pytest.approx(82.4, abs=0.05)
    assert found.angles.rad2deg().tolist() == pytest.approx([85.0, 55.3], abs=0.05)
    values = [float(getattr(found, name)) for name in ("alignment", "index", "rho_cross")]
    assert values == pytest.approx([0.166, 0.196, -0.170], abs=5e-4)


def test_recorded_activity_with_permuted_colours_is_as_its_source_says(recorded):
    permuted = permuted_colours(recorded, 2_000, generator=seeded(6))
    angle = cosine_in_three(permuted).abs().acos().rad2deg().quantile(QUARTILES)
    assert angle.tolist() == pytest.approx([64.6, 76.4, 83.0], abs=1.2)
    found = compare_means(permuted)
    assert float(found.alignment.mean()) == pytest.approx(0.067, abs=0.003)
    tails = torch.tensor([0.025, 0.975], dtype=torch.float64)
    assert found.alignment.quantile(tails).tolist() == pytest.approx([0.016, 0.129], abs=0.01)
    assert found.rho_cross.quantile(tails).tolist() == pytest.approx([-0.18, 0.18], abs=0.02)
