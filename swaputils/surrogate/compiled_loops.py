"""Loops that numba compiles, and the Bessel functions that they need."""

import math
from collections.abc import Callable
from inspect import unwrap

from numba import njit


def loop(function: Callable) -> Callable:
    """The function, compiled at its first call and kept on disk; the checks that tests wrap around it are left out.

    Sums are not reordered, so results are the same whether code was compiled just now or read from disk, and for any number of
    processes.
    """
    return njit(unwrap(function), cache=True)


@loop
def scaled_bessel(kappa):
    """exp(-kappa) I_0(kappa) and I_1(kappa) / I_0(kappa) for kappa >= 0, to rounding: power series, or Hankel's asymptotic one."""
    if kappa < 30:
        quarter = kappa * kappa / 4
        zeroth = first = term = 1.0
        for k in range(1, 80):
            term *= quarter / (k * k)
            zeroth += term
            first += term / (k + 1)
            if term < 1e-17 * zeroth:
                break
        return math.exp(-kappa) * zeroth, kappa / 2 * first / zeroth
    zeroth = first = term0 = term1 = 1.0
    for k in range(1, 40):
        odd = (2 * k - 1) * (2 * k - 1)
        term0 *= odd / (8 * k * kappa)
        term1 *= (odd - 4) / (8 * k * kappa)
        zeroth += term0
        first += term1
        if abs(term0) < 1e-17:
            break
    return zeroth / math.sqrt(2 * math.pi * kappa), first / zeroth
