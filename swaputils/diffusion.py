"""The noising process of a response, and what a leaky network must do to reverse it.

A response x_0 is noised over levels t = 1..T,  x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) eps_t  (Ho, Jain & Abbeel 2020).
The network runs the other way: report step k = 0..T-1 starts at level t = T - k and ends at level t - 1. Only this module
converts between the two: `Schedule` is indexed by level, every function returns tensors in network time.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.circular import to_xy
from swaputils.records import ResponseDensity, ResponseMixture


@dataclass(frozen=True)
class Schedule:
    """Variances of the noising process; entry t - 1 of each [T] tensor belongs to level t.

    beta:               variance added at level t.
    alpha_bar:          prod_{s <= t} (1 - beta_s): squared weight of x_0 in x_t.
    alpha_bar_previous: alpha_bar at level t - 1 (1 at level 0).
    """

    beta: Float[Tensor, " steps"]
    alpha_bar: Float[Tensor, " steps"]
    alpha_bar_previous: Float[Tensor, " steps"]

    @property
    def steps(self) -> int:
        """T, the number of levels."""
        return self.beta.numel()

    @property
    def posterior_variance(self) -> Float[Tensor, " steps"]:
        """Variance of x_{t-1} given x_t and x_0: beta_t (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t)."""
        return self.beta * (1 - self.alpha_bar_previous) / (1 - self.alpha_bar)

    @property
    def weight_of_x0(self) -> Float[Tensor, " steps"]:
        """Weight of x_0 in the posterior mean: sqrt(alpha_bar_{t-1}) beta_t / (1 - alpha_bar_t)."""
        return self.alpha_bar_previous.sqrt() * self.beta / (1 - self.alpha_bar)

    def at_step(self, step: int) -> "Schedule":
        """The one-level schedule of report step `step`: 0 is level T, T - 1 is level 1."""
        level = slice(self.steps - 1 - step, self.steps - step)
        return Schedule(self.beta[level], self.alpha_bar[level], self.alpha_bar_previous[level])

    @property
    def weight_of_xt(self) -> Float[Tensor, " steps"]:
        """Weight of x_t in the posterior mean: sqrt(1 - beta_t) (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t)."""
        return (1 - self.beta).sqrt() * (1 - self.alpha_bar_previous) / (1 - self.alpha_bar)


def linear_schedule(steps: int = 40, first: float = 0.01, last: float = 0.30) -> Schedule:
    """The paper's schedule: beta_t grows linearly from `first` to `last` (float64)."""
    if steps < 2 or not 0 < first <= last < 1:
        raise ValueError(f"a schedule needs steps >= 2 and 0 < first <= last < 1, not {steps}, {first}, {last}")
    beta = torch.linspace(first, last, steps, dtype=torch.float64)
    alpha_bar = torch.cumprod(1 - beta, dim=0)
    return Schedule(beta, alpha_bar, torch.cat((torch.ones(1, dtype=torch.float64), alpha_bar[:-1])))


def _in_network_time(values: Tensor, like: Tensor) -> Tensor:
    """[T] values by level -> [T] in the order in which the network meets the levels, T first."""
    return values.flip(0).to(like)


def report_noise(schedule: Schedule) -> Float[Tensor, " steps"]:
    """Standard deviation of the network's noise at each report step; the last is 0."""
    return schedule.posterior_variance.sqrt().flip(0)


def flat_weights(schedule: Schedule) -> Float[Tensor, " steps"]:
    """The paper's loss weights: every report step counts the same."""
    return torch.ones_like(schedule.beta)


def signal_weights(schedule: Schedule) -> Float[Tensor, " steps"]:
    """Loss weights inversely proportional to the weight of x_0 in the target of each report step, with mean 1.

    Any positive weights have the same optimum. Under flat weights the noisy early steps, the only ones where the response
    has to come from memory, hardly count, since x_0 enters their target with a weight 90 times smaller than at the end.
    """
    weights = 1 / schedule.weight_of_x0.flip(0)
    return weights / weights.mean()


def sample_endpoints(
    mixture: ResponseMixture | ResponseDensity, *, generator: torch.Generator
) -> Float[Tensor, "trials 2"]:
    """One end point x_0 for each display, drawn from its mixture or its density."""
    if isinstance(mixture, ResponseDensity):
        return _sample_density(mixture, generator)
    item = torch.multinomial(mixture.log_weights.exp(), 1, generator=generator)
    centre = to_xy(mixture.angles.gather(1, item).squeeze(1))
    noise = torch.randn(centre.shape, dtype=centre.dtype, device=centre.device, generator=generator)
    return mixture.radius * (centre + mixture.spread * noise)


def forward_trajectory(
    schedule: Schedule, endpoint: Float[Tensor, "trials 2"], *, generator: torch.Generator
) -> Float[Tensor, "trials times 2"]:
    """Noise end points step by step, in network time: T + 1 times, entry k holding x_{T-k} (so the last is x_0).

    x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) eps_t is unrolled in closed form:
    x_t / sqrt(alpha_bar_t) = x_0 + sum_{s <= t} sqrt(beta_s / alpha_bar_s) eps_s.
    """
    noise = torch.randn(
        (endpoint.shape[0], schedule.steps, 2), dtype=endpoint.dtype, device=endpoint.device, generator=generator
    )
    growth = (schedule.beta / schedule.alpha_bar).sqrt().to(endpoint)
    rescaled = endpoint[:, None] + torch.cumsum(growth[:, None] * noise, dim=1)
    noised = schedule.alpha_bar.sqrt().to(endpoint)[:, None] * rescaled
    return torch.cat((endpoint[:, None], noised), dim=1).flip(1)


