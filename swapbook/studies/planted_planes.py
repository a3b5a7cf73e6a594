"""Measures of colour planes on planted truth, and on the one public matrix of recorded activity of the task."""

import math
import os
from pathlib import Path

import pandas as pd
import torch
from scipy.io import loadmat
from torch import Tensor

from swaputils.data.catalogue import cache_folder
from swaputils.data.table import DataError
from swaputils.geometry.nulls import permuted_colours
from swaputils.geometry.published import compare_means, cosine_in_three, variance_in_three
from swaputils.geometry.validation import over_the_range

RECORDED, FILE = "panichello2021_planes", "planesDemo.mat"
REPEATS = 6
DRAWS = 8_000  # of permuted colours


def planted_table() -> pd.DataFrame:
    """Every measure over the range of the truth, see `validation.over_the_range`."""
    return pd.DataFrame(over_the_range(REPEATS, generator=torch.Generator().manual_seed(0)))


def recorded_table() -> pd.DataFrame:
    """Measures of the recorded condition means, beside those of the same means with colours permuted within each neuron.

    measure; value; median, and low to high, 95 % of the permuted ones.
    """
    means = _recorded_means()
    permuted = permuted_colours(means, DRAWS, generator=torch.Generator().manual_seed(0))
    own, chance = _measures(means), _measures(permuted)
    ends = torch.tensor([0.5, 0.025, 0.975], dtype=torch.float64)
    rows = [(name, float(own[name]), *chance[name].quantile(ends).tolist()) for name in own]
    return pd.DataFrame(rows, columns=["measure", "value", "median", "low", "high"])


def _measures(means: Tensor) -> dict[str, Tensor]:
    found = compare_means(means)
    return {
        "angle in three components (degrees)": cosine_in_three(means).abs().acos() * 180 / math.pi,
        "variance in three components": variance_in_three(means),
        "larger principal angle (degrees)": found.angles[..., 0] * 180 / math.pi,
        "smaller principal angle (degrees)": found.angles[..., 1] * 180 / math.pi,
        "alignment": found.alignment,
        "alignment index": found.index,
        "correlation of same colours": found.rho_cross,
    }


def _recorded_means() -> Tensor:
    """[2, 4, neurons] mean rates by location and colour; DataError where the file is not there."""
    places = [Path(place) for place in (os.environ.get("SWAPUTILS_DATA"),) if place] + [cache_folder()]
    for place in places:
        path = place / RECORDED / "raw" / FILE
        if path.is_file():
            return torch.from_numpy(loadmat(path)["dat"].astype("float64")).unflatten(0, (2, 4))
    raise DataError(f"no file {RECORDED}/raw/{FILE} in SWAPUTILS_DATA or the cache; run `swaputils fetch {RECORDED}`")
