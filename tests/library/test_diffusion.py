"""The noising process, its reversal and the targets of the recurrent drive, against brute force."""

import math

import pytest
import torch

from swaputils.angles import to_xy, wrap
from swaputils.diffusion.ideal import sample_path
from swaputils.diffusion.noising import forward_trajectory, kernel_target, posterior_mean
from swaputils.diffusion.schedule import flat_weights, linear_schedule, report_noise, signal_weights
from swaputils.diffusion.targets import ResponseDensity, ResponseMixture, circle_nodes
from tests.small import SCHEDULE, assert_unbiased, rotation, seeded, target_mixture

LEAK = 0.1
MANY = 20_000


def step_of(level: int) -> int:
    """The report step that starts at a noise level."""
    return SCHEDULE.steps - level


def normal(*shape: int, seed: int = 5) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed))


def noised_targets(trials: int, swap_probability: float) -> tuple[ResponseMixture, torch.Tensor, torch.Tensor]:
    """Targets, responses [M, 2] drawn from them, and these noised to every level [M, T, 2]."""
    mixture = target_mixture(trials, swap_probability)
    endpoint = mixture.sample(generator=seeded(1))
    return mixture, endpoint, forward_trajectory(SCHEDULE, endpoint, generator=seeded(2))[:, :-1]


def test_the_published_schedule():
    assert float(SCHEDULE.alpha_bar[-1]) == pytest.approx(9.6e-4, abs=5e-6)
    assert float(SCHEDULE.beta[0]) == 0.01 and float(SCHEDULE.beta[-1]) == pytest.approx(0.30)
    noise = report_noise(SCHEDULE)
    assert float(noise[0]) == pytest.approx(0.548, abs=5e-4)
    assert float(noise[-2]) == pytest.approx(0.080, abs=5e-4)
    assert noise[-1] == 0 and (noise.diff() < 0).all()


@pytest.mark.parametrize("arguments", [(1, 0.01, 0.3), (40, 0.0, 0.3), (40, 0.3, 0.01), (40, 0.01, 1.0)])
def test_impossible_schedules_are_refused(arguments):
    with pytest.raises(ValueError, match="steps >= 2 and 0 < first <= last < 1"):
        linear_schedule(*arguments)


def test_the_trajectory_is_sequential_noising():
    endpoint = normal(50, 2)
    path = forward_trajectory(SCHEDULE, endpoint, generator=seeded(3))
    same_noise = torch.randn((50, SCHEDULE.steps, 2), dtype=torch.float64, generator=seeded(3))
    state, levels = endpoint, [endpoint]
    for level in range(SCHEDULE.steps):
        beta = SCHEDULE.beta[level]
        state = (1 - beta).sqrt() * state + beta.sqrt() * same_noise[:, level]
        levels.append(state)
    torch.testing.assert_close(path, torch.stack(levels[::-1], dim=1))


def test_the_trajectory_keeps_its_dtype():
    path = forward_trajectory(SCHEDULE, normal(3, 2).float(), generator=seeded())
    assert path.dtype == torch.float32 and path.isfinite().all()


def test_the_marginals_of_the_trajectory():
    endpoint = torch.tensor([[2.0, -1.0]], dtype=torch.float64).expand(MANY, 2)
    path = forward_trajectory(SCHEDULE, endpoint, generator=seeded(4))[:, :-1]
    alpha_bar = SCHEDULE.alpha_bar.flip(0)[:, None]
    assert_unbiased(path, alpha_bar.sqrt() * endpoint[0])
    assert_unbiased((path - alpha_bar.sqrt() * endpoint[0]).square(), (1 - alpha_bar).expand(-1, 2))


