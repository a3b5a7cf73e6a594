"""The result of a fit: a posterior over all parts of the swap function at once, and what follows from it for one cell.

A cell is a combination of the levels of the factors that a model uses, such as one set size, or one person at one set
size. With whitened weights w ~ N(mean, cholesky cholesky^T) the log weight of a non-target is

    f = LEVEL + sum over terms and features of sqrt(s_term) d_feature w_feature feature(c, r),

in the copy of each term that the cell has; s is the term's prior variance and d its features' prior SD (see `torus`).
"""

from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.surrogate.distances import SurrogateError
from swaputils.surrogate.posterior import SwapPosterior
from swaputils.surrogate.swap_models import FACTORS, Factor, SwapModel
from swaputils.surrogate.torus import KINDS, Kind, features, prior_deviation
from swaputils.trials import Trials

LEVEL = -2.0  # prior mean of a swap logit
CHUNK = 16_384  # rows of a design matrix filled at a time, so that nothing else grows with the trials


@dataclass(frozen=True)
class Copies:
    """How one factor combination divides the cells: its levels, one row each, and the row of each cell."""

    levels: pd.DataFrame
    of_cell: Tensor


@dataclass(frozen=True)
class Layout:
    """Which weights a model has for given cells.

    Attributes:
        cells: [C] one row per cell, a column for each factor that the model uses.
        terms: the copies of each term.
        precision: the copies of the emission and the guess rate.
    """

    cells: pd.DataFrame
    terms: tuple[Copies, ...]
    precision: Copies


@dataclass(frozen=True)
class SwapFit:
    """A fitted swap model.

    Attributes:
        model: with the basis that was used.
        layout: cells and copies.
        mean, cholesky: [D], [D, D] of the Gaussian q over the whitened weights of all terms; float64.
        variances: [T] prior variance of each term, given or learned.
        decays: [2] of the prior correlations over cue and report distance.
        emission_parameters: [G, P] natural parameters of the emission in each copy.
        uniform_logits: [G] log weight of a guess; -inf without guesses.
        cue_distances: distinct cue distances that occurred (rad), or the smallest and the largest of a range.
        report_distances: smallest and largest report distance (rad).
        continuous: whether cue distances fill a range.
        trials: how many were fitted.
        elbo: lower bound on the log evidence, nats; hyper-priors relative to their maximum.
        elbo_trace: [steps] its noisy estimate at each step of the fit.
    """

    model: SwapModel
    layout: Layout
    mean: Tensor
    cholesky: Tensor
    variances: Tensor
    decays: Tensor
    emission_parameters: Tensor
    uniform_logits: Tensor
    cue_distances: Tensor
    report_distances: Tensor
    continuous: bool
    trials: int
    elbo: float
    elbo_trace: Tensor


def factor_table(trials: Trials) -> pd.DataFrame:
    """Level of every factor in each trial."""
    condition = torch.zeros_like(trials.subject) if trials.condition is None else trials.condition
    values = (trials.displays.set_size, trials.subject, condition)
    return pd.DataFrame({factor: value.tolist() for factor, value in zip(FACTORS, values)})


def layout_of(model: SwapModel, factors: pd.DataFrame) -> tuple[Layout, Int[Tensor, " trials"]]:
    """The layout of a model for trials with these factors, and the cell of each trial."""
    used = {factor for term in model.terms for factor in term.by} | set(model.precision_by)
    cells, of_trial = _divide(factors, tuple(factor for factor in FACTORS if factor in used))
    terms = tuple(Copies(*_divide(cells, term.by)) for term in model.terms)
    return Layout(cells, terms, Copies(*_divide(cells, model.precision_by))), of_trial


def design_matrix(
    model: SwapModel,
    layout: Layout,
    cell: Int[Tensor, " rows"],
    cue: Float[Tensor, " rows"],
    report: Float[Tensor, " rows"],
) -> Float[Tensor, "rows weights"]:
    """Derivative of f with respect to every coefficient, at cue and report distances (rad) in a cell each."""
    sizes = [len(prior_deviation(term.kind, model.basis, cue.new_ones(2))) for term in model.terms]
    columns = [size * len(copies.levels) for size, copies in zip(sizes, layout.terms)]
    design = cue.new_zeros(len(cue), sum(columns))
    for start in range(0, len(cue), CHUNK):
        part = slice(start, start + CHUNK)
        row = torch.arange(len(cell[part]), device=cue.device)
        for term, copies, size, block in zip(model.terms, layout.terms, sizes, design[part].split(columns, dim=1)):
            copy = copies.of_cell.to(cue.device)[cell[part]]
            values = features(term.kind, model.basis, cue[part], report[part])
            block.unflatten(1, (-1, size))[row, copy] = values
    return design


def prior_scale(
    model: SwapModel, layout: Layout, variances: Float[Tensor, " terms"], decays: Float[Tensor, " 2"]
) -> Float[Tensor, " weights"]:
    """Prior SD of every coefficient."""
    scales = [decays.new_zeros(0)]
    for term, copies, variance in zip(model.terms, layout.terms, variances):
        scales.append((variance.sqrt() * prior_deviation(term.kind, model.basis, decays)).repeat(len(copies.levels)))
    return torch.cat(scales)


