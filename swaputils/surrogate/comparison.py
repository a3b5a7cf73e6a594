"""Comparison of response models by the evidence lower bound and by the density of responses that were held out."""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.jobs import Job, progress, run
from swaputils.surrogate.bns import BnsConfig, fit_bns
from swaputils.surrogate.distances import SurrogateError, cued_first, response_errors, signed_distances
from swaputils.surrogate.emissions import EMISSIONS, log_density_table, table_place
from swaputils.surrogate.joint import LEVEL, SwapFit, design_matrix, factor_table, prior_scale, weight_draws
from swaputils.surrogate.swap_models import SwapModel
from swaputils.trials import Trials

FOLD_CONFIG = BnsConfig(draws=4, steps=250, final_draws=32)
CHUNK = 2048  # trials at a time
MILLI = 1000
SECONDS, STEP = 2.5e-8, 150_000  # that a fit takes for each step, item and draw, and what a step takes beside them


def predictive_log_density(
    fit: SwapFit, trials: Trials, draws: int = 64, *, generator: torch.Generator
) -> Float[Tensor, " trials"]:
    """log E_q[p(y | f)] of each trial under a fit to other trials of the same cells; nats per rad, float64.

    Raises:
        SurrogateError: where a trial belongs to a cell that was not fitted.
    """
    cell = _cell_of(fit, trials)
    scaled = prior_scale(fit.model, fit.layout, fit.variances, fit.decays) * weight_draws(
        fit, draws, generator=generator
    )
    parts = [slice(start, start + CHUNK) for start in range(0, len(trials), CHUNK)]
    return torch.cat([_averaged(fit, trials[part], cell[part], scaled) for part in parts])


def compare(
    trials: Trials,
    models: Mapping[str, SwapModel],
    folds: int = 5,
    config: BnsConfig | None = None,
    fold_config: BnsConfig = FOLD_CONFIG,
    *,
    seed: int,
    processes: int = 1,
) -> pd.DataFrame:
    """Every model's ELBO on all trials, and its log density of trials held out in turn; one row per model.

    Columns: model; elbo, nats; held_out, mean log density per trial (nats); gain and standard_error, of held_out over that of
    the first model in thousandths of a nat per trial, the error clustered by person; people, how many of them gain; of,
    how many there are. Folds are the same for all models and balanced within person and set size; with 0 folds nothing is
    held out, and the columns end with elbo.

    Args:
        trials: M of them.
        models: by name, the one that the others are held against first.
        folds: 0, or 2 to M.
        config: how a model is fitted to all trials.
        fold_config: how it is fitted without those of a fold.
        seed: of the folds, and of each fit.
        processes: how many share the fits, see `jobs.run`; the numbers do not depend on it.

    Raises:
        SurrogateError: where the number of folds or the trials do not allow it.
    """
    jobs = comparison_jobs(trials, models, folds, config, fold_config, seed=seed)
    with progress(jobs, "comparison of models") as done:
        return comparison_table(trials, list(models), folds, run(jobs, processes, done), seed=seed)


def comparison_jobs(
    trials: Trials,
    models: Mapping[str, SwapModel],
    folds: int,
    config: BnsConfig | None = None,
    fold_config: BnsConfig = FOLD_CONFIG,
    *,
    seed: int,
) -> list[Job]:
    """The fits of `compare`: of every model to all trials, each giving a SwapFit; then of every model and fold."""
    config = config or BnsConfig()
    fold = assign_folds(trials, folds, generator=torch.Generator().manual_seed(seed)) if folds else None
    jobs = [Job(_fitted, (trials, model, config, seed), _weight(trials, config)) for model in models.values()]
    for model, held_out in product(models.values(), range(folds)):
        jobs.append(Job(_held_out, (trials, fold, held_out, model, fold_config, seed), _weight(trials, fold_config)))
    return jobs


def comparison_table(trials: Trials, names: Sequence[str], folds: int, given: Sequence, *, seed: int) -> pd.DataFrame:
    """What `compare` returns, of what the jobs of `comparison_jobs` gave."""
    table = pd.DataFrame({"model": list(names), "elbo": [fit.elbo for fit in given[: len(names)]]})
    if not folds:
        return table
    fold = assign_folds(trials, folds, generator=torch.Generator().manual_seed(seed))
    density = torch.zeros(len(names), len(trials), dtype=torch.float64)
    for (model, held_out), values in zip(product(range(len(names)), range(folds)), given[len(names) :]):
        density[model, fold == held_out] = values
    gains = [_gain(each - density[0], trials.subject) for each in density]
    return table.assign(held_out=[each.mean().item() for each in density]).join(pd.DataFrame(gains))


def _fitted(trials: Trials, model: SwapModel, config: BnsConfig, seed: int) -> SwapFit:
    return fit_bns(trials, model, config, generator=torch.Generator().manual_seed(seed))


