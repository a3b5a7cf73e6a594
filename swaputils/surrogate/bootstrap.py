"""Intervals of the parametric mixtures by resampling trials (Efron 1979)."""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from swaputils.surrogate.distances import SurrogateError
from swaputils.surrogate.mixture import (
    MIXTURES,
    TARGET_NONTARGET_GUESS,
    Climb,
    Component,
    MixtureFit,
    aligned,
    climb,
    fit_mixture,
    iterate,
)
from swaputils.trials import Trials

PARAMETERS = ["concentration", "p_target", "p_nontarget", "p_uniform"]
RESAMPLES = 400
BLOCK = 50  # resamples fitted at a time, to spare memory
SURVEY_ITERATIONS = 60
SURVIVORS = 2  # inside, for each resample
SMALLEST_GAIN = 1e-7  # nats per iteration; far below what resampling changes
OTHER_STARTS = ((1.0, 0.4, 0.1), (10.0, 0.1, 0.4), (50.0, 0.3, 0.3))  # kappa, p_N, p_U


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
    SurrogateError where set sizes are mixed, there are no trials, or the level is not between 0 and 1.

    >>> from swaputils.data.simulated import simulated_trials
    >>> trials = simulated_trials(seed=0, people=1, trials_per_set_size=60)
    >>> some, generator = trials[trials.displays.set_size == 4], torch.Generator().manual_seed(0)
    >>> mixture_intervals(some, resamples=20, generator=generator).columns.tolist()
    ['estimate', 'low', 'high']
    """
    if not 0 < level < 1:
        raise SurrogateError(f"the level of the interval is {level}; it must lie between 0 and 1")
    fit = fit_mixture(trials, components)
    replicates = mixture_replicates(trials, fit, resamples, generator=generator)
    low, high = quantiles(replicates, level)
    return pd.DataFrame({"estimate": _values(fit), "low": low.tolist(), "high": high.tolist()}, index=PARAMETERS)


def mixture_replicates(
    trials: Trials, fit: MixtureFit, resamples: int = RESAMPLES, *, generator: torch.Generator
) -> Float[Tensor, "resamples 4"]:
    """PARAMETERS of the mixture fitted to resamples of the trials, drawn with replacement, as many as there are.

    fit: the mixture of the trials themselves. Each resample is climbed from it and from a few other places, and the highest
    counts.
    """
    cosine = aligned(trials)
    inside, borders = (cosine.new_tensor(places) for places in _starts(fit))
    blocks = []
    with tqdm(total=resamples, desc="resamples", leave=False) as bar:
        for first in range(0, resamples, BLOCK):
            drawn = min(BLOCK, resamples - first)
            picks = torch.randint(len(trials), (drawn, len(trials)), device=generator.device, generator=generator)
            counts = torch.zeros(drawn, len(trials), dtype=torch.float64).scatter_add_(
                1, picks.cpu(), torch.ones(picks.shape, dtype=torch.float64)
            )
            blocks.append(_highest(inside, borders, cosine, counts.to(cosine)))
            bar.update(drawn)
    return torch.cat(blocks)


def mixture_tables(
    cells: Sequence[tuple[int, int, Trials]], resamples: int, *, generator: torch.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both mixtures of every cell, which is a person, a set size and their trials; and their means over people.

    Rows of the first: mixture, subject, set_size, the fields of MixtureFit, aic, bic, and the ends of the 95 % interval of each of
    PARAMETERS. Rows of the second: mixture, set_size, people, means of PARAMETERS with intervals, sums of aic and bic.
    """
    rows: list[dict[str, object]] = []
    replicates: dict[tuple[str, int], list[Tensor]] = {}
    for subject, size, chosen in tqdm(cells, desc="mixtures", unit="person and set size"):
        for name, components in MIXTURES.items():
            fitted = fit_mixture(chosen, components)
            draws = mixture_replicates(chosen, fitted, resamples, generator=generator)
            replicates.setdefault((name, size), []).append(draws)
            row = {"mixture": name, "subject": subject, "set_size": size, **vars(fitted)}
            rows.append(row | {"aic": fitted.aic, "bic": fitted.bic} | _ends(draws))
    people = pd.DataFrame(rows)
    group = []
    for (name, size), of_people in replicates.items():
        part = people[(people["mixture"] == name) & (people["set_size"] == size)]
        row = {"mixture": name, "set_size": size, "people": len(part), **part[PARAMETERS].mean()}
        group.append(row | part[["aic", "bic"]].sum().to_dict() | _ends(torch.stack(of_people).mean(0)))
    return people, pd.DataFrame(group).sort_values(["set_size", "mixture"]) if group else people


def _ends(draws: Tensor) -> dict[str, float]:
    """Ends of the 95 % interval of each parameter."""
    low, high = quantiles(draws, 0.95)
    ends = {f"{name}_low": value for name, value in zip(PARAMETERS, low.tolist())}
    return ends | {f"{name}_high": value for name, value in zip(PARAMETERS, high.tolist())}


def quantiles(replicates: Float[Tensor, "..."], level: float) -> Float[Tensor, "..."]:
    """Lower and upper end of the central interval that holds a share `level` of the replicates."""
    return replicates.quantile(replicates.new_tensor([(1 - level) / 2, (1 + level) / 2]), dim=0)


def _values(fit: MixtureFit) -> list[float]:
    return [getattr(fit, name) for name in PARAMETERS]


def _starts(fit: MixtureFit) -> tuple[list[list[float]], list[list[float]]]:
    """Starts inside, the fit and other places, and on the two borders that EM only creeps up to; kappa and three shares."""
    kappa, _, nontarget, uniform = _values(fit)
    inside, borders = [(kappa, nontarget, uniform), *OTHER_STARTS], [(kappa, 0.0, uniform), (kappa, nontarget, 0.0)]
    swaps = 1.0 if fit.parameters == 3 else 0.0

    def full(places: list[tuple[float, float, float]]) -> list[list[float]]:
        return [[place, 1 - swaps * part - guesses, swaps * part, guesses] for place, part, guesses in places]

    return full(inside), full(borders)


def _highest(inside: Tensor, borders: Tensor, cosine: Tensor, counts: Tensor) -> Tensor:
    """[resamples, 4] PARAMETERS of the highest climb of each resample: some that lead inside after a survey, one on a border."""
    leading = [_leading(inside, SURVIVORS, cosine, counts), _leading(borders, 1, cosine, counts)]
    start = Climb(
        *(torch.cat(values, dim=1).flatten(0, 1) for values in zip(*(vars(each).values() for each in leading)))
    )
    climbs = SURVIVORS + 1
    climbed = climb(start, cosine, counts.repeat_interleave(climbs, dim=0), SMALLEST_GAIN)
    best = climbed.log_likelihood.view(-1, climbs).argmax(dim=1)
    highest = climbed[best + climbs * torch.arange(len(counts), device=best.device)]
    return torch.cat((highest.concentration[:, None], highest.shares), dim=1)


def _leading(start: Tensor, survivors: int, cosine: Tensor, counts: Tensor) -> Climb:
    """For each resample the highest of the climbs from the starts [S, 4] after a short survey, [resamples, survivors]."""
    repeated = counts.repeat_interleave(len(start), dim=0)
    each = start.repeat(len(counts), 1)
    climbs = Climb(each[:, 0], each[:, 0], each[:, 1:])
    for _ in range(SURVEY_ITERATIONS):
        climbs = iterate(climbs, cosine, repeated)
    best = climbs.log_likelihood.view(len(counts), len(start)).topk(survivors, dim=1).indices
    return climbs[best + len(start) * torch.arange(len(counts), device=best.device)[:, None]]
