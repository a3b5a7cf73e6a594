"""Figures of people's responses and of the surrogates fitted to them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from swaputils.drawing import COLOURS, say


def shares(axes: Axes, means: pd.DataFrame, errors: pd.DataFrame, names: Mapping[str, tuple[str, str]]) -> Axes:
    """Shares of mixture components by set size, with standard errors, each named at its right end.

    means, errors: one row per set size, columns as in `names`, which maps a column to its text and role.
    """
    for column, (text, role) in names.items():
        axes.errorbar(means.index, means[column], errors[column], fmt="-o", color=COLOURS[role], markersize=4.5)
        end = float(means.index[-1]), float(means[column].iloc[-1])
        say(axes, *end, text, role, xytext=(8, 0), textcoords="offset points", va="center", annotation_clip=False)
    axes.set(ylim=(-0.02, 1.02), xticks=means.index, xlabel="set size (items)", ylabel="share of responses")
    return axes


def responses(axes: Axes, error: ArrayLike, human: ArrayLike, surrogate: ArrayLike) -> Axes:
    """Density of responses around something on the whole circle: people as a filled step, the surrogate as a line.

    error: bin centres from -180 degrees on; the first bin is drawn again at 180.
    """
    degrees, human, surrogate = (np.append(values, values[0]) for values in map(np.asarray, (error, human, surrogate)))
    degrees[-1] = 180
    axes.fill_between(degrees, human, step="mid", color=COLOURS["human"], alpha=0.25, linewidth=0)
    axes.step(degrees, human, where="mid", color=COLOURS["human"], linewidth=0.8)
    axes.plot(degrees, surrogate, color=COLOURS["surrogate"])
    axes.set(xlim=(-180, 180), ylim=(0, None), xticks=(-180, 0, 180))
    return axes


def counted(axes: Axes, counts: pd.DataFrame) -> Axes:
    """A square for each row and column, darker the larger its number, which stands in it; zeros are left empty."""
    shades = sns.light_palette(COLOURS["surrogate"], as_cmap=True)
    text = counts.astype(str).where(counts > 0, "")
    sns.heatmap(counts, annot=text, fmt="", cmap=shades, cbar=False, square=True, linewidths=1, ax=axes)
    axes.set(xlabel=counts.columns.name or "", ylabel=counts.index.name or "")
    axes.tick_params(length=0)
    axes.tick_params(axis="x", rotation=45)
    axes.tick_params(axis="y", rotation=0)
    return axes
