"""How many recorded sessions it takes to tell when swaps were settled, through the model of recordings of chapter 4."""

import math

import numpy as np
import pandas as pd
import torch
from scipy.stats import ttest_1samp
from sklearn.metrics import roc_auc_score
from torch import Tensor

from swapbook.cortex.as_recordings import A_SESSION, BASELINES, MATCHING, NEURONS, SESSIONS, TUNED
from swapbook.cortex.network_states import simulate
from swapbook.networks import Network
from swapbook.origins.settlement import each_network
from swaputils.angles import to_angle
from swaputils.behaviour import is_swap
from swaputils.geometry.accounts import evidence
from swaputils.geometry.recorded_neurons import Neurons, matched

RECORDED = (
    "index_swap",
    "index_swap_settled_stimulus",
    "index_swap_settled_delay",
    "index_swap_settled_cue",
    "index_swap_settled_late",
)
WINDOW = 5  # steps in which spikes are counted: the last .25 s of the delay, and the first after the cue
STATES = {"exchanged colours, before": (0, 2), "exchanged colours, after": (1, 0), "other cue, after": (1, 1)}
"""States of an error, by their places in `accounts.Evidence.swap` before and after the cue; that of correct trials is OWN."""
OWN = (1, 2)
WANTED, LEVEL = 0.8, 0.05
TRIED = 2_000  # experiments that a power is estimated from
MOST = 200  # sessions of an experiment


def session_areas() -> pd.DataFrame:
    """How well the spikes of a session tell that a trial ends in a swap: sessions of as many neurons and trials as the animals'.

    One row for each network, session and state: condition, seed, session; state: which state of an error activity is held to be in,
    rather than that of correct trials; area under the ROC curve of the log-likelihood ratio of the two, swaps against correct trials.
    """
    return each_network(_of_one, *RECORDED, most=5)


def _of_one(network: Network) -> list[dict]:
    simulated = simulate(network, SESSIONS * A_SESSION)
    generator = torch.Generator().manual_seed(network.seed)
    report = to_angle(network.load().rnn.in_plane(simulated.states[:, -1]))
    wrong = is_swap(simulated.displays, report)
    starts = (simulated.on - WINDOW, simulated.off)
    windows = torch.stack([simulated.states[:, start : start + WINDOW] for start in starts])
    sessions = windows.unflatten(1, (SESSIONS, A_SESSION))
    colours = simulated.displays.report.unflatten(0, (SESSIONS, A_SESSION))
    readout = matched(sessions[0, :MATCHING], colours[:MATCHING], TUNED, BASELINES[0], generator=generator)
    cued, report, wrong = (
        each.unflatten(0, (SESSIONS, A_SESSION)) for each in (simulated.displays.cued, report, wrong)
    )
    rows = []
    for session in range(SESSIONS):
        neurons = readout.drawn(NEURONS // SESSIONS, generator=generator)
        before, after = (_spikes(neurons, sessions[moment, session], generator) for moment in (0, 1))
        says = evidence(before, after, colours[session], cued[session], report[session], generator=generator)
        for state, (first, second) in STATES.items():
            ratio = says.swap[:, first, second] - says.swap[:, OWN[0], OWN[1]]
            area = roc_auc_score(wrong[session], ratio) if 0 < wrong[session].sum() < A_SESSION else math.nan
            rows.append({"session": session, "state": state, "area": area})
    return rows


def _spikes(neurons: Neurons, states: Tensor, generator: torch.Generator) -> Tensor:
    """[trials, neurons] spikes in a window, of the neurons that fired at all."""
    counts = neurons.counts(states, generator=generator).sum(1)
    return counts[:, counts.std(0) > 0]


def sessions_needed(areas: pd.DataFrame, contrasts: int) -> pd.DataFrame:
    """Sessions at which an area differs from chance with power WANTED, at a level divided by the number of contrasts (Holm's first step).

    The first half of a condition's networks gives the effect, the others the power: a row for each condition and state with effect,
    needed (infinite where more than MOST would be), and power at as many sessions as the animals'.

    Args:
        areas: see `session_areas`.
    """
    generator, rows = np.random.default_rng(0), []
    for (condition, state), own in areas.groupby(["condition", "state"], sort=False):
        seeds = np.sort(own["seed"].unique())
        if len(seeds) < 2:
            continue
        first = own["seed"].isin(seeds[: len(seeds) // 2])
        held = own[~first]
        by_seed = [each["area"].dropna().to_numpy() for _, each in held.groupby("seed")]
        powers = {n: _power(by_seed, n, LEVEL / contrasts, generator) for n in (8, 12, SESSIONS, 40, 70, 120, MOST)}
        enough = [n for n, power in powers.items() if power >= WANTED]
        effect = own.loc[first, "area"].mean()
        found = {"effect": effect, "needed": min(enough, default=math.inf), "power": powers[SESSIONS]}
        rows.append({"condition": condition, "state": state} | found)
    return pd.DataFrame(rows)


def _power(by_seed: list[np.ndarray], sessions: int, level: float, generator: np.random.Generator) -> float:
    """Share of experiments, each on one network, whose mean area lies above chance."""
    picked = generator.integers(len(by_seed), size=TRIED)
    drawn = np.stack([generator.choice(by_seed[seed], sessions) for seed in picked])
    test = ttest_1samp(drawn, 0.5, axis=1, alternative="greater")
    return float((test.pvalue < level).mean())
