"""What learners of few trials get besides them: the symmetries of chapter 1's model, smoothing, and when to stop.

That model knows how far items are from one another and nothing else, so it is the same however the colours, or the places, of a trial
are turned and mirrored. A network has to learn that, from trials that are drawn anew each time in this way.
"""

import math
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from swaputils.angles import wrap
from swaputils.diffusion.targets import Target
from swaputils.inputs import Periods, TrialInputs
from swaputils.task import DelayedEstimation
from swaputils.training.familiar import mixed
from swaputils.training.lessons import given
from swaputils.trials import Displays, Trials

PLACES = 8  # of a display, equally spaced: turned by a multiple of their distance, cues stay where cues have been


def drawn_anew(observed: Trials, count: int, width: float, *, generator: torch.Generator) -> Trials:
    """Trials picked at random, each turned and mirrored in colour and in place, its items in random order.

    A response goes with its colours, plus normal noise of the given width (rad): without noise, in so few trials, a learner that is
    certain of each response that it has seen does best.

    Args:
        observed: trials of one set size, with an item in every column.
    """
    picked = observed[torch.randint(len(observed), (count,), generator=generator)]
    shown = mixed(picked.displays, picked.displays.report.shape[1], generator=generator)
    turn = 2 * math.pi * torch.rand((count, 1), dtype=torch.float64, generator=generator)
    places = 2 * math.pi / PLACES * torch.randint(PLACES, (count, 1), generator=generator)
    mirror, mirrored_places = (2 * torch.randint(2, (2, count, 1), generator=generator) - 1).unbind()
    noise = width * torch.randn((count, 1), dtype=torch.float64, generator=generator)
    displays = Displays(wrap(mirror * shown.report + turn), wrap(mirrored_places * shown.probe + places), shown.cued)
    response = wrap(mirror * picked.response[:, None] + turn + noise).squeeze(1)
    return Trials(displays, response, picked.subject, picked.condition)


@dataclass(frozen=True)
class ObservedAnew:
    """A task whose displays are people's trials `drawn_anew`, and whose answers are the responses to these.

    Attributes:
        shown: how displays are encoded.
        observed: the trials.
        width: of the noise, rad.
    """

    shown: DelayedEstimation
    observed: Trials
    width: float

    @property
    def input_size(self) -> int:
        return self.shown.input_size

    @property
    def periods(self) -> Periods:
        return self.shown.periods

    def sample(self, trials: int, *, generator: torch.Generator) -> Trials:
        """Trials in place of displays: what is answered depends on the trial."""
        return drawn_anew(self.observed, trials, self.width, generator=generator)

    def encode(self, trials: Trials) -> TrialInputs:
        """Input vectors and timing of what was shown."""
        return self.shown.encode(trials.displays)

    def target(self, trials: Trials) -> Target:
        """The response, and nothing else."""
        return given(trials.response)


def kept_where_likeliest(network: nn.Module, densities: Iterable[float | Tensor], patience: int) -> float:
    """Train until other trials have not become likelier for a while, and leave the network with the weights that they were likeliest under.

    Args:
        densities: mean log density of the other trials at one check after another; going on to the next trains the network.
        patience: checks without a better one after which training ends.

    Returns:
        The largest density.
    """
    best, kept, waited = -math.inf, deepcopy(network.state_dict()), 0
    for density in map(float, densities):
        waited += 1
        if density > best:
            best, kept, waited = density, deepcopy(network.state_dict()), 0
        if waited == patience:
            break
    network.load_state_dict(kept)
    return best
