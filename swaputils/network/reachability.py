"""Whether a non-negative drive can move the readout anywhere: the columns of the readout must positively span the plane."""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import to_angle


def positively_spans(readout: Float[Tensor, "2 units"]) -> bool:
    """Whether every point of the plane is U f for some f >= 0: no gap between the columns' directions reaches pi."""
    directions = to_angle(readout.T).sort().values
    around = torch.cat((directions, directions[:1] + 2 * torch.pi))
    return bool((around.diff() < torch.pi).all())


def failure_probability(units: int) -> float:
    """Probability that the N columns of a random plane do not positively span it, N / 2^(N - 1) (Wendel 1962)."""
    return units / 2 ** (units - 1)


def spanning_signs(readout: Float[Tensor, "2 units"]) -> Float[Tensor, " units"]:
    """A sign for each column, such that the columns positively span the plane; all + where they do already.

    Of the first three columns, ordered by the angle of the line on which each lies, the middle one is turned against the other
    two: directions a, b + pi and c with a < b < c < a + pi leave no gap of pi. Rows stay orthonormal when every row of the orthogonal matrix
    takes the same signs. Needs three columns on different lines, as random columns are.
    """
    signs = torch.ones_like(readout[0])
    if positively_spans(readout):
        return signs
    angles = to_angle(readout.T)
    upright = torch.where(angles < 0, -1.0, 1.0).to(readout)
    three = angles.remainder(torch.pi).argsort()[:3]
    signs[three] = upright[three] * torch.tensor([1.0, -1.0, 1.0]).to(readout)
    return signs
