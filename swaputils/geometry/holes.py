"""The holes of a cloud of states by persistent homology: pieces, loops and hollows, whatever the shape that they are bent into."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.geometry.harmonics import UnusableActivity

LASTING = 0.6  # a hole counts where it lasts over this range of distances, over the spread of the states


@dataclass(frozen=True)
class Holes:
    """Holes of a cloud of states by dimension.

    Attributes:
        lasting: [K] for pieces (0), loops (1) and hollows (2) the ranges of distances over which each hole lasts, over the
            states' spread (root mean squared distance from their mean), longest first. One piece lasts for ever: inf.
    """

    lasting: tuple[Tensor, ...]

    def count(self, least: float = LASTING) -> tuple[int, ...]:
        """How many of each last over a range of `least` or more: 1, 1, 0 for a ring, 1, 2, 1 for a torus, and k, k, 0 for k rings apart."""
        return tuple(int((each >= least).sum()) for each in self.lasting)


def holes(states: Float[Tensor, "states units"], dimensions: int = 2) -> Holes:
    """Persistent homology of the Rips complex (Bauer 2021): states nearer than a distance are joined, and the distance grows.

    Give means over trials on a grid of conditions, such as (place, colour), with twelve or more steps around each circle:
    coarser circles close late, and single trials blur them. The work grows fast with the number of states; 200 take seconds.

    Args:
        states: [M, U].
        dimensions: the highest, 2 for hollows.

    Raises:
        UnusableActivity: for fewer than 3 states, for what is not finite, and for states that are all the same.
    """
    centred = states.double() - states.double().mean(0)
    spread = float(centred.square().sum(1).mean().sqrt())
    if len(states) < 3 or not torch.isfinite(centred).all() or not spread > 0:
        raise UnusableActivity(
            f"{len(states)} states of spread {spread:.3g}; needed are 3 or more finite ones that differ"
        )
    from ripser import ripser

    found = []
    for ends in ripser((centred / spread).numpy(), maxdim=dimensions)["dgms"]:
        lasting = torch.from_numpy(ends[:, 1] - ends[:, 0])
        found.append(lasting.sort(descending=True).values)
    return Holes(tuple(found))
