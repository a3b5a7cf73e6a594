"""What a network is taught, a batch of it, and the order from easy to hard."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from swaputils.records import STEP_SECONDS, Batch, Displays, ResponseDensity, ResponseMixture, TrialInputs
from swaputils.task import TaskConfig, encode, sample_displays

Objective = Callable[..., torch.Tensor]
Target = Callable[[Displays], ResponseMixture | ResponseDensity]


@dataclass(frozen=True)
class Lesson:
    """What a network is taught: displays of `task`, responses of `target`, judged by `objective`.

    repeats: times that each display of a batch is shown in a row, for objectives that compare distributions of answers.
    """

    task: TaskConfig
    target: Target
    objective: Objective
    repeats: int = 1


def make_batch(lesson: Lesson, size: int, like: torch.Tensor, *, generator: torch.Generator) -> Batch:
    """Draw `size` displays with their inputs and targets, in the dtype and on the device of `like`.

    ValueError unless the lesson's repeats divide the size.
    """
    if size % lesson.repeats:
        raise ValueError(f"a batch of {size} cannot show each display {lesson.repeats} times; it must be a multiple")
    displays = sample_displays(lesson.task, size // lesson.repeats, generator=generator)
    displays = displays[torch.arange(size, device=displays.cued.device) // lesson.repeats]
    inputs, target = encode(lesson.task, displays), lesson.target(displays)
    inputs = TrialInputs(inputs.stimulus.to(like), inputs.cue.to(like), inputs.periods)
    return Batch(displays.to(like.device), inputs, target.to(like))


def ladder(lesson: Lesson, delay_step: int) -> list[Lesson]:
    """Lessons from the easiest to the given one: a delay that grows from one step, then more items, one at a time.

    Probe-cued ladders start with two items; an index-cued network has a slot for each item, so all are there from the start.
    """
    items, full = lesson.task.items, lesson.task.periods.steps("delay")
    fewest = items if lesson.task.cueing == "index" else min(items, 2)
    rungs = [(fewest, delay) for delay in (*range(1, full, delay_step), full)]
    rungs += [(more, full) for more in range(fewest + 1, items + 1)]
    periods = lesson.task.periods
    return [
        replace(lesson, task=replace(lesson.task, items=shown, periods=replace(periods, delay=delay * STEP_SECONDS)))
        for shown, delay in rungs
    ]
