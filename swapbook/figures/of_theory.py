"""Figures of the noising and of what the ideal sampler makes of it."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from swaputils.drawing import COLOURS


def noising(axes: Axes, levels: ArrayLike, paths: ArrayLike, role: str) -> Axes:
    """Paths of noised responses, [paths, levels], over the noise level."""
    axes.plot(levels, np.asarray(paths).T, color=COLOURS[role], linewidth=0.6, alpha=0.6)
    axes.set(xlabel="noise level t", xlim=(levels[0], levels[-1]))
    return axes


def sideways_histogram(axes: Axes, values: Mapping[str, ArrayLike], edges: ArrayLike) -> Axes:
    """Counts of values by role, stacked, along the vertical axis, so that they can stand beside paths."""
    roles, parts = list(values), [np.asarray(each) for each in values.values()]
    style = {"histtype": "stepfilled", "orientation": "horizontal", "linewidth": 0}
    for shown in range(len(roles), 0, -1):  # the sums from the largest on: stacked bars would leave white seams
        axes.hist(np.concatenate(parts[:shown]), edges, color=COLOURS[roles[shown - 1]], **style)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return axes
