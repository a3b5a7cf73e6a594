"""Objectives: their minima, their gradients, and what their constants mean."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from scipy.linalg import sqrtm

from swaputils.angles import to_xy
from swaputils.diffusion.ideal import loss_floor
from swaputils.diffusion.noising import kernel_target
from swaputils.diffusion.schedule import flat_weights, linear_schedule, signal_weights, with_last_noise
from swaputils.diffusion.targets import EVEN_SHARE, ResponseDensity, ResponseMixture
from swaputils.errors import SwaputilsError
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.network.rollout import Rollout
from swaputils.training import objectives
from swaputils.training.lessons import Batch
from swaputils.training.objectives import (
    ACTIVITY_PENALTY,
    PLANE_PENALTY,
    diffusion_closed_form,
    diffusion_rollouts,
    diffusion_sampled,
    diffusion_unbounded,
    energy_score,
    mixture_density,
    moment_matching,
    regression,
)
from tests.small import PERIODS, assert_unbiased, seeded, short_schedule, showing, small_batch, small_rnn

SCHEDULE = short_schedule()
STEPS = SCHEDULE.steps
NOISY = linear_schedule(STEPS, 0.1, 0.95)
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
        drive = kernel_target(SCHEDULE, batch.target.expected_endpoint(SCHEDULE, teacher), teacher, rnn.config.leak)
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
    torch.testing.assert_close(mixture.practised().log_weights.exp(), (1 - EVEN_SHARE) * weights + EVEN_SHARE * even)
    assert (mixture.practised().log_weights[weights == 0] == -torch.inf).all()


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
    for objective in (diffusion, regression):
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
    bound = {"schedule": SCHEDULE, "weights": NO_WEIGHT, "generator": seeded()}
    assert diffusion_closed_form(rnn, batch, **bound).item() == pytest.approx(
        PLANE_PENALTY / 2 + ACTIVITY_PENALTY * (3 + 3), rel=1e-5
    )
    assert diffusion_unbounded(rnn, batch, **bound).item() == pytest.approx(PLANE_PENALTY / 2, rel=1e-5)


def test_without_swaps_regression_measures_the_distance_from_the_cued_item(monkeypatch):
    rnn, batch = small_rnn(), small_batch(16, 0.0)
    goal = 2.5 * to_xy(batch.displays.cued_report) @ rnn.readout
    answers = goal[:, None].repeat(1, STEPS + 1, 1)
    answers[:, 0] = 0  # the state before the report does not count
    rest = at_rest(rnn, batch, torch.zeros(16, STEPS, 2).double())
    monkeypatch.setattr(objectives, "rollout", lambda *_: Rollout(rest.preparation, answers, rest.plane_drive))
    assert regression(rnn, batch, generator=seeded()).item() < 1e-9
    answers[:, 1:3] += torch.tensor([1.2, 0.5], dtype=torch.float64) @ rnn.readout
    expected = (1.2**2 + 0.5**2) / 2 * 2 / STEPS
    assert regression(rnn, batch, generator=seeded()).item() == pytest.approx(expected, rel=1e-5)


def answering(monkeypatch, rnn: RNN, end_point: torch.Tensor) -> None:
    """Let every rollout of the network end at the points in the plane, and rest at zero before."""
    report = torch.zeros((len(end_point), STEPS + 1, rnn.config.units), dtype=torch.float64)
    report[:, -1] = end_point @ rnn.readout
    preparation = torch.zeros((len(end_point), PERIODS.preparatory_steps, rnn.config.units), dtype=torch.float64)
    run = Rollout(preparation, report, torch.zeros((len(end_point), STEPS, 2), dtype=torch.float64))
    monkeypatch.setattr(objectives, "rollout", lambda *_: run)


def shown_in_rows(displays: int, repeats: int, swap_probability: float = 0.3) -> Batch:
    batch = small_batch(displays, swap_probability)
    row = torch.arange(displays).repeat_interleave(repeats)
    inputs = showing(batch.inputs, batch.inputs.shown[0][row], batch.inputs.shown[2][row])
    target = replace(batch.target, angles=batch.target.angles[row], log_weights=batch.target.log_weights[row])
    return Batch(batch.displays[row], inputs, target)


def test_moments_of_a_mixture_are_those_of_its_draws():
    batch = shown_in_rows(3, 100_000)
    drawn = batch.target.sample(generator=seeded()).unflatten(0, (3, -1))
    mean, covariance = (moment[::100_000] for moment in batch.target.moments())
    for display in range(3):
        torch.testing.assert_close(drawn[display].mean(0), mean[display], rtol=0, atol=0.03)
        torch.testing.assert_close(drawn[display].T.cov(), covariance[display], rtol=0, atol=0.06)


def test_regression_goes_to_the_mean_and_not_to_the_cued_item(monkeypatch):
    rnn, batch = small_rnn(), small_batch(4, 0.3)
    mean, _ = batch.target.moments()
    report = (mean @ rnn.readout)[:, None].expand(-1, STEPS + 1, -1)
    start = torch.zeros((4, PERIODS.preparatory_steps, rnn.config.units), dtype=torch.float64)
    run = Rollout(start, report, torch.zeros((4, STEPS, 2), dtype=torch.float64))
    monkeypatch.setattr(objectives, "rollout", lambda *_: run)
    sure = small_batch(4, 0.0)
    assert regression(rnn, batch, generator=seeded()) < 0.02 < regression(rnn, sure, generator=seeded())
    assert torch.equal(sure.displays.report, batch.displays.report)


def test_moment_matching_is_blind_to_all_but_the_moments(monkeypatch):
    """Answers from the target, and Gaussian answers with its moments, lose nothing on average; a shifted mean loses its square."""
    rnn, batch = small_rnn(), shown_in_rows(2_000, 8)
    mean, covariance = batch.target.moments()
    white = torch.randn((len(batch), 2, 1), dtype=torch.float64, generator=seeded(1))
    answers = {
        "target": batch.target.sample(generator=seeded(2)),
        "gaussian": mean + (torch.linalg.cholesky(covariance) @ white).squeeze(-1),
    }
    losses = {}
    for who, end_point in answers.items():
        answering(monkeypatch, rnn, end_point)
        losses[who] = moment_matching(rnn, batch, repeats=8, generator=seeded()).item()
    answering(monkeypatch, rnn, answers["target"] + torch.tensor([3.0, 0.0]))
    shifted = moment_matching(rnn, batch, repeats=8, generator=seeded()).item()
    assert abs(losses["target"]) < 0.5 and abs(losses["gaussian"]) < 0.5
    assert shifted - losses["target"] == pytest.approx(9.0, abs=0.6)


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.0])
def test_moment_matching_measures_the_distance_of_gaussians(monkeypatch, scale):
    """Answers that lie `scale` times as far from their mean as the target's: (scale - 1)^2 tr C*; from a general formula as well."""
    rnn, batch = small_rnn(), shown_in_rows(200, 400)
    mean, covariance = batch.target.moments()
    drawn = batch.target.sample(generator=seeded(2))
    answering(monkeypatch, rnn, mean + scale * (drawn - mean))
    loss = moment_matching(rnn, batch, repeats=400, generator=seeded()).item()
    expected = (scale - 1) ** 2 * covariance.diagonal(dim1=1, dim2=2).sum(-1).mean()
    assert loss == pytest.approx(expected.item(), rel=0.05, abs=0.05)


