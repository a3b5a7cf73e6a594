"""The named conditions of the book: which task, whose responses, which objective, and the sizes at each scale."""

import math
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

import torch

from swaputils import surrogate
from swaputils.diffusion import Schedule, linear_schedule, report_noise, signal_weights
from swaputils.objectives import diffusion_closed_form, task_optimal
from swaputils.records import Displays, Periods, ResponseMixture
from swaputils.rnn import RNN, RNNConfig
from swaputils.surrogate import SwapPosterior
from swaputils.task import TaskConfig
from swaputils.train import Lesson, TrainConfig


class UnknownName(ValueError):
    """A condition or a scale that the book does not have."""


@dataclass(frozen=True)
class Condition:
    """What a network is taught.

    cueing, probes: the task, see TaskConfig.
    swaps:          "none", "flat" (`swap_probability` at every distance), or "human" (the swap function fitted to people).
    objective:      "diffusion" or "task_optimal".
    """

    title: str
    cueing: Literal["index", "probe"]
    probes: Literal["continuous", "locations"]
    swaps: Literal["none", "flat", "human"]
    objective: Literal["diffusion", "task_optimal"]
    swap_probability: float = 0.0


CONDITIONS = {
    "index_task_optimal": Condition("task-optimal", "index", "continuous", "none", "task_optimal"),
    "index_swap": Condition("swap target .10", "index", "continuous", "flat", "diffusion", 0.10),
    "probe_task_optimal": Condition("task-optimal", "probe", "locations", "none", "task_optimal"),
    "probe_human": Condition("human swap function", "probe", "locations", "human", "diffusion"),
}


@dataclass(frozen=True)
class Scale:
    """Sizes of a run: durations, network, training, and responses evaluated. `rnn` is by cueing."""

    periods: Periods
    rnn: dict[str, RNNConfig]
    train: TrainConfig
    evaluated: int


SCALES = {
    # Too small to learn anything: it shows within seconds that everything runs, so its selection check lets all pass.
    "smoke": Scale(
        Periods(delay=0.15, report=0.4),
        {"index": RNNConfig(hidden=32), "probe": RNNConfig(hidden=32)},
        TrainConfig(
            batch=64,
            selection_updates=20,
            distribution_updates=20,
            delay_step=2,
            check_every=5,
            log_every=5,
            median_error=4.0,
            wrong_items=1.1,
        ),
        500,
    ),
    "laptop": Scale(
        Periods(),
        {"index": RNNConfig(hidden=256), "probe": RNNConfig(hidden=256)},
        TrainConfig(),
        20_000,
    ),
    "paper": Scale(
        Periods(),
        {
            "index": RNNConfig(drive="tree", branching=(10, 10)),
            "probe": RNNConfig(drive="tree", branching=(10, 10), projection=6),
        },
        TrainConfig(batch=32 * 512, selection_updates=50_000, distribution_updates=200_000),
        20_000,
    ),
}


@dataclass(frozen=True)
class Experiment:
    """Everything that one network needs: built from a condition, a scale and a seed by `experiment`.

    config: what determines the weights, as JSON values; the hash of it names a stored run.
    """

    config: dict
    task: TaskConfig
    schedule: Schedule
    selection: Lesson
    distribution: Lesson
    rnn: RNNConfig
    train: TrainConfig
    evaluated: int
    seed: int

    def new_rnn(self, *, generator: torch.Generator) -> RNN:
        """An untrained network of this experiment."""
        return RNN(self.rnn, self.task.input_size, report_noise(self.schedule), generator=generator)


def named(kind: str, name: str, table: dict):
    """The entry of a table; UnknownName lists what there is."""
    if name not in table:
        raise UnknownName(f"unknown {kind} {name!r}; known are {', '.join(table)}")
    return table[name]


def experiment(condition: str, scale: str, seed: int, human: SwapPosterior | None = None) -> Experiment:
    """The experiment of a condition at a scale. UnknownName for either; ValueError when `human` is missing.

    human: posterior over people's swap function, for the conditions that learn from it.
    """
    taught, sizes = named("condition", condition, CONDITIONS), named("scale", scale, SCALES)
    if taught.swaps == "human" and human is None:
        raise ValueError(f"condition {condition} learns from people's swap function; pass its posterior as `human`")
    task = TaskConfig(cueing=taught.cueing, probes=taught.probes, periods=sizes.periods)
    schedule = linear_schedule(task.periods.steps("report"))
    objective = _OBJECTIVES[taught.objective](schedule)
    rnn = sizes.rnn[taught.cueing]
    swap_function = _human_logits(human) if taught.swaps == "human" else None
    config = {
        "condition": condition,
        "taught": asdict(taught),
        "swap_function": swap_function,
        "scale": scale,
        "seed": seed,
        "task": asdict(task),
        "rnn": asdict(rnn) | {"branching": list(rnn.branching)},
        "train": asdict(sizes.train),
    }
    return Experiment(
        config=config,
        task=task,
        schedule=schedule,
        selection=Lesson(task, _without_swaps, objective),
        distribution=Lesson(task, partial(_target, taught, human), objective),
        rnn=rnn,
        train=sizes.train,
        evaluated=sizes.evaluated,
        seed=seed,
    )


_OBJECTIVES = {
    "diffusion": lambda schedule: partial(diffusion_closed_form, schedule=schedule, weights=signal_weights(schedule)),
    "task_optimal": lambda schedule: task_optimal,
}


def _without_swaps(displays: Displays) -> ResponseMixture:
    return surrogate.response_mixture(displays, surrogate.flat(displays, 0.0))


def _target(taught: Condition, human: SwapPosterior | None, displays: Displays) -> ResponseMixture:
    """Target distribution of a condition: its swaps, with the paper's narrow clusters."""
    if taught.swaps == "human":
        return surrogate.response_mixture(displays, surrogate.log_weights(human, displays))
    return surrogate.response_mixture(displays, surrogate.flat(displays, taught.swap_probability))


def _human_logits(human: SwapPosterior) -> list[float]:
    """The swap function at the distances between eight locations, as the config records it."""
    distances = torch.arange(1, 5, dtype=torch.float64) * (math.pi / 4)
    return [round(value, 6) for value in surrogate.swap_function(human, distances)[0].tolist()]
