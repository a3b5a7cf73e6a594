"""Propositions of chapter 2 fail once they are altered; what the chapter asserts of them it asserts itself."""

from dataclasses import replace

import pytest
import torch

from swapbook.theory import bounds, importance, memory, model
from swapbook.theory.circular_targets import CircularMixture, expected_circular_endpoint
from swapbook.theory.draws import forced_run, noised_responses, off_by
from swaputils.diffusion.noising import (
    chain_log_density,
    forward_trajectory,
    kernel_target,
    normal_log_density,
    posterior_mean,
)
from swaputils.diffusion.schedule import Schedule, with_cluster_noise, with_last_noise
from swaputils.task import repeated_display
from tests.small import (
    SCHEDULE,
    assert_unbiased,
    seeded,
    short_schedule,
    small_inputs,
    small_rnn,
    target_mixture,
    target_of,
)

CLUSTER, LEAK, UNITS, MANY = 0.125**2, 0.5, 5, 20_000
SHORT = with_last_noise(short_schedule(), CLUSTER)
FINITE = with_last_noise(SCHEDULE, CLUSTER)


def normal(*shape: int, seed: int = 5) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed))


def linear_network() -> model.ReportModel:
    basis = torch.linalg.qr(normal(UNITS, UNITS)).Q.T
    drive = model.LinearDrive(0.5 * normal(UNITS, UNITS, seed=6), normal(UNITS, seed=7))
    noise = SHORT.noise_variance.flip(0)
    return model.ReportModel(drive, basis[:2], basis[2:], noise, float(noise[0]), LEAK)


START, ENDPOINT = normal(1, UNITS, seed=8), normal(1, 2, seed=9)


def forced(network: model.ReportModel, path: torch.Tensor) -> torch.Tensor:
    return model.forced_states(network, START.expand(len(path), -1), path, generator=seeded(2))


def paths(count: int = MANY) -> torch.Tensor:
    return forward_trajectory(SHORT, ENDPOINT.expand(count, -1), generator=seeded(1))


def cancellation_error(network: model.ReportModel, other: model.ReportModel) -> float:
    """Largest difference on a path between log p - log q in all dimensions and the plane's terms."""
    states = forced(network, paths(50))
    start = START.expand(50, -1)
    full = model.network_log_density(network, start, states) - model.encoder_log_density(other, SHORT, start, states)
    return float((full - model.plane_log_weight(network, SHORT, start, states)).abs().max())


@pytest.mark.parametrize("change", ["noise", "drive"])
def test_null_space_terms_do_not_cancel_when_the_null_space_follows_another_law(change):
    network = linear_network()
    others = {
        "noise": replace(network, noise_variance=1.1 * network.noise_variance),
        "drive": replace(network, drive=model.LinearDrive(-network.drive.matrix, network.drive.bias)),
    }
    assert cancellation_error(network, others[change]) > 0.1


def test_the_likelihood_of_a_linear_network_is_that_of_its_free_runs():
    network, state = linear_network(), START.expand(MANY, -1)
    generator = seeded(3)
    deviations = torch.cat((torch.tensor([network.start_variance]), network.noise_variance)).sqrt()
    for step, deviation in enumerate(deviations):
        mean = state if step == 0 else network.step(state, step - 1)
        state = mean + deviation * torch.randn(mean.shape, dtype=torch.float64, generator=generator)
    ends = state @ network.readout.T
    centre = normal_log_density(ends - ends.mean(0), 0.05**2).exp().mean()
    expected = model.linear_log_likelihood(network, START[0], ends.mean(0, keepdim=True)).exp()
    assert float(centre) == pytest.approx(float(expected), rel=0.1)


def test_a_recurrent_network_as_a_report_model_is_its_own_rollout():
    rnn, inputs = small_rnn(), small_inputs(20)
    path = normal(20, SHORT.steps + 1, 2)
    weights, layers = rnn.drive.weights(), rnn.contexts(inputs)[-1].context

    def evaluated(state: torch.Tensor, step: int) -> torch.Tensor:
        return rnn.drive.evaluate(weights, state, [layer[step] for layer in layers])[0]

    leak, variance = rnn.config.leak, SHORT.noise_variance.flip(0).to(rnn.readout)
    network = model.ReportModel(evaluated, rnn.readout, rnn.null_space, variance, float(variance[0]), leak)
    run = forced_run(rnn, inputs, path, generator=seeded(1))
    for step in range(SHORT.steps):
        plane = path[:, step] @ rnn.readout
        state = plane + rnn.in_null_space(run.report[:, step]) @ rnn.null_space
        drive = rnn.in_plane(network.drive(state, step))
        # the basis is in single precision
        torch.testing.assert_close(drive, run.plane_drive[:, step], rtol=0, atol=1e-5)