def test_the_posterior_is_gaussian_conditioning_on_the_chain():
    """x = A x_0 + L eps over all levels; conditioning x_{t-1} on x_t in this joint Gaussian gives weights and variance."""
    steps = SCHEDULE.steps
    gain, noise = torch.ones(1, dtype=torch.float64), torch.zeros((1, steps), dtype=torch.float64)
    for level in range(steps):
        keep, add = (1 - SCHEDULE.beta[level]).sqrt(), torch.zeros(steps, dtype=torch.float64)
        add[level] = SCHEDULE.beta[level].sqrt()
        gain, noise = torch.cat((gain, keep * gain[-1:])), torch.cat((noise, (keep * noise[-1] + add)[None]))
    covariance = noise @ noise.T
    slope = torch.stack([covariance[t - 1, t] / covariance[t, t] for t in range(1, steps + 1)])
    variance = covariance.diagonal()[:-1] - slope**2 * covariance.diagonal()[1:]
    torch.testing.assert_close(SCHEDULE.weight_of_xt, slope)
    torch.testing.assert_close(SCHEDULE.weight_of_x0, gain[:-1] - slope * gain[1:])
    torch.testing.assert_close(SCHEDULE.posterior_variance, variance)

    endpoint, noised = normal(7, 2), normal(7, steps, 2, seed=6)
    by_level = slope[:, None] * noised.flip(1) + (gain[:-1] - slope * gain[1:])[:, None] * endpoint[:, None]
    torch.testing.assert_close(posterior_mean(SCHEDULE, endpoint[:, None], noised), by_level.flip(1))


def test_the_posterior_mean_subtracts_the_effective_noise():
    _, endpoint, noised = noised_targets(100, 0.1)
    alpha_bar, beta = (value.flip(0)[:, None] for value in (SCHEDULE.alpha_bar, SCHEDULE.beta))
    effective = (noised - alpha_bar.sqrt() * endpoint[:, None]) / (1 - alpha_bar).sqrt()
    denoised = (noised - beta * effective / (1 - alpha_bar).sqrt()) / (1 - beta).sqrt()
    mean = posterior_mean(SCHEDULE, endpoint[:, None], noised)
    torch.testing.assert_close(mean, denoised)
    torch.testing.assert_close(mean[:, -1], endpoint)


@pytest.mark.parametrize(("level", "of_x0", "of_xt"), [(1, 10.0, -9.0), (10, 1.78, -0.81), (40, 0.11, -0.64)])
def test_published_kernel_targets(level, of_x0, of_xt):
    ones, zeros = torch.ones((1, 40, 2), dtype=torch.float64), torch.zeros((1, 40, 2), dtype=torch.float64)
    step = step_of(level)
    assert float(kernel_target(SCHEDULE, ones, zeros, LEAK)[0, step, 0]) == pytest.approx(of_x0, abs=5e-3)
    assert float(kernel_target(SCHEDULE, zeros, ones, LEAK)[0, step, 0]) == pytest.approx(of_xt, abs=5e-3)


@pytest.mark.parametrize("leak", [0.1, 0.37, 1.0])
def test_one_leaky_step_with_the_kernel_target_lands_on_the_posterior_mean(leak):
    endpoint, noised = normal(9, 1, 2), normal(9, SCHEDULE.steps, 2, seed=6)
    landed = (1 - leak) * noised + leak * kernel_target(SCHEDULE, endpoint, noised, leak)
    torch.testing.assert_close(landed, posterior_mean(SCHEDULE, endpoint, noised))


