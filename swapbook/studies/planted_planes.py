"""Measures of colour planes on planted truth, and on the one public matrix of recorded activity of the task."""

import pandas as pd
import torch

from swaputils.geometry.nulls import permuted_colours
from swaputils.geometry.validation import over_the_range
from swaputils.recordings.mean_activity import RECORDED, measures_of_means
from swaputils.recordings.understanding import read_recording

REPEATS = 6
DRAWS = 8_000  # of permuted colours


def planted_table() -> pd.DataFrame:
    """Every measure over the range of the truth, see `validation.over_the_range`."""
    return pd.DataFrame(over_the_range(REPEATS, generator=torch.Generator().manual_seed(0)))


def recorded_table() -> pd.DataFrame:
    """Measures of the recorded condition means, beside those of the same means with colours permuted within each neuron.

    measure; value; median, and low to high, 95 % of the permuted ones.
    """
    means = read_recording(RECORDED).means
    permuted = permuted_colours(means, DRAWS, generator=torch.Generator().manual_seed(0))
    own, chance = measures_of_means(means), measures_of_means(permuted)
    ends = torch.tensor([0.5, 0.025, 0.975], dtype=torch.float64)
    rows = [(name, float(own[name]), *chance[name].quantile(ends).tolist()) for name in own]
    return pd.DataFrame(rows, columns=["measure", "value", "median", "low", "high"])
