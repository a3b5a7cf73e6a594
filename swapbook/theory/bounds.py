"""How far the paths of a sampler are from the noised target: the divergence that bounds its responses, step by step.

KL(q(x_{0:T} | s) || p(x_{0:T} | s)) = mismatch of the start + sum over report steps of E KL(q(x_{t-1} | x_t, s) || p(x_{t-1} | x_t, s)),
and it is at least the divergence of the laws of x_0. Nats; tensors are in network time.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.diffusion.noising import chain_log_density, normal_log_density, posterior_mean
from swaputils.diffusion.schedule import Schedule
from swaputils.diffusion.targets import ResponseMixture
from swaputils.errors import SwaputilsError


def ideal_means(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, "trials steps 2"]:
    """Mean of x_{t-1} given x_t and the display: where the ideal sampler steps to from each point of a path."""
    noised = path[:, :-1]
    return posterior_mean(schedule, mixture.expected_endpoint(schedule, noised), noised)


def reverse_log_density(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, "trials steps"]:
    """log q(x_{t-1} | x_t, display) of the noised mixture along a path, by Bayes' rule; x_0 comes last."""
    marginal = mixture.marginal_log_density(schedule, path[:, :-1])
    nearer = torch.cat((marginal[:, 1:], mixture.log_density(path[:, -1])[:, None]), dim=1)
    return chain_log_density(schedule, path) + nearer - marginal


def divergence_terms(
    schedule: Schedule,
    mixture: ResponseMixture,
    path: Float[Tensor, "trials times 2"],
    means: Float[Tensor, "trials steps 2"],
) -> Float[Tensor, "trials times"]:
    """Unbiased estimates of the terms from noised responses: the start against N(0, I), then each report step.

    Args:
        path: drawn from the noised target.
        means: where the sampler steps to from each point of it.

    Raises:
        SwaputilsError: where a report step has no noise, since the divergence is then infinite.
    """
    if not (schedule.noise_variance > 0).all():
        raise SwaputilsError(
            "the divergence is infinite when a report step has no noise; see diffusion.with_last_noise"
        )
    noise = schedule.noise_variance.flip(0).to(path)
    start = mixture.marginal_log_density(schedule, path[:, :-1])[:, :1] - normal_log_density(path[:, :1], 1.0)
    steps = reverse_log_density(schedule, mixture, path) - normal_log_density(path[:, 1:] - means, noise)
    return torch.cat((start, steps), dim=1)


def irreducible_terms(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, "trials times"]:
    """The divergence terms of the ideal sampler, which no drive with this noise can avoid."""
    return divergence_terms(schedule, mixture, path, ideal_means(schedule, mixture, path))


def learnable_terms(
    schedule: Schedule,
    mixture: ResponseMixture,
    path: Float[Tensor, "trials times 2"],
    means: Float[Tensor, "trials steps 2"],
) -> Float[Tensor, "trials steps"]:
    """The part of each step's divergence that a better drive would remove: ||mean - ideal mean||^2 / (2 sigma_t^2)."""
    excess = (means - ideal_means(schedule, mixture, path)).square().sum(-1)
    return excess / (2 * schedule.noise_variance.flip(0).to(path))


def largest_total_variation(divergence: float) -> float:
    """Pinsker's inequality: two laws whose divergence is that many nats differ by at most this in any probability."""
    return math.sqrt(divergence / 2)


def bound_weights(schedule: Schedule, leak: float) -> Float[Tensor, " levels"]:
    """Weight of ||U f - k_t||^2 in the bound, leak^2 / (2 posterior variance), for levels t = 2..T."""
    return leak**2 / (2 * schedule.posterior_variance[1:])
