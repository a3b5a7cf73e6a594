"""What every surrogate needs of a display: response errors, cue distances, and the checks on them."""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import distance, wrap
from swaputils.errors import SwaputilsError
from swaputils.trials import Displays

TOLERANCE = 1e-3  # rad; files round angles to six decimals, networks to float32


class SurrogateError(SwaputilsError):
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

    Raises:
        SurrogateError: where an item that was shown has no probe feature.
    """
    unknown = displays.present & displays.probe.isnan()
    if unknown.any():
        row = int(unknown.any(1).nonzero()[0])
        raise SurrogateError(f"display {row} has an item without probe feature; cue distances need one for every item")
    return distance(displays.probe, displays.cued_probe[:, None])


def signed_distances(displays: Displays) -> tuple[Float[Tensor, "trials items"], Float[Tensor, "trials items"]]:
    """Cue and report distance of each item from the cued one, wrapped (rad); NaN where an item or its probe is absent."""
    return wrap(displays.probe - displays.cued_probe[:, None]), wrap(displays.report - displays.cued_report[:, None])


def cued_first(displays: Displays, values: Float[Tensor, "trials items"]) -> Float[Tensor, "shown trials"]:
    """Values of the items, the cued one in row 0 and the non-targets below, NaN where a display has fewer than others."""
    rank = displays.is_cued.to(torch.int8) * 2 + displays.present.to(torch.int8)
    order = rank.argsort(dim=1, descending=True, stable=True)[:, : int(displays.set_size.max())]
    shown = displays.present.gather(1, order)
    return values.gather(1, order).where(shown, torch.nan).T.contiguous()
