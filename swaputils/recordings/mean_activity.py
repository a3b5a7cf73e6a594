"""Condition means alone, mean activity by item and colour: how they are read, and the measures that need no trials."""

import math

import torch
from torch import Tensor

from swaputils.data.table import DataError
from swaputils.files import shown
from swaputils.geometry.published import compare_means, cosine_in_three, variance_in_three
from swaputils.recordings.recording_formats import Stored
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import Recording
from swaputils.recordings.variable_roles import Assigned, axes_of

RECORDED = "panichello2021_planes"  # the public condition means
FEWEST_COLOURS, FEWEST_NEURONS = 3, 3


def read_means(source: str, stored: Stored, found: Assigned, described: Described) -> Recording:
    """Condition means; DataError where the activity is none, with what trials would need."""
    each, title = found.of["activity"], found.titles["activity"]
    shape, dims = each.values.shape, each.dims
    where = f"{shown(stored.path)}: {title!r} has the shape {list(shape)} and there are no colours of trials"
    allowed = (
        "condition means are [2 items, colours, neurons] or [2 x colours, neurons], the first item's colours first; trials need "
        "--columns colours=NAME, or colour_0=NAME colour_1=NAME"
    )
    if described.dims or dims is not None:
        axes = axes_of(stored, found, described, {})
    elif len(shape) == 3:
        axes = ("items", "colours", "neurons")
    elif len(shape) == 2 and shape[0] <= shape[1]:
        axes = ("conditions", "neurons")
    else:
        turns = "--dims neurons conditions turns a matrix, --dims conditions neurons keeps it"
        raise DataError(f"{where}; {allowed}; {turns}")
    wanted = ("items", "colours", "neurons") if len(axes) == 3 else ("conditions", "neurons")
    odd = len(axes) == 2 and "conditions" in axes and shape[axes.index("conditions")] % 2
    if set(axes) != set(wanted) or each.values.dtype.kind not in "fiub" or odd:
        raise DataError(f"{where}; {allowed}")
    means = torch.as_tensor(each.values.transpose([axes.index(axis) for axis in wanted]).astype(float))
    means = means if len(wanted) == 3 else means.unflatten(0, (2, -1))
    items, colours, neurons = means.shape
    if items != 2 or colours < FEWEST_COLOURS or neurons < FEWEST_NEURONS:
        raise DataError(
            f"{where}: {items} items, {colours} colours and {neurons} neurons; allowed are 2 items, {FEWEST_COLOURS} or more colours "
            f"and {FEWEST_NEURONS} or more neurons"
        )
    if not means.isfinite().all():
        count = int((~means.isfinite()).any(0).any(0).sum())
        raise DataError(f"{where}; the means of {count} neurons are NaN or infinite, leave those neurons out")
    held = (
        f"{shown(stored.path)}: {stored.kind}; condition means alone, in '{title}': 2 items, {colours} colours in their order "
        f"around the circle, {neurons} neurons."
    )
    lacking = "There are no trials: measures that remove noise, intervals and courses cannot be had."
    return Recording(source, (held, lacking), means=means)


def measures_of_means(means: Tensor) -> dict[str, Tensor]:
    """Every measure of [..., 2, colours, neurons] condition means, by the name that tables show."""
    found = compare_means(means)
    return {
        "angle in three components (degrees)": cosine_in_three(means).abs().acos() * 180 / math.pi,
        "variance in three components": variance_in_three(means),
        "larger principal angle (degrees)": found.angles[..., 0] * 180 / math.pi,
        "smaller principal angle (degrees)": found.angles[..., 1] * 180 / math.pi,
        "alignment": found.alignment,
        "alignment index": found.index,
        "correlation of same colours": found.rho_cross,
    }
