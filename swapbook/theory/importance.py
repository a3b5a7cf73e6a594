"""The K-sample importance-weighted bound: K = 1 is the diffusion objective, K to infinity the likelihood."""

import math

import torch
from jaxtyping import Float, Int
from scipy.stats import binom
from torch import Tensor

from swapbook.theory.bounds import ideal_means
from swapbook.theory.model import ReportModel, forced_states, plane_log_weight
from swaputils.diffusion.noising import chain_log_density, forward_trajectory, normal_log_density
from swaputils.diffusion.schedule import Schedule
from swaputils.diffusion.targets import ResponseMixture


def importance_bound(log_weights: Float[Tensor, "trials samples"]) -> Float[Tensor, " trials"]:
    """log of the mean weight, log (1/K) sum_k w_k (Burda, Grosse & Salakhutdinov 2016): its expectation grows with K."""
    return log_weights.logsumexp(1) - math.log(log_weights.shape[1])


def effective_sample_size(log_weights: Float[Tensor, "trials samples"]) -> Float[Tensor, " trials"]:
    """(sum w)^2 / sum w^2, between 1 and K."""
    return (2 * log_weights.logsumexp(1) - (2 * log_weights).logsumexp(1)).exp()


def path_log_weights(
    model: ReportModel,
    schedule: Schedule,
    start: Float[Tensor, "trials units"],
    endpoint: Float[Tensor, "trials 2"],
    samples: int,
    *,
    generator: torch.Generator,
) -> Float[Tensor, "trials samples"]:
    """log weights of `samples` noised paths for each end point, with a null-space rollout along each."""
    many_starts, many_ends = (each.repeat_interleave(samples, dim=0) for each in (start, endpoint))
    path = forward_trajectory(schedule, many_ends, generator=generator)
    states = forced_states(model, many_starts, path, generator=generator)
    return plane_log_weight(model, schedule, many_starts, states).unflatten(0, (len(start), samples))


def committed_bound(
    matched: Float[Tensor, " trials"],
    unmatched: Float[Tensor, " trials"],
    probability: Float[Tensor, " trials"],
    samples: int,
) -> Float[Tensor, " trials"]:
    """The K-sample bound of a network that picks one of two items before the report, without Monte-Carlo error in the picks.

    The number of rollouts that picked the item of the response is binomial; the bound is the mean over it.
    matched, unmatched: log weight of the path when the response's item, or the other, was picked.
    probability: that a rollout picks the response's item.
    """
    hits = torch.arange(samples + 1, dtype=matched.dtype)
    weights = torch.stack((matched[:, None] + hits.log(), unmatched[:, None] + (samples - hits).log())).logsumexp(0)
    chances = torch.as_tensor(binom.pmf(hits[None].numpy(), samples, probability[:, None].numpy())).to(matched)
    return (chances * (weights - math.log(samples))).sum(1)


def best_committed_rate(swap_rate: float, miss: float, samples: int) -> float:
    """Share of swaps of a network that picks an item before the report at which the bound is highest, to .001.

    With few rollouts it is above the target's: none of them may pick the item of a response, which costs dearly.

    Args:
        swap_rate: share of swaps of the target.
        miss: how much lower the log weight of a rollout is that picked the other item (nats).
    """
    rates = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
    hit = torch.zeros_like(rates)
    of_swap, of_cued = (committed_bound(hit, hit - miss, rate, samples) for rate in (rates, 1 - rates))
    return rates[(swap_rate * of_swap + (1 - swap_rate) * of_cued).argmax()].item()


def sampler_log_weight(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, " trials"]:
    """log p - log q(x_{1:T} | x_0) of a path under the ideal sampler of `mixture`, which starts from N(0, I)."""
    offset = path[:, 1:] - ideal_means(schedule, mixture, path)
    steps = normal_log_density(offset, schedule.noise_variance.flip(0).to(path)) - chain_log_density(schedule, path)
    return normal_log_density(path[:, 0], 1.0) + steps.sum(1)


def single_item(mixture: ResponseMixture, item: Int[Tensor, " trials"]) -> ResponseMixture:
    """The mixture with all its weight on one item of each display."""
    angles = mixture.angles.gather(1, item[:, None])
    return ResponseMixture(angles, torch.zeros_like(angles), mixture.spread, mixture.radius)
