"""Variance of the gradient under the sampled target and under the one in closed form, on the same trials."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.diffusion.noising import forward_trajectory, kernel_target
from swaputils.diffusion.schedule import Schedule
from swaputils.diffusion.targets import ResponseMixture
from swaputils.inputs import TrialInputs
from swaputils.network.rnn import RNN
from swaputils.network.rollout import draw_noise, rollout


@dataclass(frozen=True)
class GradientVariance:
    """Variance of the gradient of a batch, summed over parameters, under the sampled and under the closed-form target."""

    sampled: float
    closed_form: float


def gradient_variances(
    rnn: RNN,
    schedule: Schedule,
    draws: list[tuple[TrialInputs, ResponseMixture]],
    weights: Float[Tensor, "blocks steps"],
    *,
    generator: torch.Generator,
) -> list[GradientVariance]:
    """For each row of loss weights, the variance over draws of a batch; both targets see the same batches and noise."""
    rnn.requires_grad_(True)
    gradients = torch.stack([_gradients(rnn, schedule, *draw, weights, generator) for draw in draws])
    rnn.requires_grad_(False)
    variances = gradients.var(dim=0).sum(-1)
    return [GradientVariance(*row) for row in variances.T.tolist()]


def _gradients(rnn, schedule, inputs, mixture, weights, generator) -> Tensor:
    """[2, blocks, parameters] gradients under the sampled target and under that in closed form."""
    path = forward_trajectory(schedule, mixture.sample(generator=generator), generator=generator)
    noised = path[:, :-1]
    run = rollout(rnn, inputs, draw_noise(rnn, inputs, generator=generator), teacher=noised)
    endpoints = (path[:, -1:], mixture.expected_endpoint(schedule, noised))
    rows = []
    for endpoint in endpoints:
        error = (run.plane_drive - kernel_target(schedule, endpoint, noised, rnn.config.leak)).square()
        rows.append(torch.stack([_flat(rnn, (row.to(error)[:, None] * error).mean()) for row in weights]))
    return torch.stack(rows)


def _flat(rnn: RNN, loss: Tensor) -> Tensor:
    parameters = list(rnn.parameters())
    parts = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
    return torch.cat([part.flatten() for part in parts])
