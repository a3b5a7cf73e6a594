"""The likelihood of a swap model, and its gradient, written out.

A response y to a display with cued item 1 and non-targets 2..N has

    p(y) = (g(e_1) + sum_n exp(f_n) g(e_n) + exp(u) / 2 pi) / (1 + sum_n exp(f_n) + exp(u)),

with emission g, errors e_n = y - r_n, swap logits f_n and uniform logit u. The gradient with respect to a logit is its
component's responsibility minus its prior probability, so one pass over the trials gives value and gradient; nothing
that grows with the trials is kept for later. Compiled loops do it, on the CPU wherever the tensors lie.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from swaputils.surrogate.compiled_loops import loop

LOG_UNIFORM = -math.log(2 * math.pi)
SMALL = 1e-100
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


@loop
def one_pass(weights, guess_weights, flat, swaps, below, rest, absent, groups, to_swaps, to_uniform, to_flat):
    """Mean over draws of the log likelihood of all trials; its gradients are added to the last three.

    weights [R + 1, draws] and guess_weights [G] are exp of the logits, flat [G * (INTERVALS + 1)] the tables; swaps, below, rest,
    absent [.., M] and groups [M] are those of Responses. to_swaps [R + 1, draws] is the gradient per draw, to be divided by
    their number.
    """
    items, trials = below.shape
    draws = weights.shape[1]
    emission, to_emission = np.empty(items), np.empty(items)
    density, normaliser = np.empty(draws), np.empty(draws)
    total = logarithms = 0.0
    for m in range(trials):
        highest = LOG_UNIFORM
        for n in range(items):
            emission[n] = -math.inf
            if not absent[n, m]:
                low = flat[below[n, m]]
                emission[n] = low + rest[n, m] * (flat[below[n, m] + 1] - low)
                highest = max(highest, emission[n])
        total += highest
        for n in range(items):
            emission[n] = 0.0 if absent[n, m] else math.exp(emission[n] - highest)
            to_emission[n] = 0.0
        guess, uniform = guess_weights[groups[m]], math.exp(LOG_UNIFORM - highest)
        for d in range(draws):
            density[d] = emission[0] + guess * uniform
            normaliser[d] = 1 + guess
        for n in range(1, items):
            if not absent[n, m]:
                row = swaps[n - 1, m]
                for d in range(draws):
                    density[d] += weights[row, d] * emission[n]
                    normaliser[d] += weights[row, d]
        product, inverse_sum, normaliser_sum = 1.0, 0.0, 0.0
        for d in range(draws):
            density[d], normaliser[d] = 1 / density[d], 1 / normaliser[d]
            inverse_sum += density[d]
            normaliser_sum += normaliser[d]
            product *= normaliser[d] / density[d]
            if not SMALL < product < 1 / SMALL:  # logarithms are slow
                logarithms += math.log(product)
                product = 1.0
        logarithms += math.log(product)
        for n in range(1, items):
            if not absent[n, m]:
                row = swaps[n - 1, m]
                for d in range(draws):
                    posterior = weights[row, d] * emission[n] * density[d]
                    to_swaps[row, d] += posterior - weights[row, d] * normaliser[d]
                    to_emission[n] += posterior
        to_emission[0] = emission[0] * inverse_sum
        to_uniform[groups[m]] += guess * (uniform * inverse_sum - normaliser_sum) / draws
        for n in range(items):
            if not absent[n, m]:
                to_flat[below[n, m]] += to_emission[n] / draws * (1 - rest[n, m])
                to_flat[below[n, m] + 1] += to_emission[n] / draws * rest[n, m]
    return total + logarithms / draws


class _LogLikelihood(torch.autograd.Function):
    """Mean over draws of the log likelihood of all trials; gradients are computed on the way forward."""

    @staticmethod
    def forward(ctx, swap_logits, uniform_logits, tables, responses: Responses):
        logits, uniform, flat = (value.detach().cpu() for value in (swap_logits, uniform_logits, tables.reshape(-1)))
        to_swaps = torch.zeros(len(logits) + 1, logits.shape[1], dtype=flat.dtype)
        to_uniform, to_flat = torch.zeros(len(uniform), dtype=flat.dtype), torch.zeros_like(flat)
        weights = torch.zeros_like(to_swaps)  # in place from here: these two are the largest arrays
        torch.clamp(logits, max=MOST_LOGIT, out=weights[:-1])
        weights[:-1].exp_()
        given = weights, uniform.exp(), flat, *vars(responses).values(), to_swaps, to_uniform, to_flat
        total = one_pass(*(values.cpu().contiguous().numpy() for values in given))
        gradients = to_swaps[:-1].div_(logits.shape[1]), to_uniform, to_flat.view_as(tables)
        ctx.save_for_backward(*(gradient.to(tables.device) for gradient in gradients))
        return tables.new_tensor(total)

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
