"""Made-up files of delayed estimation in many layouts, for tests of reading."""

import numpy as np
import pandas as pd

FULL = 360.0


def made_up(
    seed: int,
    rows: int = 60,
    sizes: tuple[int, ...] = (2, 4),
    cues: int = 0,
    values: int = 0,
    people: int = 3,
    start: float = 0.0,
    spread: float = 20.0,
    decimals: int = 1,
    mixed: tuple[float, float] = (0.1, 0.1),
) -> pd.DataFrame:
    """A clean table in degrees, under our names.

    cues: number of places on the circle, 0 for no cues. values: number of report features, 0 for any angle. start: of the
    range of angles, 0 or -180. spread: SD of errors. mixed: shares of swaps and guesses.
    """
    draw = np.random.default_rng(seed)
    most = max(sizes)
    size = draw.choice(sizes, rows)
    items = draw.uniform(0, FULL, (rows, most))
    if values:
        items = draw.integers(0, values, (rows, most)) * (FULL / values)
    where = draw.uniform(size=rows)
    around = np.where(where < mixed[0], np.minimum(size - 1, 1), 0)
    response = items[np.arange(rows), around] + draw.normal(0, spread, rows)
    response = np.where(where > 1 - mixed[1], draw.uniform(0, FULL, rows), response)
    absent = np.arange(most) >= size[:, None]
    items[absent] = np.nan
    table = pd.DataFrame({"subject": draw.integers(1, people + 1, rows), "set_size": size})
    table["response"] = _around(response, start, decimals)
    for k in range(most):
        table["target" if k == 0 else f"nontarget_{k}"] = _around(items[:, k], start, decimals)
    if cues:
        place = np.argsort(draw.uniform(size=(rows, max(cues, most))), axis=1)[:, :most] * (FULL / cues)
        place = np.where(absent, np.nan, place)
        for k in range(most):
            table["cue_target" if k == 0 else f"cue_nontarget_{k}"] = _around(place[:, k], start, 4)
    return table


def _around(angles: np.ndarray, start: float, decimals: int) -> np.ndarray:
    return np.round((angles - start) % FULL + start, decimals)


def angle_columns(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name not in ("subject", "set_size")]


def in_radians(table: pd.DataFrame) -> pd.DataFrame:
    """The same in rad."""
    columns = angle_columns(table)
    return table.assign(**np.deg2rad(table[columns]).round(6))
