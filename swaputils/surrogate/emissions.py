"""Emissions: how responses scatter around the item that they report, and nothing else.

Every emission is even and unimodal around 0. `log_density` and `sample` take its natural parameters on the last axis;
a fit works with unconstrained ones and with tables of the log density on [0, pi], since errors do not change during a fit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import sample_von_mises, von_mises_log_density, wrap

INTERVALS = 1024  # of a table over [0, pi]; linear interpolation errs by 1.2e-6 nats times the curvature, kappa at most
FOURIER_TERMS = 4 * INTERVALS  # of the wrapped stable density; its smallest allowed scale needs this many
NODES = 64  # of the integral over concentrations
SMALLEST_DENSITY = 1e-12  # rounding of a Fourier series; also keeps logs finite


@dataclass(frozen=True)
class Emission:
    """One family of error densities.

    Attributes:
        name: how models and files call it.
        parameters: names of the natural parameters, in the order of the last axis.
        prior: for each, mean and SD of a normal prior over the unconstrained one.
        natural: maps unconstrained parameters [..., P] to natural ones.
        start: unconstrained parameters [P] of a density about as wide as a von Mises with the given concentration.
        log_density: of errors [...] (rad) under natural parameters [..., P] that broadcast against them; nats per rad.
        sample: one error for each row of natural parameters [M, P].
    """

    name: str
    parameters: tuple[str, ...]
    prior: tuple[tuple[float, float], ...]
    natural: Callable[[Tensor], Tensor]
    start: Callable[[float], list[float]]
    log_density: Callable[[Tensor, Tensor], Tensor]
    sample: Callable[..., Tensor]


def table_angles(like: Tensor) -> Float[Tensor, " points"]:
    """The angles in [0, pi] at which tables hold log densities."""
    return torch.linspace(0, math.pi, INTERVALS + 1, dtype=like.dtype, device=like.device)


def table_place(error: Float[Tensor, "*any"]) -> tuple[Tensor, Tensor]:
    """Where each error lies in a table: index of the angle below it, and how far it lies on towards the next, in [0, 1]."""
    position = wrap(error).abs() * (INTERVALS / math.pi)
    below = position.floor().clamp(max=INTERVALS - 1)
    return below.long(), position - below


def log_density_table(emission: Emission, natural: Float[Tensor, "groups parameters"]) -> Tensor:
    """[groups, INTERVALS + 1] log density at `table_angles`; differentiable in the parameters."""
    if emission is WRAPPED_STABLE:
        return _stable_table(natural)
    if emission is VARIABLE_PRECISION:
        return _LogMixture.apply(*_gamma_nodes(natural), table_angles(natural).cos())
    return emission.log_density(table_angles(natural), natural[:, None, :])


def _von_mises_log_density(error: Tensor, natural: Tensor) -> Tensor:
    return von_mises_log_density(error, natural[..., 0])


def _von_mises_sample(natural: Tensor, *, generator: torch.Generator) -> Tensor:
    return sample_von_mises(natural[:, 0], generator=generator)


def _gamma_nodes(natural: Tensor) -> tuple[Tensor, Tensor]:
    """Concentrations [..., NODES] and their weights for kappa ~ Gamma(mean m, shape k), by the trapezium rule in log kappa.

    The integrand decays as exp(k x) below and doubly exponentially above, where the rule converges geometrically. The
    nodes run from the quantile 1e-6 of the concentrations that matter at an error of pi, which are smaller by the factor
    1 + 2 m / k, to far beyond the right tail; the log density errs by 1e-4 nats or less for shapes of 0.3 to 1000.
    """
    mean, shape = natural[..., :1], natural[..., 1:]
    lowest = (math.log(1e-6) + torch.lgamma(shape + 1)) / shape - shape.log() - torch.log1p(2 * mean / shape)
    highest = (1 + 8 / shape.sqrt() + 30 / shape).log()
    position = torch.linspace(0, 1, NODES, dtype=natural.dtype, device=natural.device)
    log_ratio = lowest + (highest - lowest) * position
    log_weight = shape * (log_ratio - log_ratio.exp())
    return mean * log_ratio.exp(), log_weight.softmax(-1)


class _LogMixture(torch.autograd.Function):
    """log sum_k w_k VM(x; kappa_k) [G, X] of rising concentrations [G, K], weights [G, K] and cos x [X].

    With E_k = exp((kappa_k - kappa_1) (cos x - 1)), which is 1 for k = 1, nothing underflows that matters; the gradient takes
    two products with E.
    """

    @staticmethod
    def forward(ctx, concentration, weight, cosine):
        lowest = concentration[:, :1]
        excess = ((concentration - lowest)[:, :, None] * (cosine - 1)).exp_()
        peak = 1 / (2 * math.pi * torch.special.i0e(concentration))
        total = torch.einsum("gk,gkx->gx", weight * peak, excess)
        ctx.save_for_backward(concentration, weight, cosine, excess, peak, total)
        return total.log() + lowest * (cosine - 1)

    @staticmethod
    def backward(ctx, upstream):
        concentration, weight, cosine, excess, peak, total = ctx.saved_tensors
        per_density = upstream / total
        sides = torch.stack((per_density, per_density * (cosine - 1)), dim=2)
        plain, bent = (excess @ sides).unbind(2)
        ratio = torch.special.i1e(concentration) / torch.special.i0e(concentration)
        return weight * peak * (bent + (1 - ratio) * plain), peak * plain, None


def _variable_precision_log_density(error: Tensor, natural: Tensor) -> Tensor:
    concentration, weight = _gamma_nodes(natural)
    densities = von_mises_log_density(error[..., None], concentration)
    return torch.logsumexp(densities + weight.clamp_min(1e-300).log(), dim=-1)


def _variable_precision_sample(natural: Tensor, *, generator: torch.Generator) -> Tensor:
    shape = natural[:, 1].double()
    concentration = torch._standard_gamma(shape, generator=generator) * (natural[:, 0] / shape)
    return sample_von_mises(concentration, generator=generator)


def _stable_table(natural: Tensor) -> Tensor:
    """g(x) = (1 + 2 sum_p rho_p cos(p x)) / 2 pi with rho_p = exp(-(gamma p)^alpha), by one inverse Fourier transform."""
    order = torch.arange(FOURIER_TERMS + 1, dtype=natural.dtype, device=natural.device)
    alpha, gamma = natural[:, :1], natural[:, 1:]
    log_order = order[1:].log()
    resultants = (-(alpha * (gamma.log() + log_order)).exp()).exp()
    spectrum = torch.cat((torch.ones_like(alpha), resultants), dim=1)
    circle = torch.fft.irfft(spectrum.to(torch.complex128), norm="forward") / (2 * math.pi)
    half = circle[:, : FOURIER_TERMS + 1 : FOURIER_TERMS // INTERVALS]
    return half.clamp_min(SMALLEST_DENSITY).log()


def _stable_log_density(error: Tensor, natural: Tensor) -> Tensor:
    natural = natural.double()
    groups, which = natural.reshape(-1, 2).unique(dim=0, return_inverse=True)
    table = _stable_table(groups)
    below, rest = table_place(error.double())
    row = which.view(natural.shape[:-1]).expand(torch.broadcast_shapes(natural.shape[:-1], error.shape))
    low, high = table[row, below], table[row, below + 1]
    return low + rest * (high - low)


def _stable_sample(natural: Tensor, *, generator: torch.Generator) -> Tensor:
    """Chambers, Mallows & Stuck (1976), symmetric case, wrapped."""
    alpha, gamma = natural.double().T
    uniform = torch.rand((2, len(natural)), dtype=torch.float64, device=natural.device, generator=generator)
    angle = math.pi * (uniform[0] - 0.5)
    waiting = -torch.log1p(-uniform[1])
    tail = ((1 - alpha) * angle).cos() / waiting.clamp_min(1e-300)
    draw = (alpha * angle).sin() / angle.cos() ** (1 / alpha) * tail ** ((1 - alpha) / alpha)
    return wrap(torch.remainder(gamma * draw, 2 * math.pi))


def _stable_natural(raw: Tensor) -> Tensor:
    return torch.stack((2 * raw[..., 0].sigmoid(), raw[..., 1].exp().clamp_min(0.02)), dim=-1)


def _mean_resultant(concentration: float) -> float:
    kappa = torch.tensor(concentration, dtype=torch.float64)
    return float(torch.special.i1e(kappa) / torch.special.i0e(kappa))


def _stable_start(concentration: float) -> list[float]:
    alpha = 1.6
    gamma = (-math.log(_mean_resultant(concentration))) ** (1 / alpha)
    return [math.log(alpha / (2 - alpha)), math.log(gamma)]


VON_MISES = Emission(
    "von_mises",
    ("concentration",),
    ((math.log(8), 1.0),),
    torch.exp,
    lambda concentration: [math.log(concentration)],
    _von_mises_log_density,
    _von_mises_sample,
)
"""VM(x; kappa).

:meta hide-value:
"""

WRAPPED_STABLE = Emission(
    "wrapped_stable",
    ("alpha", "gamma"),
    ((math.log(4), 1.0), (math.log(0.35), 0.7)),
    _stable_natural,
    _stable_start,
    _stable_log_density,
    _stable_sample,
)
"""Symmetric stable distribution on the line, wrapped; alpha in (0, 2] sets the tails (2 normal, 1 Cauchy), gamma the
width.

:meta hide-value:
"""

VARIABLE_PRECISION = Emission(
    "variable_precision",
    ("mean_concentration", "shape"),
    ((math.log(10), 1.0), (math.log(3), 1.0)),
    lambda raw: torch.stack((raw[..., 0].exp(), raw[..., 1].exp().clamp(0.3, 1000.0)), dim=-1),
    lambda concentration: [math.log(1.3 * concentration), math.log(3)],
    _variable_precision_log_density,
    _variable_precision_sample,
)
"""Von Mises whose concentration varies from trial to trial as Gamma(mean, shape) (after van den Berg et al. 2012).

:meta hide-value:
"""

EMISSIONS = {emission.name: emission for emission in (VON_MISES, WRAPPED_STABLE, VARIABLE_PRECISION)}
