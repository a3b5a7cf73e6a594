"""Errors of people beside those that a fitted model predicts for the same displays."""

import pandas as pd
import torch
from torch import Tensor

from swaputils.angles import wrap
from swaputils.surrogate import SwapPosterior, cue_distances
from swaputils.surrogate.mixture_resamples import quantiles
from swaputils.surrogate.posterior import component_probabilities, drawn
from swaputils.surrogate.predicted_responses import sample_responses
from swaputils.trials import Trials

ERROR_BINS = 36
NEAR, FAR = torch.pi / 3, 2 * torch.pi / 3  # cue distances that the check tells apart


def predictive_check(
    trials: Trials, posterior: SwapPosterior, replicates: int, *, generator: torch.Generator
) -> pd.DataFrame:
    """Errors of people around items of one set size, and of data sets that the model predicts for the same displays.

    Every predicted data set comes from another function of the posterior. One row per place and bin: around, "target" or
    which non-targets; error, bin centre in rad; human, density; surrogate, low and high, mean and 95 % range of the densities
    of predicted data sets.
    """
    predicted = []
    for _ in range(replicates):
        function = drawn(posterior, generator=generator)
        chances = component_probabilities(function, trials.displays)
        predicted.append(sample_responses(function, trials.displays, chances, generator=generator)[0])
    parts = []
    for around, items in places(trials).items():
        centres, human = density(trials, items, trials.response)
        densities = torch.stack([density(trials, items, response)[1] for response in predicted])
        low, high = quantiles(densities, 0.95)
        columns = {"error": centres, "human": human, "surrogate": densities.mean(0), "low": low, "high": high}
        parts.append(pd.DataFrame({name: values.tolist() for name, values in columns.items()}).assign(around=around))
    return pd.concat(parts, ignore_index=True)


def has_cues(trials: Trials) -> bool:
    """Whether the cued feature of any item is on record."""
    return not bool(trials.displays.probe.isnan().all())


def places(trials: Trials) -> dict[str, Tensor]:
    """[M, N] masks of the items around which errors are looked at."""
    displays = trials.displays
    others = displays.present & ~displays.is_cued
    found = {"target": displays.is_cued}
    if has_cues(trials):
        apart = cue_distances(displays)
        found["non-targets nearer than 60°"] = others & (apart < NEAR)
        found["non-targets at 60° to 120°"] = others & (apart >= NEAR) & (apart < FAR)
        found["non-targets beyond 120°"] = others & (apart >= FAR)
    else:
        found["non-targets"] = others
    return {around: items for around, items in found.items() if items.any()}


def density(trials: Trials, items: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
    """Density of a response's errors from the chosen items: centres of the bins (rad), and values (1/rad)."""
    edges = torch.linspace(-torch.pi, torch.pi, ERROR_BINS + 1, dtype=torch.float64)
    error = wrap(response[:, None] - trials.displays.report)[items].double()
    return (edges[1:] + edges[:-1]) / 2, torch.histogram(error, edges, density=True).hist
