"""Simulated observers: the location-cued colour experiment with a swap function that is known, because it is written here."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from swaputils.angles import sample_von_mises, wrap
from swaputils.task import TaskConfig, probe_distance
from swaputils.trials import Displays, Trials

LOCATIONS = 8
SHARPNESS = 1.3


@dataclass(frozen=True)
class GroupMeans:
    """Shares of target, non-target and uniform responses, and von Mises concentration, at one set size."""

    p_target: float
    p_nontarget: float
    p_uniform: float
    concentration: float


GROUP_MEANS = {
    1: GroupMeans(0.990, 0.000, 0.010, 9.8),
    2: GroupMeans(0.973, 0.008, 0.019, 7.3),
    3: GroupMeans(0.921, 0.037, 0.042, 6.9),
    4: GroupMeans(0.837, 0.084, 0.079, 5.6),
    5: GroupMeans(0.742, 0.155, 0.103, 5.8),
    6: GroupMeans(0.631, 0.190, 0.179, 5.0),
    7: GroupMeans(0.565, 0.288, 0.147, 5.0),
    8: GroupMeans(0.499, 0.308, 0.193, 5.2),
}
"""Means over 13 people of maximum-likelihood mixtures fitted to each of them; colour reports of van den Berg et al. (2012)."""


def simulated_swap_function(distance: Float[Tensor, "*any"], set_size: int) -> Float[Tensor, "*any"]:
    """Log weight of a non-target at a cue distance (rad), relative to the cued item.

    f(delta) = level + 1.3 (cos delta - 1), with the level at which the expected weight of all non-targets of a display
    is p_N / p_T of the group means. At set size 8 the swap probability sigma(f) of a two-item display is .161, .071,
    .030 and .020 at 45, 90, 135 and 180 degrees; pooled human responses give .159, .084, .006 and .046, so 1.3 was
    chosen by least squares over the seven other locations.

    Raises:
        ValueError: unless the set size is 2 to 8.
    """
    if set_size not in GROUP_MEANS or set_size < 2:
        raise ValueError(f"set size is {set_size}; the simulated swap function is known for 2 to {LOCATIONS} items")
    means = GROUP_MEANS[set_size]
    others = torch.arange(1, LOCATIONS, dtype=torch.float64) * (2 * math.pi / LOCATIONS)
    expected = (set_size - 1) * (SHARPNESS * (others.cos() - 1)).exp().mean()
    level = math.log(means.p_nontarget / means.p_target) - math.log(float(expected))
    return level + SHARPNESS * (distance.cos() - 1)


def simulated_trials(seed: int, people: int = 13, trials_per_set_size: int = 216) -> Trials:
    """Trials of identical simulated people at set sizes 1 to 8, as many as in the human experiment by default.

    Component weights are 1 for the cued item, exp f(delta) for a non-target and p_U / p_T for a guess; the response is
    von Mises around the component's colour, or uniform. Colours are uniform, locations drawn from eight. float64.
    """
    generator = torch.Generator().manual_seed(seed)
    blocks = [_block(set_size, people * trials_per_set_size, generator) for set_size in GROUP_MEANS]
    report, probe, cued, response = (torch.cat(parts) for parts in zip(*blocks))
    subject = torch.arange(1, people + 1).repeat_interleave(trials_per_set_size).repeat(len(GROUP_MEANS))
    return Trials(Displays(report, probe, cued), response, subject)


def _block(set_size: int, trials: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Report and probe features padded to eight items, cued items and responses at one set size."""
    task = TaskConfig(cueing="probe", items=set_size, probes="locations", separation=0.0)
    displays = task.sample(trials, generator=generator)
    response = _respond(displays, set_size, generator)
    report, probe = (pad(each, (0, LOCATIONS - set_size), value=math.nan) for each in (displays.report, displays.probe))
    return report, probe, displays.cued, response


def _respond(displays: Displays, set_size: int, generator: torch.Generator) -> Tensor:
    """One response to each display of a set size."""
    means = GROUP_MEANS[set_size]
    log_weight = torch.zeros_like(displays.report)
    if set_size > 1:
        swap = simulated_swap_function(probe_distance(displays), set_size)
        log_weight = torch.where(displays.is_cued, log_weight, swap)
    guess = torch.full((len(displays), 1), math.log(means.p_uniform / means.p_target), dtype=log_weight.dtype)
    probabilities = torch.cat((log_weight, guess), dim=1).softmax(-1)
    component = torch.multinomial(probabilities, 1, generator=generator)
    centres = torch.cat((displays.report, torch.zeros_like(guess)), dim=1).gather(1, component).squeeze(1)
    concentration = torch.where(component.squeeze(1) == set_size, 0.0, means.concentration)
    return wrap(centres + sample_von_mises(concentration.double(), generator=generator))
