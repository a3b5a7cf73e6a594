"""Softplus with base 2, alone and as a layer of dendrites, each with its derivative.

    softplus2(x) = log2(1 + 2^x),    softplus2'(x) = 1 - 2^(-softplus2(x)),    softplus(x) = ln 2 softplus2(x / ln 2)

Base 2 because powers of two and their logarithms are cheap; the slope needs the value alone, so nothing else has to be kept
for the backward pass. In float32 on a CPU, where nothing is to be differentiated by torch, compiled loops do the work in one
pass over memory; anything else is left to torch.
"""

from functools import partial
from inspect import unwrap

import numpy as np
import torch
from jaxtyping import Float
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial
from torch import Tensor


def _coefficients(function, low: float, high: float, degree: int) -> tuple[np.float32, ...]:
    """Of the polynomial that interpolates a function between two ends, from the constant term on."""
    fitted = Chebyshev.interpolate(function, degree, domain=[low, high]).convert(kind=Polynomial)
    return tuple(np.float32(coefficient) for coefficient in fitted.coef)


# (2^x - 1) / x, so that 2^0 is 1, and log2(1 + t) / t; relative errors of 2e-9 and 2e-7, float32's own being 6e-8
_P0, _P1, _P2, _P3, _P4, _P5 = _coefficients(lambda x: (np.exp2(x) - 1) / x, -0.5, 0.5, 5)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = _coefficients(lambda t: np.log2(1 + t) / t, 1e-9, 1.0, 7)
ONE, _HALF = np.float32(1), np.float32(0.5)
_LEAST = np.float32(-126)  # exponent of the least normal float32
_ROUNDS = np.float32(1.5 * 2**23)  # added to a float32 it leaves the nearest whole number in the lowest bits
_EXPONENT = np.int32(23)  # the bit where the exponent of a float32 begins
# Products and sums may be fused, but not reordered: rounding by `_ROUNDS` would be taken for doing nothing.
_FASTMATH = {"contract", "nsz"}


def _compiled(function, **options):
    """The function as a loop of numba's; the checks that the tests wrap around every function are left out."""
    return njit(unwrap(function), fastmath=_FASTMATH, **options)


loop = partial(_compiled, cache=True)
_within = partial(_compiled, inline="always")


@_within
def power_of_minus(x):
    """2^(-x) of a float32 x >= 0: its whole part goes into the exponent, the rest is a polynomial."""
    minus = -x if x < -_LEAST else _LEAST
    rounded = minus + _ROUNDS
    exponent = np.float32(rounded).view(np.int32) << _EXPONENT
    rest = minus - (rounded - _ROUNDS)
    power = ONE + rest * (_P0 + rest * (_P1 + rest * (_P2 + rest * (_P3 + rest * (_P4 + rest * _P5)))))
    return np.int32(np.float32(power).view(np.int32) + exponent).view(np.float32)


@_within
def softplus2_of(x):
    """max(x, 0) + log2(1 + t) of a float32 x, the logarithm as a polynomial in t = 2^(-|x|); NaN stays NaN."""
    size = abs(x)
    t = power_of_minus(size)
    positive = _HALF * x + _HALF * size
    high = _L4 + t * (_L5 + t * (_L6 + t * _L7))
    return positive + t * (_L0 + t * (_L1 + t * (_L2 + t * (_L3 + t * high))))


@loop
def _values(before):
    """[M, N] becomes softplus2 of itself."""
    for m in range(before.shape[0]):
        for n in range(before.shape[1]):
            before[m, n] = softplus2_of(before[m, n])


@loop
def _slopes(gradient, values):
    """The gradient [M, N] is multiplied by the slope of softplus2 at these values of it."""
    for m in range(values.shape[0]):
        for n in range(values.shape[1]):
            gradient[m, n] *= ONE - power_of_minus(values[m, n])


@loop
def _dendrites(before, weight, sums):
    """[M, K * N] becomes softplus2 of itself; its sums weighted by [K, N] are added to [M, N]."""
    terms, nodes = weight.shape
    for m in range(before.shape[0]):
        for k in range(terms):
            for n in range(nodes):
                value = softplus2_of(before[m, k * nodes + n])
                before[m, k * nodes + n] = value
                sums[m, n] += value * weight[k, n]


@loop
def _through_dendrites(at_sums, values, weight, weight_gradient, at_nodes):
    """Of a gradient at the sums [M, N]: adds that of the weights to [K, N] and writes that of the nodes to [M, K * N]."""
    terms, nodes = weight.shape
    for m in range(values.shape[0]):
        for k in range(terms):
            for n in range(nodes):
                value, gradient = values[m, k * nodes + n], at_sums[m, n]
                weight_gradient[k, n] += value * gradient
                at_nodes[m, k * nodes + n] = gradient * weight[k, n] * (ONE - power_of_minus(value))


def _for_loops(*tensors: Tensor) -> bool:
    """Whether the compiled loops take these tensors."""
    watched = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    return not watched and all(tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in tensors)


def _arrays(*tensors: Tensor) -> list[np.ndarray]:
    return [tensor.detach().numpy() for tensor in tensors]


def softplus2(before: Float[Tensor, "trials nodes"]) -> Float[Tensor, "trials nodes"]:
    """softplus2 of each entry; `before` may be overwritten."""
    if not _for_loops(before):
        return torch.logaddexp2(before, before.new_zeros(()))
    _values(*_arrays(before))
    return before


def through_softplus2(
    gradient: Float[Tensor, "trials nodes"], values: Float[Tensor, "trials nodes"]
) -> Float[Tensor, "trials nodes"]:
    """The gradient before softplus2 from that at its values; `gradient` is overwritten."""
    if not _for_loops(gradient, values):
        return gradient.addcmul_(gradient, torch.exp2(-values), value=-1)
    _slopes(*_arrays(gradient, values))
    return gradient


def dendrites(
    before: Float[Tensor, "trials nodes"], weight: Float[Tensor, "terms sums"], offset: Tensor
) -> tuple[Float[Tensor, "trials sums"], Float[Tensor, "trials nodes"]]:
    """sum_k w_kn y_kn + offset_n, and the values y = softplus2(before); `before` may be overwritten.

    Args:
        before: [M, K * N], the K terms of the N sums one after the other.
        offset: [M, N], or [1, N] where all trials share it.
    """
    if not _for_loops(before, weight, offset):
        values = softplus2(before)
        return (values.unflatten(1, weight.shape) * weight).sum(1) + offset, values
    sums = offset.expand(len(before), -1).clone(memory_format=torch.contiguous_format)
    _dendrites(*_arrays(before, weight, sums))
    return sums, before


def through_dendrites(
    at_sums: Float[Tensor, "trials sums"],
    values: Float[Tensor, "trials nodes"],
    weight: Float[Tensor, "terms sums"],
    weight_gradient: Float[Tensor, "terms sums"],
) -> Float[Tensor, "trials nodes"]:
    """The gradient before softplus2 from that at the sums; the weights' is added to `weight_gradient`."""
    if not _for_loops(at_sums, values, weight, weight_gradient):
        weight_gradient.add_((values.unflatten(1, weight.shape) * at_sums[:, None]).sum(0))
        return through_softplus2((at_sums[:, None] * weight).flatten(1), values)
    at_nodes = torch.empty_like(values)
    _through_dendrites(*_arrays(at_sums, values, weight, weight_gradient, at_nodes))
    return at_nodes
