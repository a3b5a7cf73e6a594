"""A user's own data from trials to everything that the report shows: mixtures, nested swap models, and checks of them."""

from dataclasses import dataclass, field, replace

import pandas as pd
import torch

from swaputils.data.table import DataError
from swaputils.errors import SwaputilsError
from swaputils.jobs import progress, run
from swaputils.report.prediction import has_cues, predictive_check
from swaputils.surrogate import EMISSIONS, LADDER, BnsConfig, SwapModel, SwapPosterior, cell, cue_distances
from swaputils.surrogate.comparison import FOLD_CONFIG, comparison_jobs, comparison_table
from swaputils.surrogate.distances import TOLERANCE
from swaputils.surrogate.mixture import by_person
from swaputils.surrogate.mixture_resamples import mixture_jobs, mixture_rows
from swaputils.surrogate.posterior import report_function, swap_function
from swaputils.trials import Trials

FEWEST_TRIALS = 20  # of a person at a set size for a mixture, and of a set size for a swap model
NORMAL_95 = 1.96
WORTH = 5.0  # seconds of work for each process, whose start takes some
CHECK_SECONDS = 2e-6  # of a trial in a predicted data set, about
GRID = 25  # points of a curve
QUICK = BnsConfig(draws=4, steps=250, final_draws=256)  # of swap models where time is short


@dataclass(frozen=True)
class FitConfig:
    """How data are fitted.

    Attributes:
        set_size: the one whose swap function is fitted; None fits all from 2 on together, with one shape and a level
            each.
        emission: a name in EMISSIONS.
        folds: of the cross-validation; 0 for none.
        seed: of all random numbers.
        resamples: of the bootstrap; 0 for none.
        swap: how each swap model is fitted.
        fold: how it is fitted without the trials of a fold.
        replicates: data sets that the check of the best model predicts.
        processes: that share the work, see `jobs.run`; the results do not depend on it.
    """

    set_size: int | None = None
    emission: str = "variable_precision"
    folds: int = 5
    seed: int = 0
    resamples: int = 200
    swap: BnsConfig = field(default_factory=BnsConfig)
    fold: BnsConfig = FOLD_CONFIG
    replicates: int = 100
    processes: int = 1

    def __post_init__(self):
        if self.emission not in EMISSIONS:
            raise SwaputilsError(f"emission is {self.emission!r}; allowed are {', '.join(EMISSIONS)}")
        if self.folds < 0 or self.folds == 1:
            raise SwaputilsError(f"folds is {self.folds}; cross-validation needs 2 or more, and 0 leaves it out")
        if self.resamples < 0 or self.resamples == 1:
            raise SwaputilsError(f"resamples is {self.resamples}; intervals need 2 or more, and 0 leaves them out")
        if self.processes < 1:
            raise SwaputilsError(f"processes is {self.processes}; at least 1 is needed")

    def model(self, name: str) -> SwapModel:
        """A model of the ladder; the heavy tails of a stable distribution take the place of guesses."""
        return SwapModel(LADDER[name], self.emission, guesses=self.emission != "wrapped_stable")


def quicker(config: FitConfig) -> FitConfig:
    """A first look: fewer steps, no intervals of the mixtures, no cross-validation."""
    return replace(config, folds=0, resamples=0, swap=QUICK)


