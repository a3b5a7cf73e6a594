"""Trials as the fit of a swap model needs them: checked, and brought to the distinct distances that its function is read at."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from swaputils.surrogate.distances import (
    TOLERANCE,
    SurrogateError,
    cue_distances,
    cued_first,
    response_errors,
    signed_distances,
)
from swaputils.surrogate.emissions import INTERVALS, table_place
from swaputils.surrogate.joint import Layout, design_matrix, factor_table, layout_of
from swaputils.surrogate.likelihood import Responses
from swaputils.surrogate.swap_models import SwapModel
from swaputils.trials import Displays, Trials

MOST_PLACES = 32  # distinct distances above this count as a continuous range


@dataclass(frozen=True)
class FitData:
    """Trials as the objective needs them.

    Attributes:
        model: with the harmonics that the displays can tell apart.
        layout: cells and copies of the terms.
        responses: where each trial looks up its swap logits and its log emission densities.
        design: [R, D] features of each distinct combination of cell and distances.
        cue_distances, report_distances, continuous: as in SwapFit.
    """

    model: SwapModel
    layout: Layout
    responses: Responses
    design: Tensor
    cue_distances: Tensor
    report_distances: Tensor
    continuous: bool


def prepare(trials: Trials, model: SwapModel) -> FitData:
    """Errors and distances of the trials, after the checks that `fit_bns` promises."""
    displays = trials.displays
    if len(trials) == 0:
        raise SurrogateError("there are no trials to fit")
    if model.terms and displays.set_size.max() < 2:
        raise SurrogateError("displays of one item have no non-target to swap with; fit set sizes of 2 and above")
    unanswered = ~(trials.response.isfinite() & displays.cued_report.isfinite())
    if unanswered.any():
        raise SurrogateError(
            f"trial {int(unanswered.nonzero()[0])} lacks a response or its cued item; leave such trials out"
        )
    if model.uses("cue"):
        _check_probes(displays)
    layout, cell = layout_of(model, factor_table(trials))
    cell = cell.to(displays.report.device)
    errors = cued_first(displays, response_errors(displays, trials.response).double())
    cue, report = (cued_first(displays, values.double())[1:] for values in signed_distances(displays))
    present = ~report.isnan()
    places, place = _distinct(cue[present].abs()) if model.uses("cue") else (cue.new_zeros(1), None)
    continuous = len(places) > MOST_PLACES
    if model.uses("cue"):
        model = replace(model, basis=replace(model.basis, cue=min(model.basis.cue, len(places))))
    if not continuous and place is not None:
        cue = cue.masked_scatter(present, places[place] * cue[present].sign())
    rows, row_of = _rows(model, cell.expand_as(report)[present], cue[present], report[present])
    swaps = torch.full_like(report, len(rows[0]), dtype=torch.long).masked_scatter(present, row_of)
    absent = errors.isnan()
    below, rest = table_place(errors.nan_to_num(0.0))
    groups = layout.precision.of_cell.to(cell.device)[cell]
    below = (below + groups * (INTERVALS + 1)).masked_fill(absent, 0)
    distances = report[present].abs()
    return FitData(
        model=model,
        layout=layout,
        responses=Responses(swaps if model.terms else torch.zeros_like(swaps), below, rest, absent, groups),
        design=design_matrix(model, layout, *rows) if model.terms else report.new_zeros(0, 0),
        cue_distances=torch.stack((places.min(), places.max())) if continuous else places,
        report_distances=torch.stack((distances.min(), distances.max())) if len(distances) else places,
        continuous=continuous,
    )


def _check_probes(displays: Displays) -> None:
    """SurrogateError unless every item has a probe feature, and no non-target that of the cued item."""
    at_cued = (cue_distances(displays) <= TOLERANCE) & ~displays.is_cued
    if at_cued.any():
        row = int(at_cued.any(1).nonzero()[0])
        raise SurrogateError(f"display {row} has a non-target at the cued probe; leave such trials out")


def _rows(model: SwapModel, cell: Tensor, cue: Tensor, report: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """The distinct combinations of cell, cue and report distance that a model tells apart, and which each entry has.

    Only where places repeat are there fewer combinations than entries; distances that a model does not use are 0.
    """
    if model.uses("report"):
        return (cell, cue.nan_to_num(0.0), report), torch.arange(len(cell), device=cell.device)
    if not model.uses("cue"):
        cue = torch.zeros_like(report)
    elif model.basis.symmetry != "none":
        cue = cue.abs()
    combined, row_of = torch.stack((cell.double(), cue), dim=1).unique(dim=0, return_inverse=True)
    return (combined[:, 0].long(), combined[:, 1].contiguous(), torch.zeros_like(combined[:, 0])), row_of


def _distinct(distances: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct distances [P], those of a few fixed places freed from rounding, and which one each entry has."""
    values, places = distances.unique(return_inverse=True)
    group = torch.cat((values.new_zeros(1), (values.diff() > TOLERANCE).cumsum(0))).long()
    centres = values.new_zeros(int(group[-1]) + 1).index_add(0, group, values) / group.bincount()
    is_rounding = (values - centres[group]).abs().max() <= TOLERANCE
    return (centres, group[places]) if len(centres) <= MOST_PLACES and is_rounding else (values, places)
