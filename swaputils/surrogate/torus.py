"""Random functions on the torus of cue distance x report distance, in weight space.

A function is a sum of four kinds of parts, each a Gaussian process in cosines (and sines, where symmetry allows them):

- level: 1
- cue: cos(j c), prior variance 2 s a_j
- report: cos(l r), prior variance 2 s a_l
- interaction: cos(j c) cos(l r), prior variance 4 s a_j a_l

with s the amplitude of the part and a_j the cosine coefficients of a correlation on the circle, which add up to 1.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.errors import SwaputilsError

Kind = Literal["level", "cue", "report", "interaction"]
Symmetry = Literal["even", "point", "none"]
KINDS: tuple[Kind, ...] = ("level", "cue", "report", "interaction")
MOST_HARMONICS = 8  # keeps 99.5 % of the prior variance or more up to tau = 6
QUADRATURE_POINTS = 513


@dataclass(frozen=True)
class Basis:
    """Which features the parts have.

    Attributes:
        cue, report: harmonics of the two main effects, 1 to 8.
        interaction: harmonics of each factor of the interaction, at most; never more than the main effects have.
        symmetry: "even": f(c, r) = f(-c, r) = f(c, -r). "point": f(c, r) = f(-c, -r), which adds products of sines to
            the interaction. "none" adds every sine.
    """

    cue: int = MOST_HARMONICS
    report: int = MOST_HARMONICS
    interaction: int = 5
    symmetry: Symmetry = "even"

    def __post_init__(self):
        for name in ("cue", "report", "interaction"):
            if not 1 <= getattr(self, name) <= MOST_HARMONICS:
                raise SwaputilsError(
                    f"Basis.{name} is {getattr(self, name)}; allowed are 1 to {MOST_HARMONICS} harmonics"
                )

    @property
    def pair(self) -> tuple[int, int]:
        """Harmonics of the two factors of the interaction."""
        return min(self.interaction, self.cue), min(self.interaction, self.report)


def spectrum(decay: Tensor, harmonics: int) -> Float[Tensor, " harmonics"]:
    """Cosine coefficients a_1..a_J of the prior correlation, adding up to 1.

    Correlation (1 + tau x / pi) (1 - x / pi)^tau with tau = 4 + decay (Wendland's C2 on the circle; Gneiting 2013 shows
    tau >= 4 to be positive definite), by the trapezium rule on [0, pi].
    """
    tau = 4 + decay
    position = torch.linspace(0, 1, QUADRATURE_POINTS, dtype=decay.dtype, device=decay.device)
    correlation = (1 + tau * position) * (1 - position) ** tau
    order = torch.arange(1, harmonics + 1, dtype=decay.dtype, device=decay.device)
    coefficients = torch.trapezoid(correlation * (math.pi * order[:, None] * position).cos(), position)
    return coefficients / coefficients.sum()


def features(kind: Kind, basis: Basis, cue: Float[Tensor, "*any"], report: Float[Tensor, "*any"]) -> Tensor:
    """Features of one kind of part at cue and report distances (rad, with sign), on a new last axis."""
    if kind == "level":
        return torch.ones_like(cue)[..., None]
    if kind == "cue":
        return _main(cue, basis.cue, basis.symmetry)
    if kind == "report":
        return _main(report, basis.report, basis.symmetry)
    first, second = basis.pair
    cos_cue, sin_cue = _waves(cue, first)
    cos_report, sin_report = _waves(report, second)
    products = [(cos_cue, cos_report)]
    if basis.symmetry != "even":
        products.append((sin_cue, sin_report))
    if basis.symmetry == "none":
        products += [(sin_cue, cos_report), (cos_cue, sin_report)]
    return torch.cat([(c[..., :, None] * r[..., None, :]).flatten(-2) for c, r in products], dim=-1)


def prior_deviation(kind: Kind, basis: Basis, decays: Float[Tensor, " 2"]) -> Tensor:
    """Prior SD of each feature's coefficient at unit amplitude; `decays` of the correlations over cue and report."""
    if kind == "level":
        return torch.ones_like(decays[:1])
    if kind == "cue":
        scale = (2 * spectrum(decays[0], basis.cue)).sqrt()
        return scale.repeat(2) if basis.symmetry == "none" else scale
    if kind == "report":
        scale = (2 * spectrum(decays[1], basis.report)).sqrt()
        return scale.repeat(2) if basis.symmetry == "none" else scale
    first, second = basis.pair
    scale = (4 * spectrum(decays[0], first)[:, None] * spectrum(decays[1], second)).sqrt().flatten()
    return scale.repeat({"even": 1, "point": 2, "none": 4}[basis.symmetry])


def _waves(angle: Tensor, harmonics: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the multiples 1..J of an angle, on a new last axis."""
    multiples = angle[..., None] * torch.arange(1, harmonics + 1, dtype=angle.dtype, device=angle.device)
    return multiples.cos(), multiples.sin()


def _main(angle: Tensor, harmonics: int, symmetry: Symmetry) -> Tensor:
    cosines, sines = _waves(angle, harmonics)
    return torch.cat((cosines, sines), dim=-1) if symmetry == "none" else cosines
