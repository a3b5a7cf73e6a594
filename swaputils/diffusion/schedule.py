"""How much noise each level of the noising process adds, and how much the network adds on its way back."""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.errors import SwaputilsError


@dataclass(frozen=True)
class Schedule:
    """Variances of the noising process; entry t - 1 of each [T] tensor belongs to level t.

    Attributes:
        beta: variance added at level t.
        alpha_bar: prod_{s <= t} (1 - beta_s): squared weight of x_0 in x_t.
        alpha_bar_previous: alpha_bar at level t - 1 (1 at level 0).
        noise_variance: variance that the network adds on its step from level t to t - 1.
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
        """Variance of x_{t-1} given x_t and x_0, beta_t (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t)."""
        return _posterior_variance(self.beta, self.alpha_bar, self.alpha_bar_previous)

    @property
    def weight_of_x0(self) -> Float[Tensor, " steps"]:
        """Weight of x_0 in the posterior mean, sqrt(alpha_bar_{t-1}) beta_t / (1 - alpha_bar_t)."""
        return self.alpha_bar_previous.sqrt() * self.beta / (1 - self.alpha_bar)

    def at_step(self, step: int) -> "Schedule":
        """The one-level schedule of report step `step`: 0 is level T, T - 1 is level 1."""
        level = slice(self.steps - 1 - step, self.steps - step)
        return Schedule(*(values[level] for values in vars(self).values()))

    @property
    def weight_of_xt(self) -> Float[Tensor, " steps"]:
        """Weight of x_t in the posterior mean, sqrt(1 - beta_t) (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t)."""
        return (1 - self.beta).sqrt() * (1 - self.alpha_bar_previous) / (1 - self.alpha_bar)


def linear_schedule(steps: int = 40, first: float = 0.01, last: float = 0.30) -> Schedule:
    """The paper's schedule (Radmard, Bays & Lengyel 2026): beta_t grows linearly from `first` to `last` (float64).

    >>> schedule = linear_schedule(steps=4)
    >>> (100 * schedule.beta).round().tolist()
    [1.0, 11.0, 20.0, 30.0]
    """
    if steps < 2 or not 0 < first <= last < 1:
        raise SwaputilsError(f"a schedule needs steps >= 2 and 0 < first <= last < 1, not {steps}, {first}, {last}")
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
        raise SwaputilsError(f"the cluster variance is {cluster_variance}; it must be positive")
    noised = 1 - schedule.alpha_bar
    return cluster_variance * noised / (schedule.alpha_bar * cluster_variance + noised)


def low_bias_schedule(steps: int = 40, cluster_variance: float = 0.125**2) -> Schedule:
    """A schedule whose ideal sampler misses the target by less than with the paper's, at the same number of steps.

    beta_t grows linearly from 0.02 to 0.20 and the noise is that of `with_cluster_noise`; chapter 2 derives both.
    """
    return with_cluster_noise(linear_schedule(steps, 0.02, 0.20), cluster_variance)


def _posterior_variance(beta: Tensor, alpha_bar: Tensor, previous: Tensor) -> Tensor:
    return beta * (1 - previous) / (1 - alpha_bar)


def in_network_time(values: Tensor, like: Tensor) -> Tensor:
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


def normal_log_density(
    offset: Float[Tensor, "*any dims"], variance: Float[Tensor, "*#any"] | float
) -> Float[Tensor, "*any"]:
    """log N(offset; 0, variance I) over the last axis."""
    variance = torch.as_tensor(variance).to(offset)
    return -0.5 * (offset.square().sum(-1) / variance + offset.shape[-1] * (2 * math.pi * variance).log())
