"""How many recorded sessions it takes to tell when swaps were settled: by the state of swap trials, by the planes, by a push."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import norm, ttest_1samp

from swapbook.cortex.as_recordings import A_SESSION, NEURONS, SESSIONS
from swapbook.cortex.recorded_sessions import SIZES

REPORT = "index_swap"  # its swaps are settled in the report
PLANES, PUSH = "less overlap before the cue", "more swaps after a push in the report"
PUSHED = {"direction": "plane", "moment": "0.5 s into the report"}
WEAK = 0.25  # dose of that push
WANTED, LEVEL = 0.8, 0.05
TRIED, NEAR_THE_LEVEL = 2_000, 200_000  # experiments that a power comes from, and a threshold
Power = Callable[[int, float, np.random.Generator], float]  # of so many sessions, at a level
Contrasts = dict[tuple[str, str], tuple[float, Power]]  # by name and condition: effect and power


def powers(areas: pd.DataFrame, planes: pd.DataFrame, pushes: pd.DataFrame) -> pd.DataFrame:
    """Power of every contrast by number of sessions, at LEVEL divided by the number of contrasts (Holm's first step).

    The first half of a condition's networks gives the effect, the others the power; each experiment is on one of these. One row for each
    contrast, condition and number of sessions: contrast, condition, effect, sessions, power. Contrasts are

    - the states of `recorded_sessions.STATES`: area under the ROC curve above chance (t test over sessions); the effect is the area;
    - PLANES: an alignment below that of all experiments on networks of REPORT but a share of the level; the effect is the difference;
    - PUSH: more swaps in half of the trials, which are pushed towards the other item, than in the others (z test); the effect is the difference.

    Args:
        areas: see `recorded_sessions.session_areas`.
        planes: see `recorded_sessions.session_planes`.
        pushes: see `origins.pushes.pushes`.
    """
    contrasts = _of_states(areas) | _of_planes(planes) | _of_pushes(pushes)
    generator = np.random.default_rng(0)
    rows = [
        {"contrast": name, "condition": condition, "effect": effect, "sessions": sessions}
        | {"power": power(sessions, LEVEL / len(contrasts), generator)}
        for (name, condition), (effect, power) in contrasts.items()
        for sessions in SIZES
    ]
    return pd.DataFrame(rows)


def needed(table: pd.DataFrame, swaps: float) -> pd.DataFrame:
    """The least number of sessions, of those tried, at which a contrast has power WANTED, infinite where none has; a row for each contrast and condition.

    Columns: contrast, condition, effect; sessions, and the neurons, trials and swaps in them, at the animals' numbers a session; power of as many
    sessions as theirs.

    Args:
        table: see `powers`.
        swaps: share of swaps among trials.
    """
    rows = []
    for (name, condition), own in table.groupby(["contrast", "condition"], sort=False):
        sessions = own.loc[own["power"] >= WANTED, "sessions"].min()
        sessions = math.inf if math.isnan(sessions) else float(sessions)
        sizes = {"neurons": NEURONS // SESSIONS, "trials": A_SESSION, "swaps": swaps * A_SESSION}
        row = {"contrast": name, "condition": condition, "effect": own["effect"].iloc[0], "sessions": sessions}
        row |= {size: sessions * number for size, number in sizes.items()}
        rows.append(row | {"power": own.loc[own["sessions"] == SESSIONS, "power"].item()})
    return pd.DataFrame(rows)


def _halved(table: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Rows of the first half of each condition's networks, and of the others; conditions of fewer than two networks are left out."""
    found = {}
    for condition, own in table.groupby("condition", sort=False):
        seeds = np.sort(own["seed"].unique())
        first = own["seed"].isin(seeds[: len(seeds) // 2])
        if len(seeds) > 1:
            found[condition] = own[first], own[~first]
    return found


def _of_states(areas: pd.DataFrame) -> Contrasts:
    found: Contrasts = {}
    for state in areas["state"].unique():
        for condition, (first, held) in _halved(areas[areas["state"] == state]).items():
            by_seed = [each["area"].dropna().to_numpy() for _, each in held.groupby("seed")]
            found[state, condition] = first["area"].mean(), _above_chance(by_seed)
    return found


def _above_chance(by_seed: list[np.ndarray]) -> Power:
    def power(sessions: int, level: float, generator: np.random.Generator) -> float:
        picked = generator.integers(len(by_seed), size=TRIED)
        drawn = np.stack([generator.choice(by_seed[seed], sessions) for seed in picked])
        return float((ttest_1samp(drawn, 0.5, axis=1, alternative="greater").pvalue < level).mean())

    return power


def _of_planes(planes: pd.DataFrame) -> Contrasts:
    halves = _halved(planes)
    if REPORT not in halves:
        return {}
    usual, other = halves.pop(REPORT)
    return {
        (PLANES, condition): (first["mean"].mean() - usual["mean"].mean(), _below(held, other))
        for condition, (first, held) in halves.items()
    }


def _below(held: pd.DataFrame, other: pd.DataFrame) -> Power:
    def power(sessions: int, level: float, generator: np.random.Generator) -> float:
        least = np.nanquantile(_experiments(other, sessions, NEAR_THE_LEVEL, generator), level)
        return float((_experiments(held, sessions, TRIED, generator) < least).mean())

    return power


def _experiments(planes: pd.DataFrame, sessions: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """Alignments that experiments find, each on one of the networks; NaN where a ring is not told from noise."""
    own = planes[planes["sessions"] == sessions]
    picked = own.iloc[generator.integers(len(own), size=count)]
    found = generator.normal(picked["mean"], picked["sd"])
    return np.where(generator.random(count) < picked["told"], found, np.nan)


def _of_pushes(pushes: pd.DataFrame) -> Contrasts:
    chosen = pushes[(pushes[list(PUSHED)] == pd.Series(PUSHED)).all(axis=1)]
    rates = chosen.pivot_table(index=["condition", "seed"], columns="dose", values="swap_rate", sort=False)
    rates = rates.reindex(columns=[0.0, WEAK]).reset_index()
    return {
        (PUSH, condition): ((first[WEAK] - first[0.0]).mean(), _more_swaps(held[[0.0, WEAK]].to_numpy()))
        for condition, (first, held) in _halved(rates).items()
    }


def _more_swaps(rates: np.ndarray) -> Power:
    """Args: rates: [networks, 2] without the push and with it."""

    def power(sessions: int, level: float, generator: np.random.Generator) -> float:
        trials = sessions * A_SESSION // 2
        swaps = generator.binomial(trials, rates[generator.integers(len(rates), size=TRIED)])
        together = swaps.sum(1) / (2 * trials)
        error = np.sqrt(2 * together * (1 - together) / trials)
        return float((swaps[:, 1] - swaps[:, 0] > norm.isf(level) * error * trials).mean())

    return power
