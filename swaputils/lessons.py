"""What a network is taught, a batch of it, and the order from easy to hard."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from swaputils.records import STEP_SECONDS, Batch, Displays, ResponseDensity, ResponseMixture, TrialInputs, Trials
from swaputils.task import TaskConfig, encode, sample_displays

RADIUS = 2.5  # of responses in the readout plane
GIVEN_SPREAD = 1e-3  # of a response that was given, in units of the radius
Objective = Callable[..., torch.Tensor]
Target = Callable[[Displays], ResponseMixture | ResponseDensity]


@dataclass(frozen=True)
class Lesson:
    """What a network is taught: displays of `task`, responses of `target`, judged by `objective`.

    repeats:  times that each display of a batch is shown in a row, for objectives that compare distributions of answers.
    observed: trials to learn from in place of fresh displays and `target`: what was shown, and the response that was given, at
              `radius` of the target; None for none.
    """

    task: TaskConfig
    target: Target
    objective: Objective
    repeats: int = 1
    observed: Trials | None = None


def make_batch(lesson: Lesson, size: int, like: torch.Tensor, *, generator: torch.Generator) -> Batch:
    """Draw `size` displays with their inputs and targets, in the dtype and on the device of `like`.

    ValueError unless the lesson's repeats divide the size.
    """
    if size % lesson.repeats:
        raise ValueError(f"a batch of {size} cannot show each display {lesson.repeats} times; it must be a multiple")
    if lesson.observed is None:
        displays = sample_displays(lesson.task, size // lesson.repeats, generator=generator)
        displays = displays[torch.arange(size, device=displays.cued.device) // lesson.repeats]
        target = lesson.target(displays)
    else:
        picked = torch.randint(len(lesson.observed), (size,), device=generator.device, generator=generator).cpu()
        displays, target = lesson.observed.displays[picked], given(lesson.observed.response[picked])
    inputs = encode(lesson.task, displays)
    inputs = TrialInputs(inputs.stimulus.to(like), inputs.cue.to(like), inputs.periods)
    return Batch(displays.to(like.device), inputs, target.to(like))


def given(response: torch.Tensor) -> ResponseMixture:
    """Responses [M] (rad) as targets that hold nothing else: at E[x_0 | x_t] = x_0 the closed-form objective is the sampled one."""
    return ResponseMixture(response[:, None], torch.zeros_like(response)[:, None], GIVEN_SPREAD, RADIUS)


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
