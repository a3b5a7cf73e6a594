"""Softplus with base 2 of one float32, for compiled loops.

    softplus2(x) = log2(1 + 2^x),    softplus2'(x) = 1 - 2^(-softplus2(x)),    softplus(x) = ln 2 softplus2(x / ln 2)

Base 2 because powers of two and their logarithms are cheap; the slope needs the value alone, so nothing else has to be kept
for the backward pass.
"""

from functools import partial
from inspect import unwrap

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial


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
