"""Swap functions of people: by set size and condition, by person, and what is common to them, under several emissions."""

import itertools
import math
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from swapbook.studies.observers import seeded
from swapbook.studies.recovery import EMISSION_CHOICES, NORMAL_95
from swaputils import surrogate
from swaputils.surrogate import LADDER, BnsConfig, SwapFit, SwapModel, SwapPosterior, Term
from swaputils.trials import Trials

DRAWS = 4000
SHARE_DRAWS = 100
RANGE_POINTS = 9  # distances at which a function over a range is tabled
BRACKET = ("von Mises + guesses", "variable precision + guesses", "wrapped stable")


def function_table(people: Trials) -> pd.DataFrame:
    """Swap functions of every set size and condition by itself, under three emissions.

    One row per condition, set_size, emission, model, dimension and distance (rad): f with its 95 % band low to high; the
    function of cue distance from the cue model, that of report distance from the full model at the largest set size.
    """
    cells = cells_of(people)
    rows = []
    with tqdm(total=len(cells) * len(BRACKET), desc="swap functions", unit="cell") as bar:
        for (condition, size), chosen in cells.items():
            for emission in BRACKET:
                shared = {"condition": condition, "set_size": size, "emission": emission}
                fitted = fitted_cell(chosen, "cue", emission)
                rows += function_rows(shared | {"model": "cue", "dimension": "cue"}, fitted)
                if size == max(each for _, each in cells):
                    both = fitted_cell(chosen, "full", emission)
                    rows += function_rows(shared | {"model": "full", "dimension": "cue"}, both)
                    rows += function_rows(shared | {"model": "full", "dimension": "report"}, both)
                bar.update()
    return pd.DataFrame(rows)


def share_table(people: Trials) -> pd.DataFrame:
    """Share of responses that are swaps, and by how much it exceeds what the farthest distance alone would give.

    One row per condition, set_size and emission: swaps and excess with 95 % intervals (swaps_low, ...), guesses. The excess
    is what remains of the swaps when every non-target weighs what one at the farthest cue distance does.
    """
    cells = cells_of(people)
    rows = []
    with tqdm(total=len(cells) * len(BRACKET), desc="swap shares", unit="cell") as bar:
        for (condition, size), chosen in cells.items():
            for emission in BRACKET:
                row = {"condition": condition, "set_size": size, "emission": emission}
                rows.append(row | _shares(fitted_cell(chosen, "cue", emission), chosen))
                bar.update()
    return pd.DataFrame(rows)


def person_table(people: Trials) -> pd.DataFrame:
    """The swap function of each person and of the group at the largest set size, partially pooled, with precision of their own.

    Where there are conditions, each has a level of its own, and the functions are those of no condition in particular. One row per subject (0 for the group) and cue distance (rad): f with its 95 % band low to high.
    """
    more = () if people.condition is None else (Term("level", ("condition",)),)
    fit, largest = _pooled_fit(people, more), int(people.displays.set_size.max())
    weights = surrogate.weight_draws(fit, DRAWS, generator=seeded())
    distance = _tabled(fit.cue_distances, fit.continuous)
    rows = []
    for subject in [0, *people.subject.unique().tolist()]:
        levels = {"set_size": largest} | ({"subject": subject} if subject else {})
        low, middle, high = _interval(surrogate.swap_logits(fit, weights, distance, **levels))
        for place, *values in zip(distance.tolist(), middle, low, high):
            rows.append({"subject": subject, "distance": place} | dict(zip(("f", "low", "high"), values)))
    return pd.DataFrame(rows)


def contrast_table(people: Trials) -> pd.DataFrame:
    """Group-level gradients over cue distance by set size, or by condition where there are conditions, and differences.

    The gradient is f at the nearest distance minus its mean beyond 90 degrees: the log ratio of weights. One row per
    contrast with its posterior median f and 95 % interval low to high; people's own levels and gradients are partially
    pooled, so that the interval speaks of the population.
    """
    factor = "set_size" if people.condition is None else "condition"
    terms = ("cue",) if people.condition is None else ("cue", "level")
    fit = _pooled_fit(people, tuple(Term(term, (factor,)) for term in terms))
    weights = surrogate.weight_draws(fit, DRAWS, generator=seeded())
    distance = _tabled(fit.cue_distances, fit.continuous)
    table = fit.layout.cells
    levels = sorted(table[factor].unique().tolist())
    largest = int(table["set_size"].max())
    far = distance > math.pi / 2 + 0.1
    functions = {
        each: surrogate.swap_logits(fit, weights, distance, **{"set_size": largest, factor: each}) for each in levels
    }
    gradients = {each: f[:, 0] - f[:, far].mean(1) for each, f in functions.items()}
    rows = [_contrast_row("gradient", f"{factor} {each}", gradient) for each, gradient in gradients.items()]
    for first, second in (*itertools.pairwise(levels), (levels[0], levels[-1])):
        label = f"{factor} {second} - {first}"
        rows.append(_contrast_row("gradient", label, gradients[second] - gradients[first]))
    for first, second in itertools.pairwise(levels) if factor == "condition" else ():
        difference = functions[second].mean(1) - functions[first].mean(1)
        rows.append(_contrast_row("level", f"{factor} {second} - {first}", difference))
    return pd.DataFrame(rows).drop_duplicates()


