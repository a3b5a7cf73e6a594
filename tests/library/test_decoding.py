"""Decoders across time and across items: planted codes, the control for the other colour, calibration and bad input."""

import math

import pytest
import torch

from swaputils.angles import to_xy
from swaputils.geometry import SEPARATION, Plan, UnusableActivity, plant, separated_colours
from swaputils.geometry.decoding import cross_item, cross_temporal
from tests.small import seeded

TRIALS, STEPS, UNITS, NOISE = 600, 6, 12, 0.3


def noisy(activity, seed=9):
    return activity + NOISE * torch.randn(activity.shape, dtype=torch.float64, generator=seeded(seed))


def axes(seed=1):
    return torch.linalg.qr(torch.randn((UNITS, UNITS), dtype=torch.float64, generator=seeded(seed))).Q


def planted_in_time(planes, separation=0.0):
    """The first colour in a plane of its own at each step [steps, 2, units], the second in one that stays."""
    colours = separated_colours(TRIALS, separation, generator=seeded(2))
    own = torch.einsum("mv,svu->msu", to_xy(colours[:, 0]), planes)
    return noisy(own + (to_xy(colours[:, 1]) @ axes()[10:])[:, None]), colours


def test_a_static_code_is_read_at_every_step_by_the_decoder_of_any_other():
    found = cross_temporal(*planted_in_time(axes()[:2].expand(STEPS, -1, -1)), 0, generator=seeded())
    assert found.score.shape == (STEPS, STEPS) and found.score.min() > 0.9
    assert (found.score.max() - found.score.min()) < 0.03 and found.p.max() < 0.01


def test_a_code_that_moves_to_new_planes_is_read_on_the_diagonal_alone():
    planes = torch.stack([axes()[[2 * step % 10, (2 * step + 1) % 10]] for step in range(5)])
    found = cross_temporal(*planted_in_time(planes), 0, generator=seeded())
    off = ~torch.eye(5, dtype=torch.bool)
    assert found.score.diagonal().min() > 0.9 and found.score[off].abs().max() < 0.2
    assert found.p.diagonal().max() < 0.01 and found.chance.max() < 0.1


def test_a_code_that_turns_within_its_plane_follows_the_cosine_of_the_turn():
    turns = torch.arange(STEPS) * math.pi / 5
    turned = torch.stack([torch.tensor([[t.cos(), t.sin()], [-t.sin(), t.cos()]]).double() @ axes()[:2] for t in turns])
    found = cross_temporal(*planted_in_time(turned), 0, generator=seeded())
    expected = (turns[:, None] - turns).cos() * found.score.diagonal().mean()
    torch.testing.assert_close(found.score, expected.double(), atol=0.06, rtol=0)


@pytest.mark.parametrize("item", [0, 1])
def test_an_item_that_activity_ignores_is_not_decoded_from_the_one_that_it_avoids(item):
    colours = separated_colours(2_000, SEPARATION, generator=seeded(3))
    activity = noisy((to_xy(colours[:, 1 - item]) @ axes()[:2])[:, None].expand(-1, 2, -1))
    found = cross_temporal(activity, colours, item, generator=seeded())
    assert found.score.abs().max() < 0.06
    uncontrolled = -(to_xy(colours[:, 0]) * to_xy(colours[:, 1])).sum(1).mean()
    assert uncontrolled > 0.25  # what the opposite of the other colour would score


@pytest.mark.parametrize("separation", [0.0, SEPARATION])
def test_colours_of_a_common_plane_are_read_by_one_another_s_decoder_and_orthogonal_ones_are_not(separation):
    for alignment, low, high in ((1.0, 0.9, 1.0), (0.0, -0.15, 0.15)):
        planted = plant(
            Plan(trials=1_500, alignment=alignment, separation=separation, noise=NOISE), generator=seeded(4)
        )
        found = cross_item(planted.activity[:, None], planted.colours, generator=seeded()).score[..., 0]
        assert found.diagonal().min() > 0.9
        assert low < found[0, 1] < high and low < found[1, 0] < high


@pytest.mark.parametrize(("noise", "low", "high"), [(0.005, 0.98, 1.0), (0.5, 0.2, 0.4)])
def test_without_noise_planes_that_hardly_overlap_are_read_by_one_another_s_decoder(noise, low, high):
    planted = plant(Plan(trials=1_000, alignment=0.05, noise=noise), generator=seeded(8))
    score = cross_item(planted.activity[:, None], planted.colours, generator=seeded()).score[..., 0]
    assert low < score[0, 1] <= high and low < score[1, 0] <= high


def test_the_cued_item_is_read_in_the_trials_that_cue_it():
    colours, cued = separated_colours(1_500, 0.0, generator=seeded(5)), torch.arange(1_500) % 2
    cued_colour = colours.gather(1, cued[:, None])[:, 0]
    activity = noisy(to_xy(cued_colour) @ axes()[:2] + 5 * cued[:, None] * axes()[4])[:, None]
    with_cue = cross_item(activity, colours, cued, generator=seeded()).score
    assert with_cue.shape == (2, 2, 1) and with_cue.min() > 0.9
    assert cross_item(activity, colours, generator=seeded()).score.max() < 0.8


def test_under_no_code_p_is_uniform():
    colours = separated_colours(100, 0.0, generator=seeded(6))
    activity = torch.randn((100, 40, 6), dtype=torch.float64, generator=seeded(7))
    p = cross_item(activity, colours, generator=seeded()).p.flatten()
    assert abs(float(p.mean()) - 0.5) < 0.1 and float((p < 0.1).double().mean()) < 0.2


def test_bad_input_is_a_sentence():
    activity, colours = planted_in_time(axes()[:2].expand(STEPS, -1, -1))
    with pytest.raises(UnusableActivity, match=r"needed are \(trials, steps, units\)"):
        cross_temporal(activity[:, 0], colours, 0, generator=seeded())
    with pytest.raises(UnusableActivity, match="lack a colour"):
        cross_temporal(activity, colours * torch.nan, 0, generator=seeded())
    with pytest.raises(UnusableActivity, match="item 1 has 0 trials; decoders need 50 or more"):
        cross_item(activity, colours, torch.zeros(TRIALS, dtype=torch.long), generator=seeded())
    with pytest.raises(UnusableActivity, match="always at the same distance"):
        cross_temporal(activity, colours[:, :1] + torch.tensor([0.0, 1.0]), 0, generator=seeded())
