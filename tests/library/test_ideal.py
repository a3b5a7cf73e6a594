"""The exact-posterior sampler against the figures derived for the paper's schedule, and its limits."""

import pytest
import torch

from swaputils.angles import distance, standard_deviation, to_angle, wrap
from swaputils.diffusion.ideal import (
    commitment_step,
    eventual_responsibility,
    loss_floor,
    sample_path,
    silent_end_point,
)
from swaputils.diffusion.schedule import linear_schedule, low_bias_schedule, with_cluster_noise, with_last_noise
from swaputils.diffusion.targets import ResponseMixture
from tests.small import SCHEDULE, seeded, target_mixture

MANY = 10_000


def behaviour(schedule, swap_probability: float, trials: int = MANY) -> tuple[float, float]:
    """Swap rate and angular standard deviation around the nearest item; the cued item has the larger weight."""
    mixture = target_mixture(trials, swap_probability)
    response = to_angle(sample_path(schedule, mixture, generator=seeded(1))[:, -1])
    nearest = distance(response[:, None], mixture.angles).argmin(1)
    error = wrap(response - mixture.angles.gather(1, nearest[:, None]).squeeze(1))
    return float((nearest != mixture.log_weights.argmax(1)).double().mean()), float(standard_deviation(error))


@pytest.mark.parametrize(
    ("target", "reached", "tolerance", "trials"),
    [(0.05, 0.0436, 0.007, MANY), (0.10, 0.092, 0.004, 4 * MANY), (0.30, 0.293, 0.014, MANY)],
)
def test_swap_rate_and_spread_of_the_paper_s_schedule(target, reached, tolerance, trials):
    swap_rate, spread = behaviour(SCHEDULE, target, trials)
    assert swap_rate == pytest.approx(reached, abs=tolerance)
    assert spread == pytest.approx(0.035, abs=0.002)


def test_without_swaps_in_the_target_there_are_none():
    assert behaviour(SCHEDULE, 0.0)[0] == 0


def test_without_noise_the_likelier_item_is_reported_always():
    mixture = target_mixture(2_000, 0.45)
    response = to_angle(silent_end_point(SCHEDULE, mixture))
    likelier = mixture.angles.gather(1, mixture.log_weights.argmax(1, keepdim=True)).squeeze(1)
    assert distance(response, likelier).max() < 0.1


def test_more_steps_bring_the_spread_nearer_to_the_target_s():
    spreads = [behaviour(linear_schedule(40 * k, 0.01 / k, 0.30 / k), 0.10, trials=2_000)[1] for k in (1, 2, 5)]
    assert spreads[0] + 0.003 < spreads[1] < spreads[2] - 0.001 < 0.05


@pytest.mark.parametrize(
    ("swap_probability", "floor", "hump"),
    [(0.0, 0.058, 0.0), (0.05, 0.131, 0.2), (0.10, 0.179, 0.32), (0.30, 0.294, 0.59)],
)
def test_loss_floors(swap_probability, floor, hump):
    """Swaps cost nothing at the last two steps; they are decided halfway through the report, at levels 19 and 20."""
    per_step = loss_floor(SCHEDULE, target_mixture(2 * MANY, swap_probability), 0.1, generator=seeded(2))
    assert float(per_step.mean()) == pytest.approx(floor, rel=0.03)
    assert per_step[-2:].tolist() == pytest.approx([0.41, 0.61], abs=0.01)
    assert float(per_step[20:22].mean()) == pytest.approx(hump, abs=0.03)


def test_a_path_starts_where_it_is_told():
    mixture = target_mixture(100, 0.1)
    start = torch.randn((100, 2), dtype=torch.float64, generator=seeded(3))
    path = sample_path(SCHEDULE, mixture, start, generator=seeded(1))
    assert path.shape == (100, SCHEDULE.steps + 1, 2)
    assert torch.equal(path[:, 0], start)
    assert not torch.allclose(path[:, -1], sample_path(SCHEDULE, mixture, generator=seeded(1))[:, -1])