def fitted_cell(chosen: Trials, rung: str, emission: str) -> SwapPosterior:
    """Posterior of one cell by itself."""
    fit = surrogate.fit_bns(
        chosen, SwapModel(LADDER[rung], **EMISSION_CHOICES[emission]), BnsConfig(), generator=seeded()
    )
    return surrogate.cell(fit, set_size=int(chosen.displays.set_size[0]))


def cells_of(people: Trials) -> dict[tuple[int, int], Trials]:
    """Trials of each condition and set size above 1; the condition is 0 where there is one only."""
    condition = torch.zeros_like(people.subject) if people.condition is None else people.condition
    sizes = people.displays.set_size
    keys = torch.stack((condition, sizes), dim=1)[sizes > 1].unique(dim=0).tolist()
    return {(each, size): people[(condition == each) & (sizes == size)] for each, size in keys}


def _tabled(distances: Tensor, continuous: bool) -> Tensor:
    return torch.linspace(*distances.tolist(), RANGE_POINTS, dtype=torch.float64) if continuous else distances


def function_rows(shared: dict, fitted: SwapPosterior) -> list[dict]:
    """The swap function of one dimension, `shared["dimension"]`, at each distance (rad): f with its 95 % band low to high."""
    if shared["dimension"] == "cue":
        distance = _tabled(fitted.distances, fitted.continuous)
        mean, deviation = surrogate.swap_function(fitted, distance)
    else:
        distance = _tabled(fitted.report_distances, True)
        mean, deviation = surrogate.report_function(fitted, distance)
    low, high = mean - NORMAL_95 * deviation, mean + NORMAL_95 * deviation
    values = zip(distance.tolist(), mean.tolist(), low.tolist(), high.tolist())
    return [shared | dict(zip(("distance", "f", "low", "high"), row)) for row in values]


def _shares(fitted: SwapPosterior, chosen: Trials) -> dict[str, float]:
    """Swaps, their excess over the farthest distance, and guesses, over functions from the posterior."""
    displays, generator = chosen.displays, seeded()
    swaps, excess, guesses = [], [], []
    for _ in range(SHARE_DRAWS):
        one = surrogate.drawn(fitted, generator=generator)
        probabilities = surrogate.component_probabilities(one, displays)
        farthest = surrogate.swap_function(one, fitted.distances.max()[None])[0].exp().item()
        flat = (displays.set_size - 1) * farthest
        level = (flat / (1 + flat + math.exp(fitted.uniform_logit))).mean().item()
        guesses.append(probabilities[:, -1].mean().item())
        swaps.append(probabilities[:, :-1].masked_fill(displays.is_cued, 0.0).sum(1).mean().item())
        excess.append(swaps[-1] - level)
    row = {"guesses": sum(guesses) / len(guesses)}
    for name, values in (("swaps", swaps), ("excess", excess)):
        low, middle, high = (values[0] for values in _interval(torch.tensor(values, dtype=torch.float64)[:, None]))
        row |= {name: middle, f"{name}_low": low, f"{name}_high": high}
    return row


def _interval(draws: Tensor) -> list[list[float]]:
    """2.5 % quantile, median and 97.5 % quantile over the first axis."""
    return draws.quantile(torch.tensor([0.025, 0.5, 0.975], dtype=draws.dtype), dim=0).tolist()


def _pooled_fit(people: Trials, more: tuple[Term, ...]) -> SwapFit:
    """The cue model of all set sizes with each person's own precision, level and gradient, the last two pooled."""
    chosen = people[people.displays.set_size > 1]
    own = (Term("level", ("subject",)), Term("cue", ("subject",)))
    model = SwapModel(LADDER["cue"] + more + own, precision_by=("subject", "set_size"))
    if people.condition is not None:
        model = replace(model, precision_by=("subject", "set_size", "condition"))
    return surrogate.fit_bns(chosen, model, BnsConfig(steps=1000), generator=seeded())


def _contrast_row(quantity: str, contrast: str, draws: Tensor) -> dict:
    low, middle, high = (values[0] for values in _interval(draws[:, None]))
    return {"quantity": quantity, "contrast": contrast, "f": middle, "low": low, "high": high}
