"""Small tasks, targets and networks that several test files share."""

import copy
import math

import torch
from torch import Tensor

from swaputils.diffusion import Schedule, linear_schedule, report_noise
from swaputils.records import Batch, Displays, Periods, ResponseMixture, TrialInputs
from swaputils.rnn import RNN, RNNConfig
from swaputils.surrogate import Basis, SwapPosterior, flat, response_mixture
from swaputils.task import TaskConfig, encode, sample_displays

SCHEDULE = linear_schedule()
PERIODS = Periods(stimulus=0.1, delay=0.15, cue=0.1, post_cue_delay=0.05, report=0.3)
INDEX_TASK = TaskConfig(periods=PERIODS)
PROBE_TASK = TaskConfig(cueing="probe", probes="locations", centres=6, periods=PERIODS)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def short_schedule() -> Schedule:
    """The schedule of a report period of PERIODS."""
    return linear_schedule(PERIODS.steps("report"))


def small_rnn(config: RNNConfig | None = None, task: TaskConfig = INDEX_TASK, seed: int = 0) -> RNN:
    """An untrained network for `task`, in float64."""
    config = config or RNNConfig(units=6, hidden=10)
    return RNN(config, task.input_size, report_noise(short_schedule()), generator=seeded(seed)).double()


def target_of(displays: Displays, swap_probability: float) -> ResponseMixture:
    return response_mixture(displays, flat(displays, swap_probability))


def target_mixture(trials: int, swap_probability: float, seed: int = 0) -> ResponseMixture:
    """Targets with swaps at every distance, for displays of the paper's task."""
    return target_of(sample_displays(TaskConfig(), trials, generator=seeded(seed)), swap_probability)


def small_inputs(trials: int, task: TaskConfig = INDEX_TASK, seed: int = 0) -> TrialInputs:
    return encode(task, sample_displays(task, trials, generator=seeded(seed)))


def small_batch(trials: int, swap_probability: float = 0.1, seed: int = 0) -> Batch:
    displays = sample_displays(INDEX_TASK, trials, generator=seeded(seed))
    return Batch(displays, encode(INDEX_TASK, displays), target_of(displays, swap_probability))


def swap_posterior(level: float) -> SwapPosterior:
    """A certain swap function that falls with cue distance, over the eight locations; `level` moves it up and down."""
    mean = torch.tensor([2 * level - 2, 0.8, 0.2], dtype=torch.float64)
    return certain(mean, Basis(cue=2), ("level", "cue"), torch.arange(1, 5, dtype=torch.float64) * (math.pi / 4))


def certain(
    mean: Tensor,
    basis: Basis,
    kinds: tuple[str, ...],
    distances: Tensor,
    concentration: float = 8.0,
    uniform_logit: float = -2.0,
) -> SwapPosterior:
    """A posterior that is certain of the coefficients `mean`; cue distances fill a range where there are two."""
    return SwapPosterior(
        kinds=kinds,
        basis=basis,
        mean=mean,
        cholesky=torch.zeros((len(mean), len(mean)), dtype=torch.float64),
        emission="von_mises",
        emission_parameters=torch.tensor([concentration], dtype=torch.float64),
        uniform_logit=uniform_logit,
        distances=distances,
        report_distances=distances[[0, -1]],
        continuous=len(distances) == 2,
        set_size=8,
        trials=100,
        elbo=-100.0,
        elbo_trace=torch.tensor([-120.0, -100.0], dtype=torch.float64),
    )


def rotation(angle: float) -> Tensor:
    """Matrix that turns row vectors by `angle` (rad) when multiplied from the right."""
    turn = torch.tensor(angle, dtype=torch.float64)
    return torch.stack((torch.stack((turn.cos(), turn.sin())), torch.stack((-turn.sin(), turn.cos()))))


def unchecked(config, **fields):
    """A copy of a frozen config with other fields and unchecked, so that its own check and not that of types can be met."""
    changed = copy.copy(config)
    for name, value in fields.items():
        object.__setattr__(changed, name, value)
    return changed


def assert_unbiased(samples: Tensor, expected: Tensor | float = 0.0, limit: float = 4.5) -> None:
    """The mean over the first axis lies within `limit` standard errors of what is expected, everywhere."""
    standard_error = samples.std(dim=0) / len(samples) ** 0.5
    worst = ((samples.mean(dim=0) - expected).abs() / standard_error).max()
    assert worst < limit, f"off by {worst:.1f} standard errors"
