"""What a network is taught, a batch of it, and the order from easy to hard."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from swaputils.diffusion.targets import RADIUS, ResponseMixture, Target
from swaputils.errors import SwaputilsError
from swaputils.inputs import STEP_SECONDS, TrialInputs
from swaputils.shapes import Moves, ShapeError
from swaputils.task import DelayedEstimation, Task, TaskConfig
from swaputils.training.familiar import FamiliarDisplays
from swaputils.trials import Trials

GIVEN_SPREAD = 1e-3  # of a response that was given, in units of the radius
Loss = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Batch(Moves):
    """One batch for a loss: displays of any kind, their encoding, and the distributions of answers to be learnt."""

    displays: Any
    inputs: TrialInputs
    target: Target

    def __post_init__(self):
        if not len(self.displays) == len(self.inputs) == len(self.target):
            raise ShapeError(
                f"Batch holds {len(self.displays)} displays, {len(self.inputs)} inputs and {len(self.target)} targets; "
                "they must be as many"
            )

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Lesson:
    """What a network is taught: a task, judged by a loss.

    Attributes:
        loss: function (rnn, batch, *, generator) -> scalar, see `objectives`.
        repeats: times that each display of a batch is shown in a row, for losses that compare distributions of answers.
        observed: trials to learn from in place of fresh displays and the task's target: what was shown, and the
            response that was given, at `RADIUS`; None for none.
        facts: what the log of a training says of it, as numbers by name.
    """

    task: Task
    loss: Loss
    repeats: int = 1
    observed: Trials | None = None
    facts: Mapping[str, float | int] = field(default_factory=dict)


def make_batch(lesson: Lesson, size: int, like: torch.Tensor, *, generator: torch.Generator) -> Batch:
    """Draw `size` displays with their inputs and targets, in the dtype and on the device of `like`.

    Raises:
        SwaputilsError: unless the lesson's repeats divide the size.

    >>> from swaputils.training.objectives import regression
    >>> task = DelayedEstimation(TaskConfig(), lambda displays: given(displays.cued_report))
    >>> lesson, like = Lesson(task, regression), torch.zeros(1)
    >>> batch = make_batch(lesson, 4, like, generator=torch.Generator().manual_seed(0))
    >>> len(batch), batch.inputs.shown[0].shape
    (4, torch.Size([4, 6]))
    """
    if size % lesson.repeats:
        raise SwaputilsError(
            f"a batch of {size} cannot show each display {lesson.repeats} times; it must be a multiple"
        )
    target: Target
    if lesson.observed is not None:
        picked = torch.randint(len(lesson.observed), (size,), device=generator.device, generator=generator).cpu()
        displays, target = lesson.observed.displays[picked], given(lesson.observed.response[picked])
    else:
        displays = lesson.task.sample(size // lesson.repeats, generator=generator)
        displays = displays[torch.arange(size, device=generator.device) // lesson.repeats]
        if lesson.repeats > 1 and isinstance(lesson.task, DelayedEstimation):
            displays = lesson.task.announce(displays, generator=generator)  # each time a number of its own
        target = lesson.task.target(displays)
    return Batch(displays, lesson.task.encode(displays).to(like), target.to(like))


def given(response: torch.Tensor) -> ResponseMixture:
    """Responses [M] (rad) as targets that hold nothing else: at E[x_0 | x_t] = x_0 the closed-form objective is the sampled one."""
    return ResponseMixture(response[:, None], torch.zeros_like(response)[:, None], GIVEN_SPREAD, RADIUS)


def ladder(lesson: Lesson, delay_step: int) -> list[Lesson]:
    """Lessons of delayed estimation from the easiest to the given one: a delay that grows from one step, then more items, one at a time.

    Probe-cued ladders start with two items; an index-cued network has a slot for each item, so all are there from the start.
    """
    task = lesson.task
    if not isinstance(task, DelayedEstimation | FamiliarDisplays):
        raise SwaputilsError(f"a ladder is for delayed estimation; the lesson's task is a {type(task).__name__}")
    config = task.config
    items, full = config.items, config.periods.steps("delay")
    fewest = items if config.cueing == "index" else min(items, 2)
    rungs = [(fewest, delay) for delay in (*range(1, full, delay_step), full)]
    rungs += [(more, full) for more in range(fewest + 1, items + 1)]
    lessons = []
    for shown, delay in rungs:
        periods = replace(config.periods, delay=delay * STEP_SECONDS)
        easier = replace(config, items=shown, periods=periods)
        lessons.append(replace(lesson, task=replace(task, config=easier), facts=facts(easier)))
    return lessons


def facts(config: TaskConfig) -> dict[str, float | int]:
    """What a log says of a lesson in delayed estimation: its items and its delay (s)."""
    return {"items": float(config.items), "delay": config.periods.delay}
