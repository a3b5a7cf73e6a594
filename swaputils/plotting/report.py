"""What the report on a user's own data draws besides the figures of the book."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from swaputils.plotting.base import COLOURS


def band(axes: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, role: str) -> Axes:
    """The area between two curves, pale, in the colour of its role."""
    axes.fill_between(np.asarray(x), np.asarray(low), np.asarray(high), color=COLOURS[role], alpha=0.25, linewidth=0)
    return axes


def support(axes: Axes, distances: Sequence[float]) -> Axes:
    """Marks under the axis where displays had distances: a tick at each, or a bar along a range given by its two ends."""
    heights = axes.get_xaxis_transform()
    if len(distances) == 2:
        axes.plot(
            distances, [0.015, 0.015], color=COLOURS["human"], linewidth=3, transform=heights, solid_capstyle="butt"
        )
    else:
        axes.vlines(distances, 0, 0.04, color=COLOURS["human"], linewidth=1.4, transform=heights)
    return axes