@dataclass(frozen=True)
class Fitted:
    """Everything that was fitted to some trials.

    Attributes:
        trials, config: what was fitted, and how.
        left_out: one sentence for each kind of trials that some models were not fitted to, and for what was not asked
            for.
        people: one row per mixture, person and set size: MixtureFit, aic, bic; <parameter>_low, _high where resampled.
        group: one row per mixture and set size: means over people with _low, _high; sums of aic and bic.
        ladder: what `compare` returns, model and elbo alone without folds; empty, as the two tables below, where no
            swap model could be fitted.
        posteriors: by model and set size; those of the model that networks can learn from, which is "cue", or "none" in
            data without cues, of the model "report", and of the one with the largest ELBO.
        functions: one row per model, set size and distance (rad): f, low, high, the log weight of a non-target.
        errors: one row per set size, place and bin: centre of the error (rad), density of the responses, and of
            responses predicted by the best model with the 95 % range of predicted data sets; see `predictive_check`.
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

    Set sizes and people with fewer than FEWEST_TRIALS, and trials in which a non-target has the cued feature, are left
    out where they cannot be fitted, and named.

    Raises:
        DataError: where the set size asked for is not in the data.
    """
    sizes = trials.displays.set_size.unique().tolist()
    if config.set_size is not None and config.set_size not in sizes:
        raise DataError(f"there are no trials of set size {config.set_size}; the data have {sizes}")
    generator = torch.Generator().manual_seed(config.seed)
    swaps, without_swaps = swap_trials(trials, config.set_size)
    cells, without_mixture = _cells(trials)
    names = [name for name in LADDER if has_cues(swaps) or not config.model(name).uses("cue")] if len(swaps) else []
    models = {name: config.model(name) for name in names}
    fits = comparison_jobs(swaps, models, config.folds, config.swap, config.fold, seed=config.seed) if names else []
    jobs = [*fits, *mixture_jobs(cells, config.resamples, generator=generator)]
    checked = CHECK_SECONDS * config.replicates * len(swaps)
    with progress(jobs, "fit", more=checked) as done:
        seconds = sum(job.weight for job in jobs)
        given = run(jobs, max(1, min(config.processes, int(seconds / WORTH))), done)
        people, group = (_on_record(rows, trials) for rows in mixture_rows(given[len(fits) :]))
        left_out = (*without_mixture, *without_swaps, *_not_asked_for(config))
        if not names:
            nothing = pd.DataFrame()
            return Fitted(trials, config, left_out, people, group, nothing, {}, nothing, nothing)
        ladder = comparison_table(swaps, names, config.folds, given[: len(fits)], seed=config.seed)
        best = ladder.loc[ladder["elbo"].idxmax(), "model"]
        shown = [name for name in names if name in (teacher(swaps), "report", best)]
        swap_sizes = swaps.displays.set_size.unique().tolist()
        fits_shown = {name: given[names.index(name)] for name in shown}
        posteriors = {name: {size: cell(one, set_size=size) for size in swap_sizes} for name, one in fits_shown.items()}
        checks = []
        for size, fitted in posteriors[best].items():
            chosen = swaps[swaps.displays.set_size == size]
            check = predictive_check(chosen, fitted, config.replicates, generator=generator)
            checks.append(check.assign(set_size=size))
            done(checked * len(chosen) / len(swaps))
    functions = pd.concat([_function(name, posteriors[name]) for name in shown if name in ("cue", "report")])
    return Fitted(trials, config, left_out, people, group, ladder, posteriors, functions, pd.concat(checks))


def teacher(trials: Trials) -> str:
    """The model whose predictions a network can be taught: one that is defined for colours of any distance."""
    return "cue" if has_cues(trials) else "none"


def swap_trials(trials: Trials, set_size: int | None = None) -> tuple[Trials, list[str]]:
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
    if has_cues(trials):
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
            few = f"{count} trials, fewer than {FEWEST_TRIALS}"
            left_out.append(f"Set size {size} was left out of the swap models: {few}.")
    return trials[kept], left_out


def _cells(trials: Trials) -> tuple[list[tuple[int, int, Trials]], list[str]]:
    """The people and set sizes that mixtures are fitted to, and a sentence on those left out."""
    cells = by_person(trials)
    enough = [cell for cell in cells if len(cell[2]) >= FEWEST_TRIALS]
    left_out = (
        f"{len(cells) - len(enough)} of {len(cells)} combinations of person and set size have fewer than "
        f"{FEWEST_TRIALS} trials; they were left out of the mixtures."
    )
    return enough, [left_out] if len(enough) < len(cells) else []


def _on_record(rows: pd.DataFrame, trials: Trials) -> pd.DataFrame:
    """Without three components where non-targets are not on record: no responses can be put down to them."""
    unknown = trials.displays.set_size[~trials.displays.recorded].unique().tolist()
    if not len(rows):
        return rows
    return rows[~(rows["set_size"].isin(unknown) & (rows["mixture"] == "3 components"))]


def _not_asked_for(config: FitConfig) -> list[str]:
    """A sentence for each part of the results that the settings leave out."""
    steps = config.swap.steps
    said = {
        "Trials were not resampled, as asked for: the mixtures have no intervals.": not config.resamples,
        "No responses were held out, as asked for: models are compared by the evidence bound alone.": not config.folds,
        f"Swap models were fitted in {steps} steps only; differences of a nat mean nothing.": steps <= QUICK.steps,
    }
    return [sentence for sentence, holds in said.items() if holds]


def _function(model: str, posteriors: dict[int, SwapPosterior]) -> pd.DataFrame:
    """The swap function of a model with its 95 % band, at the distances that occur or along the range that they fill."""
    parts = []
    for size, fitted in posteriors.items():
        ends = fitted.distances if model == "cue" else fitted.report_distances
        points = model == "cue" and not fitted.continuous
        nearest, farthest = ends[[0, -1]].tolist()
        distance = ends if points else torch.linspace(nearest, farthest, GRID, dtype=torch.float64)
        mean, deviation = (swap_function if model == "cue" else report_function)(fitted, distance)
        half = NORMAL_95 * deviation
        columns = zip(distance.tolist(), mean.tolist(), (mean - half).tolist(), (mean + half).tolist())
        part = pd.DataFrame(columns, columns=["distance", "f", "low", "high"])
        parts.append(part.assign(model=model, set_size=size))
    return pd.concat(parts, ignore_index=True)
