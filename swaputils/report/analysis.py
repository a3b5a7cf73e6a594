"""A user's own data from trials to everything that the report shows: mixtures, nested swap models, and checks of them."""

from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from swaputils.angles import wrap
from swaputils.data.table import DataError
from swaputils.errors import SwaputilsError
from swaputils.surrogate import EMISSIONS, LADDER, BnsConfig, SwapModel, SwapPosterior, cell, cue_distances, fit_bns
from swaputils.surrogate.bootstrap import mixture_tables, quantiles
from swaputils.surrogate.comparison import FOLD_CONFIG, compare
from swaputils.surrogate.distances import TOLERANCE
from swaputils.surrogate.mixture import by_person
from swaputils.surrogate.posterior import component_probabilities, drawn, report_function, swap_function
from swaputils.surrogate.responses import sample_responses
from swaputils.trials import Trials

FEWEST_TRIALS = 20  # of a person at a set size for a mixture, and of a set size for a swap model
NORMAL_95 = 1.96
ERROR_BINS = 36
GRID = 25  # points of a curve
NEAR, FAR = torch.pi / 3, 2 * torch.pi / 3  # cue distances that the check tells apart


@dataclass(frozen=True)
class FitConfig:
    """How data are fitted.

    set_size:  the one whose swap function is fitted; None fits all from 2 on together, with one shape and a level each.
    emission:  a name in EMISSIONS.
    folds:     of the cross-validation.
    seed:      of all random numbers.
    resamples: of the bootstrap.
    swap:      how each swap model is fitted.
    fold:      how it is fitted without the trials of a fold.
    replicates: data sets that the check of the best model predicts.
    """

    set_size: int | None = None
    emission: str = "variable_precision"
    folds: int = 5
    seed: int = 0
    resamples: int = 200
    swap: BnsConfig = field(default_factory=BnsConfig)
    fold: BnsConfig = FOLD_CONFIG
    replicates: int = 100

    def __post_init__(self):
        if self.emission not in EMISSIONS:
            raise SwaputilsError(f"emission is {self.emission!r}; allowed are {', '.join(EMISSIONS)}")
        if self.folds < 2:
            raise SwaputilsError(f"folds is {self.folds}; cross-validation needs 2 or more")
        if self.resamples < 2:
            raise SwaputilsError(f"resamples is {self.resamples}; intervals need 2 or more")

    def model(self, name: str) -> SwapModel:
        """A model of the ladder; the heavy tails of a stable distribution take the place of guesses."""
        return SwapModel(LADDER[name], self.emission, guesses=self.emission != "wrapped_stable")


@dataclass(frozen=True)
class Fitted:
    """Everything that was fitted to some trials.

    trials, config: what was fitted, and how.
    left_out:   one sentence for each kind of trials that some models were not fitted to.
    people:     one row per mixture, person and set size: fields of MixtureFit, aic, bic, and <parameter>_low, _high.
    group:      one row per mixture and set size: means over people with _low, _high; sums of aic and bic.
    ladder:     what `compare` returns; empty, as the two tables below, where no swap model could be fitted.
    posteriors: by model and set size; those of the models "cue" and "report", and of the one with the largest ELBO.
    functions:  one row per model, set size and distance (rad): f, low, high, the log weight of a non-target.
    errors:     one row per set size, place and bin: centre of the error (rad), density of the responses, and of responses
                predicted by the best model with the 95 % range of predicted data sets; see `predictive_check`.
    """

    trials: Trials
    config: FitConfig
    left_out: tuple[str, ...]
    people: pd.DataFrame
    group: pd.DataFrame
    ladder: pd.DataFrame
    posteriors: dict[str, dict[int, SwapPosterior]]
    functions: pd.DataFrame
    errors: pd.DataFrame

    @property
    def best(self) -> str:
        """The model with the largest ELBO."""
        return self.ladder.loc[self.ladder["elbo"].idxmax(), "model"]


