"""The likelihood of a swap model and its gradient in one compiled pass over the trials; see `likelihood`."""

import math

import numpy as np

from swaputils.surrogate.loops import loop

LOG_UNIFORM = -math.log(2 * math.pi)
SMALL = 1e-100


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
