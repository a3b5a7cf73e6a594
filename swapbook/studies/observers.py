"""Observers whose swap function on the torus is known, because it is written here."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from swaputils.surrogate import Basis, SwapPosterior, sample_responses
from swaputils.task import TaskConfig
from swaputils.trials import Trials

SEPARATION = 0.3  # rad between items, in both features
BASIS = Basis(cue=2, report=2, interaction=1)
KINDS = ("level", "cue", "report", "interaction")
COEFFICIENTS = {
    "none": (-2.45, 0.0, 0.0, 0.0, 0.0, 0.0),
    "cue": (-2.45, 0.9, 0.8, 0.0, 0.0, 0.0),
    "report": (-2.45, 0.0, 0.0, 0.0, -0.6, 0.0),
    "additive": (-2.45, 0.9, 0.7, 0.0, -0.6, 0.0),
    "full": (-2.45, 0.9, 0.7, 0.0, -0.6, 0.5),
}
"""Of 1, cos c, cos 2c, cos r, cos 2r and cos c cos r, with cue distance c and report distance r."""


def seeded(seed: int = 0) -> torch.Generator:
    """Random numbers of a study."""
    return torch.Generator().manual_seed(seed)


def observer(
    coefficients: Sequence[float] | Tensor,
    emission: str = "von_mises",
    parameters: Sequence[float] = (10.0,),
    uniform_logit: float = -3.0,
    basis: Basis = BASIS,
    kinds: tuple[str, ...] = KINDS,
) -> SwapPosterior:
    """A posterior that is certain of a swap function, for displays whose items lie SEPARATION apart."""
    mean = torch.as_tensor(coefficients, dtype=torch.float64)
    support = torch.tensor([SEPARATION, math.pi], dtype=torch.float64)
    return SwapPosterior(
        kinds=kinds,
        basis=basis,
        mean=mean,
        cholesky=torch.zeros(len(mean), len(mean), dtype=torch.float64),
        emission=emission,
        emission_parameters=torch.tensor(parameters, dtype=torch.float64),
        uniform_logit=uniform_logit,
        distances=support,
        report_distances=support,
        continuous=True,
        set_size=None,
        trials=0,
        elbo=0.0,
        elbo_trace=torch.zeros(0, dtype=torch.float64),
    )


OBSERVERS = {name: observer(coefficients) for name, coefficients in COEFFICIENTS.items()}
"""One observer for each rung of the ladder, with kappa = 10 and u = -3.

:meta hide-value:
"""


def observed(truth: SwapPosterior, trials: int, items: int, seed: int) -> Trials:
    """Responses of an observer to random displays whose items lie SEPARATION apart in both features."""
    generator = seeded(seed)
    task = TaskConfig(cueing="probe", items=items, separation=SEPARATION)
    displays = task.sample(trials, generator=generator)
    response, _ = sample_responses(truth, displays, generator=generator)
    return Trials(displays, response, torch.ones(trials, dtype=torch.long))