def fit(trials: Trials, config: FitConfig) -> Fitted:
    """Fit the mixtures to every person and set size, and the nested swap models to all people together.

    Set sizes and people with fewer than FEWEST_TRIALS, and trials in which a non-target has the cued feature, are left out
    where they cannot be fitted, and named. DataError where the set size asked for is not in the data.
    """
    sizes = trials.displays.set_size.unique().tolist()
    if config.set_size is not None and config.set_size not in sizes:
        raise DataError(f"there are no trials of set size {config.set_size}; the data have {sizes}")
    generator = torch.Generator().manual_seed(config.seed)
    swaps, without_swaps = _swap_trials(trials, config.set_size)
    people, group, without_mixture = _mixtures(trials, config.resamples, generator)
    left_out = (*without_mixture, *without_swaps)
    if len(swaps) == 0:
        nothing = pd.DataFrame()
        return Fitted(trials, config, left_out, people, group, nothing, {}, nothing, nothing)
    names = [name for name in LADDER if _has_cues(swaps) or not config.model(name).uses("cue")]
    models = {name: config.model(name) for name in names}
    ladder = compare(swaps, models, config.folds, config.swap, config.fold, seed=config.seed)
    best = ladder.loc[ladder["elbo"].idxmax(), "model"]
    shown = [name for name in names if name in ("cue", "report", best)]
    posteriors = {name: _posteriors(swaps, name, config) for name in tqdm(shown, desc="swap models")}
    functions = pd.concat([_function(name, posteriors[name]) for name in shown if name in ("cue", "report")])
    checks = []
    for size, fitted in tqdm(posteriors[best].items(), desc="predictive checks"):
        shown_size = swaps[swaps.displays.set_size == size]
        check = predictive_check(shown_size, fitted, config.replicates, generator=generator)
        checks.append(check.assign(set_size=size))
    return Fitted(trials, config, left_out, people, group, ladder, posteriors, functions, pd.concat(checks))


def predictive_check(
    trials: Trials, posterior: SwapPosterior, replicates: int, *, generator: torch.Generator
) -> pd.DataFrame:
    """Errors of people around items of one set size, and of data sets that the model predicts for the same displays.

    Every predicted data set comes from another function of the posterior. One row per place and bin: around, "target" or
    which non-targets; error, bin centre in rad; human, density; surrogate, low and high, mean and 95 % range of the densities
    of predicted data sets.
    """
    edges = torch.linspace(-torch.pi, torch.pi, ERROR_BINS + 1, dtype=torch.float64)
    centres = (edges[1:] + edges[:-1]) / 2
    predicted = []
    for _ in range(replicates):
        function = drawn(posterior, generator=generator)
        chances = component_probabilities(function, trials.displays)
        predicted.append(sample_responses(function, trials.displays, chances, generator=generator)[0])
    parts = []
    for around, items in _places(trials).items():
        human = _density(trials, items, trials.response, edges)
        densities = torch.stack([_density(trials, items, response, edges) for response in predicted])
        low, high = quantiles(densities, 0.95)
        columns = {"error": centres, "human": human, "surrogate": densities.mean(0), "low": low, "high": high}
        parts.append(pd.DataFrame({name: values.tolist() for name, values in columns.items()}).assign(around=around))
    return pd.concat(parts, ignore_index=True)


def _has_cues(trials: Trials) -> bool:
    return not bool(trials.displays.probe.isnan().all())


