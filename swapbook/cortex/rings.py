"""The rings of colours of single networks in three dimensions, before and after the cue."""

import math

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from swapbook.networks import Network
from swapbook.planes import AFTER, activity
from swaputils.geometry.harmonics import main_effects

COLOURS, HARMONICS = 16, 2
SHOWN = (("probe_similarity_00", 1), ("probe_similarity_00", 4), ("probe_task_optimal", 1), ("probe_task_optimal", 4))
"""Condition, and distance of the two places in eighths of the circle."""
SEED = 7


def ring_table() -> pd.DataFrame:
    """Mean activity by colour of either item in the first network of the conditions that are SHOWN.

    condition; apart, distance of the places in degrees; moment: before, the end of the delay, all trials; after, 0.3 s after the cue, each
    item in the trials that cue it; item; colour (rad); x, y, z: along the three directions of most variance of the two rings, in which lies
    the share `explained` of it.
    """
    parts = []
    for condition, apart in SHOWN:
        trained = Network(condition).load()
        on, off = trained.plan.task.periods.cue_steps
        generator = torch.Generator().manual_seed(SEED)
        displays, _, hidden = activity(trained.rnn, trained.plan, 0.0, apart, generator)
        before = [_ring(hidden[:, on - 1], displays.report, item) for item in (0, 1)]
        after = []
        for item in (0, 1):
            cued = displays.cued == item
            after.append(_ring(hidden[cued, off - 1 + AFTER], displays.report[cued], item))
        for moment, rings in (("before", before), ("after", after)):
            part = _in_three(torch.stack(rings))
            parts.append(part.assign(condition=condition, apart=45 * apart, moment=moment))
    return pd.concat(parts, ignore_index=True)


def _ring(activity: Tensor, colours: Tensor, item: int) -> Tensor:
    """[COLOURS, units] the main effect of an item's colour, by regression on both."""
    design = torch.cat((torch.ones_like(colours[:, :1]), main_effects(colours, HARMONICS)), dim=1)
    coefficients = torch.linalg.lstsq(design, activity.double()).solution[1:]
    grid = torch.zeros((COLOURS, 2), dtype=torch.float64)
    grid[:, item] = 2 * math.pi * torch.arange(COLOURS) / COLOURS
    own = slice(2 * HARMONICS * item, 2 * HARMONICS * (item + 1))
    return main_effects(grid, HARMONICS)[:, own] @ coefficients[own]


def _in_three(rings: Tensor) -> pd.DataFrame:
    """[2, COLOURS, units] rings along their three directions of most variance."""
    _, values, directions = torch.linalg.svd(rings.flatten(0, 1), full_matrices=False)
    places = (rings @ directions[:3].T).flatten(0, 1).numpy()
    item, colour = np.divmod(np.arange(2 * COLOURS), COLOURS)
    table = pd.DataFrame(places, columns=["x", "y", "z"])
    share = float((values[:3] ** 2).sum() / (values**2).sum())
    return table.assign(item=item, colour=2 * math.pi * colour / COLOURS, explained=share)
