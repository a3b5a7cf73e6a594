"""The recurrence of a leaky network over a whole trial, with its hand-derived adjoint.

    state_{k+1} = (1 - leak) s_k + leak f(s_k, context_k) + noise_k,

    s_k = state_k, or state_k with its readout-plane part replaced by a teacher's.

Automatic differentiation of the same loop spends most of its time on bookkeeping: it records some twenty small operations a
step and sums the weights' gradients in as many pieces. Here the trajectory is one operation. A drive gives it two functions:

    `evaluate(weights, state, context) -> (drive, saved)`

    `pull_back(weights, saved, drive_gradient, weight_gradients) -> (state_gradient, context_gradients)`

where `pull_back` adds to `weight_gradients` in place, and a context is a tuple of offsets, one for each layer of the
drive. A drive for which the loop over steps has been compiled too names that operation as `unrolled`.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.network.unrolled import takes


@dataclass(frozen=True)
class Span:
    """Consecutive steps and what reaches the drive's layers during them.

    Attributes:
        steps: how many.
        context: a tensor for each layer, [S, B, ...] with S the steps, or 1 where it stays the same, and B the M
            trials, or 1 where all share it.
    """

    steps: int
    context: tuple[Tensor, ...]


@dataclass(frozen=True)
class Forcing:
    """Teacher forcing from step `start` on: s_k = state_k @ projection + plane[k - start].

    Attributes:
        projection: [U, U] onto the null space.
        plane: [T, M, U] what is put in its place.
    """

    start: int
    projection: Float[Tensor, "units units"]
    plane: Float[Tensor, "report_steps trials units"]


def run(
    drive: Any,
    weights: tuple[Tensor, ...],
    spans: list[Span],
    initial: Float[Tensor, "trials units"],
    noise: Float[Tensor, "steps trials units"],
    leak: float,
    forcing: Forcing | None,
) -> tuple[Float[Tensor, "steps trials units"], Float[Tensor, "steps trials units"]]:
    """States after each step and drives of each step, both [K, M, U]; differentiable in weights and contexts.

    Args:
        drive: provides `evaluate` and `pull_back`.
        initial: [M, U].
        noise: [K, M, U].
    """
    contexts = [layer for span in spans for layer in span.context]
    lengths = [span.steps for span in spans]
    unrolled = getattr(drive, "unrolled", None)
    if unrolled is not None and takes(initial, noise, *weights, *contexts):
        return unrolled.apply(lengths, initial, noise, leak, forcing, *weights, *contexts)
    return _Recurrence.apply(drive, lengths, initial, noise, leak, forcing, len(weights), *weights, *contexts)


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx, drive, lengths, initial, noise, leak, forcing, weight_count, *tensors):
        weights, contexts = tensors[:weight_count], tensors[weight_count:]
        layers = len(contexts) // len(lengths)
        states, drives = torch.empty_like(noise), torch.empty_like(noise)
        state, step, tape = initial, 0, []
        for span, length in enumerate(lengths):
            context = contexts[span * layers : (span + 1) * layers]
            for within in range(length):
                if forcing is not None and step >= forcing.start:
                    state = torch.addmm(forcing.plane[step - forcing.start], state, forcing.projection)
                drives[step], saved = drive.evaluate(weights, state, [_row(layer, within) for layer in context])
                state = torch.lerp(state, drives[step], leak, out=states[step]).add_(noise[step])
                tape.append(saved)
                step += 1
        ctx.drive, ctx.lengths, ctx.leak, ctx.forcing, ctx.tape = drive, lengths, leak, forcing, tape
        ctx.layers, ctx.weight_count = layers, weight_count
        ctx.save_for_backward(*tensors)
        # Aliases, because the tape holds views of `states`: an output that its own node holds would never be freed.
        return states.detach(), drives.detach()

    @staticmethod
    def backward(ctx, state_gradients, drive_gradients):
        weights, contexts = ctx.saved_tensors[: ctx.weight_count], ctx.saved_tensors[ctx.weight_count :]
        weight_gradients = [torch.zeros_like(weight) for weight in weights]
        context_gradients = [torch.zeros_like(context) for context in contexts]
        step = len(ctx.tape) - 1
        flow = torch.zeros_like(state_gradients[0])
        for span in reversed(range(len(ctx.lengths))):
            totals = context_gradients[span * ctx.layers : (span + 1) * ctx.layers]
            for within in reversed(range(ctx.lengths[span])):
                flow = flow + state_gradients[step]
                through_drive = torch.add(drive_gradients[step], flow, alpha=ctx.leak)
                back, parts = ctx.drive.pull_back(weights, ctx.tape[step], through_drive, weight_gradients)
                flow = torch.add(back, flow, alpha=1 - ctx.leak)
                if ctx.forcing is not None and step >= ctx.forcing.start:
                    flow = flow @ ctx.forcing.projection
                for total, part in zip(totals, parts):
                    row = _row(total, within)
                    row.add_(part.sum(0, keepdim=True) if len(row) == 1 else part)
                step -= 1
        return (None,) * 7 + tuple(weight_gradients) + tuple(context_gradients)


def _row(layer: Tensor, step: int) -> Tensor:
    """The context of one step of a span: [S, B, ...] -> [B, ...]."""
    return layer[step if len(layer) > 1 else 0]