def weight_draws(fit: SwapFit, draws: int, *, generator: torch.Generator) -> Float[Tensor, "draws weights"]:
    """Draws of the whitened weights of all terms from the posterior; each row is one coherent set of swap functions."""
    noise = torch.randn(draws, len(fit.mean), dtype=fit.mean.dtype, device=fit.mean.device, generator=generator)
    return fit.mean + noise @ fit.cholesky.T


def swap_logits(
    fit: SwapFit,
    weights: Float[Tensor, "draws weights"],
    cue: Float[Tensor, " points"],
    report: Float[Tensor, " points"] | None = None,
    **levels: int,
) -> Float[Tensor, "draws points"]:
    """f at cue and report distances (rad) for one combination of factor levels, as `coefficient_map` reads it.

    Without report distances: the mean of f over the circle of report distances.
    """
    kinds = _kinds(fit.model)
    parts = [
        features(kind, fit.model.basis, cue, torch.zeros_like(cue) if report is None else report) for kind in kinds
    ]
    if report is None:
        parts = [part if kind in ("level", "cue") else torch.zeros_like(part) for kind, part in zip(kinds, parts)]
    return LEVEL + weights @ (torch.cat(parts, dim=1) @ coefficient_map(fit, **levels)).T


def coefficient_map(fit: SwapFit, **levels: int) -> Float[Tensor, "coefficients weights"]:
    """Matrix from all whitened weights to the coefficients of f, in the order level, cue, report, interaction.

    `levels` names set_size, subject or condition. A pooled term whose factors are not all named is left out, which
    gives the function of the population; any other term needs its factors:

    Raises:
        SurrogateError: says which, and which levels exist.
    """
    unknown = sorted(set(levels) - set(FACTORS))
    if unknown:
        raise SurrogateError(f"there is no factor {', '.join(unknown)}; allowed are {', '.join(FACTORS)}")
    kinds = _kinds(fit.model)
    scale = prior_scale(fit.model, fit.layout, fit.variances, fit.decays)
    sizes = [len(prior_deviation(kind, fit.model.basis, fit.decays)) for kind in kinds]
    offsets = dict(zip(kinds, [sum(sizes[:index]) for index in range(len(kinds))]))
    result = scale.new_zeros(sum(sizes), len(scale))
    column = 0
    for term, copies in zip(fit.model.terms, fit.layout.terms):
        size = sizes[kinds.index(term.kind)]
        missing = set(term.by) - set(levels)
        if missing and term.variance is not None:
            raise SurrogateError(f"the model has a {term.kind} for each {' and '.join(sorted(missing))}; name which")
        if not missing:
            columns = column + _row_of(copies.levels, term.by, levels) * size + torch.arange(size)
            result[offsets[term.kind] + torch.arange(size), columns] = scale[columns]
        column += size * len(copies.levels)
    return result


def cell(fit: SwapFit, **levels: int) -> SwapPosterior:
    """The posterior for one cell, by itself: all that is needed to answer displays as this cell would."""
    mapping = coefficient_map(fit, **levels)
    group = _row_of(fit.layout.precision.levels, fit.model.precision_by, levels)
    mean = mapping @ fit.mean
    mean[:1] += LEVEL
    triangle = torch.linalg.qr((mapping @ fit.cholesky).T, mode="r").R.T
    signs = torch.where(triangle.diagonal() < 0, -1.0, 1.0).to(triangle)
    return SwapPosterior(
        kinds=_kinds(fit.model),
        basis=fit.model.basis,
        mean=mean,
        cholesky=triangle * signs,
        emission=fit.model.emission,
        emission_parameters=fit.emission_parameters[group],
        uniform_logit=fit.uniform_logits[group].item(),
        distances=fit.cue_distances,
        report_distances=fit.report_distances,
        continuous=fit.continuous,
        set_size=levels.get("set_size"),
        trials=fit.trials,
        elbo=fit.elbo,
        elbo_trace=fit.elbo_trace,
    )


def _kinds(model: SwapModel) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if any(term.kind == kind for term in model.terms))


def _divide(table: pd.DataFrame, factors: tuple[Factor, ...]) -> tuple[pd.DataFrame, Tensor]:
    """The distinct combinations of some factors, sorted, and which of them each row has."""
    if not factors:
        return pd.DataFrame(index=range(1)), torch.zeros(len(table), dtype=torch.long)
    groups = table.groupby(list(factors), sort=True)
    levels = groups.size().index.to_frame(index=False)
    return levels, torch.tensor(groups.ngroup().to_numpy())


def _row_of(table: pd.DataFrame, factors: tuple[Factor, ...], levels: dict[str, int]) -> int:
    """The row of a table with these levels; SurrogateError lists what there is."""
    chosen = pd.Series(True, index=table.index)
    for factor in factors:
        if factor not in levels:
            raise SurrogateError(
                f"the model differs by {factor}; name one of {sorted(table[factor].unique().tolist())}"
            )
        chosen &= table[factor] == levels[factor]
    if not chosen.any():
        asked = ", ".join(f"{factor} {levels[factor]}" for factor in factors)
        raise SurrogateError(f"nothing was fitted for {asked}; there are {table.to_dict('records')}")
    return int(chosen.to_numpy().argmax())
