"""Displays of the task and their encoding."""

import itertools
import math

import pytest
import torch
from scipy import stats

from swaputils.angles import distance, wrap
from swaputils.diffusion.targets import ResponseMixture
from swaputils.errors import SwaputilsError
from swaputils.inputs import PREPARATION
from swaputils.task import DelayedEstimation, TaskConfig, probe_distance, settled
from swaputils.trials import Displays
from tests.small import assert_unbiased, seeded, unchecked

DISPLAYS = 20_000
PROBE_TASK = TaskConfig(cueing="probe")


def closest_pair(angles: torch.Tensor) -> torch.Tensor:
    """[M] smallest distance between two items of a display."""
    pairs = itertools.combinations(range(angles.shape[1]), 2)
    return torch.stack([distance(angles[:, first], angles[:, second]) for first, second in pairs]).amin(0)


@pytest.mark.parametrize("items", [2, 3, 6])
def test_items_keep_their_separation(items):
    task = TaskConfig(items=items, separation=2 * math.pi / items - 0.2)
    displays = task.sample(5_000, generator=seeded())
    for feature in (displays.report, displays.probe):
        assert ((feature >= -math.pi) & (feature < math.pi)).all()
        nearest = closest_pair(feature)
        assert nearest.min() >= task.separation - 1e-9
        assert nearest.min() < task.separation + 0.01


