"""The published analysis of recorded sessions: neurons of all sessions as one population, and the angle of its two colour planes.

Panichello & Buschman 2021, figure 4: mean rates in 4 bins of an item's colour at 2 locations, from ten trials a condition that are drawn
anew in each bootstrap; see `published.cosine_in_three` for the angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.optimize import OptimizeWarning, curve_fit
from torch import Tensor

from swaputils.geometry.harmonics import UnusableActivity
from swaputils.geometry.nulls import permuted_colours
from swaputils.geometry.published import FOUR, PER_CONDITION, cosine_in_three
from swaputils.shapes import check_shape

AT_ONCE = 250  # bootstraps whose means are held in memory


@dataclass(frozen=True)
class Session:
    """What was recorded in one session.

    Attributes:
        rates: [trials, steps, neurons] spikes/s, or any other activity.
        colours: [trials, 2] of the two items, rad.
        cued: [trials] the item that was cued, 0 or 1.
        error: [trials] distance of the response from the cued item's colour, rad.
    """

    rates: Tensor
    colours: Tensor
    cued: Tensor
    error: Tensor

    def __post_init__(self):
        trials = len(self.rates)
        check_shape(self, "rates", (trials, None, None))
        check_shape(self, "colours", (trials, 2))
        check_shape(self, "cued", (trials,))
        check_shape(self, "error", (trials,))

    def __getitem__(self, chosen: Int[Tensor, " some"] | Bool[Tensor, " trials"]) -> "Session":
        """Some of its trials."""
        return Session(self.rates[chosen], self.colours[chosen], self.cued[chosen], self.error[chosen])

    def accurate(self) -> "Session":
        """The half of its trials whose errors are smaller."""
        return self[self.error.argsort()[: len(self.error) // 2]]


def bootstrapped_means(
    sessions: Sequence[Session], draws: int, *, selected: bool = True, generator: torch.Generator
) -> Float[Tensor, "draws steps 2 4 neurons"]:
    """Mean rates by item and colour from ten random trials a condition, neurons of all sessions side by side.

    A session counts where it has ten trials of every condition.

    Args:
        selected: whether conditions are the colour and the place of the item that was cued, or of the other one.

    Raises:
        UnusableActivity: where no session has ten trials of every condition.
    """
    parts = []
    for session in sessions:
        item = session.cued if selected else 1 - session.cued
        condition = FOUR * item + _four_bins(session.colours.gather(1, item[:, None]).squeeze(1))
        members = [(condition == which).nonzero().flatten() for which in range(2 * FOUR)]
        if min(map(len, members)) < PER_CONDITION:
            continue
        flat = session.rates.double().flatten(1)
        means = [_resampled(flat[member], draws, generator) for member in members]
        parts.append(torch.stack(means, dim=1).unflatten(-1, session.rates.shape[1:]))
    if not parts:
        raise UnusableActivity(f"no session has {PER_CONDITION} trials of each of {2 * FOUR} conditions")
    return torch.cat(parts, dim=-1).movedim(2, 1).unflatten(2, (2, FOUR))


def plane_cosines(
    sessions: Sequence[Session], draws: int = 1_000, *, selected: bool = True, generator: torch.Generator
) -> Float[Tensor, "draws steps"]:
    """|cosine| of the two colour planes in each bootstrap: arccos of it is the published angle."""
    found = []
    for start in range(0, draws, AT_ONCE):
        several = min(AT_ONCE, draws - start)
        means = bootstrapped_means(sessions, several, selected=selected, generator=generator)
        found.append(cosine_in_three(compact(means)).abs())
    return torch.cat(found)


def permuted_cosines(
    sessions: Sequence[Session], draws: int, *, generator: torch.Generator
) -> Float[Tensor, "draws steps"]:
    """The same where each neuron's colours are permuted, in one bootstrap: what noise and unrelated tuning give."""
    means = bootstrapped_means(sessions, 1, generator=generator)[0]
    permuted = [permuted_colours(step, draws, generator=generator) for step in means]
    return torch.stack([cosine_in_three(compact(step)).abs() for step in permuted], dim=1)


def compact(means: Float[Tensor, "*any 2 colours neurons"]) -> Float[Tensor, "*any 2 colours points"]:
    """The same means in as many dimensions as there are of them, with all distances kept."""
    flat = means.flatten(-3, -2)
    values, vectors = torch.linalg.eigh(flat @ flat.mT)
    return (vectors * values.clamp_min(0).sqrt()[..., None, :]).unflatten(-2, tuple(means.shape[-3:-1]))


@dataclass(frozen=True)
class Logistic:
    """A logistic course: value = start + rise / (1 + exp(-(time - middle) / width)).

    Attributes:
        start, rise: in the units of the values.
        middle, width: s; all are NaN where no fit was found.
    """

    start: float
    rise: float
    middle: float
    width: float


def logistic(times: np.ndarray, values: np.ndarray) -> Logistic:
    """Least squares, with the middle within the times and a width from a bin to a quarter of them."""
    bin_, span = float(times[1] - times[0]), float(times[-1] - times[0])
    bounds = [-np.inf, -np.inf, times[0], bin_ / 4], [np.inf, np.inf, times[-1], span / 4]
    first = values[: len(values) // 3].mean(), values[-(len(values) // 3) :].mean()
    try:
        found, _ = curve_fit(
            _course, times, values, (first[0], first[1] - first[0], times.mean(), 2 * bin_), bounds=bounds
        )
    except (RuntimeError, OptimizeWarning):
        found = np.full(4, np.nan)
    return Logistic(*map(float, found))


def _course(times: np.ndarray, start: float, rise: float, middle: float, width: float) -> np.ndarray:
    return start + rise / (1 + np.exp(-np.clip((times - middle) / width, -50, 50)))


def _resampled(
    rows: Float[Tensor, "trials values"], draws: int, generator: torch.Generator
) -> Float[Tensor, "draws values"]:
    """Means of ten rows drawn with replacement."""
    chosen = torch.randint(len(rows), (draws, PER_CONDITION), generator=generator)
    weights = torch.zeros((draws, len(rows)), dtype=torch.float64)
    return weights.scatter_add_(1, chosen, torch.full(chosen.shape, 1 / PER_CONDITION, dtype=torch.float64)) @ rows


def _four_bins(colour: Float[Tensor, " trials"]) -> Int[Tensor, " trials"]:
    return (colour / (2 * np.pi) * FOUR).round().long() % FOUR