def posterior_mean(
    schedule: Schedule, endpoint: Float[Tensor, "trials steps_or_1 2"], noised: Float[Tensor, "trials steps 2"]
) -> Float[Tensor, "trials steps 2"]:
    """Mean of x_{t-1} given x_t and x_0 (Ho, Jain & Abbeel 2020, eq. 7), in network time.

    endpoint: x_0, or its expectation: one for each step, or one for all.
    noised:   x_t at the start of each report step.
    """
    from_x0 = _in_network_time(schedule.weight_of_x0, noised)[:, None]
    from_xt = _in_network_time(schedule.weight_of_xt, noised)[:, None]
    return from_x0 * endpoint + from_xt * noised


def kernel_target(
    schedule: Schedule,
    endpoint: Float[Tensor, "trials steps_or_1 2"],
    noised: Float[Tensor, "trials steps 2"],
    leak: float,
) -> Float[Tensor, "trials steps 2"]:
    """Plane drive with which one leaky step lands on the posterior mean: (mean - (1 - leak) x_t) / leak.

    Arguments as in `posterior_mean`; leak in (0, 1].
    """
    return (posterior_mean(schedule, endpoint, noised) - (1 - leak) * noised) / leak


def _log_joint(alpha_bar: Tensor, mixture: ResponseMixture, noised: Tensor) -> Tensor:
    """[M, T, N] log pi_n N(x_t; sqrt(alpha_bar) m_n, (alpha_bar s^2 + 1 - alpha_bar) I) up to a constant."""
    centres = mixture.radius * to_xy(mixture.angles)[:, None]
    variance = alpha_bar * (mixture.radius * mixture.spread) ** 2 + 1 - alpha_bar
    offsets = noised[:, :, None] - alpha_bar.sqrt()[:, None, None] * centres
    return mixture.log_weights[:, None] - offsets.square().sum(-1) / (2 * variance[:, None])


def responsibilities(
    schedule: Schedule, mixture: ResponseMixture, noised: Float[Tensor, "trials steps 2"]
) -> Float[Tensor, "trials steps items"]:
    """Probability that x_t came from each item, given the display, in network time."""
    return _log_joint(_in_network_time(schedule.alpha_bar, noised), mixture, noised).softmax(-1)


def expected_endpoint(
    schedule: Schedule, mixture: ResponseMixture | ResponseDensity, noised: Float[Tensor, "trials steps 2"]
) -> Float[Tensor, "trials steps 2"]:
    """E[x_0 | x_t, display] in network time: in closed form for a mixture, by quadrature for a density on the circle.

    Within item n with centre m_n and cluster variance s^2 it is
    m_n + sqrt(alpha_bar_t) s^2 / (alpha_bar_t s^2 + 1 - alpha_bar_t) (x_t - sqrt(alpha_bar_t) m_n).
    On the circle p(y | x_t) ~ p(y) exp(R sqrt(alpha_bar_t) / (1 - alpha_bar_t) x_t . u(y)), with u(y) the unit vector at y; the error of the
    quadrature falls exponentially in the number of nodes, and 128 do for spreads of 0.05 rad or more.
    """
    if isinstance(mixture, ResponseDensity):
        return _expected_on_circle(schedule, mixture, noised)
    alpha_bar = _in_network_time(schedule.alpha_bar, noised)
    probability = _log_joint(alpha_bar, mixture, noised).softmax(-1)
    variance = (mixture.radius * mixture.spread) ** 2
    gain = alpha_bar.sqrt() * variance / (alpha_bar * variance + 1 - alpha_bar)
    mean_centre = torch.einsum("mtn,mnd->mtd", probability, mixture.radius * to_xy(mixture.angles))
    return mean_centre + gain[:, None] * (noised - alpha_bar.sqrt()[:, None] * mean_centre)


def circle_nodes(count: int) -> Float[Tensor, " nodes"]:
    """Equally spaced angles from -pi on (float64)."""
    return 2 * torch.pi * torch.arange(count, dtype=torch.float64) / count - torch.pi


def _sample_density(density: ResponseDensity, generator: torch.Generator) -> Tensor:
    """[M, 2] end points, as if the density were even within half a node's distance."""
    node = torch.multinomial(density.log_density.softmax(-1), 1, generator=generator).squeeze(1)
    jitter = torch.rand(node.shape, dtype=torch.float64, device=node.device, generator=generator) - 0.5
    angle = 2 * torch.pi * (node + jitter) / density.log_density.shape[1] - torch.pi
    return density.radius * to_xy(angle).to(density.log_density)


def _expected_on_circle(schedule: Schedule, density: ResponseDensity, noised: Tensor) -> Tensor:
    """[M, T, 2] by quadrature over the nodes."""
    alpha_bar = _in_network_time(schedule.alpha_bar, noised)
    directions = to_xy(circle_nodes(density.log_density.shape[1]).to(noised))
    pull = (density.radius * alpha_bar.sqrt() / (1 - alpha_bar))[:, None] * noised
    posterior = (density.log_density[:, None] + pull @ directions.T).softmax(-1)
    return density.radius * posterior @ directions
