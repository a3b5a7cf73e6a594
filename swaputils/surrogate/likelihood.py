"""The likelihood of a swap model, and its gradient, written out.

A response y to a display with cued item 1 and non-targets 2..N has

    p(y) = (g(e_1) + sum_n exp(f_n) g(e_n) + exp(u) / 2 pi) / (1 + sum_n exp(f_n) + exp(u)),

with emission g, errors e_n = y - r_n, swap logits f_n and uniform logit u. The gradient with respect to a logit is its
component's responsibility minus its prior probability, so one pass over the trials gives value and gradient; nothing
that grows with the trials is kept for later. On a CPU compiled loops do it, elsewhere torch.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from swaputils.surrogate.onepass import LOG_UNIFORM, one_pass

CHUNK = 2048  # trials at a time; small enough for the processor's cache
MOST_LOGIT = 60.0


@dataclass(frozen=True)
class Responses:
    """Where each trial looks up what it needs; M trials of up to N items, the cued item first.

    Attributes:
        swaps: [N - 1, M] row of the swap logits for each non-target; the row after the last one where it is absent.
        below: [N, M] index into the flattened emission tables at or below the error of each item; 0 where absent.
        rest: [N, M] how far the error lies on towards the next entry.
        absent: [N, M] items that were not shown.
        groups: [M] emission group, whose guess rate the trial has.
    """

    swaps: Tensor
    below: Tensor
    rest: Tensor
    absent: Tensor
    groups: Tensor

    def __len__(self) -> int:
        return len(self.groups)


def _compiled_pass(
    weights: Tensor,
    guess_weights: Tensor,
    flat: Tensor,
    responses: Responses,
    to_swaps: Tensor,
    to_uniform: Tensor,
    to_flat: Tensor,
) -> Tensor:
    """As `_torch_pass`, in compiled loops."""
    fields = responses.swaps, responses.below, responses.rest, responses.absent, responses.groups
    arrays = weights, guess_weights, flat, *fields, to_swaps, to_uniform, to_flat
    return flat.new_tensor(one_pass(*(array.detach().contiguous().numpy() for array in arrays)))


def _torch_pass(
    weights: Tensor,
    guess_weights: Tensor,
    flat: Tensor,
    responses: Responses,
    to_swaps: Tensor,
    to_uniform: Tensor,
    to_flat: Tensor,
) -> Tensor:
    """Mean over draws of the log likelihood; adds its gradients to the last three, that of the weights per draw."""
    draws = weights.shape[1]
    total = torch.zeros((), dtype=flat.dtype, device=flat.device)
    for start in range(0, len(responses), CHUNK):
        part = slice(start, start + CHUNK)
        swaps, below, rest = responses.swaps[:, part], responses.below[:, part], responses.rest[:, part]
        groups = responses.groups[part]
        low = flat[below]
        log_emission = low + rest * (flat[below + 1] - low)
        log_emission = log_emission.masked_fill(responses.absent[:, part], -math.inf)
        highest = log_emission.amax(0).clamp_min(LOG_UNIFORM)
        emission = (log_emission - highest).exp()  # [N, m]
        uniform = (LOG_UNIFORM - highest).exp()  # [m]
        weight, guess = weights[swaps], guess_weights[groups]  # [N - 1, m, draws], [m]
        joint = weight * emission[1:, :, None]
        density = joint.sum(0) + (emission[0] + guess * uniform)[:, None]
        normaliser = weight.sum(0) + (1 + guess)[:, None]
        total += (density.log() - normaliser.log()).sum() / draws + highest.sum()
        inverse = density.reciprocal()
        posterior = joint * inverse
        change = posterior - weight * normaliser.reciprocal()
        to_swaps.index_add_(0, swaps.reshape(-1), change.view(-1, draws))
        mean_inverse = inverse.mean(1)
        to_guess = guess * (uniform * mean_inverse - normaliser.reciprocal().mean(1))
        to_uniform.index_add_(0, groups, to_guess)
        to_emission = torch.cat(((emission[0] * mean_inverse)[None], posterior.mean(2)))
        to_flat.index_add_(0, below.reshape(-1), (to_emission * (1 - rest)).reshape(-1))
        to_flat.index_add_(0, (below + 1).reshape(-1), (to_emission * rest).reshape(-1))
    return total


class _LogLikelihood(torch.autograd.Function):
    """Mean over draws of the log likelihood of all trials; gradients are computed on the way forward."""

    @staticmethod
    def forward(ctx, swap_logits, uniform_logits, tables, responses: Responses):
        flat = tables.reshape(-1)
        to_swaps = torch.zeros(len(swap_logits) + 1, swap_logits.shape[1], dtype=flat.dtype, device=flat.device)
        to_uniform, to_flat = torch.zeros(len(uniform_logits)).to(flat), torch.zeros_like(flat)
        weights = torch.zeros_like(to_swaps)  # in place from here: these two are the largest arrays
        torch.clamp(swap_logits, max=MOST_LOGIT, out=weights[:-1])
        weights[:-1].exp_()
        given = weights, uniform_logits.exp(), flat, responses, to_swaps, to_uniform, to_flat
        total = (_compiled_pass if flat.device.type == "cpu" else _torch_pass)(*given)
        draws = swap_logits.shape[1]
        ctx.save_for_backward(to_swaps[:-1].div_(draws), to_uniform, to_flat.view_as(tables))
        return total

    @staticmethod
    def backward(ctx, upstream):
        return *(upstream * gradient for gradient in ctx.saved_tensors), None


def log_likelihood(swap_logits: Tensor, uniform_logits: Tensor, tables: Tensor, responses: Responses) -> Tensor:
    """Log likelihood of all trials, mean over draws of the swap function; a scalar.

    Args:
        swap_logits: [R, draws] f at each row that `responses.swaps` names; R may be 0.
        uniform_logits: [G] log weight of a guess in each emission group; -inf without guesses.
        tables: [G, INTERVALS + 1] log emission density.
    """
    return _LogLikelihood.apply(swap_logits, uniform_logits, tables, responses)
