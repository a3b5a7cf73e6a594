"""The noising process of a response, and what a leaky network must do to reverse it.

A response x_0 is noised over levels t = 1..T,  x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) eps_t  (Ho, Jain & Abbeel 2020).
The network runs the other way: report step k = 0..T-1 starts at level t = T - k and ends at level t - 1. Only this module
converts between the two: `Schedule` is indexed by level, every function returns tensors in network time.
"""

import math
from dataclasses import dataclass, replace

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
    noise_variance:     variance that the network adds on its step from level t to t - 1.
    """

    beta: Float[Tensor, " steps"]
    alpha_bar: Float[Tensor, " steps"]
    alpha_bar_previous: Float[Tensor, " steps"]
    noise_variance: Float[Tensor, " steps"]

    @property
    def steps(self) -> int:
        """T, the number of levels."""
        return self.beta.numel()

    @property
    def posterior_variance(self) -> Float[Tensor, " steps"]:
        """Variance of x_{t-1} given x_t and x_0: beta_t (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t)."""
        return _posterior_variance(self.beta, self.alpha_bar, self.alpha_bar_previous)

    @property
    def weight_of_x0(self) -> Float[Tensor, " steps"]:
        """Weight of x_0 in the posterior mean: sqrt(alpha_bar_{t-1}) beta_t / (1 - alpha_bar_t)."""
        return self.alpha_bar_previous.sqrt() * self.beta / (1 - self.alpha_bar)

    def at_step(self, step: int) -> "Schedule":
        """The one-level schedule of report step `step`: 0 is level T, T - 1 is level 1."""
        level = slice(self.steps - 1 - step, self.steps - step)
        return Schedule(*(values[level] for values in vars(self).values()))

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
    previous = torch.cat((torch.ones(1, dtype=torch.float64), alpha_bar[:-1]))
    return Schedule(beta, alpha_bar, previous, _posterior_variance(beta, alpha_bar, previous))


def with_cluster_noise(schedule: Schedule, cluster_variance: float) -> Schedule:
    """The schedule with the network's noise that reverses a single normal cluster exactly, in any number of steps.

    noise variance = Var(x_{t-1} | x_t) = posterior variance + c_t^2 Var(x_0 | x_t), with c_t the weight of x_0: the variance
    that maximises the bound for such a target (Bao, Li, Zhu & Zhang 2022). The last step then has noise too.
    """
    remaining = remaining_variance(schedule, cluster_variance)
    return replace(schedule, noise_variance=schedule.posterior_variance + schedule.weight_of_x0**2 * remaining)


def with_last_noise(schedule: Schedule, cluster_variance: float) -> Schedule:
    """The schedule with noise on the last step only: Var(x_0 | x_1) of a cluster, which makes the bound finite."""
    last = remaining_variance(schedule, cluster_variance)[:1]
    return replace(schedule, noise_variance=torch.cat((last, schedule.noise_variance[1:])))


def remaining_variance(schedule: Schedule, cluster_variance: float) -> Float[Tensor, " steps"]:
    """Var(x_0 | x_t) of a normal cluster of that variance, by level."""
    if not cluster_variance > 0:
        raise ValueError(f"the cluster variance is {cluster_variance}; it must be positive")
    noised = 1 - schedule.alpha_bar
    return cluster_variance * noised / (schedule.alpha_bar * cluster_variance + noised)


def low_bias_schedule(steps: int = 40, cluster_variance: float = 0.125**2) -> Schedule:
    """A schedule whose ideal sampler misses the target by less than with the paper's, at the same number of steps.

    beta_t grows linearly from 0.02 to 0.20 and the noise is that of `with_cluster_noise`; chapter 2 derives both.
    """
    return with_cluster_noise(linear_schedule(steps, 0.02, 0.20), cluster_variance)


def _posterior_variance(beta: Tensor, alpha_bar: Tensor, previous: Tensor) -> Tensor:
    return beta * (1 - previous) / (1 - alpha_bar)


def _in_network_time(values: Tensor, like: Tensor) -> Tensor:
    """[T] values by level -> [T] in the order in which the network meets the levels, T first."""
    return values.flip(0).to(like)


def report_noise(schedule: Schedule) -> Float[Tensor, " steps"]:
    """Standard deviation of the network's noise at each report step; in the paper's schedule the last is 0."""
    return schedule.noise_variance.sqrt().flip(0)


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


def chain_log_density(schedule: Schedule, path: Float[Tensor, "trials times 2"]) -> Float[Tensor, "trials steps"]:
    """log q(x_t | x_{t-1}) of the noising at every level of a path with its end point, in network time."""
    beta = _in_network_time(schedule.beta, path)[:, None]
    offset = path[:, :-1] - (1 - beta).sqrt() * path[:, 1:]
    return normal_log_density(offset, beta.squeeze(1))


def normal_log_density(
    offset: Float[Tensor, "*any dims"], variance: Float[Tensor, "*#any"] | float
) -> Float[Tensor, "*any"]:
    """log N(offset; 0, variance I) over the last axis."""
    variance = torch.as_tensor(variance).to(offset)
    return -0.5 * (offset.square().sum(-1) / variance + offset.shape[-1] * (2 * math.pi * variance).log())


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
    """[M, T, N] log pi_n N(x_t; sqrt(alpha_bar) m_n, (alpha_bar s^2 + 1 - alpha_bar) I)."""
    centres = mixture.radius * to_xy(mixture.angles)[:, None]
    variance = alpha_bar * (mixture.radius * mixture.spread) ** 2 + 1 - alpha_bar
    offsets = noised[:, :, None] - alpha_bar.sqrt()[:, None, None] * centres
    return mixture.log_weights[:, None] + normal_log_density(offsets, variance[:, None])


def marginal_log_density(
    schedule: Schedule, mixture: ResponseMixture, noised: Float[Tensor, "trials steps 2"]
) -> Float[Tensor, "trials steps"]:
    """log q(x_t | display) of the noised mixture, in network time."""
    return _log_joint(_in_network_time(schedule.alpha_bar, noised), mixture, noised).logsumexp(-1)


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
