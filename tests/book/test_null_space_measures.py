"""Measures of population activity: what is planted in simulated states is found, and what cannot be measured is left out."""

import math

import pytest
import torch

from swapbook import null_space_measures
from swapbook.plan import plan_of
from swaputils.network.rollout import Rollout

STEP = 3  # report step from which the null space knows


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def network(condition: str):
    plan = plan_of(condition, "smoke", 0)
    return plan.new_rnn(generator=seeded()).double(), plan


@pytest.fixture
def planted(monkeypatch):
    """States in which a third of the trials are swaps, told by one null-space direction from a step on."""
    rnn, plan = network("index_swap")
    swapped = torch.arange(1_000) % 3 == 0

    def simulated(rnn, plan, displays, generator):
        steps = plan.schedule.steps + 1
        states = torch.randn((1_000, steps, rnn.config.units), dtype=torch.float64, generator=generator)
        colour = displays.report[:, 1, None, None]
        states += 30 * colour.cos() * rnn.null_space[0] + 20 * colour.sin() * rnn.null_space[1]
        states[:, STEP:] += 10 * swapped[:, None, None] * rnn.null_space[4]
        preparation = torch.zeros((1_000, 2, rnn.config.units), dtype=torch.float64)
        return Rollout(preparation, states, torch.zeros((1_000, steps - 1, 2), dtype=torch.float64)), swapped

    monkeypatch.setattr(null_space_measures, "_simulated", simulated)
    return rnn, plan


def test_the_null_space_knows_from_the_planted_step_on(planted):
    areas = null_space_measures.decision(*planted, generator=seeded())
    assert all(abs(area - 0.5) < 0.1 for area in areas["null_space"][:STEP])
    assert all(area > 0.99 for area in areas["null_space"][STEP:])
    assert all(abs(area - 0.5) < 0.1 for area in areas["plane"]) and len(areas["plane"]) == planted[1].schedule.steps


def test_the_third_component_tells_swaps_and_the_colour_s_two_do_not(planted):
    first, second, third, fourth = null_space_measures.swap_axes(*planted, generator=seeded())["area"]
    assert third > 0.99 and max(first, second, fourth) < 0.6


def test_rare_swaps_leave_nothing_to_tell(planted, monkeypatch):
    monkeypatch.setattr(null_space_measures, "LEAST_SWAPS", 400)
    assert null_space_measures.decision(*planted, generator=seeded()) is None
    assert null_space_measures.swap_axes(*planted, generator=seeded()) is None
    assert set(null_space_measures.neural_measures(*planted, generator=seeded())) == {"colour_planes"}


@pytest.mark.parametrize(("condition", "distances"), [("index_swap", [None]), ("probe_flat", [1, 2, 3, 4])])
def test_colour_planes_are_measured_at_each_probe_distance(condition, distances):
    found = null_space_measures.colour_planes(*network(condition), generator=seeded())
    assert found["distance"] == [apart and pytest.approx(apart * math.pi / 4) for apart in distances]
    steps = network(condition)[1].task.periods
    steps = steps.preparatory_steps + steps.steps("report")
    for name in ("alignment", "ceiling"):
        assert [len(course) for course in found[name]] == [steps] * len(distances)
        assert all(0 <= value <= 1 for course in found[name] for value in course)


@pytest.mark.parametrize("condition", ["n4_task_optimal", "probe_mixture_density", "index_untrained"])
def test_networks_of_other_kinds_are_left_out(condition):
    assert null_space_measures.neural_measures(*network(condition), generator=seeded()) == {}
