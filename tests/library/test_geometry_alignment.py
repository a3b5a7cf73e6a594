"""Alignment of colour planes by regression on both colours: planted truth, noise, interactions, cues, sessions and bad input."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles

from swaputils.angles import to_xy
from swaputils.geometry import (
    SEPARATION,
    Plan,
    UnusableActivity,
    alignment_from,
    colour_alignment,
    cross_products,
    plant,
    rings_at,
    separated_colours,
)
from swaputils.geometry.partfits import GROUPS
from swaputils.geometry.planepairs import estimate, pair_measures
from tests.small import assert_unbiased, seeded

TRUTHS = [0.0, 0.09, 0.29, 0.5, 0.71, 1.0]
RECORDING = Plan(trials=400, units=60, noise=1.0, alignment=0.5)


def aligned(planted, seed=0, **options):
    return colour_alignment(planted.activity, planted.colours, generator=seeded(seed), **options)


@pytest.mark.parametrize("separation", [0.0, SEPARATION])
@pytest.mark.parametrize("truth", TRUTHS)
def test_planted_alignment_is_found_at_the_noise_of_networks(truth, separation):
    plan = Plan(alignment=truth, separation=separation, strengths=(1.0, 0.4), phase=0.7)
    found = aligned(plant(plan, generator=seeded(1))).planes
    assert found.alignment.value == pytest.approx(truth, abs=0.03)
    assert found.with_interactions.value == pytest.approx(truth, abs=0.03)
    assert found.index.value == pytest.approx(truth, abs=0.03)  # the same for circular rings
    assert found.angles.value.cos().square().tolist() == pytest.approx([truth, truth], abs=0.03)
    assert found.correlation.value == pytest.approx(math.sqrt(truth) * math.cos(0.7), abs=0.03)
    assert found.verdict == ("told",)
    if truth:
        assert found.phase.value == pytest.approx(0.7, abs=0.03)
        assert found.mirrored.value == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("truth", [0.0, 0.29, 0.71])
def test_interactions_are_reported_as_not_identified_on_separated_displays_only(truth):
    plan = Plan(alignment=truth, separation=SEPARATION, interaction=0.27)
    separated = aligned(plant(plan, generator=seeded(2)))
    assert abs(float(separated.alignment.value) - truth) > 0.1
    assert separated.planes.with_interactions.value == pytest.approx(truth, abs=0.03)
    assert separated.planes.verdict == ("not identified",)
    independent = aligned(plant(replace(plan, separation=0.0), generator=seeded(2)))
    assert independent.alignment.value == pytest.approx(truth, abs=0.03)
    assert independent.planes.verdict == ("told",)


@pytest.mark.parametrize("separation", [0.0, SEPARATION])
def test_additive_share_and_interaction_are_those_under_independent_colours(separation):
    planted = plant(Plan(separation=separation, interaction=0.25), generator=seeded(3))
    found = aligned(planted)
    assert found.additive_r2.value == pytest.approx(0.8, abs=0.01)
    assert found.interaction.value == pytest.approx(0.25 * float(planted.rings.square().sum()) / 2, rel=0.03)


def test_unequal_angles_agree_with_scipy_on_the_coefficients_of_least_squares():
    rings = rings_at((0.3, 1.2), (1.0, 2.0), 0.4, 14, generator=seeded(4))
    rings[1, 0] *= 3  # no longer a circle
    planted = plant(Plan(noise=0.0), generator=seeded(5), rings=rings)
    design = torch.cat((torch.ones(2_000, 1).double(), *map(to_xy, planted.colours.T)), dim=1)
    fitted = torch.linalg.lstsq(design, planted.activity).solution
    expected = subspace_angles(fitted[1:3].T.numpy(), fitted[3:5].T.numpy())
    found = aligned(planted).planes
    assert found.angles.value.tolist() == pytest.approx(expected.tolist(), abs=1e-6)
    assert found.alignment.value == pytest.approx((np.cos(expected) ** 2).mean())
    assert found.correlation.value == pytest.approx(float(cosines(*rings)))


def cosines(first, second):
    """Ratio of summed products to sizes over a full circle of colours."""
    circle = to_xy(torch.linspace(0, 2 * math.pi, 361, dtype=torch.float64)[:-1])
    one, other = circle @ first, circle @ second
    return (one * other).sum() / (one.square().sum() * other.square().sum()).sqrt()


def test_rotations_and_shifts_of_the_space_change_nothing():
    planted = plant(Plan(alignment=0.4, phase=0.5, noise=0.1), generator=seeded(6))
    turn = torch.linalg.qr(torch.randn((14, 14), dtype=torch.float64, generator=seeded(7))).Q
    turned = replace(planted, activity=3 * planted.activity @ turn + 5)
    before, after = aligned(planted).planes, aligned(turned).planes
    for name in ("alignment", "phase", "rho_cross", "index"):
        torch.testing.assert_close(getattr(before, name).value, getattr(after, name).value)
        torch.testing.assert_close(getattr(before, name).low, getattr(after, name).low)


def test_exchanging_the_items_reverses_the_phase_alone():
    planted = plant(Plan(alignment=0.4, phase=0.5), generator=seeded(6))
    one, other = aligned(planted).planes, aligned(replace(planted, colours=planted.colours.flip(1))).planes
    torch.testing.assert_close(one.alignment.value, other.alignment.value)
    torch.testing.assert_close(one.phase.value, -other.phase.value)


def test_a_ring_that_runs_the_other_way_round_is_mirrored_and_as_aligned():
    rings = rings_at((0.2, 0.2), (1.0, 1.0), 0.0, 14, generator=seeded(8))
    rings[1, 1] *= -1
    found = aligned(plant(Plan(), generator=seeded(9), rings=rings)).planes
    assert found.mirrored.value == pytest.approx(1, abs=0.01)
    assert found.alignment.value == pytest.approx(math.cos(0.2) ** 2, abs=0.01)
    assert found.correlation.value == pytest.approx(0, abs=0.01)


def test_products_between_parts_are_unbiased_where_those_within_are_not():
    plan, rows, naive = replace(RECORDING, alignment=0.0), [], []
    for seed in range(80):
        products = cross_products(*drawn(plan, seed), generator=seeded(seed), jackknife=False, harmonics=1).additive
        measures = pair_measures(products)
        rows.append(torch.cat((measures.numerator[0], measures.strengths[0, 0])))
        across, own = products[0, 0, 0, :2, 2:], products[0, 0, 0, :2, :2]
        naive.append(torch.stack((across.mean((-1, -2)).square().sum(), own.mean((-1, -2)).diagonal().sum())))
    truth = torch.tensor([0.0, 2.0, 2.0])
    assert_unbiased(torch.stack(rows), truth)
    naive = torch.stack(naive)
    assert ((naive.mean(0) - truth[:2]) / naive.std(0) * 80**0.5).min() > 5  # so that the test could fail


def drawn(plan, seed):
    planted = plant(plan, generator=seeded(1_000 + seed))
    return planted.activity, planted.colours


def test_intervals_hold_the_truth_as_often_as_they_say_and_are_no_wider_than_twice_the_need():
    plan = replace(RECORDING, trials=1_000, separation=SEPARATION)
    found = [colour_alignment(*drawn(plan, seed), generator=seeded(seed)).alignment for seed in range(30)]
    value, low, high = (torch.stack([getattr(each, name) for each in found]) for name in ("value", "low", "high"))
    assert ((low <= 0.5) & (0.5 <= high)).double().mean() >= 0.9
    assert value.mean() == pytest.approx(0.5, abs=0.03)
    assert (high - low).mean() / 2 < 2 * 2.09 * value.std()


def test_the_jackknife_of_a_mean_is_its_standard_error():
    groups = torch.randn(GROUPS, 3, dtype=torch.float64, generator=seeded(10))
    without = (groups.sum(0) - groups) / (GROUPS - 1)
    found = estimate(torch.cat((groups.mean(0, keepdim=True), without)))
    error = groups.std(0) / GROUPS**0.5
    torch.testing.assert_close(found.width, 2 * 2.0930240544 * error)


def test_an_interval_of_angles_does_not_care_where_the_circle_is_cut():
    replicates = torch.tensor([3.1, 3.0, -3.1, 3.1, -3.0], dtype=torch.float64)
    shifted = torch.tensor([0.1, 0.0, 2 * math.pi - 6.1, 0.1, 2 * math.pi - 6.0], dtype=torch.float64)
    torch.testing.assert_close(estimate(replicates, angle=True).width, estimate(shifted, angle=True).width)


def test_every_step_is_measured_as_if_it_were_alone():
    first, second = (plant(Plan(alignment=a, noise=0.5), generator=seeded(11)) for a in (0.2, 0.8))
    both = torch.stack((first.activity, second.activity), dim=1)
    course = colour_alignment(both, first.colours, generator=seeded(1))
    assert course.alignment.value.shape == (2,) and course.planes.chance.shape == (2, 2)
    assert course.planes.angles.value.shape == (2, 2) and len(course.planes.verdict) == 2
    for step, alone in enumerate((first, second)):
        single = aligned(alone, seed=1)
        torch.testing.assert_close(course.alignment.value[step], single.alignment.value)
        torch.testing.assert_close(course.planes.rho_self.high[step], single.planes.rho_self.high)
        torch.testing.assert_close(course.additive_r2.low[step], single.additive_r2.low)


def test_sessions_add_to_what_all_their_units_together_give():
    activity, colours = drawn(RECORDING, 0)
    both = [cross_products(part, colours, generator=seeded(1)) for part in (activity[:, :25], activity[:, 25:])]
    pooled = alignment_from(both[0] + both[1], generator=seeded(2))
    whole = alignment_from(cross_products(activity, colours, generator=seeded(1)), generator=seeded(2))
    assert (pooled.units, pooled.trials) == (60, 800)
    for name in ("alignment", "phase", "rho_cross", "with_interactions"):
        torch.testing.assert_close(getattr(pooled.planes, name).high, getattr(whole.planes, name).high)
    torch.testing.assert_close(pooled.additive_r2.value, whole.additive_r2.value)
    torch.testing.assert_close(pooled.planes.chance, whole.planes.chance)


def test_sessions_that_were_measured_differently_do_not_add():
    activity, colours = drawn(RECORDING, 0)
    cued = torch.arange(400) % 2
    one, other = (cross_products(activity, colours, which, generator=seeded()) for which in (None, cued))
    with pytest.raises(ValueError, match="whether items were cued"):
        one + other


def test_cued_planes_are_told_apart():
    """Item 0 cued: rings P and N'; item 1 cued: rings N and Q. Each pair has an alignment of its own."""
    axes = torch.linalg.qr(torch.randn((14, 8), dtype=torch.float64, generator=seeded(12))).Q.T.unflatten(0, (4, 2))
    first, second, third, fourth = axes

    def tilted(plane, other, alignment):
        return math.sqrt(alignment) * plane + math.sqrt(1 - alignment) * other

    selected_0, selected_1 = first, tilted(first, second, 0.8)
    other_1, other_0 = third, tilted(third, fourth, 0.3)
    colours = separated_colours(3_000, SEPARATION, generator=seeded(13))
    cued = torch.randint(2, (3_000,), generator=seeded(14))
    shown = {0: torch.stack((selected_0, other_1)), 1: torch.stack((other_0, selected_1))}
    rings = torch.stack([shown[int(which)] for which in cued])
    activity = torch.einsum("mik,miku->mu", to_xy(colours), rings)
    activity = activity + 0.01 * torch.randn(activity.shape, dtype=torch.float64, generator=seeded(15))
    activity = activity + cued[:, None]  # the cue itself is no colour
    found = colour_alignment(activity, colours, cued, generator=seeded(16))
    assert found.alignment.value == pytest.approx(0.8, abs=0.01)
    assert found.nonselected.alignment.value == pytest.approx(0.3, abs=0.01)
    assert found.selected_nonselected.alignment.value == pytest.approx(0, abs=0.01)
    assert colour_alignment(activity, colours, generator=seeded(16)).nonselected is None


