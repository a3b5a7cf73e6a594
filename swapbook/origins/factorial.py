"""Is a direction that tells swaps one of the error, or of the colour that is reported? Cue and report crossed, for one display."""

import itertools

import pandas as pd
import torch
from torch import Tensor

from swapbook.networks import Network
from swapbook.origins.replays import replay
from swapbook.origins.settlement import TRACED, each_network
from swaputils.inputs import STEP_SECONDS

TRIALS = 4_000  # for each cue
LEAST = 50  # trials of each of the four kinds
EFFECTS = {"cue": (1, 1, -1, -1), "report": (1, -1, 1, -1), "error": (1, -1, -1, 1)}
"""Contrasts over cue 0 report 0, cue 0 report 1, cue 1 report 0, cue 1 report 1."""


def factorial() -> pd.DataFrame:
    """How far activity outside the readout plane is moved by the cue, by the report, and by whether the two differ.

    One row for each network and step: condition, seed, time (s), and the squared length of each effect, half of the difference between
    the means of its two sides. Products of two halves of the trials are without bias, so they can be negative where there is none.
    Networks with too few trials of one kind are left out.
    """
    return each_network(_effects, *TRACED, most=5)


def _effects(network: Network) -> list[dict]:
    trained = network.load()
    kinds: list[Tensor] = []
    for cued in (0, 1):
        shown = replay(trained, TRIALS, cued=cued)
        reported = shown.swapped.long() ^ cued
        kinds += [shown.hidden[reported == item] for item in (0, 1)]
    if min(len(kind) for kind in kinds) < LEAST:
        return []
    halves = [torch.stack([kind[half::2].mean(0) for kind in kinds]) for half in (0, 1)]
    rows = []
    for step, effect in itertools.product(range(halves[0].shape[1]), EFFECTS):
        weights = torch.tensor(EFFECTS[effect], dtype=halves[0].dtype) / 4
        first, second = (torch.einsum("k,ku->u", weights, half[:, step]) for half in halves)
        rows.append({"time": STEP_SECONDS * (step + 1), "effect": effect, "squared": float(first @ second)})
    return rows