def test_moment_matching_has_the_matrix_root_s_trace(monkeypatch):
    """Of one display whose answers are turned: scipy's square root of the product of the covariances."""
    rnn, batch = small_rnn(), shown_in_rows(1, 1_000)
    mean, covariance = (moment[0] for moment in batch.target.moments())
    drawn = batch.target.sample(generator=seeded(2)) @ torch.tensor([[0.6, 0.8], [-0.8, 0.6]]).double()
    answering(monkeypatch, rnn, drawn)
    loss = moment_matching(rnn, batch, repeats=1_000, generator=seeded()).item()
    found = drawn.T.cov()
    halves = drawn.unflatten(0, (2, -1)).mean(1) - mean
    root = sqrtm((found @ covariance).numpy())
    assert loss == pytest.approx(float(halves.prod(0).sum() + (found + covariance).trace() - 2 * root.trace().real))


def test_the_energy_score_tells_the_target_from_what_only_has_its_moments(monkeypatch):
    rnn, batch = small_rnn(), shown_in_rows(2_000, 8)
    mean, covariance = batch.target.moments()
    white = torch.randn((len(batch), 2, 1), dtype=torch.float64, generator=seeded(1))
    answers = {
        "target": batch.target.sample(generator=seeded(2)),
        "gaussian": mean + (torch.linalg.cholesky(covariance) @ white).squeeze(-1),
        "cued item": batch.target.radius * to_xy(batch.displays.cued_report),
        "mean": mean,
    }
    scores = {}
    for who, end_point in answers.items():
        answering(monkeypatch, rnn, end_point)
        scores[who] = energy_score(rnn, batch, repeats=8, generator=seeded()).item()
    assert all(score > scores["target"] + 0.01 for who, score in scores.items() if who != "target")


