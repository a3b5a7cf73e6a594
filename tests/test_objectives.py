"""Objectives: their minima, their gradients, and what their constants mean."""

from functools import partial

import pytest
import torch

from swaputils import objectives
from swaputils.circular import to_xy
from swaputils.diffusion import expected_endpoint, flat_weights, kernel_target, signal_weights
from swaputils.ideal import loss_floor
from swaputils.objectives import (
    ACTIVITY_PENALTY,
    EVEN_SHARE,
    PLANE_PENALTY,
    balanced,
    diffusion_closed_form,
    diffusion_sampled,
    task_optimal,
)
from swaputils.records import Batch, ResponseMixture, Rollout
from swaputils.rnn import RNN, RNNConfig
from tests.small import PERIODS, assert_unbiased, seeded, short_schedule, small_batch, small_rnn

SCHEDULE = short_schedule()
STEPS = SCHEDULE.steps
NO_WEIGHT = torch.zeros(STEPS, dtype=torch.float64)


def at_rest(rnn: RNN, batch: Batch, plane_drive: torch.Tensor) -> Rollout:
    """A rollout whose states are all zero."""
    trials, units = len(batch), rnn.config.units
    zeros = plane_drive.new_zeros
    return Rollout(zeros((trials, PERIODS.preparatory_steps, units)), zeros((trials, STEPS + 1, units)), plane_drive)


@pytest.fixture
def oracle(monkeypatch):
    """A batch whose network, wherever its plane is put, produces the exact kernel of the posterior mean."""
    rnn, batch = small_rnn(), small_batch(20_000, 0.3)

    def exact_kernel(rnn, inputs, noise, teacher):
        drive = kernel_target(SCHEDULE, expected_endpoint(SCHEDULE, batch.target, teacher), teacher, rnn.config.leak)
        return at_rest(rnn, batch, drive)

    monkeypatch.setattr(objectives, "rollout", exact_kernel)
    return rnn, batch


def test_the_exact_kernel_has_no_closed_form_loss(oracle):
    loss = diffusion_closed_form(*oracle, schedule=SCHEDULE, weights=flat_weights(SCHEDULE), generator=seeded())
    assert loss.item() < 1e-20


def test_the_exact_kernel_has_the_floor_as_its_sampled_loss(oracle):
    """Estimated from the same draws: both draw the responses first and their trajectories second."""
    rnn, batch = oracle
    floor = loss_floor(SCHEDULE, batch.target, rnn.config.leak, generator=seeded())
    for weights in (flat_weights(SCHEDULE), signal_weights(SCHEDULE)):
        loss = diffusion_sampled(rnn, batch, schedule=SCHEDULE, weights=weights, generator=seeded())
        assert loss.item() == pytest.approx(float((weights * floor).mean()))


def test_balancing_goes_part_of_the_way_to_even_weights_among_the_items_that_can_be_reported():
    weights = torch.tensor([[0.9, 0.1, 0.0], [1.0, 0.0, 0.0], [0.5, 0.3, 0.2]], dtype=torch.float64)
    mixture = ResponseMixture(torch.zeros_like(weights), weights.log(), spread=0.05, radius=2.5)
    even = torch.tensor([[1 / 2, 1 / 2, 0], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], dtype=torch.float64)
    torch.testing.assert_close(balanced(mixture).log_weights.exp(), (1 - EVEN_SHARE) * weights + EVEN_SHARE * even)
    assert (balanced(mixture).log_weights[weights == 0] == -torch.inf).all()


def gradient(objective, rnn: RNN, batch: Batch, generator: torch.Generator) -> torch.Tensor:
    """All parameters' gradients in one vector."""
    parts = torch.autograd.grad(objective(rnn, batch, generator=generator), list(rnn.parameters()))
    return torch.cat([part.flatten() for part in parts])


