"""Which noise a swap comes from: that of a period, in the readout plane or outside it, scaled or switched off."""

from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from swapbook.conditions import BY_NUMBER, BY_OWN_NOISE
from swapbook.networks import Network
from swapbook.origins.replays import far
from swapbook.origins.settlement import each_network
from swaputils import surrogate
from swaputils.angles import to_angle
from swaputils.behaviour import is_swap
from swaputils.network.rollout import draw_noise, rollout
from swaputils.trials import Displays, Trials

TRIALS = 3_000
FACTORS = (0.0, 1.0, 2.0, 4.0)
PERIODS = {"stimulus and delay": slice(0, 2), "cue": slice(2, 4), "report": slice(4, 5)}
"""Periods by their places in a trial, the report last."""
SCALED = (
    "index_task_optimal",
    "index_no_swap",
    "index_swap",
    *BY_NUMBER,
    *BY_OWN_NOISE,
    "index_swap_louder",
    "probe_similarity_00",
)
SEED = 1_000_093  # of displays and noise that no training run and no other measure draws


def scaled_noise() -> pd.DataFrame:
    """Reports when the noise of one period is multiplied by a factor, in the readout plane or outside it.

    One row for each network, period, space and factor: condition, seed; p_nontarget and p_uniform of the mixture of target,
    non-target and guesses that is fitted to the reports; far, share of reports near no item; nearest, share nearer to another item
    than the cued one, which takes broad errors for swaps.
    """
    return each_network(_of_one, *SCALED, most=10)


@torch.no_grad()
def _of_one(network: Network) -> list[dict]:
    trained = network.load()
    rnn, task = trained.rnn, trained.plan.task
    displays = task.sample(TRIALS, generator=torch.Generator().manual_seed(SEED))
    inputs = task.encode(displays).to(rnn.readout)
    noise = draw_noise(rnn, inputs, generator=torch.Generator().manual_seed(SEED + 1))
    in_plane = rnn.in_plane(noise.steps) @ rnn.readout
    parts = {"plane": in_plane, "null space": noise.steps - in_plane}
    lengths, rows = [*inputs.steps, inputs.report], []
    for period, places in PERIODS.items():
        start = sum(lengths[: places.start])
        steps = slice(start, start + sum(lengths[places]))
        for space, part in parts.items():
            for factor in FACTORS:
                scaled = noise.steps.clone()
                scaled[steps] += (factor - 1) * part[steps]
                end = rnn.in_plane(rollout(rnn, inputs, replace(noise, steps=scaled)).report[:, -1])
                rows.append({"period": period, "space": space, "factor": factor} | _read(displays, end))
    return rows


def _read(displays: Displays, end: Tensor) -> dict[str, float]:
    response = to_angle(end)
    trials = Trials(displays, response.double(), torch.ones(len(displays), dtype=torch.long))
    fit = surrogate.fit_mixture(trials)
    return {
        "p_nontarget": fit.p_nontarget,
        "p_uniform": fit.p_uniform,
        "far": float(far(displays, end).double().mean()),
        "nearest": float(is_swap(displays, response).double().mean()),
    }
