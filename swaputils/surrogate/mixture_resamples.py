"""Intervals of the parametric mixtures by resampling trials (Efron 1979)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.jobs import Job, progress, run
from swaputils.surrogate.distances import SurrogateError
from swaputils.surrogate.mixture import MIXTURES, TARGET_NONTARGET_GUESS, Component, fit_mixture, maxima
from swaputils.trials import Trials

PARAMETERS = ["concentration", "p_target", "p_nontarget", "p_uniform"]
RESAMPLES = 400
BLOCK = 50  # resamples fitted at a time, to spare memory
SECONDS = 6e-6  # that both mixtures of a resample take for each trial, about


def mixture_intervals(
    trials: Trials,
    components: tuple[Component, ...] = TARGET_NONTARGET_GUESS,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    *,
    generator: torch.Generator,
) -> pd.DataFrame:
    """Maximum-likelihood estimate and bootstrap interval of every parameter; rows PARAMETERS, columns estimate, low, high.

    The interval runs between the quantiles (1 - level) / 2 and (1 + level) / 2 of `mixture_replicates`.

    Raises:
        SurrogateError: where set sizes are mixed, there are no trials, or the level is not between 0 and 1.

    >>> from swaputils.data.simulated import simulated_trials
    >>> trials = simulated_trials(seed=0, people=1, trials_per_set_size=60)
    >>> some, generator = trials[trials.displays.set_size == 4], torch.Generator().manual_seed(0)
    >>> mixture_intervals(some, resamples=20, generator=generator).columns.tolist()
    ['estimate', 'low', 'high']
    """
    if not 0 < level < 1:
        raise SurrogateError(f"the level of the interval is {level}; it must lie between 0 and 1")
    fit = vars(fit_mixture(trials, components))
    replicates = mixture_replicates(trials, components, resamples, generator=generator)
    low, high = quantiles(replicates, level)
    estimate = [fit[name] for name in PARAMETERS]
    return pd.DataFrame({"estimate": estimate, "low": low.tolist(), "high": high.tolist()}, index=PARAMETERS)


def mixture_replicates(
    trials: Trials,
    components: tuple[Component, ...] = TARGET_NONTARGET_GUESS,
    resamples: int = RESAMPLES,
    *,
    generator: torch.Generator,
) -> Float[Tensor, "resamples 4"]:
    """PARAMETERS of the mixture fitted to resamples of the trials, drawn with replacement, as many as there are."""
    blocks = []
    for first in range(0, resamples, BLOCK):
        counts = _counts(len(trials), min(BLOCK, resamples - first), generator)
        blocks.append(torch.from_numpy(maxima(trials, counts, components))[:, : len(PARAMETERS)])
    return torch.cat(blocks)


def mixture_jobs(cells: Sequence[tuple[int, int, Trials]], resamples: int, *, generator: torch.Generator) -> list[Job]:
    """A job for both mixtures of each cell, which is a person, a set size and their trials; `mixture_rows` takes what they give.

    Each resamples as if one after the other drew from the generator, which is left as it would be after them.
    """
    jobs = []
    for subject, size, chosen in cells:
        arguments = subject, size, chosen, resamples, generator.get_state()
        jobs.append(Job(_both_mixtures, arguments, weight=SECONDS * len(chosen) * (1 + resamples)))
        for _ in MIXTURES:
            for first in range(0, resamples, BLOCK):
                _picks(len(chosen), min(BLOCK, resamples - first), generator)
    return jobs


def mixture_rows(given: Sequence[tuple[list[dict], dict]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables that `mixture_tables` describes, of what the jobs of `mixture_jobs` gave."""
    people = pd.DataFrame([row for rows, _ in given for row in rows])
    replicates: dict[tuple[str, int], list[Tensor]] = {}
    for _, draws in given:
        for key, each in draws.items():
            replicates.setdefault(key, []).append(each)
    group = []
    for (name, size), of_people in replicates.items():
        part = people[(people["mixture"] == name) & (people["set_size"] == size)]
        row = {"mixture": name, "set_size": size, "people": len(part), **part[PARAMETERS].mean()}
        group.append(row | part[["aic", "bic"]].sum().to_dict() | _ends(torch.stack(of_people).mean(0)))
    return people, pd.DataFrame(group).sort_values(["set_size", "mixture"]) if group else people


def mixture_tables(
    cells: Sequence[tuple[int, int, Trials]], resamples: int, *, generator: torch.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both mixtures of every cell, which is a person, a set size and their trials; and their means over people.

    Rows of the first: mixture, subject, set_size, the fields of MixtureFit, aic, bic, and the ends of the 95 % interval of each of
    PARAMETERS, which are absent where there are no resamples. Rows of the second: mixture, set_size, people, means of
    PARAMETERS with intervals, sums of aic and bic.
    """
    jobs = mixture_jobs(cells, resamples, generator=generator)
    with progress(jobs, "mixtures") as done:
        return mixture_rows(run(jobs, done=done))


def _both_mixtures(
    subject: int, size: int, trials: Trials, resamples: int, state: Tensor
) -> tuple[list[dict], dict[tuple[str, int], Tensor]]:
    """Rows of one cell for the table of people, and its resamples [resamples, 4] by mixture and set size."""
    generator = torch.Generator()
    generator.set_state(state)
    rows, replicates = [], {}
    for name, components in MIXTURES.items():
        fitted = fit_mixture(trials, components)
        draws = torch.zeros(0, len(PARAMETERS), dtype=torch.float64)
        if resamples:
            draws = mixture_replicates(trials, components, resamples, generator=generator)
        row = {"mixture": name, "subject": subject, "set_size": size, **vars(fitted)}
        rows.append(row | {"aic": fitted.aic, "bic": fitted.bic} | _ends(draws))
        replicates[name, size] = draws
    return rows, replicates


def _picks(trials: int, samples: int, generator: torch.Generator) -> Tensor:
    """[samples, trials] trials drawn with replacement."""
    return torch.randint(trials, (samples, trials), device=generator.device, generator=generator)


def _counts(trials: int, samples: int, generator: torch.Generator) -> np.ndarray:
    """[samples, trials] how often each trial was drawn."""
    picks = _picks(trials, samples, generator).cpu()
    return torch.zeros_like(picks).scatter_add_(1, picks, torch.ones_like(picks)).numpy()


def _ends(draws: Tensor) -> dict[str, float]:
    """Ends of the 95 % interval of each parameter; none without draws."""
    if len(draws) == 0:
        return {}
    low, high = quantiles(draws, 0.95)
    ends = {f"{name}_low": value for name, value in zip(PARAMETERS, low.tolist())}
    return ends | {f"{name}_high": value for name, value in zip(PARAMETERS, high.tolist())}


def quantiles(replicates: Float[Tensor, "..."], level: float) -> Float[Tensor, "..."]:
    """Lower and upper end of the central interval that holds a share `level` of the replicates."""
    return replicates.quantile(replicates.new_tensor([(1 - level) / 2, (1 + level) / 2]), dim=0)