def _held_out(
    trials: Trials, fold: Tensor, held_out: int, model: SwapModel, config: BnsConfig, seed: int
) -> Float[Tensor, " held"]:
    """Log density of the trials of one fold under the fit to the others."""
    generator = torch.Generator().manual_seed(seed)
    fit = fit_bns(trials[fold != held_out], model, config, generator=generator)
    return predictive_log_density(fit, trials[fold == held_out], generator=generator)


def _weight(trials: Trials, config: BnsConfig) -> float:
    """About the seconds that a fit takes."""
    items = int(trials.displays.present.sum())
    return SECONDS * config.steps * (STEP + items * (2 + config.draws))


def assign_folds(trials: Trials, folds: int, *, generator: torch.Generator) -> Int[Tensor, " trials"]:
    """A fold for each trial at random, dealt out in turn to the trials of a set size, person by person.

    So folds are as equal in number as possible within each set size and within each person and set size.
    """
    if not 2 <= folds <= len(trials):
        raise SurrogateError(f"folds is {folds}; allowed are 2 to {len(trials)}, the number of trials")
    shuffled = factor_table(trials).sample(frac=1, random_state=int(torch.randint(2**31, (), generator=generator)))
    ordered = shuffled.sort_values(["subject", "condition"], kind="stable")
    fold = ordered.groupby("set_size").cumcount().sort_index() % folds
    return torch.tensor(fold.to_numpy())


def _gain(difference: Tensor, subject: Tensor) -> dict[str, float]:
    """Mean difference per trial with its standard error over people; over trials where there is one person only."""
    people, which = subject.unique(return_inverse=True)
    clusters, count = (which, len(people)) if len(people) > 1 else (torch.arange(len(subject)), len(subject))
    mean = difference.mean()
    sums = torch.zeros(count, dtype=difference.dtype).index_add(0, clusters, difference - mean)
    error = (count / (count - 1) * sums.square().sum()).sqrt() / len(difference)
    per_person = torch.zeros(len(people), dtype=difference.dtype).index_add(0, which, difference)
    return {
        "gain": MILLI * mean.item(),
        "standard_error": MILLI * error.item(),
        "people": int((per_person > 0).sum()),
        "of": len(people),
    }


def _cell_of(fit: SwapFit, trials: Trials) -> Tensor:
    """Row of the fit's cells that each trial belongs to."""
    cells = fit.layout.cells
    factors = factor_table(trials)[list(cells.columns)]
    if cells.columns.empty:
        return torch.zeros(len(trials), dtype=torch.long)
    numbered = cells.assign(cell=range(len(cells)))
    found = factors.merge(numbered, how="left", on=list(cells.columns))["cell"]
    if found.isna().any():
        missing = factors.loc[found.isna().to_numpy()].iloc[0].to_dict()
        raise SurrogateError(f"nothing was fitted for {missing}; every cell needs trials in the fit")
    return torch.tensor(found.to_numpy(dtype="int64"))


def _averaged(fit: SwapFit, trials: Trials, cell: Tensor, scaled: Tensor) -> Tensor:
    """log E_q[p(y | f)] of a few trials, by the definition of the mixture."""
    displays = trials.displays
    errors = cued_first(displays, response_errors(displays, trials.response).double())
    group = fit.layout.precision.of_cell[cell]
    table = log_density_table(EMISSIONS[fit.model.emission], fit.emission_parameters)
    below, rest = table_place(errors.nan_to_num(0.0))
    emission = table[group, below] + rest * (table[group, below + 1] - table[group, below])
    emission = emission.masked_fill(errors.isnan(), -math.inf)
    swaps = torch.full((len(errors) - 1, len(trials), len(scaled)), -math.inf, dtype=torch.float64)
    if fit.model.terms:
        cue, report = (cued_first(displays, values.double())[1:] for values in signed_distances(displays))
        shown = ~report.isnan()
        cells = cell.expand_as(report)[shown]
        design = design_matrix(fit.model, fit.layout, cells, cue[shown].nan_to_num(0.0), report[shown])
        swaps[shown] = LEVEL + design @ scaled.T
    cued = torch.zeros_like(swaps[:1]) if len(swaps) else torch.zeros(1, len(trials), len(scaled), dtype=torch.float64)
    guess = fit.uniform_logits[group][None, :, None].expand_as(cued)
    log_prior = torch.cat((cued, swaps, guess)).log_softmax(0)
    log_density = torch.cat((emission, torch.full_like(emission[:1], -math.log(2 * math.pi))))
    joint = torch.logsumexp(log_prior + log_density[:, :, None], dim=0)
    return torch.logsumexp(joint, dim=1) - math.log(len(scaled))
