"""What swaps are worth in the prediction of people whom a model never saw, and the same for observers that are known."""

from collections.abc import Iterator

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from swapbook.studies.observers import seeded
from swapbook.studies.recovery import EMISSION_CHOICES
from swapbook.studies.swap_functions import cells_of, fitted_cell
from swaputils.surrogate import (
    ACCOUNTS,
    SwapModel,
    component_probabilities,
    fit_bns,
    response_log_density,
    sample_responses,
)
from swaputils.surrogate.comparison import FOLD_CONFIG, predictive_log_density
from swaputils.trials import Trials

FOLDS = 5  # that people are divided into
EMISSION = "von Mises + guesses"
MODELS = {"swaps": "cue-dependent swap", "none": "uniform guess"}
NEUTRAL = 1  # condition of the cues that came back to no item, where there are retro-cues
PLANTED = {"planted, swaps": 1.0, "planted, no swaps": 0.0}  # the share that is kept of a fit's swaps


def fold_of(observed: Trials) -> Tensor:
    """[M] fold of each trial's person: people in the order of their numbers, dealt out in turn."""
    return torch.unique(observed.subject, return_inverse=True)[1] % FOLDS


def worth_table(people: Trials) -> pd.DataFrame:
    """Log density of each person's responses under fits to the people of the other folds, with swaps and without.

    Where there are retro-cues, of the neutral ones. One row per condition, set_size, who and subject: trials; swaps and none, the mean log density of a trial (nats per rad) under the
    swap model of cue distance and under the same model without non-targets, both fitted anew without the person's fold.
    who is "people", or one of PLANTED: responses to the very same displays of the model fitted to all people, with its swaps or with
    each of them turned into a report of the cued item. `known`, for these, is the log density under the model that made them.
    """
    if people.condition is not None:
        people = people[people.condition == NEUTRAL]
    cells, fold = cells_of(people), fold_of(people)
    folds = dict(zip(people.subject.tolist(), fold.tolist()))
    rows = []
    with tqdm(total=len(cells) * (1 + len(PLANTED)), desc="worth of swaps", unit="cell") as bar:
        for (condition, size), chosen in cells.items():
            own = torch.tensor([folds[subject] for subject in chosen.subject.tolist()])
            for who, trials, known in _observers(chosen):
                found = {name: _held_out(trials, own, terms) for name, terms in MODELS.items()} | known
                table = pd.DataFrame({name: values.numpy() for name, values in found.items()})
                means = table.groupby(trials.subject.numpy()).mean().rename_axis("subject")
                counts = table.groupby(trials.subject.numpy()).size()
                rows.append(means.assign(trials=counts, condition=condition, set_size=size, who=who))
                bar.update()
    return pd.concat(rows).reset_index()


def _held_out(trials: Trials, fold: Tensor, model: str) -> Tensor:
    """[M] log density of each trial under a fit to the people of the other folds."""
    density = torch.zeros(len(trials), dtype=torch.float64)
    for held_out in fold.unique().tolist():
        inside = fold == held_out
        chosen = SwapModel(ACCOUNTS[model], **EMISSION_CHOICES[EMISSION])
        fit = fit_bns(trials[~inside], chosen, FOLD_CONFIG, generator=seeded())
        density[inside] = predictive_log_density(fit, trials[inside], generator=seeded())
    return density


def _observers(chosen: Trials) -> Iterator[tuple[str, Trials, dict[str, Tensor]]]:
    """People's trials, and those of PLANTED with the log density of each response under what made it."""
    yield "people", chosen, {}
    fitted, displays = fitted_cell(chosen, "cue", EMISSION), chosen.displays
    for number, (who, kept) in enumerate(PLANTED.items()):
        shares = component_probabilities(fitted, displays)
        other = torch.cat((displays.present & ~displays.is_cued, torch.zeros_like(displays.is_cued[:, :1])), dim=1)
        swaps = shares.where(other, 0.0)
        shares = shares - (1 - kept) * swaps
        shares[torch.arange(len(shares)), displays.cued] += (1 - kept) * swaps.sum(1)
        response, _ = sample_responses(fitted, displays, shares, generator=seeded(number))
        yield (
            who,
            Trials(displays, response, chosen.subject),
            {"known": response_log_density(fitted, displays, response, shares)},
        )
