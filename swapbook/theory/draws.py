"""Draws that the statements of chapter 2 are checked on, and how far off their means are."""

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from swaputils.diffusion.noising import forward_trajectory
from swaputils.diffusion.schedule import Schedule
from swaputils.diffusion.targets import ResponseMixture, Target
from swaputils.errors import SwaputilsError
from swaputils.inputs import TrialInputs
from swaputils.network.rnn import RNN
from swaputils.network.rollout import Rollout, draw_noise, rollout
from swaputils.surrogate import flat, response_mixture
from swaputils.trials import Displays


def sem(draws: Tensor) -> float:
    """Standard error of the mean."""
    return float(draws.std() / len(draws) ** 0.5)


def off_by(draws: Tensor, expected: float | Tensor = 0.0) -> float:
    """Standard errors by which the mean of draws is off."""
    draws = draws.double()
    return abs(float(draws.mean() - expected)) / sem(draws)


def even_swaps(displays: Displays, swap_probability: float) -> ResponseMixture:
    """The target with the same swap probability for every display."""
    return response_mixture(displays, flat(displays, swap_probability))


def flipped(displays: Displays, which: Bool[Tensor, " trials"]) -> Displays:
    """Two-item displays with the other item cued in those picked by `which`; SwaputilsError for other set sizes."""
    if not (displays.set_size == 2).all():
        raise SwaputilsError("flipped takes two items; with more it is not defined which one is cued instead")
    return replace(displays, cued=torch.where(which, 1 - displays.cued, displays.cued))


def noised_responses(
    schedule: Schedule, target: Target, *, generator: torch.Generator
) -> Float[Tensor, "trials times 2"]:
    """A response to each display, noised, in network time."""
    return forward_trajectory(schedule, target.sample(generator=generator), generator=generator)


def forced_run(
    rnn: RNN, inputs: TrialInputs, path: Float[Tensor, "trials times 2"], *, generator: torch.Generator
) -> Rollout:
    """A network with its noise whose plane follows noised responses."""
    return rollout(rnn, inputs, draw_noise(rnn, inputs, generator=generator), teacher=path[:, :-1])