def test_noise_alone_cannot_be_told_and_few_trials_say_so():
    noise = torch.randn((500, 2, 20), dtype=torch.float64, generator=seeded(17))
    found = colour_alignment(noise, separated_colours(500, 0.0, generator=seeded(18)), generator=seeded(19))
    assert found.planes.verdict == ("cannot be told",) * 2 == found.planes.against_chance
    session = colour_alignment(*drawn(replace(RECORDING, noise=2.0), 1), generator=seeded(20))
    assert session.planes.verdict == ("cannot be told",)


def test_planes_are_compared_with_random_ones_in_the_same_activity():
    apart = aligned(plant(Plan(alignment=0.0), generator=seeded(21))).planes
    common = aligned(plant(Plan(alignment=0.5), generator=seeded(21))).planes
    assert apart.against_chance == ("below",) and common.against_chance == ("within",)
    low, high = apart.chance.tolist()
    assert 0.1 < low < 0.3 and 0.75 < high < 0.9  # planes in the four dimensions of two orthogonal rings


def test_few_colours_allow_few_harmonics():
    four = plant(Plan(alignment=0.5, distinct=4), generator=seeded(22))
    found = aligned(four)
    assert found.alignment.value == pytest.approx(0.5, abs=0.03) and found.planes.with_interactions is None
    assert found.planes.verdict == ("told",)
    with pytest.raises(UnusableActivity, match="harmonics is 2; these colours allow 1 to 1"):
        aligned(four, harmonics=2)
    separated = plant(Plan(alignment=0.5, distinct=4, separation=SEPARATION), generator=seeded(23))
    assert aligned(separated).planes.verdict == ("not identified",)
    ten = plant(Plan(alignment=0.5, distinct=10, separation=SEPARATION), generator=seeded(24))
    assert aligned(ten, harmonics=1).planes.with_interactions.value == pytest.approx(0.5, abs=0.03)


