"""What chapter 2 computes of the ideal sampler and of gradients, where the answer is known."""

import math
from dataclasses import replace

import pytest
import torch

from swapbook.theory import gradients, sampler
from swapbook.theory.circular_targets import stable_log_density
from swapbook.theory.draws import off_by
from swaputils.angles import to_xy
from swaputils.diffusion.schedule import with_cluster_noise
from swaputils.diffusion.targets import RADIUS, circle_nodes
from swaputils.task import DelayedEstimation
from swaputils.trials import Displays
from tests.small import INDEX_TASK, SCHEDULE, seeded, short_schedule, small_rnn, small_task, target_of

TASK, REVERSING = small_task(0.1), with_cluster_noise(SCHEDULE, 0.125**2)


def test_off_by_counts_standard_errors():
    draws = torch.tensor([0.0, 2.0]).repeat(50)
    assert off_by(draws, 1.0) == 0
    assert off_by(draws, 0.0) == pytest.approx(1 / (draws.double().std() / 10))


def test_without_swaps_a_reversed_cluster_has_no_bias():
    found = sampler.bias(REVERSING, TASK, 0.0, 2_000, generator=seeded())
    assert found["swap rate"] == 0
    assert found["SD"] == pytest.approx(0.05, abs=4 * found["± SD"])


def test_a_start_at_the_other_item_gives_its_swaps():
    def other(displays: Displays) -> torch.Tensor:
        return 3 * RADIUS * to_xy(displays.report.gather(1, 1 - displays.cued[:, None]).squeeze(1))

    rates = [
        sampler.bias(SCHEDULE, TASK, 0.3, 2_000, start, generator=seeded())["swap rate"] for start in (None, other)
    ]
    assert rates[1] > rates[0] + 0.1


def test_biases_are_those_of_each_case_in_turn():
    found = sampler.biases({"few": (SCHEDULE, 0.1), "many": (REVERSING, 0.3)}, TASK, 500, generator=seeded())
    generator = seeded()
    for case, schedule, probability in (("few", SCHEDULE, 0.1), ("many", REVERSING, 0.3)):
        assert found.loc[case].to_dict() == sampler.bias(schedule, TASK, probability, 500, generator=generator)


def test_a_floor_by_level_rises_with_swaps_half_way():
    floors = sampler.loss_floors(SCHEDULE, TASK, (0.0, 0.3), 0.1, 2_000, generator=seeded())
    mean = floors.groupby("swap probability").mean()
    assert list(mean.columns) == list(range(SCHEDULE.steps, 0, -1))
    assert mean.loc[0.3, 20] > 5 * mean.loc[0.0, 20]
    assert mean.loc[0.3, 1] == pytest.approx(mean.loc[0.0, 1], rel=0.1)


def test_the_flow_has_places_for_every_frame_and_ends_at_the_items():
    flow = sampler.flow(SCHEDULE, (0.0, 3.0), 20, generator=seeded())
    assert flow["field"].shape == (SCHEDULE.steps, len(flow["grid"]), 2)
    torch.testing.assert_close(flow["items"], RADIUS * torch.tensor([[1.0, 0.0], [math.cos(3), math.sin(3)]]).double())
    for side in ("out", "back"):
        ends = ["nontarget" if x < 0 else "cued" for x in flow[side][:, -1, 0]]
        assert flow["roles"][side] == ends and set(ends) == {"cued", "nontarget"}


@pytest.mark.parametrize(("swap_probability", "more"), [(0.0, False), (0.5, True)])
def test_the_sampled_target_adds_variance_where_the_response_is_open(swap_probability, more):
    """With narrow clusters and no swaps the response is known, and both targets are one."""
    schedule, rnn = short_schedule(), small_rnn()
    task = DelayedEstimation(INDEX_TASK, lambda displays: replace(target_of(displays, swap_probability), spread=1e-6))
    draws = gradients.batches(task, 4, 8, generator=seeded())
    weights = gradients.loss_weights(schedule, 2)
    assert weights.mean(dim=1).tolist() == pytest.approx([1.0] * 4)
    found = gradients.gradient_variances(rnn, schedule, draws, weights, generator=seeded())
    assert (found["sampled"] > 1.01 * found["closed_form"]).iloc[0] == more


def test_a_stable_density_of_exponent_two_is_the_wrapped_normal():
    nodes = circle_nodes(64)
    found = stable_log_density(nodes, exponent=2.0, width=0.5).softmax(0)
    turns = 2 * torch.pi * torch.arange(-3, 4)
    normal = (-((nodes[:, None] + turns) ** 2) / (4 * 0.5**2)).exp().sum(1)
    torch.testing.assert_close(found, normal / normal.sum())