@pytest.mark.parametrize("level", [1, 2, 20, 40])
def test_expected_endpoint_is_the_posterior_mean_by_quadrature(level):
    """Integrate over a grid of x_0 whose spacing is a third of the narrowest posterior's standard deviation."""
    mixture = ResponseMixture(
        torch.tensor([[0.3, 1.2, -2.0]], dtype=torch.float64),
        torch.tensor([[0.6, 0.3, 0.1]], dtype=torch.float64).log(),
        spread=0.05,
        radius=2.5,
    )
    axis = torch.arange(-3.5, 3.5, 0.025, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    centres = 2.5 * torch.stack((mixture.angles[0].cos(), mixture.angles[0].sin()), dim=1)
    log_prior = mixture.log_weights - torch.cdist(grid, centres).square() / (2 * 0.125**2)
    alpha_bar, step = SCHEDULE.alpha_bar[level - 1], step_of(level)
    for x in (alpha_bar.sqrt() * grid[40_000], alpha_bar.sqrt() * centres[:2].mean(0), centres[2] + 0.3):
        log_likelihood = -(x - alpha_bar.sqrt() * grid).square().sum(1) / (2 * (1 - alpha_bar))
        posterior = (log_prior + log_likelihood[:, None]).flatten().softmax(0).reshape(-1, 3)
        noised = x.expand(1, SCHEDULE.steps, 2)
        expected = mixture.expected_endpoint(SCHEDULE, noised)[0, step]
        torch.testing.assert_close(expected, posterior.sum(1) @ grid, rtol=0, atol=1e-9)
        torch.testing.assert_close(
            mixture.responsibilities(SCHEDULE, noised)[0, step], posterior.sum(0), atol=1e-9, rtol=0
        )


def test_the_closed_form_is_the_conditional_mean_of_the_drawn_endpoint():
    """x_0 - E[x_0 | x_t] is uncorrelated with every function of x_t, at every step."""
    mixture, endpoint, noised = noised_targets(MANY, 0.3)
    residual = endpoint[:, None] - mixture.expected_endpoint(SCHEDULE, noised)
    first = mixture.responsibilities(SCHEDULE, noised)[..., :1]
    for probe in (
        torch.ones_like(noised),
        noised,
        noised.flip(-1),
        noised.tanh(),
        first,
        noised.norm(dim=-1)[..., None],
    ):
        assert_unbiased(residual * probe)


def test_endpoints_have_the_mixture_s_moments():
    mixture = ResponseMixture(
        torch.tensor([[0.5, -2.0]], dtype=torch.float64).expand(MANY, 2),
        torch.tensor([[0.8, 0.2]], dtype=torch.float64).log().expand(MANY, 2),
        spread=0.05,
        radius=2.5,
    )
    points = mixture.sample(generator=seeded())
    centres = 2.5 * torch.stack((mixture.angles[0].cos(), mixture.angles[0].sin()), dim=1)
    to_centres = torch.cdist(points, centres)
    assert_unbiased((to_centres[:, 0] < to_centres[:, 1]).double(), 0.8)
    assert_unbiased(to_centres.amin(1).square(), 2 * 0.125**2)


def test_rotating_items_and_state_rotates_the_expected_endpoint():
    mixture, _, noised = noised_targets(200, 0.3)
    turned = ResponseMixture(wrap(mixture.angles + 0.9), mixture.log_weights, mixture.spread, mixture.radius)
    rotated = turned.expected_endpoint(SCHEDULE, noised @ rotation(0.9))
    torch.testing.assert_close(rotated, mixture.expected_endpoint(SCHEDULE, noised) @ rotation(0.9))


def test_permuting_items_permutes_responsibilities_and_keeps_the_expected_endpoint():
    mixture, _, noised = noised_targets(200, 0.3)
    swapped = ResponseMixture(mixture.angles.flip(1), mixture.log_weights.flip(1), mixture.spread, mixture.radius)
    torch.testing.assert_close(
        swapped.responsibilities(SCHEDULE, noised), mixture.responsibilities(SCHEDULE, noised).flip(-1)
    )
    torch.testing.assert_close(swapped.expected_endpoint(SCHEDULE, noised), mixture.expected_endpoint(SCHEDULE, noised))


def test_absent_items_attract_nothing():
    mixture, _, noised = noised_targets(200, 0.3)
    absent = torch.full((200, 1), -math.inf, dtype=torch.float64)
    padded = ResponseMixture(
        torch.cat((mixture.angles, torch.zeros_like(absent)), 1), torch.cat((mixture.log_weights, absent), 1), 0.05, 2.5
    )
    torch.testing.assert_close(padded.expected_endpoint(SCHEDULE, noised), mixture.expected_endpoint(SCHEDULE, noised))


def test_one_step_at_a_time_is_the_whole_schedule():
    mixture, _, noised = noised_targets(50, 0.1)
    whole = kernel_target(SCHEDULE, mixture.expected_endpoint(SCHEDULE, noised), noised, LEAK)
    for step in range(SCHEDULE.steps):
        level, now = SCHEDULE.at_step(step), noised[:, step : step + 1]
        torch.testing.assert_close(
            kernel_target(level, mixture.expected_endpoint(level, now), now, LEAK), whole[:, step : step + 1]
        )
        torch.testing.assert_close(report_noise(level), report_noise(SCHEDULE)[step : step + 1])


def test_loss_weights():
    assert torch.equal(flat_weights(SCHEDULE), torch.ones(40, dtype=torch.float64))
    weights = signal_weights(SCHEDULE)
    assert float(weights.mean()) == pytest.approx(1)
    pull = kernel_target(SCHEDULE, torch.ones((1, 40, 2)).double(), torch.zeros((1, 40, 2)).double(), LEAK)[0, :, 0]
    assert float((weights * pull).std() / (weights * pull).mean()) == pytest.approx(0, abs=1e-12)
    assert float(pull[-1] / pull[0]) == pytest.approx(90, rel=0.05)


def von_mises_density(angles: torch.Tensor, weights: torch.Tensor, kappa: float, nodes: int) -> ResponseDensity:
    """Von Mises components with a guess as the last one."""
    offset = circle_nodes(nodes)[None, :, None] - angles[:, None]
    density = (kappa * offset.cos()).exp() / (2 * math.pi * torch.special.i0(torch.tensor(kappa).double()))
    guess = torch.full_like(density[..., :1], 1 / (2 * math.pi))
    return ResponseDensity((torch.cat((density, guess), -1) @ weights).log(), 2.5)


def test_the_expected_endpoint_on_the_circle_by_its_closed_form():
    """rho_n ~ pi_n I0(c_n) / I0(kappa_n), E = R sum rho_n (I1 / I0)(c_n) v_n / c_n, v_n = kappa_n u_n + R sqrt(abar) / (1 - abar) x_t."""
    angles, weights, kappa = (
        torch.tensor([[0.3, 2.0], [-1.0, 1.5]]).double(),
        torch.tensor([0.6, 0.3, 0.1]).double(),
        9.0,
    )
    density, schedule = von_mises_density(angles, weights, kappa, 128), linear_schedule()
    endpoint = density.sample(generator=seeded())
    noised = forward_trajectory(schedule, endpoint, generator=seeded(1))[:, :-1]
    concentration = torch.tensor([kappa, kappa, 0.0]).double()
    units = torch.cat((to_xy(angles), torch.zeros(2, 1, 2).double()), 1)
    alpha_bar = schedule.alpha_bar.flip(0)
    pull = (2.5 * alpha_bar.sqrt() / (1 - alpha_bar))[:, None] * noised
    vector = (concentration[:, None] * units)[:, None] + pull[:, :, None]
    length = vector.norm(dim=-1)
    i0e, i1e = torch.special.i0e, torch.special.i1e
    log_rho = weights.log() + i0e(length).log() + length - i0e(concentration).log() - concentration
    along = (log_rho.softmax(-1) * i1e(length) / i0e(length) / length)[..., None]
    expected = 2.5 * (along * vector).sum(-2)
    torch.testing.assert_close(density.expected_endpoint(schedule, noised), expected, rtol=0, atol=2e-5)
    coarse = von_mises_density(angles, weights, kappa, 32)
    assert (coarse.expected_endpoint(schedule, noised) - expected).abs().max() > 1e-2


def test_end_points_drawn_from_a_density_have_its_moments():
    angles, weights = torch.tensor([[0.3, 2.0]]).double(), torch.tensor([0.6, 0.3, 0.1]).double()
    one = von_mises_density(angles, weights, 9.0, 128)
    drawn = ResponseDensity(one.log_nodes.expand(50_000, -1), 2.5).sample(generator=seeded())
    torch.testing.assert_close(drawn.norm(dim=1), torch.full((50_000,), 2.5).double())
    resultant = torch.special.i1e(torch.tensor(9.0)) / torch.special.i0e(torch.tensor(9.0))
    assert_unbiased(drawn, 2.5 * float(resultant) * (weights[:2, None] * to_xy(angles[0])).sum(0))


def test_the_ideal_sampler_of_a_density_reproduces_it():
    angles, weights = torch.tensor([[0.3, 2.0]]).double(), torch.tensor([0.6, 0.3, 0.1]).double()
    one = von_mises_density(angles, weights, 9.0, 128)
    many = ResponseDensity(one.log_nodes.expand(20_000, -1), 2.5)
    end_point = sample_path(linear_schedule(), many, generator=seeded())[:, -1]
    target = many.sample(generator=seeded(1))
    for harmonic in (1, 2, 3):
        found, wanted = ((harmonic * points[:, 1].atan2(points[:, 0])).cos().mean() for points in (end_point, target))
        assert abs(found - wanted) < 0.03
