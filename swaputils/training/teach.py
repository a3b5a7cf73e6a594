"""A network taught any task by an objective, in one call; where an item is cued, first to select it, then the distribution of answers."""

from dataclasses import replace

import torch
from tqdm import tqdm

from swaputils.diffusion.schedule import Schedule, linear_schedule, report_noise
from swaputils.diffusion.targets import RADIUS, ResponseMixture
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.task import DelayedEstimation, Task
from swaputils.training.familiar import FamiliarDisplays
from swaputils.training.lessons import Lesson, facts, ladder
from swaputils.training.loop import TrainConfig, Training
from swaputils.training.recipes import DIFFUSION, Objective
from swaputils.trials import Displays

SELECTED_SPREAD = 0.05  # of the answers that selection is learnt from, in units of the radius


def teach(
    task: Task,
    objective: Objective = DIFFUSION,
    rnn: RNNConfig | None = None,
    train: TrainConfig | None = None,
    schedule: Schedule | None = None,
    *,
    generator: torch.Generator,
) -> RNN:
    """Build a network for a task and train it; SelectionNotLearnt or TrainingDiverged where it fails.

    Args:
        objective: what teaches the distribution of answers, see `recipes`.
        rnn: size of the network; its defaults unless given.
        train: how it is trained; its defaults unless given.
        schedule: noise of the report, one level for each of its steps; the linear one unless given.
        generator: of the weights, the displays and the noise.
    """
    training = training_of(task, objective, rnn, train, schedule, generator=generator)
    for _ in tqdm(training, desc="teaching", unit="update", leave=False):
        pass
    return training.rnn


def training_of(
    task: Task,
    objective: Objective = DIFFUSION,
    rnn: RNNConfig | None = None,
    train: TrainConfig | None = None,
    schedule: Schedule | None = None,
    device: str = "cpu",
    *,
    generator: torch.Generator,
) -> Training:
    """A network for a task on its way through its training, from the first update on; see `teach`.

    Args:
        device: where it is trained; on another than the CPU random numbers are drawn there, from the generator's seed.
    """
    train = train or TrainConfig()
    schedule = schedule or linear_schedule(task.periods.steps("report"))
    net = RNN(rnn or RNNConfig(), task.input_size, report_noise(schedule), generator=generator).to(device)
    if net.readout.device.type != "cpu":
        generator = torch.Generator(net.readout.device).manual_seed(generator.initial_seed())
    lesson = Lesson(task, objective.loss(schedule), objective.repeats)
    selection: list[Lesson] = []
    if isinstance(task, DelayedEstimation | FamiliarDisplays):
        first, lesson = objective.first, replace(lesson, facts=facts(task.config))
        easy = replace(task, answers=certain_answers)
        selection = ladder(
            replace(lesson, task=easy, loss=first.loss(schedule), repeats=first.repeats), train.delay_step
        )
    return Training(net, selection, lesson, train, generator=generator)


def certain_answers(displays: Displays) -> ResponseMixture:
    """Narrow clusters of answers around the cued item alone."""
    log_weights = torch.zeros_like(displays.report).where(displays.is_cued, -torch.inf)
    return ResponseMixture(displays.report.where(displays.present, 0), log_weights, SELECTED_SPREAD, RADIUS)
