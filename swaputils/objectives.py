"""Objectives: plain functions `(rnn, batch, *, generator) -> scalar loss`; constants are bound with functools.partial.

A network does not know how it was trained, so comparing objectives compares nothing else.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.circular import to_xy
from swaputils.diffusion import Schedule, expected_endpoint, forward_trajectory, kernel_target, sample_endpoints
from swaputils.records import Batch, ResponseMixture, Rollout
from swaputils.rnn import RNN, draw_noise, rollout

PLANE_PENALTY = 1e-3
ACTIVITY_PENALTY = 1e-5
EVEN_SHARE = 0.2  # of the noised responses of the closed-form objective that ignore how rare a swap is


def diffusion_closed_form(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """Diffusion objective that regresses the plane drive on the kernel target at E[x_0 | x_t, display].

    mean over trials, steps and dimensions of  weight_k (U f_k - k_k(E[x_0 | x_t, display], x_t))^2  + penalties, under
    teacher forcing. It has the same minimiser as the sampled target and no floor.

    schedule: the noising process; weights: [T] loss weight of each report step.
    """
    path = _sample_path(balanced(batch.target), schedule, generator)
    expected = expected_endpoint(schedule, batch.target, path[:, :-1])
    return _teacher_forced_error(rnn, batch, path, expected, schedule, weights, generator)


def diffusion_sampled(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """The paper's diffusion objective: the kernel target holds the response x_0 that was drawn. Arguments as above."""
    path = _sample_path(batch.target, schedule, generator)
    return _teacher_forced_error(rnn, batch, path, path[:, -1:], schedule, weights, generator)


def task_optimal(rnn: RNN, batch: Batch, *, generator: torch.Generator) -> Float[Tensor, ""]:
    """Squared distance of the free-running plane state from the cued item's point, mean over report steps, + penalties."""
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    goal = batch.target.radius * to_xy(batch.displays.cued_report).to(run.report)
    error = rnn.in_plane(run.report[:, 1:]) - goal[:, None]
    return error.square().mean() + _penalties(rnn, run)


def balanced(mixture: ResponseMixture) -> ResponseMixture:
    """The mixture with a fifth of its weight spread evenly over the items that it can report.

    A target in closed form is right wherever the noised responses come from, so they can be drawn such that rare swaps are
    practised more often than they occur.
    """
    possible = mixture.log_weights > -torch.inf
    even = possible.to(mixture.log_weights) / possible.sum(dim=1, keepdim=True)
    return replace(mixture, log_weights=mixture.log_weights.exp().lerp(even, EVEN_SHARE).log())


def _sample_path(mixture: ResponseMixture, schedule: Schedule, generator: torch.Generator) -> Tensor:
    """[M, T + 1, 2] noised responses drawn from the mixture, in network time."""
    return forward_trajectory(schedule, sample_endpoints(mixture, generator=generator), generator=generator)


def _teacher_forced_error(
    rnn: RNN,
    batch: Batch,
    path: Tensor,
    endpoint: Tensor,
    schedule: Schedule,
    weights: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """Weighted squared error of the plane drive under teacher forcing with `path`, plus penalties."""
    noised = path[:, :-1]
    noise = draw_noise(rnn, batch.inputs, generator=generator)
    run = rollout(rnn, batch.inputs, noise, teacher=noised)
    error = run.plane_drive - kernel_target(schedule, endpoint, noised, rnn.config.leak)
    return (weights.to(error)[:, None] * error.square()).mean() + _penalties(rnn, run)


def _penalties(rnn: RNN, run: Rollout) -> Tensor:
    """Pulls the plane state at the end of preparation to the origin, and all activity down.

    The noising process ends near a standard normal, so the report period must not start at an answer.
    """
    plane = rnn.in_plane(run.report[:, 0]).square().mean()
    activity = run.preparation.norm(dim=-1).mean() + rnn.in_null_space(run.report).norm(dim=-1).mean()
    return PLANE_PENALTY * plane + ACTIVITY_PENALTY * activity