def constant_distance(colours):
    return torch.stack((colours[:, 0], colours[:, 0] + 1), dim=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, c: (a[:90], c[:90]), "all trials are 90, too few for four regressions with 25 parameters each"),
        (lambda a, c: (a, torch.stack((c[:, 0], torch.zeros(400).double()), 1)), "an item has 1 distinct colour;"),
        (lambda a, c: (a, constant_distance(c)), "always at the same distance"),
        (lambda a, c: (a, c.where(torch.arange(400)[:, None] > 2, math.nan)), "3 trials lack a colour"),
        (lambda a, c: (a.where(torch.arange(60) != 7, math.nan), c), "NaN or infinite in unit 7;"),
        (lambda a, c: (a.where(torch.arange(60) > 6, 2.0), c), "never changes in units 0, 1, 2, 3, 4 and 2 more"),
        (lambda a, c: (a[:, None, None], c), "activity has 4 axes"),
        (lambda a, c: (a, c, torch.full((400,), 2)), "cued must be 0 or 1"),
        (lambda a, c: (a, c, torch.zeros(400, dtype=torch.long)), "the trials that cue item 1 are 0, too few"),
    ],
)
def test_unusable_input_is_named(change, message):
    with pytest.raises(UnusableActivity, match=message):
        colour_alignment(*change(*drawn(RECORDING, 0)), generator=seeded())


def test_a_turn_of_both_colours_turns_no_plane():
    planted = plant(Plan(alignment=0.4, phase=0.5, noise=0.3), generator=seeded(25))
    turned = replace(planted, colours=planted.colours + 1.1)
    one, other = aligned(planted).planes, aligned(turned).planes
    torch.testing.assert_close(one.alignment.value, other.alignment.value)
    torch.testing.assert_close(one.phase.value, other.phase.value)
