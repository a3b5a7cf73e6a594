"""Angles on the circle (rad) and the von Mises distribution, on torch tensors of any shape."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.errors import SwaputilsError


def wrap(angle: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Wrap an angle to [-pi, pi).

    >>> wrap(torch.tensor([0.5, 4.0, -4.0]))
    tensor([ 0.5000, -2.2832,  2.2832])
    """
    wrapped = torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
    return torch.where(wrapped >= math.pi, wrapped - 2 * math.pi, wrapped)  # remainder may round up to 2 pi


def distance(first: Float[Tensor, "*#any"], second: Float[Tensor, "*#any"]) -> Float[Tensor, "..."]:
    """Unsigned distance between two angles (rad, shapes broadcast), in [0, pi].

    >>> distance(torch.tensor(3.0), torch.tensor([-3.0, 2.5]))
    tensor([0.2832, 0.5000])
    """
    return wrap(first - second).abs()


def to_xy(angle: Float[Tensor, "*any"]) -> Float[Tensor, "*any 2"]:
    """Unit vectors (cos, sin) of the angles, on a new last axis of length 2."""
    return torch.stack((angle.cos(), angle.sin()), dim=-1)


def to_angle(xy: Float[Tensor, "*any 2"]) -> Float[Tensor, "*any"]:
    """Angles in [-pi, pi) of the vectors on the last axis of length 2."""
    return wrap(torch.atan2(xy[..., 1], xy[..., 0]))


def von_mises_log_density(error: Float[Tensor, "*#any"], concentration: Float[Tensor, "*#any"]) -> Float[Tensor, "..."]:
    """log VM(error; 0, kappa) = kappa (cos error - 1) - log 2 pi - log(e^-kappa I_0(kappa)); kappa = 0 is uniform.

    Shapes broadcast; error in rad.
    """
    scaled_bessel = torch.special.i0e(concentration)
    return concentration * (error.cos() - 1) - math.log(2 * math.pi) - scaled_bessel.log()


def sample_von_mises(concentration: Float[Tensor, "*any"], *, generator: torch.Generator) -> Float[Tensor, "*any"]:
    """One draw around 0 for each concentration (any shape), by rejection from a wrapped Cauchy (Best & Fisher 1979)."""
    kappa = concentration.double().clamp_min(1e-6)
    tau = 1 + (1 + 4 * kappa**2).sqrt()
    rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
    ratio = (1 + rho**2) / (2 * rho)
    draw = torch.empty_like(kappa)
    waiting = torch.ones_like(kappa, dtype=torch.bool)
    while waiting.any():
        k, r = kappa[waiting], ratio[waiting]
        u = torch.rand((3, k.numel()), dtype=torch.float64, device=k.device, generator=generator)
        z = (math.pi * u[0]).cos()
        f = ((1 + r * z) / (r + z)).clamp(-1, 1)
        c = k * (r - f)
        accepted = (c * (2 - c) > u[1]) | ((c / u[1]).log() + 1 >= c)
        proposal = torch.sign(u[2] - 0.5) * f.acos()
        slots = waiting.nonzero(as_tuple=True)
        taken = tuple(axis[accepted] for axis in slots)
        draw[taken] = proposal[accepted]
        waiting[taken] = False
    return wrap(draw).to(concentration.dtype)


def resultant(angle: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Length of the mean unit vector along `dim`, in [0, 1]."""
    return to_xy(angle).mean(dim=dim - 1 if dim < 0 else dim).norm(dim=-1)


def standard_deviation(angle: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Circular standard deviation sqrt(-2 log resultant) along `dim`, in rad."""
    return (-2 * resultant(angle, dim).log()).sqrt()


def wasserstein(first: Float[Tensor, " draws"], second: Float[Tensor, " others"]) -> float:
    """Wasserstein-1 distance of two samples of angles on the circle (rad), in [0, pi]: how far probability has to be moved.

    Raises:
        SwaputilsError: for an empty sample.
    """
    if not len(first) or not len(second):
        raise SwaputilsError(f"samples of {len(first)} and {len(second)} angles; each needs one or more")
    import ot

    turns = [(sample.double().cpu().numpy() / (2 * math.pi)) % 1 for sample in (first, second)]
    return float(np.ravel(ot.wasserstein_circle(*turns, p=1))[0]) * 2 * math.pi
