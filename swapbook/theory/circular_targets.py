"""The closed-form target for responses on the circle, von Mises emission and guesses; `diffusion` has any density by quadrature.

The end point is x_0 = radius (cos y, sin y) with the response y drawn from a density on the circle. As in `diffusion`, tensors are in
network time.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import sample_von_mises, to_xy
from swaputils.diffusion.schedule import Schedule

TERMS = 400  # of the series of a stable density


@dataclass(frozen=True)
class CircularMixture:
    """Density of a response, p(y) = sum_n pi_n VM(y; angle_n, kappa_n); a guess is a component with kappa 0.

    Attributes:
        angles, log_weights, concentration: [M, N] rad, normalised over the last axis, and 0 or more.
        radius: distance of the end points from the origin (R).
    """

    angles: Float[Tensor, "trials components"]
    log_weights: Float[Tensor, "trials components"]
    concentration: Float[Tensor, "trials components"]
    radius: float


def sample_circular_endpoints(mixture: CircularMixture, *, generator: torch.Generator) -> Float[Tensor, "trials 2"]:
    """One end point x_0 for each display."""
    component = torch.multinomial(mixture.log_weights.exp(), 1, generator=generator)
    centre, kappa = (values.gather(1, component).squeeze(1) for values in (mixture.angles, mixture.concentration))
    return mixture.radius * to_xy(centre + sample_von_mises(kappa, generator=generator))


def expected_circular_endpoint(
    schedule: Schedule, mixture: CircularMixture, noised: Float[Tensor, "trials steps 2"]
) -> Float[Tensor, "trials steps 2"]:
    """Closed form of E[x_0 | x_t, display] for responses on the circle.

    With u_n the unit vector at angle_n, v_n = kappa_n u_n + R sqrt(alpha_bar_t) / (1 - alpha_bar_t) x_t and c_n = |v_n|:
    rho_n ~ pi_n I_0(c_n) / I_0(kappa_n),  E[x_0 | x_t] = R sum_n rho_n (I_1 / I_0)(c_n) v_n / c_n.
    """
    pull = _pull_of_noised(schedule, mixture.radius, noised)
    kappa = mixture.concentration
    vector = (kappa[..., None] * to_xy(mixture.angles))[:, None] + pull[:, :, None]
    length = vector.norm(dim=-1).clamp_min(torch.finfo(noised.dtype).tiny ** 0.5)
    log_ratio = torch.special.i0e(length).log() + length - (torch.special.i0e(kappa).log() + kappa)[:, None]
    probability = (mixture.log_weights[:, None] + log_ratio).softmax(-1)
    shrinkage = torch.special.i1e(length) / torch.special.i0e(length) / length
    return mixture.radius * torch.einsum("mtn,mtnd->mtd", probability * shrinkage, vector)


def stable_log_density(
    nodes: Float[Tensor, " nodes"], exponent: float = 1.5, width: float = 0.1
) -> Float[Tensor, " nodes"]:
    """Log density of a wrapped stable distribution around 0, up to a constant, summed as a series."""
    k = torch.arange(1, TERMS)
    series = (-((width * k) ** exponent)).exp() * (k * nodes[:, None]).cos()
    return (1 + 2 * series.sum(1)).log()


def _pull_of_noised(schedule: Schedule, radius: float, noised: Tensor) -> Tensor:
    """[M, T, 2] the vector whose product with a unit vector is the log likelihood of that direction, up to a constant."""
    alpha_bar = schedule.alpha_bar.flip(0).to(noised)
    return (radius * alpha_bar.sqrt() / (1 - alpha_bar))[:, None] * noised