def _swap_trials(trials: Trials, set_size: int | None) -> tuple[Trials, list[str]]:
    """The trials that swap models are fitted to, and a sentence for each reason to leave others out."""
    sizes = trials.displays.set_size
    recorded = trials.displays.recorded
    kept, left_out = (sizes >= 2) & recorded, []
    if not recorded.all():
        left_out.append(
            f"The non-targets of {int((~recorded).sum())} trials are not on record: their set sizes have the mixture of target "
            "and guesses only, in which swaps count as one or the other."
        )
    elif not kept.any():
        left_out.append("Every display has one item, so there is nothing to swap with: no swap models were fitted.")
    if set_size is not None:
        kept &= sizes == set_size
        left_out.append(f"Swap models were fitted to set size {set_size} only, as asked for.")
    if _has_cues(trials):
        shared = (cue_distances(trials.displays) <= TOLERANCE) & ~trials.displays.is_cued
        repeated = shared.any(dim=1) & kept
        if repeated.any():
            kept &= ~repeated
            left_out.append(
                f"{int(repeated.sum())} trials in which a non-target has the cued feature were left out of the swap models: "
                "no response can tell which of the two was cued."
            )
    else:
        left_out.append("There are no cue columns, so no model of cue distance was fitted.")
    for size in sizes[kept].unique().tolist():
        count = int((kept & (sizes == size)).sum())
        if count < FEWEST_TRIALS:
            kept &= sizes != size
            left_out.append(
                f"Set size {size} was left out of the swap models: {count} trials, fewer than {FEWEST_TRIALS}."
            )
    return trials[kept], left_out


def _mixtures(
    trials: Trials, resamples: int, generator: torch.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Tables `people` and `group` of Fitted, and what was left out."""
    cells = by_person(trials)
    enough = [cell for cell in cells if len(cell[2]) >= FEWEST_TRIALS]
    left_out = []
    if len(enough) < len(cells):
        left_out.append(
            f"{len(cells) - len(enough)} of {len(cells)} combinations of person and set size have fewer than "
            f"{FEWEST_TRIALS} trials; they were left out of the mixtures."
        )
    people, group = mixture_tables(enough, resamples, generator=generator)
    unknown = trials.displays.set_size[~trials.displays.recorded].unique().tolist()
    if unknown and len(people):  # no responses can be put down to items that are not on record
        people, group = (
            rows[~(rows["set_size"].isin(unknown) & (rows["mixture"] == "3 components"))] for rows in (people, group)
        )
    return people, group, left_out


def _posteriors(trials: Trials, name: str, config: FitConfig) -> dict[int, SwapPosterior]:
    """A model's posterior at each set size; the fit is the one whose ELBO the comparison lists."""
    generator = torch.Generator().manual_seed(config.seed)
    fitted = fit_bns(trials, config.model(name), config.swap, generator=generator)
    return {size: cell(fitted, set_size=size) for size in trials.displays.set_size.unique().tolist()}


def _function(model: str, posteriors: dict[int, SwapPosterior]) -> pd.DataFrame:
    """The swap function of a model with its 95 % band, at the distances that occur or along the range that they fill."""
    parts = []
    for size, fitted in posteriors.items():
        ends = fitted.distances if model == "cue" else fitted.report_distances
        points = model == "cue" and not fitted.continuous
        nearest, farthest = ends[[0, -1]].tolist()
        distance = ends if points else torch.linspace(nearest, farthest, GRID, dtype=torch.float64)
        mean, deviation = (swap_function if model == "cue" else report_function)(fitted, distance)
        columns = {"distance": distance, "f": mean, "low": mean - NORMAL_95 * deviation}
        columns["high"] = mean + NORMAL_95 * deviation
        part = pd.DataFrame({name: values.tolist() for name, values in columns.items()})
        parts.append(part.assign(model=model, set_size=size))
    return pd.concat(parts, ignore_index=True)


def _places(trials: Trials) -> dict[str, Tensor]:
    """[M, N] masks of the items around which errors are looked at."""
    displays = trials.displays
    others = displays.present & ~displays.is_cued
    places = {"target": displays.is_cued}
    if _has_cues(trials):
        apart = cue_distances(displays)
        places["non-targets nearer than 60°"] = others & (apart < NEAR)
        places["non-targets at 60° to 120°"] = others & (apart >= NEAR) & (apart < FAR)
        places["non-targets beyond 120°"] = others & (apart >= FAR)
    else:
        places["non-targets"] = others
    return {around: items for around, items in places.items() if items.any()}


def _density(trials: Trials, items: Tensor, response: Tensor, edges: Tensor) -> Tensor:
    """Density of a response's errors from the chosen items, in bins."""
    error = wrap(response[:, None] - trials.displays.report)[items].double()
    return torch.histogram(error, edges, density=True).hist
