"""Swap functions chosen by hand, and the target distributions that networks learn from."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.diffusion.targets import RADIUS, ResponseDensity, ResponseMixture, circle_nodes
from swaputils.surrogate.distances import SurrogateError, cue_distances
from swaputils.surrogate.posterior import SwapPosterior, component_probabilities
from swaputils.surrogate.predicted_responses import response_log_density
from swaputils.trials import Displays

NODES = 128  # of the density of a display's responses


def flat(displays: Displays, swap_probability: float) -> Float[Tensor, "trials items"]:
    """Log weights of swaps that ignore distance: log(1 - p) for the cued item, log(p / (N - 1)) for any other.

    Absent items have -inf, and so have all non-targets at p = 0.

    Raises:
        SurrogateError: unless 0 <= p <= 1, and p = 0 wherever an item is shown alone.
    """
    if not 0 <= swap_probability <= 1:
        raise SurrogateError(f"swap probability is {swap_probability}; it must lie in [0, 1]")
    others = displays.set_size - 1
    if swap_probability > 0 and (others == 0).any():
        raise SurrogateError("a display of one item has nothing to swap with; its swap probability must be 0")
    probability = displays.report.new_tensor(swap_probability)
    each_other = (probability.log() - others.clamp_min(1).to(probability).log())[:, None]
    weights = torch.where(displays.is_cued, (-probability).log1p(), each_other)
    return weights.where(displays.present, -math.inf)


def similarity(displays: Displays, offset: float, width: float = 1.5) -> Float[Tensor, "trials items"]:
    """Log weights of swaps that fall off with cue distance: softmax of -delta^2 / (2 width), cued item -offset.

    The smooth swap function of Radmard, Bays & Lengyel (2026): an offset below 0 favours the cued item. `width` is a
    variance (rad^2). Absent items have -inf.

    Raises:
        SurrogateError: unless width > 0 and every item has a probe feature.
    """
    if not width > 0:
        raise SurrogateError(f"width is {width}; it must be above 0")
    logits = -cue_distances(displays).square() / (2 * width)
    logits = logits.where(~displays.is_cued, -offset)
    return logits.where(displays.present, -math.inf).log_softmax(dim=1)


def response_mixture(
    displays: Displays, log_weights: Float[Tensor, "trials items"], spread: float = 0.05, radius: float = RADIUS
) -> ResponseMixture:
    """Target distribution with a cluster at each item's report feature, weighed by `log_weights` (-inf where absent)."""
    return ResponseMixture(displays.report.where(displays.present, 0), log_weights, spread, radius)


def response_density(posterior: SwapPosterior, displays: Displays, radius: float = RADIUS) -> ResponseDensity:
    """Target distribution with all that a posterior says of responses to the displays: swaps, precision and guesses."""
    nodes = circle_nodes(NODES).to(displays.report)
    every = displays[torch.arange(len(displays), device=displays.cued.device).repeat_interleave(NODES)]
    probabilities = component_probabilities(posterior, displays).repeat_interleave(NODES, dim=0)
    log_density = response_log_density(posterior, every, nodes.repeat(len(displays)), probabilities)
    return ResponseDensity(log_density.unflatten(0, (len(displays), NODES)), radius)
