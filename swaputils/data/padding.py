"""Values that seem to stand for nothing: items that were not shown, responses that were not given."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from swaputils.data.sheet import Sheet

CODES = (-1, -9, -99, -999, -9999, 999, 9999)  # what people write for nothing


@dataclass(frozen=True)
class Padding:
    """A value that seems to stand for nothing, the columns that hold it, and in how many cells and rows."""

    value: float
    columns: tuple[str, ...]
    cells: int
    rows: int


def padding(sheet: Sheet) -> Padding | None:
    """A value of non-target columns that is no angle by the look of it: by far the commonest, or a code outside of the rest."""
    columns = [name for name in sheet.nontargets if name in sheet.titles]
    return common_value(sheet.values[columns], 5)


def common_value(columns: pd.DataFrame, times: int) -> Padding | None:
    """See `padding`; a value is too common if it occurs `times` as often as the next."""
    pooled = columns.stack().dropna().to_numpy()
    if len(pooled) < 10:
        return None
    values, counts = np.unique(pooled, return_counts=True)
    for code in CODES:
        others = values[values != code]
        outside = len(others) and (others.min() >= 0 if code < 0 else np.abs(others).max() < code / 2)
        if code in values and outside and counts[values == code][0] >= 2:
            return _held(columns, float(code))
    if len(values) > 1:
        second, first = np.sort(counts)[-2:]
        if first >= 5 and first >= times * second and first >= 0.05 * len(columns):
            return _held(columns, float(values[counts.argmax()]))
    whole = [name for name in columns if columns[name].nunique() == 1 and columns[name].count() >= 5]
    if whole and len(whole) < columns.shape[1]:  # a column of one value beside columns of many
        return _held(columns, float(columns[whole[0]].dropna().iloc[0]))
    return None


def _held(columns: pd.DataFrame, value: float) -> Padding:
    here = columns == value
    return Padding(value, tuple(columns.columns[here.any()]), int(here.to_numpy().sum()), int(here.any(axis=1).sum()))


def padded_responses(sheet: Sheet) -> Padding | None:
    """A code in place of responses that were not given."""
    return common_value(sheet.values[["response"]], 10) if sheet.error is None else None


def without(sheet: Sheet, *found: Padding | None) -> pd.DataFrame:
    """The values with what seems to be padding left out, so that the rest is judged by itself."""
    values = sheet.values
    for each in found:
        if each is not None:
            columns = list(each.columns)
            values = values.assign(**values[columns].mask(values[columns] == each.value))
    return values
