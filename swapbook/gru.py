"""A plain machine-learning answer: a gated recurrent network whose last state parametrises a mixture of responses.

Nothing in it is made for memory or for noise: it reads the inputs of a trial step by step (Cho et al. 2014) and gives the density of
the response by a mixture-density head (Bishop 1994) of von Mises components and one uniform. What it gets besides human trials is what
the other networks get: it learns to select the cued item before.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import torch
from jaxtyping import Float
from torch import Tensor, nn

from swapbook.few_trials import drawn_anew, kept_where_likeliest
from swaputils.angles import sample_von_mises, von_mises_log_density, wrap
from swaputils.inputs import TrialInputs
from swaputils.task import Task
from swaputils.training.loop import SelectionNotLearnt
from swaputils.trials import Displays, Trials

LARGEST = 200.0  # concentration of a component
CHECKED, SELECTION_CHECK = 1_000, 100  # fresh trials that selection is checked on, and updates between two checks


@dataclass(frozen=True)
class GRUConfig:
    """Sizes, and how it is trained.

    Attributes:
        updates: at most this many of `batch` human trials; checked after each `check_every`.
        patience: checks without a better one after which training ends.
        widths: of the noise on responses, rad; the one is kept under which the trials to check on are likeliest.
        selection_updates: at most this many before, of right answers scattered with `concentration`.
        selected: nats that such answers may be less likely than in truth for a lesson to pass. In a display of four, a network that
            takes any item for the cued one falls short by more than one.
    """

    hidden: int = 64
    components: int = 8
    batch: int = 64
    updates: int = 3_000
    check_every: int = 25
    patience: int = 20
    rate: float = 2e-3
    decay: float = 1e-2
    widths: tuple[float, ...] = (0.0, 0.1, 0.2, 0.35)
    selection_updates: int = 10_000
    concentration: float = 8.0
    selected: float = 0.15


class MixtureGRU(nn.Module):
    """Gated recurrent network with a mixture-density head over responses on the circle."""

    def __init__(self, task: Task, config: GRUConfig, *, generator: torch.Generator):
        super().__init__()
        self.task = task
        self.recurrent = nn.GRU(task.input_size, config.hidden)
        self.head = nn.Linear(config.hidden, 4 * config.components + 1)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(config.hidden**-0.5), config.hidden**-0.5, generator=generator)

    def log_density(self, displays: Displays, response: Float[Tensor, " trials"]) -> Float[Tensor, " trials"]:
        """Log density of each response to its display; nats per rad."""
        inputs = _sequence(self.task.encode(displays)).to(self.head.weight)
        output = self.head(self.recurrent(inputs)[1][0])
        logits, raw, along, across = output[:, 1:].chunk(4, dim=1)
        angle = torch.atan2(across, along)
        concentration = nn.functional.softplus(raw).clamp(max=LARGEST)
        around = von_mises_log_density(response.to(angle)[:, None] - angle, concentration)
        uniform = torch.full_like(around[:, :1], -math.log(2 * math.pi))
        weights = torch.cat((output[:, :1], logits), dim=1).log_softmax(1)
        return (weights + torch.cat((uniform, around), dim=1)).logsumexp(1)


def _sequence(inputs: TrialInputs) -> Float[Tensor, "steps trials inputs"]:
    """What the trial shows at each step before the report."""
    nothing = torch.zeros_like(next(part for part in inputs.shown if part is not None))
    shown = [nothing if part is None else part for part in inputs.shown]
    return torch.stack([part for part, steps in zip(shown, inputs.steps) for _ in range(steps)])


def selected_gru(lessons: Sequence[Task], config: GRUConfig, *, generator: torch.Generator) -> MixtureGRU:
    """A network that has learnt to answer with the cued item in one task after another, without any human trial.

    Args:
        lessons: delayed estimation from easy to hard.

    Raises:
        SelectionNotLearnt: when the updates end before the last lesson is learnt.
    """
    network = MixtureGRU(lessons[0], config, generator=generator)

    def draw(count: int) -> Trials:
        return right_answers(network.task, count, config.concentration, generator=generator)

    checks = _updates(network, draw, config, config.selection_updates, SELECTION_CHECK)
    for place, lesson in enumerate(lessons, 1):
        network.task = lesson
        if not any(_shortfall(network, draw(CHECKED), config.concentration) < config.selected for _ in checks):
            raise SelectionNotLearnt(
                f"after {config.selection_updates} updates the GRU is at lesson {place} of {len(lessons)}; right answers are still "
                f"{config.selected} nats less likely than in truth"
            )
    return network


def right_answers(task: Task, count: int, concentration: float, *, generator: torch.Generator) -> Trials:
    """Fresh displays with responses that scatter around the cued item."""
    displays = task.sample(count, generator=generator)
    scatter = sample_von_mises(torch.full_like(displays.cued_report, concentration), generator=generator)
    return Trials(displays, wrap(displays.cued_report + scatter), torch.zeros(count, dtype=torch.long))


def taught_gru(
    selected: MixtureGRU, observed: Trials, checked: Trials, config: GRUConfig, *, generator: torch.Generator
) -> MixtureGRU:
    """Maximum likelihood on the observed trials drawn anew, from a copy of `selected`; stopped, and its noise chosen, by the checked ones."""
    found = []
    for width in config.widths:
        network, draw = deepcopy(selected), partial(drawn_anew, observed, width=width, generator=generator)
        checks = _updates(network, draw, config, config.updates, config.check_every)
        densities = (_mean_density(network, checked) for _ in checks)
        found.append((kept_where_likeliest(network, densities, config.patience), network))
    return max(found, key=itemgetter(0))[1]


def _updates(
    network: MixtureGRU, draw: Callable[[int], Trials], config: GRUConfig, updates: int, every: int
) -> Iterator[None]:
    """Train in place on batches that `draw` gives; yields whenever it is time for a check, before the first update too."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.decay)
    for update in range(updates):
        if update % every == 0:
            yield
        trials = draw(config.batch)
        optimiser.zero_grad()
        (-network.log_density(trials.displays, trials.response).mean()).backward()
        optimiser.step()
    yield


def _mean_density(network: MixtureGRU, trials: Trials) -> float:
    with torch.no_grad():
        return float(network.log_density(trials.displays, trials.response).mean())


def _shortfall(network: MixtureGRU, trials: Trials, concentration: float) -> float:
    """Nats by which right answers are less likely than in truth."""
    scatter = wrap(trials.response - trials.displays.cued_report)
    truth = von_mises_log_density(scatter, torch.full_like(scatter, concentration))
    return float(truth.mean()) - _mean_density(network, trials)
