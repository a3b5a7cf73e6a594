"""One optimisation loop for every objective, and the curriculum: first select the cued item, then learn the distribution.

From scratch a network first sits on a plateau where it answers between the items. It leaves it reliably when the delay is
short, when the target has no swaps, and when the loss weighs the noisy report steps, where the answer must come from memory,
as much as the others (`diffusion.signal_weights`). So the selection stage lengthens the delay only while free-running answers
are right, and the target distribution is switched on only then. A network that has not learnt selection raises an error.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from swaputils.circular import distance, to_angle
from swaputils.records import STEP_SECONDS, Batch, Displays, ResponseMixture, TrialInputs
from swaputils.rnn import RNN, draw_noise, rollout
from swaputils.task import TaskConfig, encode, sample_displays

Objective = Callable[..., torch.Tensor]
Target = Callable[[Displays], ResponseMixture]


class SelectionNotLearnt(RuntimeError):
    """The network still answers between the items, or with the wrong item, at the end of the selection stage."""


class TrainingDiverged(RuntimeError):
    """The loss or its gradient stopped being finite; the network holds the last good weights."""


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained.

    batch:                   sequences per update, each with a display of its own.
    selection_updates:       at most this many updates for the selection stage.
    distribution_updates:    exactly this many updates for the distribution stage.
    selection_rate, distribution_rate: Adam's learning rate, constant in the first stage and decaying as a cosine in the second.
    averaging:               decay of the weight average that the distribution stage ends with.
    clip:                    largest norm of a gradient.
    delay_step:              steps by which the delay grows.
    check_every:             updates between two free-running checks of the selection stage.
    log_every:               updates between two rows of the log.
    median_error, wrong_items: a check passes below both (rad; share of answers nearer to another item).
    """

    batch: int = 256
    selection_updates: int = 6_000
    distribution_updates: int = 8_000
    selection_rate: float = 1e-2
    distribution_rate: float = 7e-3
    averaging: float = 0.998
    clip: float = 1.0
    delay_step: int = 3
    check_every: int = 100
    log_every: int = 50
    median_error: float = 0.25
    wrong_items: float = 0.10

    def __post_init__(self):
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"TrainConfig.{name} is {value}; it must be positive")
        if self.averaging >= 1:
            raise ValueError(f"TrainConfig.averaging is {self.averaging}; it must lie below 1")


@dataclass(frozen=True)
class Lesson:
    """What a network is taught: displays of `task`, responses of `target`, judged by `objective`."""

    task: TaskConfig
    target: Target
    objective: Objective


@dataclass(frozen=True)
class Progress:
    """State of the training after an update; the error and the share of wrong items are of the latest check, or NaN."""

    stage: str
    update: int
    loss: float
    delay: float
    median_error: float
    wrong_items: float


def make_batch(lesson: Lesson, size: int, like: torch.Tensor, *, generator: torch.Generator) -> Batch:
    """Draw `size` displays with their inputs and targets, in the dtype and on the device of `like`."""
    displays = sample_displays(lesson.task, size, generator=generator)
    inputs, target = encode(lesson.task, displays), lesson.target(displays)
    return Batch(
        displays.to(like.device),
        TrialInputs(inputs.stimulus.to(like), inputs.cue.to(like), inputs.periods),
        ResponseMixture(target.angles.to(like), target.log_weights.to(like), target.spread, target.radius),
    )


@torch.no_grad()
def check_selection(rnn: RNN, lesson: Lesson, size: int = 1_000, *, generator: torch.Generator) -> tuple[float, float]:
    """Median error (rad) and share of answers nearer to another item, of free-running answers to fresh displays."""
    batch = make_batch(lesson, size, rnn.readout, generator=generator)
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    answers = to_angle(rnn.in_plane(run.report[:, -1]))
    error = distance(answers[:, None].to(batch.displays.report), batch.displays.report)
    to_cued = error.gather(1, batch.displays.cued[:, None]).squeeze(1)
    return float(to_cued.median()), float((error.nan_to_num(torch.inf).min(1).values < to_cued).double().mean())


def learn_selection(rnn: RNN, lesson: Lesson, config: TrainConfig, *, generator: torch.Generator) -> Iterator[Progress]:
    """Train on `lesson` (without swaps) from a delay of one step up to its full delay; yields after every update.

    Raises SelectionNotLearnt when the full delay has not been mastered within `selection_updates`.
    """
    full = lesson.task.periods.steps("delay")
    delay, median_error, wrong_items = 1, float("nan"), float("nan")
    optimiser = torch.optim.Adam(rnn.parameters(), lr=config.selection_rate, betas=(0.9, 0.99))
    for update in range(1, config.selection_updates + 1):
        current = replace(lesson, task=_with_delay(lesson.task, delay))
        loss = _update(rnn, current, config, optimiser, generator)
        if update % config.check_every == 0:
            median_error, wrong_items = check_selection(rnn, current, generator=generator)
        passed = median_error < config.median_error and wrong_items < config.wrong_items
        yield Progress("selection", update, loss, delay * STEP_SECONDS, median_error, wrong_items)
        if passed and delay == full:
            return
        if passed:
            delay, median_error = min(delay + config.delay_step, full), float("nan")
    raise SelectionNotLearnt(
        f"after {config.selection_updates} updates the delay is {delay * STEP_SECONDS:.2f} s of {full * STEP_SECONDS:.2f} s, "
        f"the median error {median_error:.2f} rad (to pass: below {config.median_error}) and the share of wrong items "
        f"{wrong_items:.2f} (to pass: below {config.wrong_items})"
    )


def learn_distribution(
    rnn: RNN, lesson: Lesson, config: TrainConfig, *, generator: torch.Generator
) -> Iterator[Progress]:
    """Train on `lesson` for `distribution_updates`; the network ends with the average of its late weights."""
    optimiser = torch.optim.Adam(rnn.parameters(), lr=config.distribution_rate, betas=(0.9, 0.99))
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.distribution_updates)
    average = AveragedModel(rnn, multi_avg_fn=get_ema_multi_avg_fn(config.averaging))
    delay = lesson.task.periods.delay
    for update in range(1, config.distribution_updates + 1):
        loss = _update(rnn, lesson, config, optimiser, generator)
        decay.step()
        average.update_parameters(rnn)
        yield Progress("distribution", update, loss, delay, float("nan"), float("nan"))
    rnn.load_state_dict(average.module.state_dict())


def _with_delay(task: TaskConfig, steps: int) -> TaskConfig:
    return replace(task, periods=replace(task.periods, delay=steps * STEP_SECONDS))


def _update(rnn: RNN, lesson: Lesson, config: TrainConfig, optimiser, generator: torch.Generator) -> float:
    """One step of the optimiser, taken only when loss and gradient are finite."""
    batch = make_batch(lesson, config.batch, rnn.readout, generator=generator)
    loss = lesson.objective(rnn, batch, generator=generator)
    optimiser.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(rnn.parameters(), config.clip)
    if not (torch.isfinite(loss) and torch.isfinite(norm)):
        raise TrainingDiverged(f"loss {loss.item()} with a gradient of norm {norm.item()}")
    optimiser.step()
    return loss.item()


def train(
    rnn: RNN, selection: Lesson, distribution: Lesson, config: TrainConfig, *, generator: torch.Generator
) -> Iterator[Progress]:
    """The whole curriculum on one network, in place; yields after every update.

    Raises SelectionNotLearnt or TrainingDiverged; the network then holds the last good weights.
    """
    yield from learn_selection(rnn, selection, config, generator=generator)
    yield from learn_distribution(rnn, distribution, config, generator=generator)