@pytest.mark.parametrize("items", [1, 3])
def test_features_are_uniform(items):
    displays = TaskConfig(items=items).sample(DISPLAYS, generator=seeded())
    for feature in (displays.report, displays.probe):
        for item in range(items):
            assert stats.kstest(feature[:, item], stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > 1e-3


@pytest.mark.parametrize("items", [2, 4])
def test_separated_features_are_as_rejection_sampling_gives(items):
    task = TaskConfig(items=items, separation=0.6)
    drawn = task.sample(DISPLAYS, generator=seeded()).report
    anywhere = 2 * math.pi * torch.rand((100_000, items), dtype=torch.float64, generator=seeded(1)) - math.pi
    kept = anywhere[closest_pair(anywhere) >= task.separation]
    assert len(kept) > 5_000
    for measure in (closest_pair, lambda angles: wrap(angles[:, 1] - angles[:, 0]), lambda angles: angles[:, -1]):
        assert stats.ks_2samp(measure(drawn), measure(kept)).pvalue > 1e-3


@pytest.mark.parametrize("items", [2, 3])
@pytest.mark.parametrize("probes", ["continuous", "locations"])
def test_the_cued_item_is_uniform_and_independent_of_the_features(items, probes):
    displays = TaskConfig(items=items, probes=probes).sample(DISPLAYS, generator=seeded())
    assert_unbiased(displays.is_cued.double(), 1 / items)
    relative = wrap(displays.cued_report - displays.report[:, 0])[displays.cued != 0]
    assert_unbiased(relative.sin())


def test_two_locations_are_distinct_and_equally_likely():
    displays = TaskConfig(cueing="probe", probes="locations").sample(DISPLAYS, generator=seeded())
    place = displays.probe / (math.pi / 4)
    torch.testing.assert_close(place, place.round(), rtol=0, atol=1e-12)
    pair = place.round().long() % 8
    assert (pair[:, 0] != pair[:, 1]).all()
    ordered_pairs = torch.bincount(8 * pair[:, 0] + pair[:, 1], minlength=64).reshape(8, 8)
    counts = ordered_pairs[~torch.eye(8, dtype=torch.bool)]
    assert stats.chisquare(counts).pvalue > 1e-3
    apart = torch.rad2deg(probe_distance(displays).amax(1)).round()
    shares = torch.stack([apart == angle for angle in (45, 90, 135, 180)], dim=1).double()
    assert_unbiased(shares, torch.tensor([2 / 7, 2 / 7, 2 / 7, 1 / 7]))


def test_displays_depend_on_their_generator_alone():
    first, second = (PROBE_TASK.sample(10, generator=seeded(3)) for _ in range(2))
    assert torch.equal(first.report, second.report) and torch.equal(first.cued, second.cued)
    assert not torch.equal(first.report, PROBE_TASK.sample(10, generator=seeded(4)).report)


def test_probe_distance():
    probe = torch.tensor([[3.0, -3.0, math.nan], [0.5, 1.5, -2.0]], dtype=torch.float64)
    displays = Displays(probe, probe, torch.tensor([0, 2]))
    expected = torch.tensor([[0, 2 * math.pi - 6, math.nan], [2.5, 2 * math.pi - 3.5, 0]], dtype=torch.float64)
    torch.testing.assert_close(probe_distance(displays), expected, equal_nan=True)


def test_index_cueing_has_a_slot_for_each_item_and_channels_for_the_cue():
    task = TaskConfig(items=3)
    displays = task.sample(50, generator=seeded())
    stimulus, cue = stimulus_and_cue(task, displays)
    assert stimulus.shape == (50, task.input_size) == (50, 9)
    for item in range(3):
        slot = stimulus[:, 2 * item : 2 * item + 2]
        torch.testing.assert_close(torch.atan2(slot[:, 1], slot[:, 0]), displays.report[:, item])
    assert (stimulus[:, 6:] == 0).all() and (cue[:, :6] == 0).all()
    assert torch.equal(cue[:, 6:].argmax(1), displays.cued)
    assert torch.equal(cue.sum(1), torch.ones(50, dtype=torch.float64))


def stimulus_and_cue(task: TaskConfig, displays: Displays) -> tuple[torch.Tensor, torch.Tensor]:
    """What a network is shown in the two periods in which it is shown anything."""
    stimulus, delay, cue, wait = task.encode(displays).shown
    assert delay is None and wait is None
    return stimulus, cue


def encoded(displays: Displays) -> tuple[torch.Tensor, torch.Tensor]:
    """Stimulus and cue of probe-cued displays."""
    return stimulus_and_cue(PROBE_TASK, displays)


def items_reordered(displays: Displays, order: list[int]) -> Displays:
    return Displays(displays.report[:, order], displays.probe[:, order], torch.tensor(order).argsort()[displays.cued])


def test_the_conjunctive_code_ignores_the_order_of_items():
    task = TaskConfig(cueing="probe", items=3)
    displays = task.sample(50, generator=seeded())
    first = stimulus_and_cue(task, displays)
    second = stimulus_and_cue(task, items_reordered(displays, [2, 0, 1]))
    torch.testing.assert_close(first, second)
    other = Displays(displays.report[:, [2, 0, 1]], displays.probe, displays.cued)
    assert (stimulus_and_cue(task, other)[0] - first[0]).abs().max() > 0.1  # binding matters


def test_the_conjunctive_code_is_a_sum_over_items():
    displays = PROBE_TASK.sample(50, generator=seeded())
    alone = [
        encoded(Displays(displays.report[:, [item]], displays.probe[:, [item]], displays.cued * 0))[0]
        for item in range(2)
    ]
    torch.testing.assert_close(encoded(displays)[0], alone[0] + alone[1])


def test_turning_features_by_a_tuning_centre_shifts_the_conjunctive_code():
    displays = PROBE_TASK.sample(50, generator=seeded())
    turned = Displays(wrap(displays.report + 3 * math.pi / 8), wrap(displays.probe - math.pi / 8), displays.cued)
    for old, new in zip(encoded(displays), encoded(turned), strict=True):
        shifted = old.unflatten(1, (16, 16)).roll((3, -1), dims=(1, 2)).flatten(1)
        torch.testing.assert_close(new, shifted)


def test_the_conjunctive_code_has_the_published_tuning():
    displays = Displays(*(torch.tensor([[0.0]], dtype=torch.float64) for _ in range(2)), torch.tensor([0]))
    code = encoded(displays)[0].reshape(16, 16)
    assert code[8, 8] == 1  # centres lie at -pi + i pi / 8
    half_width = math.acos(1 - math.log(2) / PROBE_TASK.sharpness)
    assert math.degrees(2 * half_width) == pytest.approx(61, abs=0.5)
    neighbour = math.exp(PROBE_TASK.sharpness * (math.cos(math.pi / 8) - 1))
    assert float(code[8, 9]) == pytest.approx(neighbour) and float(code[7, 7]) == pytest.approx(neighbour**2)
    stimulus, cue = encoded(PROBE_TASK.sample(2_000, generator=seeded()))
    assert float(stimulus.norm(dim=1).mean()) == pytest.approx(2.9, abs=0.1)
    assert float(cue.norm(dim=1).mean()) == pytest.approx(5.7, abs=0.1)


def test_the_cue_says_nothing_about_the_report_feature():
    displays = PROBE_TASK.sample(50, generator=seeded())
    cue = encoded(displays)[1].unflatten(1, (16, 16))
    assert (cue == cue[:, :1]).all()
    recovered = wrap(cue[:, 0].argmax(1) * (math.pi / 8) - math.pi)
    assert (distance(recovered, displays.cued_probe) <= math.pi / 16 + 1e-9).all()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cueing": "colour"}, "cueing is 'colour'; allowed are 'index' and 'probe'"),
        ({"probes": "anywhere"}, "probes is 'anywhere'; allowed are 'continuous' and 'locations'"),
        ({"items": 0}, "items is 0; allowed are 1 or more"),
        ({"items": 9, "probes": "locations", "separation": 0.1}, "at most 8 on eight locations"),
        ({"items": 9}, "9 items cannot be 0.766 rad apart on a circle"),
        ({"separation": -0.1}, "cannot be -0.100 rad apart"),
    ],
)
def test_impossible_tasks_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        unchecked(TaskConfig(), **fields).__post_init__()


