"""Variance of the gradient under the sampled target and under the one in closed form, on the same trials."""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from swapbook.theory.draws import forced_run, noised_responses
from swaputils.diffusion.noising import kernel_target
from swaputils.diffusion.schedule import Schedule, flat_weights, signal_weights
from swaputils.diffusion.targets import Target
from swaputils.inputs import TrialInputs
from swaputils.network.rnn import RNN
from swaputils.task import Task


def batches(task: Task, count: int, trials: int, *, generator: torch.Generator) -> list[tuple[TrialInputs, Target]]:
    """Inputs and targets of some batches of trials."""
    displays = [task.sample(trials, generator=generator) for _ in range(count)]
    return [(task.encode(each), task.target(each)) for each in displays]


def loss_weights(schedule: Schedule, blocks: int) -> Float[Tensor, "rows steps"]:
    """Weights that count one block of report steps alone, a row for each, then flat weights and those inverse to x_0's."""
    alone = blocks * torch.eye(blocks).repeat_interleave(schedule.steps // blocks, dim=1)
    return torch.cat((alone, flat_weights(schedule)[None], signal_weights(schedule)[None]))


def gradient_variances(
    rnn: RNN,
    schedule: Schedule,
    draws: list[tuple[TrialInputs, Target]],
    weights: Float[Tensor, "rows steps"],
    *,
    generator: torch.Generator,
) -> pd.DataFrame:
    """Variance over batches of the gradient, summed over parameters, for each row of loss weights.

    Columns: under the sampled and under the closed_form target, which see the same batches and noise.
    """
    rnn.requires_grad_(True)
    gradients = torch.stack([_gradients(rnn, schedule, *draw, weights, generator) for draw in draws])
    rnn.requires_grad_(False)
    return pd.DataFrame(gradients.var(dim=0).sum(-1).T.tolist(), columns=["sampled", "closed_form"])


def _gradients(rnn, schedule, inputs, mixture, weights, generator) -> Tensor:
    """[2, blocks, parameters] gradients under the sampled target and under that in closed form."""
    path = noised_responses(schedule, mixture, generator=generator)
    noised, run = path[:, :-1], forced_run(rnn, inputs, path, generator=generator)
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
