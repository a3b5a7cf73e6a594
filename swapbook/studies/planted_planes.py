"""Measures of colour planes on planted truth, and on the one public matrix of recorded activity of the task."""

import pandas as pd
import torch

from swaputils.geometry.validation import over_the_range
from swaputils.recordings.mean_activity import RECORDED
from swaputils.recordings.measuring import GeometryConfig, measure
from swaputils.recordings.read_recordings import read_recording

REPEATS = 6
DRAWS = 800  # of permuted colours, by tens


def planted_table() -> pd.DataFrame:
    """Every measure over the range of the truth, see `validation.over_the_range`."""
    return pd.DataFrame(over_the_range(REPEATS, generator=torch.Generator().manual_seed(0)))


def recorded_table() -> pd.DataFrame:
    """Measures of the recorded condition means, beside those of the same means with colours permuted within each neuron.

    measure; value; median, and low to high, 95 % of the permuted ones.
    """
    found = measure(read_recording(RECORDED), GeometryConfig(draws=DRAWS)).means
    return found[["measure", "value", "median", "low", "high"]]