def test_a_network_without_last_noise_is_refused():
    with pytest.raises(ValueError, match="with_last_noise"):
        replace(linear_network(), noise_variance=short_schedule().noise_variance.flip(0))
    mixture = target_mixture(3, 0.1)
    path = noised_responses(SCHEDULE, mixture, generator=seeded())
    with pytest.raises(ValueError, match="infinite"):
        bounds.divergence_terms(SCHEDULE, mixture, path, path[:, 1:])


def bayes_error(schedule: Schedule, variance: torch.Tensor) -> float:
    """Largest difference between the step back by Bayes' rule and the normal density of that variance (by level)."""
    endpoint, path = normal(20, 2), normal(20, schedule.steps + 1, 2, seed=6)
    gain, rest = schedule.alpha_bar.flip(0).sqrt()[:, None], 1 - schedule.alpha_bar.flip(0)
    given = normal_log_density(path[:, :-1] - gain * endpoint[:, None], rest)
    bayes = chain_log_density(schedule, path)[:, :-1] + given[:, 1:] - given[:, :-1]
    means = posterior_mean(schedule, endpoint[:, None], path[:, :-1])
    formula = normal_log_density(path[:, 1:-1] - means[:, :-1], variance.flip(0)[:-1])
    # the chain's first entries use the path's own points; its end point does not enter
    return float(((bayes - formula).abs() / formula.abs().clamp_min(1)).max())


def test_the_step_back_is_bayes_rule():
    assert bayes_error(SCHEDULE, SCHEDULE.posterior_variance) < 1e-9
    assert bayes_error(SCHEDULE, SCHEDULE.beta) > 0.01


def residual_of(function) -> torch.Tensor:
    """[M, T] the sampled target minus the one at a function of the expected end point, times the latter."""
    mixture = target_mixture(MANY, 0.3)
    path = noised_responses(SCHEDULE, mixture, generator=seeded(1))
    noised, endpoint = path[:, :-1], path[:, -1:]
    sampled = kernel_target(SCHEDULE, endpoint, noised, 0.1)
    expected = mixture.expected_endpoint(SCHEDULE, noised)
    closed = kernel_target(SCHEDULE, function(expected), noised, 0.1)
    return ((sampled - closed) * closed).sum(-1)


def test_the_optimum_is_the_closed_form_and_a_shrunken_one_is_not():
    assert_unbiased(residual_of(lambda expected: expected), limit=5)
    assert off_by(residual_of(lambda expected: 0.97 * expected)[:, 25]) > 5


def test_at_the_origin_a_guess_is_expected_at_the_origin():
    guess = CircularMixture(*(torch.zeros((1, 1), dtype=torch.float64) for _ in range(3)), 2.5)
    there = expected_circular_endpoint(SCHEDULE, guess, torch.zeros((1, 40, 2), dtype=torch.float64))
    assert torch.equal(there, torch.zeros_like(there))


def test_narrow_von_mises_components_are_the_planar_clusters():
    """At kappa = 1 / spread^2 both targets agree up to the curvature of the circle, once noise hides the radius."""
    planar = target_mixture(200, 0.1)
    kappa = torch.full_like(planar.angles, planar.spread**-2)
    mixture = CircularMixture(planar.angles, planar.log_weights, kappa, planar.radius)
    noised = noised_responses(SCHEDULE, planar, generator=seeded(1))[:, :-1]
    apart = expected_circular_endpoint(SCHEDULE, mixture, noised) - planar.expected_endpoint(SCHEDULE, noised)
    assert apart[:, :20].abs().max() < 0.06


def split_error(shift: float, share: float) -> float:
    """Standard errors by which the divergence with a wrong drive misses irreducible + share * learnable."""
    mixture = target_mixture(MANY, 0.1)
    path = noised_responses(FINITE, mixture, generator=seeded(1))
    wrong = bounds.ideal_means(FINITE, mixture, path) + shift * path[:, :-1].sin()
    more = bounds.divergence_terms(FINITE, mixture, path, wrong) - bounds.irreducible_terms(FINITE, mixture, path)
    learnable = bounds.learnable_terms(FINITE, mixture, path, wrong)
    return off_by(more.sum(1) - share * learnable.sum(1))


def test_the_divergence_splits_into_learnable_and_irreducible():
    assert split_error(0.02, 1.0) < 4.5
    assert split_error(0.02, 2.0) > 5


def test_impossible_cluster_variances_are_refused():
    with pytest.raises(ValueError, match="must be positive"):
        with_cluster_noise(SCHEDULE, 0.0)


