"""Objectives as records: a loss, and what training by it needs besides."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from swaputils.diffusion.schedule import Schedule, flat_weights, signal_weights
from swaputils.training import objectives
from swaputils.training.lessons import Loss

REPEATS = 16  # answers to one display that losses on distributions of answers compare


@dataclass(frozen=True)
class Objective:
    """A way to teach a distribution of answers.

    Attributes:
        name: as settings record it.
        loss: the loss, given the noise schedule.
        selected_by: objective that teaches selection of the cued item before, or None for this one itself.
        repeats: times that each display of a batch is shown in a row.
        largest_rate: of learning, at which training still is stable.
        batch_factor, update_factor: times the usual batch and the usual number of updates for the distribution.
    """

    name: str
    loss: Callable[[Schedule], Loss]
    selected_by: "Objective | None" = None
    repeats: int = 1
    largest_rate: float = math.inf
    batch_factor: int = 1
    update_factor: float = 1.0

    @property
    def first(self) -> "Objective":
        """The objective of the selection stage."""
        return self.selected_by or self


def _diffusion(loss: Loss, weights: Callable[[Schedule], torch.Tensor] = signal_weights) -> Callable[[Schedule], Loss]:
    return lambda schedule: partial(loss, schedule=schedule, weights=weights(schedule))


def _always(loss: Loss) -> Callable[[Schedule], Loss]:
    return lambda schedule: loss


def own_noise(period: str) -> Objective:
    """The diffusion objective where the network's noise of a period settles what is reported, see `diffusion_own_noise`."""

    loss = _diffusion(partial(objectives.diffusion_own_noise, period=period))
    return Objective(f"diffusion, noise of the {period}", loss, selected_by=DIFFUSION)


def diffusion_rollouts(count: int) -> Objective:
    """The bound with so many rollouts along each noised response, see `objectives.diffusion_rollouts`."""

    def loss(schedule: Schedule) -> Loss:
        return partial(objectives.diffusion_rollouts, rollouts=count, schedule=schedule)

    name = f"diffusion, {count} rollout{'s' * (count > 1)}"
    return Objective(
        name, loss, selected_by=DIFFUSION, repeats=count, largest_rate=3e-3, batch_factor=4, update_factor=0.25
    )


# A noiseless output and the moments of few answers say little before the cued item is selected; a network that was selected to suppress
# its noise is slow to learn a spread. Where the gradient comes from free-running trials of a network that still has to learn its
# distribution, training at the common rates diverges, or loses the cue in a burst that it does not recover from. Moments of few answers
# are noisy: covariances stay an eighth off with only the batch or only the number of updates larger.
DIFFUSION = Objective("diffusion", _diffusion(objectives.diffusion_closed_form))
DIFFUSION_SAMPLED = Objective("diffusion, sampled target", _diffusion(objectives.diffusion_sampled))
DIFFUSION_SHARPENED = Objective(
    "diffusion, equal weights, no penalty on activity",
    _diffusion(objectives.diffusion_unbounded, flat_weights),
    selected_by=DIFFUSION,
)
DIFFUSION_AS_OFTEN = Objective("diffusion, swaps as often as they are", _diffusion(objectives.diffusion_as_often))
TASK_OPTIMAL = Objective("task_optimal", _always(objectives.regression))
MEAN_REGRESSION = Objective("mean_regression", _always(objectives.regression), selected_by=TASK_OPTIMAL)
MOMENT_MATCHING = Objective(
    "moment_matching",
    _always(partial(objectives.moment_matching, repeats=REPEATS)),
    selected_by=DIFFUSION,
    repeats=REPEATS,
    largest_rate=3e-3,
    batch_factor=4,
    update_factor=1.5,
)
ENERGY_SCORE = Objective(
    "energy_score", _always(partial(objectives.energy_score, repeats=REPEATS)), repeats=REPEATS, largest_rate=3e-3
)
ENERGY_SCORE_SELECTED = Objective(
    "energy_score, selected by diffusion",
    ENERGY_SCORE.loss,
    selected_by=DIFFUSION,
    repeats=REPEATS,
    largest_rate=3e-3,
    batch_factor=4,
    update_factor=2.0,
)
MIXTURE_DENSITY = Objective(
    "mixture_density", _always(objectives.mixture_density), selected_by=TASK_OPTIMAL, largest_rate=1e-3
)
