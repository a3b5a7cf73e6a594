"""The noising process of a response, and what a leaky network must do to reverse it.

A response x_0 is noised over levels t = 1..T,  x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) eps_t  (Ho, Jain & Abbeel 2020).
The network runs the other way: report step k = 0..T-1 starts at level t = T - k and ends at level t - 1. Only this module
converts between the two: `Schedule` is indexed by level, every function returns tensors in network time.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.diffusion.schedule import Schedule, in_network_time, normal_log_density


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
    beta = in_network_time(schedule.beta, path)[:, None]
    offset = path[:, :-1] - (1 - beta).sqrt() * path[:, 1:]
    return normal_log_density(offset, beta.squeeze(1))


def posterior_mean(
    schedule: Schedule, endpoint: Float[Tensor, "trials steps_or_1 2"], noised: Float[Tensor, "trials steps 2"]
) -> Float[Tensor, "trials steps 2"]:
    """Mean of x_{t-1} given x_t and x_0 (Ho, Jain & Abbeel 2020, eq. 7), in network time.

    Args:
        endpoint: x_0, or its expectation: one for each step, or one for all.
        noised: x_t at the start of each report step.
    """
    from_x0 = in_network_time(schedule.weight_of_x0, noised)[:, None]
    from_xt = in_network_time(schedule.weight_of_xt, noised)[:, None]
    return from_x0 * endpoint + from_xt * noised


def kernel_target(
    schedule: Schedule,
    endpoint: Float[Tensor, "trials steps_or_1 2"],
    noised: Float[Tensor, "trials steps 2"],
    leak: float,
) -> Float[Tensor, "trials steps 2"]:
    """Plane drive with which one leaky step lands on the posterior mean: (mean - (1 - leak) x_t) / leak.

    Radmard, Bays & Lengyel 2026. Arguments as in `posterior_mean`; leak in (0, 1].
    """
    return (posterior_mean(schedule, endpoint, noised) - (1 - leak) * noised) / leak
