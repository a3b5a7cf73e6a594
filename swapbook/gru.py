"""A plain machine-learning answer: a gated recurrent network whose last state parametrises a mixture of responses.

Nothing in it is made for memory or for noise: it reads the inputs of a trial step by step (Cho et al. 2014) and gives the density of
the response by a mixture-density head (Bishop 1994) of von Mises components and one uniform.
"""

import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from swaputils.angles import von_mises_log_density
from swaputils.inputs import TrialInputs
from swaputils.task import Task
from swaputils.trials import Displays, Trials

LARGEST = 200.0  # concentration of a component


@dataclass(frozen=True)
class GRUConfig:
    """Sizes, and how it is trained: at most `updates` of `batch` trials, kept where the trials to check on are likeliest."""

    hidden: int = 64
    components: int = 8
    batch: int = 64
    updates: int = 3_000
    check_every: int = 25
    rate: float = 2e-3
    decay: float = 1e-2


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


def train_gru(
    task: Task, observed: Trials, checked: Trials, config: GRUConfig, *, generator: torch.Generator
) -> MixtureGRU:
    """Maximum likelihood on the observed trials, stopped where the log density of the checked ones was largest."""
    network = MixtureGRU(task, config, generator=generator)
    best, kept = -math.inf, deepcopy(network.state_dict())
    for _ in _updates(network, observed, config, generator):
        with torch.no_grad():
            density = float(network.log_density(checked.displays, checked.response).mean())
        if density > best:
            best, kept = density, deepcopy(network.state_dict())
    network.load_state_dict(kept)
    return network


def _updates(network: MixtureGRU, observed: Trials, config: GRUConfig, generator: torch.Generator) -> Iterator[None]:
    """Train in place; yields whenever it is time for a check."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.decay)
    for update in range(1, config.updates + 1):
        picked = torch.randint(len(observed), (config.batch,), generator=generator)
        optimiser.zero_grad()
        (-network.log_density(observed.displays[picked], observed.response[picked]).mean()).backward()
        optimiser.step()
        if update % config.check_every == 0:
            yield