def information(leaked: bool) -> tuple[float, float]:
    """Information of a null space under teacher forcing beyond x_t, or of one to which the end point has leaked."""
    mixture = target_of(repeated_display((0.0, 2.4), (0.0, 1.0), 0, 3_000), 0.5)
    path = noised_responses(SHORT, mixture, generator=seeded(1))
    rnn, inputs = small_rnn().requires_grad_(False), small_inputs(3_000)
    run, endpoint = forced_run(rnn, inputs, path, generator=seeded(3)), path[:, -1]
    known = memory.plane_knowledge(SHORT, mixture, path)
    hidden = rnn.in_null_space(run.report[:, :-1])
    hidden = hidden + 2.0 * endpoint[:, None, :1] if leaked else hidden
    return memory.information_gain(endpoint[:, 0] < 0.5, known[:, 0], hidden[:, 0])


def test_the_null_space_knows_nothing_of_the_response_beyond_the_plane():
    gain, error = information(leaked=False)
    assert gain < 4 * error
    gain, error = information(leaked=True)
    assert gain > 4 * error


@pytest.mark.parametrize(("p", "m"), [(0.1, 0.1), (0.3, 0.05), (0.0, 0.2)])
def test_errors_of_memory_count_twice(p, m):
    """Enumerate memory, the display that it leaves open, and the swap."""
    total = 0.0
    for held_wrong, weight in ((False, 1 - m), (True, m)):
        for display_wrong, again in ((False, 1 - m), (True, m)):
            changed = held_wrong != display_wrong
            total += weight * again * (1 - p if changed else p)
    assert memory.twice_counted(p, m) == pytest.approx(total)
    assert memory.counted_with_confidence(p, torch.full((5,), 1 - m).double()) == pytest.approx(total)
    assert abs(memory.twice_counted(p, m) - (p + m - 2 * p * m)) > 0.01  # counted once


def test_confidence_lowers_the_price_of_a_noisy_memory():
    noise = 0.8
    held = memory.held_binding(MANY, noise, generator=seeded(1))
    rho = memory.binding_confidence(held, noise)
    assert_unbiased((held < 0).double(), memory.misbinding_rate(noise))
    assert memory.misbinding_rate(0.0) == 0
    # calibrated: among memories that are sure to a degree, so many are right
    right = torch.rand(MANY, dtype=torch.float64, generator=seeded(2)) < 0.5
    signed = torch.where(right, held, -held)
    sure = memory.binding_confidence(signed, noise)
    assert_unbiased((right.double() - sure) * signed)
    assert memory.counted_with_confidence(0.1, rho) < memory.twice_counted(0.1, memory.misbinding_rate(noise))


def test_one_rollout_gives_the_bound_and_many_along_one_path_lie_between():
    network, path = linear_network(), paths(200)
    start = START.expand(200, -1)
    starts, along = (each.repeat_interleave(50, dim=0) for each in (start, path))
    states = model.forced_states(network, starts, along, generator=seeded(1))
    weights = model.plane_log_weight(network, SHORT, starts, states).unflatten(0, (200, 50))
    one, many = weights[:, :1], weights
    assert_unbiased(importance.importance_bound(one) - weights.mean(1))
    assert float(importance.importance_bound(many).mean()) > float(weights.mean())


def test_effective_sample_size_at_its_limits():
    equal, single = torch.zeros((1, 8)), torch.tensor([[0.0] + [-1e3] * 7])
    assert float(importance.effective_sample_size(equal)) == pytest.approx(8)
    assert float(importance.effective_sample_size(single)) == pytest.approx(1)


@pytest.mark.parametrize("samples", [1, 3, 10])
def test_the_committed_bound_is_the_mean_over_picks(samples):
    matched, unmatched, chance = (torch.tensor([value]).double() for value in (-1.0, -6.0, 0.3))
    picks = torch.rand((MANY, samples), dtype=torch.float64, generator=seeded(1)) < chance
    weights = torch.where(picks, matched, unmatched)
    exact = importance.committed_bound(matched, unmatched, chance, samples)
    assert_unbiased(importance.importance_bound(weights), float(exact))


def test_few_rollouts_ask_for_more_early_swaps_than_the_target_has():
    one, some, many = (importance.best_committed_rate(0.1, 50.0, samples) for samples in (1, 16, 400))
    assert one == pytest.approx(0.001) and some > 0.2 and many == pytest.approx(0.1, abs=0.003)
    chance = torch.tensor([some, 0.1], dtype=torch.float64)
    picks = torch.rand((MANY, 16, 2), dtype=torch.float64, generator=seeded(2)) < chance
    drawn = [
        importance.importance_bound(torch.where(each, 0.0, -50.0).double()).mean()
        for rate in range(2)
        for each in (picks[..., rate], ~picks[..., rate])
    ]
    found = [0.1 * drawn[2 * rate] + 0.9 * drawn[2 * rate + 1] for rate in range(2)]
    assert found[0] > found[1] + 0.3
