"""When the null space tells a swap, and what the same trial does when only the number that settles it is another."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from swapbook.collection import stored
from swapbook.conditions import BOUNDED, BY_OWN_NOISE, CONTINUED, PERIODS, SETTLED
from swapbook.networks import Network
from swapbook.null_space_measures import areas_by_step
from swapbook.origins.replays import Replay, far, replay, swapped
from swaputils.inputs import PREPARATION, STEP_SECONDS
from swaputils.network.rollout import TrialNoise
from swaputils.training.objectives import own_number

TRIALS = 4_000
EITHER_SIDE = 2.5  # number that is announced: below every threshold in the one run, above in the other
TRACED = (
    "index_swap",
    "index_swap_05",
    "index_swap_dendrites",
    "index_swap_rate",
    *(name for name in SETTLED if name.startswith("index")),
    *CONTINUED,
    *(name for name in BOUNDED if name.startswith("index_swap")),
    "probe_similarity_00",
    *(name for name in SETTLED if name.startswith("probe")),
    "probe_energy_score",
    "probe_energy_score_continued",
    "probe_energy_score_selected",
    "index_energy_score_selected",
)
"""Conditions whose swaps are traced to their time."""
MOVED = dict(zip(BY_OWN_NOISE, PERIODS)) | {"index_swap": "cue"}
"""Networks without a number of which the noise of a period is moved; the last never learnt to heed it."""


def each_network(rows_of: Callable[[Network], list[dict]], *conditions: str, most: int) -> pd.DataFrame:
    """A table of the rows of each stored network of the conditions, with condition and seed."""
    chosen = [network for name in conditions for network in stored(name)[:most]]
    rows = [
        {"condition": network.condition, "seed": network.seed} | row
        for network in tqdm(chosen, desc="networks", unit="network")
        for row in rows_of(network)
    ]
    return pd.DataFrame(rows)


def settlement() -> pd.DataFrame:
    """How well the null space tells at each step whether a trial ends in a swap, for one display that is shown many times.

    One row for each network and step: condition, seed, time (s, from the start of the trial), area under the ROC curve of a linear
    discriminant on trials that it was not fitted to. Networks with too few swaps are left out.
    """
    return each_network(_areas, *TRACED, most=5)


def _areas(network: Network) -> list[dict]:
    shown = replay(network.load(), TRIALS)
    areas = areas_by_step(shown.hidden.numpy(), shown.swapped.numpy()) or []
    return [{"time": STEP_SECONDS * (step + 1), "area": area} for step, area in enumerate(areas)]


def in_periods(areas: pd.DataFrame, network: Network) -> pd.Series:
    """The largest area of one network before each period of the preparation ends, and over the whole trial.

    Args:
        areas: the rows of `settlement` of that network.
    """
    periods = network.plan.task.periods
    ends = np.cumsum([getattr(periods, period) for period in PREPARATION])
    found = {name: areas.loc[areas["time"] <= end + 1e-9, "area"].max() for name, end in zip(PREPARATION, ends)}
    return pd.Series(found | {"trial": areas["area"].max()})


def counterfactuals() -> pd.DataFrame:
    """The same trials with a number on either side of the threshold: the one that networks are shown, or that their own noise adds up to.

    One row for each network: condition, seed; below, above, the swap rates of the two runs; switched, share of trials whose report is
    of another item in the two; far, of both runs' reports. In networks of MOVED all noise stays but that along the direction of `own_number`.
    """
    announced = (name for name, each in (SETTLED | CONTINUED).items() if each.announced_in)
    return each_network(_switched, *announced, *MOVED, most=5)


def _switched(network: Network) -> list[dict]:
    number = torch.full((TRIALS // 4,), EITHER_SIDE, dtype=torch.float64)
    shown = replay(network.load(), len(number))
    ends = [_end_with(side, shown, network.condition) for side in (-number, number)]
    below, above = (swapped(shown.displays, end) for end in ends)
    shares = {"below": below, "above": above, "switched": below != above}
    shares["far"] = torch.cat([far(shown.displays, end) for end in ends])
    return [{name: float(each.double().mean()) for name, each in shares.items()}]


def _end_with(number: Tensor, shown: Replay, condition: str) -> Tensor:
    """[M, 2] last states in the readout plane of the same trials with these numbers."""
    if condition in MOVED:
        return shown.again(with_own_number(number, shown, MOVED[condition]))
    return replay(shown.trained, len(number), announcement=number).end


def with_own_number(number: Tensor, shown: Replay, period: str) -> TrialNoise:
    """The noise of trials, moved alike in all steps of a period along the direction that `own_number` sums, so that it gives [M] numbers."""
    rnn, steps = shown.trained.rnn, shown.noise.steps.clone()
    during = shown.inputs.during(period)
    missing = number - own_number(rnn, shown.inputs, shown.noise, period)
    in_each = missing * rnn.report_noise[0] / len(steps[during]) ** 0.5
    steps[during] += in_each[:, None] * rnn.null_space[0]
    return replace(shown.noise, steps=steps)
