"""Numbers, tables and figures of a chapter handed to its text."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure
from myst_nb import glue

COUNTED = {"n", "networks", "people", "seeds", "best"}  # columns of whole numbers, whatever they are stored as


def tell(digits: int | None = None, **numbers: float) -> None:
    """Give numbers to the text, rounded to so many digits; an underscore in a name is a hyphen there."""
    for name, number in numbers.items():
        glue(name.replace("_", "-"), round(float(number), digits), display=False)


def tell_interval(digits: int, name: str, values: Sequence[float]) -> None:
    """Give an effect and the ends of its interval to the text, the ends as NAME-low and NAME-high."""
    for end, value in zip(("", "_low", "_high"), values):
        tell(digits, **{f"{name}{end}": value})


def play(name: str, picture: str) -> None:
    """Give a figure to play with, which is HTML, to the text."""
    glue(name, HTML(picture), display=False)


def show(name: str, figure: Figure) -> None:
    """Give a figure to the text, and close it."""
    glue(name, figure, display=False)
    plt.close(figure)


def worded(table: pd.DataFrame, digits: int = 2) -> pd.DataFrame:
    """A table as a reader sees it: headings without underscores, numbers with so many digits, and words for what is none."""

    def written(cell: object) -> object:
        if not isinstance(cell, Real) or isinstance(cell, Integral):
            return cell
        if not math.isfinite(cell):
            return "–" if math.isnan(cell) else "unbounded"
        return f"{cell:z.{digits}f}"  # z: no sign before zeros

    def spaced(name: object) -> object:
        return name.replace("_", " ") if isinstance(name, str) else name

    words = table.map(written)
    for name in COUNTED.intersection(table):
        words[name] = table[name].astype(int)
    return words.rename(index=spaced, columns=spaced).rename_axis(index=spaced, columns=spaced)
