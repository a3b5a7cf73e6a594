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
        born: [K] the distances at which each opens, in the same order and units; pieces are there from 0 on.
    """

    lasting: tuple[Tensor, ...]
    born: tuple[Tensor, ...]

    def count(self, least: float = LASTING) -> tuple[int, ...]:
        """How many of each last over a range of `least` or more: 1, 1, 0 for a ring, 1, 2, 1 for a torus, and k, k, 0 for k rings apart."""
        return tuple(int((each >= least).sum()) for each in self.lasting)

    def at_distances(self, least: float) -> list[tuple[float, float, tuple[int, ...]]]:
        """How many of each are open over every range of distances: its two ends, and the numbers, from near to far.

        Left out are holes, other than pieces, that last over a ratio of distances below `least`, and the ends: ranges from 0 and to infinity.
        """
        spans = []
        for dimension, (born, lasting) in enumerate(zip(self.born, self.lasting)):
            long = (lasting >= (least - 1) * born) | (dimension == 0)
            spans.append(torch.stack((born, born + lasting))[:, long])
        ends = torch.cat(spans, dim=1).flatten().unique()
        ends = ends[(ends > 0) & ends.isfinite()]
        found: list[tuple[float, float, tuple[int, ...]]] = []
        for low, high in zip(ends.tolist(), ends.tolist()[1:]):
            numbers = tuple(int(((each[0] <= low) & (each[1] > low)).sum()) for each in spans)
            if found and found[-1][2] == numbers:
                low = found.pop()[0]
            found.append((low, high, numbers))
        return found


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

    lasting, born = [], []
    for ends in ripser((centred / spread).numpy(), maxdim=dimensions)["dgms"]:
        start, stop = torch.from_numpy(ends).T
        order = (stop - start).argsort(descending=True)
        lasting.append((stop - start)[order])
        born.append(start[order])
    return Holes(tuple(lasting), tuple(born))
