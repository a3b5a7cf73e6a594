"""Tables as a reader sees them."""

import math
from numbers import Integral, Real

import pandas as pd

COUNTED = {"n", "networks", "people", "seeds", "best"}  # columns of whole numbers, whatever they are stored as


def worded(table: pd.DataFrame, digits: int = 2) -> pd.DataFrame:
    """A table as a reader sees it: names without underscores, numbers with so many digits, and words for what is none.

    A column `p` has probabilities, which are not nothing where they round to it.
    """

    def spaced(name: object) -> object:
        return name.replace("_", " ") if isinstance(name, str) else name

    def written(cell: object) -> object:
        if not isinstance(cell, Real) or isinstance(cell, Integral):
            return spaced(cell)
        if not math.isfinite(cell):
            return "–" if math.isnan(cell) else "unbounded"
        return f"{cell:z.{digits}f}"  # z: no sign before zeros

    words = table.map(written)
    for name in COUNTED.intersection(table):
        words[name] = table[name].astype(int)
    if "p" in table:
        least = 10**-digits
        words["p"] = words["p"].mask(table["p"] < least, f"< {least:g}")
    return words.rename(index=spaced, columns=spaced).rename_axis(index=spaced, columns=spaced)
