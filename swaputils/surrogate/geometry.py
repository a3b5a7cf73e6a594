"""What every surrogate needs of a display: response errors, cue distances, and the checks on them."""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.circular import distance, wrap
from swaputils.records import Displays


class SurrogateError(ValueError):
    """Trials or displays that a surrogate cannot be fitted to or asked about."""


def single_set_size(displays: Displays) -> int:
    """The number of items that all displays share; SurrogateError where there are none or they differ."""
    sizes = displays.set_size.unique().tolist()
    if len(sizes) != 1:
        found = ", ".join(map(str, sizes)) or "no displays at all"
        raise SurrogateError(f"one fit takes trials of one set size, but these have {found}; select one first")
    return sizes[0]


def response_errors(displays: Displays, response: Float[Tensor, " trials"]) -> Float[Tensor, "trials items"]:
    """Response minus report feature of each item, in rad, wrapped; NaN where an item is absent."""
    return wrap(response[:, None] - displays.report)


def cue_distances(displays: Displays) -> Float[Tensor, "trials items"]:
    """Unsigned probe distance of each item from the cued one, in [0, pi]; NaN where an item is absent.

    SurrogateError where an item that was shown has no probe feature.
    """
    unknown = displays.present & displays.probe.isnan()
    if unknown.any():
        row = int(unknown.any(1).nonzero()[0])
        raise SurrogateError(f"display {row} has an item without probe feature; cue distances need one for every item")
    return distance(displays.probe, displays.cued_probe[:, None])


def cued_first(displays: Displays, values: Float[Tensor, "trials items"]) -> Float[Tensor, "shown trials"]:
    """Values of the items shown, the cued one in row 0 and the non-targets below, for displays of one set size."""
    others = displays.present & ~displays.is_cued
    cued = values.gather(1, displays.cued[:, None])
    return torch.cat((cued, values[others].view(len(displays), -1)), dim=1).T.contiguous()