def test_the_order_of_items_does_not_matter():
    mixture = target_mixture(500, 0.3)
    swapped = ResponseMixture(mixture.angles.flip(1), mixture.log_weights.flip(1), mixture.spread, mixture.radius)
    torch.testing.assert_close(
        sample_path(SCHEDULE, swapped, generator=seeded(1)), sample_path(SCHEDULE, mixture, generator=seeded(1))
    )


def test_float32_targets_give_float32_paths():
    mixture = target_mixture(10, 0.1)
    single = ResponseMixture(mixture.angles.float(), mixture.log_weights.float(), mixture.spread, mixture.radius)
    assert sample_path(SCHEDULE, single, generator=seeded(1)).dtype == torch.float32


def swapped_paths(schedule, trials: int = 3 * MANY):
    """Responsibility of the item swapped to, among displays whose items are at least 90 degrees apart."""
    mixture = target_mixture(trials, 0.1)
    far = distance(mixture.angles[:, 0], mixture.angles[:, 1]) > torch.pi / 2
    mixture = ResponseMixture(mixture.angles[far], mixture.log_weights[far], mixture.spread, mixture.radius)
    path = sample_path(schedule, mixture, generator=seeded(1))
    nearest = distance(to_angle(path[:, -1])[:, None], mixture.angles).argmin(1)
    return eventual_responsibility(schedule, mixture, path)[nearest != mixture.log_weights.argmax(1)]


def test_when_a_swap_is_decided_and_that_the_schedule_sets_it():
    course = swapped_paths(SCHEDULE)
    half, sure = commitment_step(course, 0.5), commitment_step(course, 0.9)
    assert 20 <= half <= 24 and 27 <= sure <= 30
    assert abs(commitment_step(swapped_paths(linear_schedule(40, 0.01, 0.15)), 0.5) - half) >= 3


def test_a_level_that_is_never_reached_is_refused():
    with pytest.raises(ValueError, match="never reaches 0.9"):
        commitment_step(torch.full((2, 5), 0.5, dtype=torch.float64), 0.9)


def test_last_noise_brings_most_of_the_spread_back_and_cluster_noise_all():
    mixture = target_mixture(MANY, 0.1)
    spreads = []
    for schedule in (with_last_noise(SCHEDULE, 0.125**2), with_cluster_noise(SCHEDULE, 0.125**2)):
        spreads.append(spread_of(mixture, sample_path(schedule, mixture, generator=seeded(1))[:, -1]))
    assert spreads == pytest.approx([0.0468, 0.05], abs=0.0015)


def spread_of(mixture: ResponseMixture, end_point: torch.Tensor) -> float:
    response = to_angle(end_point)
    nearest = distance(response[:, None], mixture.angles).argmin(1)
    return float(standard_deviation(wrap(response - mixture.angles.gather(1, nearest[:, None]).squeeze(1))))


@pytest.mark.parametrize(("shift", "reached"), [(0.0, 0.0925), (1.0, 0.081), (-1.0, 0.102)])
def test_a_start_that_leans_to_the_cued_item_costs_swaps(shift, reached):
    mixture = target_mixture(3 * MANY, 0.1)
    cued = mixture.log_weights.argmax(1)
    lean = torch.stack((mixture.angles.cos(), mixture.angles.sin()), -1)[torch.arange(len(cued)), cued]
    start = torch.randn(lean.shape, dtype=torch.float64, generator=seeded(4)) + shift * lean
    response = to_angle(sample_path(SCHEDULE, mixture, start, generator=seeded(1))[:, -1])
    swapped = distance(response[:, None], mixture.angles).argmin(1) != cued
    assert float(swapped.double().mean()) == pytest.approx(reached, abs=0.006)


def test_the_low_bias_schedule_is_nearer_to_the_target():
    for target in (0.05, 0.10, 0.30):
        paper, low = (behaviour(schedule, target, 4 * MANY) for schedule in (SCHEDULE, low_bias_schedule()))
        assert abs(low[0] - target) < abs(paper[0] - target)
        assert low[1] == pytest.approx(0.05, abs=0.001)
