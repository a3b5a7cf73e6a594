"""What answers displays: four kinds through one call, each against what it must be exactly."""

import math

import pytest
import torch

from swaputils import responders
from swaputils.angles import to_angle
from swaputils.diffusion import ideal
from swaputils.diffusion.schedule import Schedule, in_network_time, linear_schedule, report_noise
from swaputils.diffusion.targets import ResponseMixture
from swaputils.network.rollout import draw_noise, rollout, silent_noise
from swaputils.responders import IdealSampler, MixtureReadout, Noisy, Responder, Silent
from swaputils.task import DelayedEstimation
from swaputils.trials import Displays
from tests.small import INDEX_TASK, assert_unbiased, seeded, short_schedule, small_rnn, small_task

DISPLAYS = INDEX_TASK.sample(50, generator=seeded())
TASK = small_task(0.1)
RNN = small_rnn()
SPREAD = 0.4
RESPONDERS = {
    "noisy": Noisy(RNN, TASK),
    "silent": Silent(RNN, TASK),
    "mixture readout": MixtureReadout(RNN, TASK, SPREAD),
    "ideal sampler": IdealSampler(short_schedule(), TASK),
}


@pytest.mark.parametrize("name", RESPONDERS)
def test_all_answer_through_one_call(name):
    responder = RESPONDERS[name]
    assert isinstance(responder, Responder)
    points = responder.end_points(DISPLAYS, seeded(1))
    assert points.shape == (50, 2) and points.dtype == torch.float64 and points.isfinite().all()
    assert not points.requires_grad
    assert torch.equal(points, responder.end_points(DISPLAYS, seeded(1)))
    varies = (points - responder.end_points(DISPLAYS, seeded(2))).abs().max() > 0.01
    assert varies == (name != "silent")


def test_a_network_answers_where_its_plane_ends():
    inputs = INDEX_TASK.encode(DISPLAYS)
    run = rollout(RNN, inputs, draw_noise(RNN, inputs, generator=seeded(1)))
    torch.testing.assert_close(RESPONDERS["noisy"].end_points(DISPLAYS, seeded(1)), RNN.in_plane(run.report[:, -1]))
    activity = RESPONDERS["noisy"].activity(DISPLAYS, seeded(1))
    torch.testing.assert_close((activity.preparation, activity.report), (run.preparation, run.report))
    torch.testing.assert_close(activity.plane_drive, run.plane_drive)
    still = rollout(RNN, inputs, silent_noise(RNN, inputs))
    torch.testing.assert_close(Silent(RNN, TASK).end_points(DISPLAYS), RNN.in_plane(still.report[:, -1]))


def test_answering_in_chunks_changes_nothing_without_noise(monkeypatch):
    whole = Silent(RNN, TASK).end_points(DISPLAYS)
    monkeypatch.setattr(responders, "CHUNK", 7)
    torch.testing.assert_close(Silent(RNN, TASK).end_points(DISPLAYS), whole)
    assert Noisy(RNN, TASK).end_points(DISPLAYS, seeded()).shape == (50, 2)
    assert len(Noisy(RNN, TASK).activity(DISPLAYS, seeded())) == 50


def test_a_mixture_readout_draws_from_what_its_state_says():
    """One display many times: two clusters, at the plane's point and at the first two null-space coordinates."""
    many = DISPLAYS[torch.zeros(40_000, dtype=torch.long)]
    points = MixtureReadout(RNN, TASK, SPREAD).end_points(many, seeded(1))
    inputs = INDEX_TASK.encode(DISPLAYS[:1])
    state = rollout(RNN, inputs, silent_noise(RNN, inputs)).report[0, -1].detach()
    hidden = RNN.null_space @ state / RNN.config.memory_scale
    share = float(hidden[2].sigmoid())
    first, second = RNN.readout @ state, hidden[:2]
    mean = (1 - share) * first + share * second
    assert_unbiased(points, mean)
    apart = (second - first).square().sum()
    assert_unbiased((points - mean).square().sum(1, keepdim=True), 2 * SPREAD**2 + share * (1 - share) * float(apart))


def one_cluster(angle: float, spread: float, trials: int) -> tuple[Displays, DelayedEstimation]:
    """Displays whose answers are one normal cluster."""

    def answers(displays: Displays) -> ResponseMixture:
        angles = torch.full((len(displays), 1), angle, dtype=torch.float64)
        return ResponseMixture(angles, torch.zeros_like(angles), spread, 2.5)

    return INDEX_TASK.sample(trials, generator=seeded()), DelayedEstimation(INDEX_TASK, answers)


def moments_of_one_cluster(schedule: Schedule, centre: torch.Tensor, variance: float) -> tuple[torch.Tensor, float]:
    """Mean and variance of the end point for a normal cluster, where every step of the sampler is linear.

    E[x_0 | x] = m + g (x - sqrt(abar) m), so x' = (a g + b) x + a (1 - g sqrt(abar)) m + noise.
    """
    mean, remaining = torch.zeros_like(centre), 1.0
    values = (schedule.alpha_bar, schedule.weight_of_x0, schedule.weight_of_xt)
    for step, noise in enumerate(report_noise(schedule).tolist()):
        abar, of_x0, of_xt = (float(in_network_time(value, centre)[step]) for value in values)
        gain = math.sqrt(abar) * variance / (abar * variance + 1 - abar)
        slope = of_x0 * gain + of_xt
        mean = slope * mean + of_x0 * (1 - gain * math.sqrt(abar)) * centre
        remaining = slope**2 * remaining + noise**2
    return mean, remaining


@pytest.mark.parametrize("steps", [4, 40])
def test_the_ideal_sampler_of_one_cluster_is_a_linear_recursion(steps):
    schedule = linear_schedule(steps)
    displays, task = one_cluster(0.8, 0.2, 40_000)
    points = IdealSampler(schedule, task).end_points(displays, seeded(1))
    centre = 2.5 * torch.tensor([math.cos(0.8), math.sin(0.8)], dtype=torch.float64)
    mean, variance = moments_of_one_cluster(schedule, centre, 0.5**2)
    assert_unbiased(points, mean)
    assert_unbiased((points - mean).square(), variance)


def test_the_ideal_sampler_ends_the_paths_of_the_task_s_target():
    points = RESPONDERS["ideal sampler"].end_points(DISPLAYS, seeded(1))
    path = ideal.sample_path(short_schedule(), TASK.target(DISPLAYS), generator=seeded(1))
    assert torch.equal(points, path[:, -1])
    certain = IdealSampler(linear_schedule(), small_task(0.0)).end_points(DISPLAYS, seeded(1))
    assert (to_angle(certain) - DISPLAYS.cued_report).cos().min() > math.cos(0.3)
