"""The report period of a network as a generative model, and the two laws of its paths that the bound compares.

The network: r_T given the state before it is normal about a mean; r_{t-1} | r_t ~ N((1 - leak) r_t + leak f(r_t),
sigma_t^2 I).

The encoder: q(x_{1:T} | x_0) by noising; the null space n_t = V r_t follows the network's own law while x_t = U r_t is
forced.

All tensors are in network time: entry k of a path holds level T - k, so the last is x_0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.diffusion.noising import chain_log_density, normal_log_density, posterior_mean
from swaputils.diffusion.schedule import Schedule
from swaputils.errors import SwaputilsError


@dataclass(frozen=True)
class ReportModel:
    """A network during its report period.

    Attributes:
        drive: (states [M, U], report step) -> f [M, U].
        readout: [2, U] U.
        null_space: [U - 2, U] V; together the rows of one orthogonal matrix.
        noise_variance: [T] of each report step; all positive, or the bound is infinite.
        start_variance: of the noise in r_T, the state at the start of the report.
        leak: share of the state replaced in one step.
    """

    drive: Callable[[Tensor, int], Tensor]
    readout: Float[Tensor, "2 units"]
    null_space: Float[Tensor, "null units"]
    noise_variance: Float[Tensor, " steps"]
    start_variance: float
    leak: float

    def __post_init__(self):
        if not (self.noise_variance > 0).all():
            raise SwaputilsError("every report step needs noise; give the last one some with diffusion.with_last_noise")

    def step(self, state: Float[Tensor, "trials units"], step: int) -> Float[Tensor, "trials units"]:
        """Mean of the next state, (1 - leak) r + leak f(r)."""
        return torch.lerp(state, self.drive(state, step), self.leak)


def forced_states(
    model: ReportModel,
    start: Float[Tensor, "trials units"],
    path: Float[Tensor, "trials times 2"],
    *,
    generator: torch.Generator,
) -> Float[Tensor, "trials times units"]:
    """Teacher forcing: states whose plane part is `path` and whose null space the network runs. A draw from the encoder.

    Args:
        start: mean of the state at the start of the report, given the state one step before it.
    """
    deviations = torch.cat((model.noise_variance.new_tensor([model.start_variance]), model.noise_variance)).sqrt()
    size = (len(deviations), len(start), len(model.null_space))
    noise = deviations[:, None, None] * torch.randn(size, dtype=path.dtype, device=path.device, generator=generator)
    mean, states = start, []
    for time in range(path.shape[1]):
        outside = mean @ model.null_space.T + noise[time]
        states.append(path[:, time] @ model.readout + outside @ model.null_space)
        if time < path.shape[1] - 1:
            mean = model.step(states[-1], time)
    return torch.stack(states, dim=1)


def _means(model: ReportModel, start: Tensor, states: Tensor) -> Tensor:
    """[M, T + 1, U] mean of each state given the one before."""
    steps = [model.step(states[:, step], step) for step in range(states.shape[1] - 1)]
    return torch.stack((start, *steps), dim=1)


def _variances(model: ReportModel) -> Tensor:
    return torch.cat((model.noise_variance.new_tensor([model.start_variance]), model.noise_variance))


def network_log_density(
    model: ReportModel, start: Float[Tensor, "trials units"], states: Float[Tensor, "trials times units"]
) -> Float[Tensor, " trials"]:
    """log p(r_T, ..., r_0 | s) in all dimensions."""
    return normal_log_density(states - _means(model, start, states), _variances(model)).sum(1)


def encoder_log_density(
    model: ReportModel,
    schedule: Schedule,
    start: Float[Tensor, "trials units"],
    states: Float[Tensor, "trials times units"],
) -> Float[Tensor, " trials"]:
    """log q of the same path given x_0: the noising of the plane, and the network's own law of the null space."""
    outside = (states - _means(model, start, states)) @ model.null_space.T
    noising = chain_log_density(schedule, states @ model.readout.T).sum(1)
    return noising + normal_log_density(outside, _variances(model)).sum(1)


def plane_log_weight(
    model: ReportModel,
    schedule: Schedule,
    start: Float[Tensor, "trials units"],
    states: Float[Tensor, "trials times units"],
) -> Float[Tensor, " trials"]:
    """log p - log q of a path from the plane alone; its mean under the encoder is the bound on log p(x_0 | s)."""
    offset = (states - _means(model, start, states)) @ model.readout.T
    return normal_log_density(offset, _variances(model)).sum(1) - chain_log_density(
        schedule, states @ model.readout.T
    ).sum(1)


def negative_bound_terms(
    model: ReportModel,
    schedule: Schedule,
    start: Float[Tensor, "trials units"],
    states: Float[Tensor, "trials times units"],
) -> Float[Tensor, "trials times"]:
    """The terms of the negative bound, each with its divergence in closed form (nats).

    Entry 0: KL(q(x_T | x_0) || p(x_T | s)).

    Entry k for level t = T - k + 1 >= 2: KL between normals of variances posterior variance and sigma_t^2,
    ||posterior mean - mean of the step||^2 / (2 sigma_t^2) + the cost of unequal variances.

    Last entry: -log p(x_0 | r_1).
    """
    path, variance = states @ model.readout.T, _variances(model)
    mean = _means(model, start, states) @ model.readout.T
    endpoint, noised = path[:, -1:], path[:, :-1]
    last = schedule.alpha_bar[-1].to(path)
    encoder_mean = torch.cat((last.sqrt() * endpoint, posterior_mean(schedule, endpoint, noised)), dim=1)
    encoder_variance = torch.cat(((1 - last)[None], schedule.posterior_variance.flip(0).to(path)))
    ratio = encoder_variance[:-1] / variance[:-1]
    distance = (encoder_mean - mean)[:, :-1].square().sum(-1) / (2 * variance[:-1])
    terms = distance + ratio - 1 - ratio.log()
    final = -normal_log_density(path[:, -1:] - mean[:, -1:], variance[-1:])
    return torch.cat((terms, final), dim=1)


@dataclass(frozen=True)
class LinearDrive:
    """f(r) = A r + b, for which everything is normal and log p(x_0 | s) is known."""

    matrix: Float[Tensor, "units units"]
    bias: Float[Tensor, " units"]

    def __call__(self, state: Tensor, step: int) -> Tensor:
        return state @ self.matrix.T + self.bias


def linear_log_likelihood(
    model: ReportModel, start: Float[Tensor, " units"], endpoint: Float[Tensor, "trials 2"]
) -> Float[Tensor, " trials"]:
    """log p(x_0 | s) of a model with a linear drive, by propagating mean and covariance of the state."""
    identity = torch.eye(len(start), dtype=start.dtype)
    flow = (1 - model.leak) * identity + model.leak * model.drive.matrix
    mean, covariance = start, model.start_variance * identity
    for variance in model.noise_variance:
        mean = flow @ mean + model.leak * model.drive.bias
        covariance = flow @ covariance @ flow.T + variance * identity
    law = torch.distributions.MultivariateNormal(model.readout @ mean, model.readout @ covariance @ model.readout.T)
    return law.log_prob(endpoint)
