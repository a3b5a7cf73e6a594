"""The exact-posterior sampler against the figures derived for the paper's schedule, and its limits."""

import pytest
import torch

from swaputils.circular import distance, standard_deviation, to_angle, wrap
from swaputils.diffusion import linear_schedule
from swaputils.ideal import loss_floor, sample_path
from swaputils.records import ResponseMixture
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