def test_both_diffusion_targets_have_the_same_expected_gradient():
    """With the same path and noise they differ by a term of mean zero, in every parameter.

    Both draw the same paths where the items weigh the same.
    """
    rnn, batch = small_rnn(RNNConfig(units=4, hidden=5, clock=2)), small_batch(256, 0.5)
    bound = {"schedule": SCHEDULE, "weights": signal_weights(SCHEDULE)}
    closed, sampled = (partial(objective, **bound) for objective in (diffusion_closed_form, diffusion_sampled))
    differences = torch.stack(
        [gradient(sampled, rnn, batch, seeded(s)) - gradient(closed, rnn, batch, seeded(s)) for s in range(150)]
    )
    assert (differences.std(dim=0) > 0).all()
    assert_unbiased(differences)


def test_the_loss_is_the_weighted_mean_over_steps():
    rnn, batch = small_rnn(), small_batch(16)

    def loss(weights: torch.Tensor) -> float:
        return diffusion_closed_form(rnn, batch, schedule=SCHEDULE, weights=weights, generator=seeded()).item()

    penalty = loss(NO_WEIGHT)
    single = [loss(STEPS * one_hot) - penalty for one_hot in torch.eye(STEPS, dtype=torch.float64)]
    assert min(single) > 0
    assert loss(flat_weights(SCHEDULE)) - penalty == pytest.approx(sum(single) / STEPS)
    weighted = sum(float(weight) * part for weight, part in zip(signal_weights(SCHEDULE), single)) / STEPS
    assert loss(signal_weights(SCHEDULE)) - penalty == pytest.approx(weighted)
    assert loss(3 * signal_weights(SCHEDULE)) - penalty == pytest.approx(3 * weighted)


def test_objectives_depend_on_their_generator_alone():
    rnn, batch = small_rnn(), small_batch(16)
    diffusion = partial(diffusion_sampled, schedule=SCHEDULE, weights=flat_weights(SCHEDULE))
    for objective in (diffusion, task_optimal):
        first, again, other = (objective(rnn, batch, generator=seeded(seed)).item() for seed in (1, 1, 2))
        assert first == again != other


def test_penalties_of_known_activity(monkeypatch):
    """Constant activity a along one null direction, and a plane state p at the end of preparation alone."""
    rnn, batch = small_rnn(), small_batch(16)
    activity = 3 * rnn.null_space[0]
    plane = torch.tensor([0.6, -0.8], dtype=torch.float64) @ rnn.readout

    def known(rnn, inputs, noise, teacher):
        rest = at_rest(rnn, batch, torch.zeros_like(teacher))
        report = rest.report + activity
        report[:, 0] += plane
        return Rollout(rest.preparation + activity, report, rest.plane_drive)

    monkeypatch.setattr(objectives, "rollout", known)
    loss = diffusion_closed_form(rnn, batch, schedule=SCHEDULE, weights=NO_WEIGHT, generator=seeded())
    assert loss.item() == pytest.approx(PLANE_PENALTY / 2 + ACTIVITY_PENALTY * (3 + 3), rel=1e-5)


def test_task_optimal_measures_the_distance_from_the_cued_item(monkeypatch):
    rnn, batch = small_rnn(), small_batch(16)
    goal = 2.5 * to_xy(batch.displays.cued_report) @ rnn.readout
    answers = goal[:, None].repeat(1, STEPS + 1, 1)
    answers[:, 0] = 0  # the state before the report does not count
    rest = at_rest(rnn, batch, torch.zeros(16, STEPS, 2).double())
    monkeypatch.setattr(objectives, "rollout", lambda *_: Rollout(rest.preparation, answers, rest.plane_drive))
    assert task_optimal(rnn, batch, generator=seeded()).item() < 1e-9
    answers[:, 1:3] += torch.tensor([1.2, 0.5], dtype=torch.float64) @ rnn.readout
    expected = (1.2**2 + 0.5**2) / 2 * 2 / STEPS
    assert task_optimal(rnn, batch, generator=seeded()).item() == pytest.approx(expected, rel=1e-5)
