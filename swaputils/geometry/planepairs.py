"""Two colour planes compared: from cross-products between parts to alignment, angles, phase and correlation, with intervals.

With the cross-products M_1, M_2 of either ring with itself and A of one with the other (2 x 2, noise removed),

  S = M_1^(-1/2) A M_2^-1 A^T M_1^(-1/2)

has the squared cosines of the principal angles as eigenvalues, and alignment is half its trace. A enters twice, so both factors come
from disjoint pairs of parts.
"""

from dataclasses import dataclass, fields
from itertools import permutations

import torch
from jaxtyping import Float
from scipy.special import stdtrit
from torch import Tensor

from swaputils.angles import wrap
from swaputils.geometry.crossproducts import between_parts
from swaputils.geometry.partfits import PARTS

ORDERS = torch.tensor(list(permutations(range(PARTS)))).T  # [parts, 24]


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval by the jackknife over sets of trials; NaN where a ring cannot be told from noise.

    Where noise is large next to the rings the interval is wider than it need be: 98 of 100 hold the truth in recordings whose
    halves agree by half.
    """

    value: Tensor
    low: Tensor
    high: Tensor

    @property
    def width(self) -> Tensor:
        return self.high - self.low


@dataclass(frozen=True)
class PairMeasures:
    """What two planes have in common, for all trials and without each set: [R, steps], angles [R, steps, 2].

    Attributes:
        alignment: mean squared cosine of the principal angles; 0 orthogonal, 1 the same plane. Noise may carry it past
            either.
        angles: principal angles, the larger first, rad.
        phase: how far the second ring is ahead of the first when one is turned onto the other inside the plane, rad.
        mirrored: share of the common part in which the second ring runs the other way round, 0 to 1.
        correlation: cosine between the vectors of one colour at the two items, noise removed.
        rho_cross: the same between halves of the trials, as published, which noise makes smaller.
        rho_self: cosine between halves of the trials for the same item, mean of both.
        index: alignment index, the variance of one ring in the plane of the other over all of it, mean of both ways.
        numerator: |A|^2.
        strengths: [R, steps, 2] |B|^2 of either ring.
    """

    alignment: Tensor
    angles: Tensor
    phase: Tensor
    mirrored: Tensor
    correlation: Tensor
    rho_cross: Tensor
    rho_self: Tensor
    index: Tensor
    numerator: Tensor
    strengths: Tensor


def pair_measures(products: Float[Tensor, "replicates splits steps 4 4 parts parts"]) -> PairMeasures:
    """Compare the ring of rows 0 and 1 with the ring of rows 2 and 3; `CrossProducts` says what the axes are.

    Principal angles: Bjorck & Golub 1973. Alignment index: Elsayed, Lara, Kaufman, Churchland & Cunningham 2016. rho_cross and
    rho_self: Panichello & Buschman 2021, here by cosines, which add over sessions, in place of correlations.
    """
    mean = between_parts(products).mean(1)
    across, own = mean[..., :2, 2:], torch.stack((mean[..., :2, :2], mean[..., 2:, 2:]))
    (whiten_first, whiten_second), strengths = _whitening(own), _trace(own).movedim(0, -1)
    left, right = _disjoint_pairs(products[..., :2, 2:, :, :])
    plain = (left @ right.mT).mean((0, 1))
    shared = whiten_first @ (left @ whiten_second @ whiten_second @ right.mT).mean((0, 1)) @ whiten_first
    in_first = _trace(left.mT @ whiten_first @ whiten_first @ right).mean((0, 1)) / strengths[..., 1]
    in_second = _trace(left @ whiten_second @ whiten_second @ right.mT).mean((0, 1)) / strengths[..., 0]
    turned, mirrored = _turned_and_mirrored(across)
    within = products.diagonal(dim1=-2, dim2=-1).mean((1, -1)).diagonal(dim1=-2, dim2=-1)
    halves = (strengths + torch.stack((within[..., :2].sum(-1), within[..., 2:].sum(-1)), dim=-1)) / 2
    return PairMeasures(
        alignment=_trace(shared) / 2,
        angles=_angles(shared),
        phase=turned.angle(),
        mirrored=mirrored.abs().square() / (turned.abs().square() + mirrored.abs().square()),
        correlation=_trace(across) / strengths.prod(-1).sqrt(),
        rho_cross=_trace(across) / halves.prod(-1).sqrt(),
        rho_self=(strengths / halves).mean(-1),
        index=(in_first + in_second) / 2,
        numerator=_trace(plain),
        strengths=strengths,
    )


def pair_of_rows(
    products: Float[Tensor, "replicates splits steps rows rows parts parts"], first: int, second: int
) -> Float[Tensor, "replicates splits steps 4 4 parts parts"]:
    """The products of two rings, whose rows start at these numbers."""
    rows = [first, first + 1, second, second + 1]
    return products[:, :, :, rows][:, :, :, :, rows]


def mean_measures(pairs: list[PairMeasures]) -> PairMeasures:
    """Mean of the measures of several pairs of planes; of the phase, the mean direction."""
    found = {field.name: torch.stack([getattr(pair, field.name) for pair in pairs]) for field in fields(PairMeasures)}
    means = {name: values.mean(0) for name, values in found.items()}
    return PairMeasures(
        **means | {"phase": torch.polar(torch.ones_like(found["phase"]), found["phase"]).mean(0).angle()}
    )


def estimate(replicates: Float[Tensor, " replicates *any"], *, angle: bool = False) -> Estimate:
    """The value of all trials with its 95 % interval from the delete-a-group jackknife (Student's t, groups less one).

    Args:
        angle: whether values are angles on the circle, whose differences are wrapped.
    """
    value, without = replicates[0], replicates[1:]
    apart = wrap(without - value) if angle else without - without.mean(0)
    error = ((len(without) - 1) / len(without) * apart.square().sum(0)).sqrt()
    reach = float(stdtrit(max(len(without) - 1, 1), 0.975)) * error
    return Estimate(value, value - reach, value + reach)


def _trace(matrix: Float[Tensor, "*any 2 2"]) -> Float[Tensor, "*any"]:
    return matrix.diagonal(dim1=-2, dim2=-1).sum(-1)


def _whitening(matrix: Float[Tensor, "*any 2 2"]) -> Float[Tensor, "*any 2 2"]:
    """Inverse square root of each matrix; NaN where it is not positive definite, so that no ring can be told from noise."""
    values, vectors = torch.linalg.eigh(matrix)
    scaled = values.clamp_min(0).rsqrt().where((values > 0).all(-1, keepdim=True), torch.nan)
    return vectors * scaled[..., None, :] @ vectors.mT


def _disjoint_pairs(across: Float[Tensor, "*any parts parts"]) -> tuple[Tensor, Tensor]:
    """[24, splits, replicates, steps, 2, 2] products of parts a, b and of parts c, d, in all orders of the four."""
    a, b, c, d = ORDERS
    by_split = across.transpose(0, 1)
    return by_split[..., a, b].movedim(-1, 0), by_split[..., c, d].movedim(-1, 0)


def _turned_and_mirrored(across: Float[Tensor, "*any 2 2"]) -> tuple[Tensor, Tensor]:
    """The part of A in which both rings run the same way, and that in which they run opposite ways, as complex numbers."""
    (cos_cos, cos_sin), (sin_cos, sin_sin) = (across[..., i, :].unbind(-1) for i in (0, 1))
    return torch.complex(cos_cos + sin_sin, sin_cos - cos_sin), torch.complex(cos_cos - sin_sin, sin_cos + cos_sin)


def _angles(shared: Float[Tensor, "*any 2 2"]) -> Float[Tensor, "*any 2"]:
    """Principal angles from the matrix that has their squared cosines as eigenvalues, the larger first."""
    known = shared.isfinite().all(-1).all(-1)
    symmetric = torch.nan_to_num(shared + shared.mT) / 2
    return torch.linalg.eigvalsh(symmetric).clamp(0, 1).sqrt().acos().where(known[..., None], torch.nan)