def test_the_mixture_density_is_least_at_the_target_s_parameters(monkeypatch):
    """With the target's own centres and weight it is the entropy of the target up to constants; any change costs."""
    rnn, batch = small_rnn(), small_batch(4_000, 0.3)
    target = batch.target
    cued = batch.displays.cued[:, None]
    centres = target.radius * to_xy(
        torch.cat((target.angles.gather(1, cued), target.angles.gather(1, 1 - cued)), dim=1)
    )

    def loss_at(shift: float, logit: float) -> float:
        hidden = torch.cat((centres[:, 1], torch.full((len(batch), 1), logit).double()), dim=1)
        state = (centres[:, 0] + shift) @ rnn.readout + rnn.config.memory_scale * hidden @ rnn.null_space[:3]
        report = torch.zeros((len(batch), STEPS + 1, rnn.config.units), dtype=torch.float64)
        report[:, -1] = state
        start = torch.zeros((len(batch), PERIODS.preparatory_steps, rnn.config.units), dtype=torch.float64)
        run = Rollout(start, report, torch.zeros((len(batch), STEPS, 2), dtype=torch.float64))
        monkeypatch.setattr(objectives, "rollout", lambda *_: run)
        return mixture_density(rnn, batch, generator=seeded()).item()

    right = math.log(0.3 / 0.7)
    best = loss_at(0.0, right)
    entropy = -(0.3 * math.log(0.3) + 0.7 * math.log(0.7)) + 1.0  # of the choice, and two dimensions of 1/2 each
    assert best == pytest.approx(entropy, abs=0.05)
    assert all(
        loss_at(*wrong) > best + 0.005 for wrong in ((0.05, right), (-0.05, right), (0.0, right + 0.5), (0.0, -1.5))
    )


def loss_of_rollouts(monkeypatch, rollouts: int, chosen) -> float:
    """The loss of networks whose drive is the exact kernel for the log weights of items that `chosen` makes of the target's."""
    # the start of the report, which the loss leaves out, must tell nothing of the item
    rnn, batch = small_rnn(), shown_in_rows(8_000 // rollouts, rollouts)
    target = replace(batch.target, log_weights=chosen(batch.target.log_weights))

    def exact_kernel(rnn, inputs, noise, teacher):
        assert torch.equal(teacher, teacher[::rollouts].repeat_interleave(rollouts, dim=0))  # one path for all
        expected = target.expected_endpoint(NOISY, teacher)
        return at_rest(rnn, batch, kernel_target(NOISY, expected, teacher, rnn.config.leak))

    monkeypatch.setattr(objectives, "rollout", exact_kernel)
    return diffusion_rollouts(rnn, batch, rollouts=rollouts, schedule=NOISY, generator=seeded(3)).item()


def test_an_early_choice_costs_less_the_more_rollouts_there_are(monkeypatch):
    """A coin that picks the item before the report: dear with one rollout, and in the end cheaper than to choose in the report."""

    def by_coin(log_weights):
        picked = torch.multinomial(log_weights.exp(), 1, generator=seeded(4))
        return torch.full_like(log_weights, -torch.inf).scatter(1, picked, 0.0)

    early, late = (
        [loss_of_rollouts(monkeypatch, rollouts, chosen) for rollouts in (1, 4, 40)]
        for chosen in (by_coin, lambda log_weights: log_weights)
    )
    assert early[0] > early[1] > early[2]
    assert early[0] > late[0] + 0.5 and early[2] < late[2]


def test_the_bound_is_the_mean_of_weights_in_the_logarithm(monkeypatch):
    rnn, batch = small_rnn(), shown_in_rows(50, 4)
    drive = torch.randn((200, STEPS, 2), dtype=torch.float64, generator=seeded(5))
    teachers = []

    def given(rnn, inputs, noise, teacher):
        teachers.append(teacher)
        return at_rest(rnn, batch, drive)

    monkeypatch.setattr(objectives, "rollout", given)
    monkeypatch.setattr(objectives, "_penalties", lambda rnn, run: 0.0)
    several = diffusion_rollouts(rnn, batch, rollouts=4, schedule=SCHEDULE, generator=seeded(6))
    end = batch.target.sample(generator=seeded(6))
    mean = (1 - rnn.config.leak) * teachers[0] + rnn.config.leak * drive
    variance = with_last_noise(SCHEDULE, (batch.target.spread * batch.target.radius) ** 2).noise_variance.flip(0)
    inside = -(teachers[0][:, 1:] - mean[:, :-1]).square().sum(-1) / (2 * variance[:-1]) - torch.log(
        2 * math.pi * variance[:-1]
    )
    last = end[::4].repeat_interleave(4, 0)
    final = -(last - mean[:, -1]).square().sum(-1) / (2 * variance[-1]) - torch.log(2 * math.pi * variance[-1])
    weights = (inside.sum(1) + final).unflatten(0, (50, 4))
    expected = -(weights.exp().mean(1).log()).mean() / (2 * STEPS)
    assert several.item() == pytest.approx(expected.item(), rel=1e-9)


def test_rollouts_need_clusters():
    rnn, batch = small_rnn(), small_batch(8, 0.3)
    smooth = replace(batch, target=ResponseDensity(torch.zeros((8, 64), dtype=torch.float64), 1.0))
    with pytest.raises(SwaputilsError, match="the bound is for narrow clusters"):
        diffusion_rollouts(rnn, smooth, rollouts=1, schedule=SCHEDULE, generator=seeded())