def test_a_number_that_is_announced_settles_each_item_as_often_as_the_mixture_holds_it():
    task = DelayedEstimation(TaskConfig(items=3), lambda displays: None, announced_in="cue")
    displays = task.sample(DISPLAYS, generator=seeded())
    weights = torch.tensor([0.5, 0.2, 0.3]).double().expand(DISPLAYS, -1)
    mixture = ResponseMixture(displays.report, weights.log(), 0.05, 2.5)
    chosen = settled(mixture, displays.is_cued, displays.announcement).log_weights.exp()
    assert (chosen.sum(1) == 1).all() and ((chosen == 0) | (chosen == 1)).all()
    for item in range(3):
        assert_unbiased(chosen[:, item], float(weights[0, item]))
    wrong = ~(chosen.bool() & displays.is_cued).any(1)
    assert displays.announcement[wrong].max() < 0.842  # Phi^-1(.8), the largest weight of the other items
    with pytest.raises(SwaputilsError, match="announce none"):
        settled(mixture, displays.is_cued, None)


@pytest.mark.parametrize("period", PREPARATION)
def test_the_announcement_is_the_last_channel_in_its_period_alone(period):
    task = DelayedEstimation(TaskConfig(), lambda displays: None, announced_in=period)
    displays = task.sample(5, generator=seeded())
    plain, shown = TaskConfig().encode(displays), task.encode(displays)
    for name, before, after in zip(PREPARATION, plain.shown, shown.shown):
        if name == period:
            assert torch.equal(after[:, -1], displays.announcement)
            assert before is None and not after[:, :-1].any() or torch.equal(after[:, :-1], before)
        else:
            assert before is after is None or torch.equal(after[:, :-1], before) and not after[:, -1].any()
    assert {part.shape[1] for part in shown.shown if part is not None} == {task.input_size}
    with pytest.raises(SwaputilsError, match="say nothing of it"):
        task.encode(TaskConfig().sample(5, generator=seeded()))
