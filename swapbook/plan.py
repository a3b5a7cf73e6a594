"""Everything that one network needs, put together from a condition, a scale and a seed."""

import math
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch

from swapbook.answers import NO_SWAPS
from swapbook.basic_conditions import Condition
from swapbook.conditions import CONDITIONS, named
from swapbook.scales import SCALES, Scale
from swaputils import surrogate
from swaputils.diffusion.schedule import Schedule, linear_schedule, report_noise
from swaputils.errors import SwaputilsError
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.surrogate import SwapPosterior
from swaputils.task import DelayedEstimation, TaskConfig, repeated_display
from swaputils.training.lessons import Lesson, facts, ladder
from swaputils.training.loop import TrainConfig
from swaputils.training.recipes import TASK_OPTIMAL

# With more than two items the cued one is selected less surely: share of wrong items below which a rung of the ladder is passed. At
# the common rates of learning a third of the networks diverged.
MORE_ITEMS_WRONG, MORE_ITEMS_SLOWER = 0.2, 2.0


@dataclass(frozen=True)
class Plan:
    """Everything that one network needs: built from a condition, a scale and a seed by `plan_of`.

    Attributes:
        taught: the condition.
        scale: sizes.
        task: displays and the answers that are taught.
        selection: lessons of the selection stage, see `lessons.ladder`; empty where there is none.
        human: posterior over people's responses, for the conditions that learn from people.
        config: what determines the weights, as JSON values; a stored run holds it, and is outdated where it is another.
    """

    config: dict
    taught: Condition
    scale: Scale
    task: DelayedEstimation
    selection: list[Lesson]
    distribution: Lesson
    rnn: RNNConfig
    train: TrainConfig
    seed: int
    human: SwapPosterior | None

    @property
    def schedule(self) -> Schedule:
        """Noise of the report."""
        return _schedule(self.taught, self.task.config)

    def new_rnn(self, *, generator: torch.Generator) -> RNN:
        """An untrained network of this plan."""
        return RNN(self.rnn, self.task.input_size, report_noise(self.schedule), generator=generator)


def plan_of(condition: str, scale: str, seed: int, human: SwapPosterior | None = None) -> Plan:
    """The plan of a condition at a scale.

    Args:
        human: posterior over people's responses at the set size to learn from, for the conditions that learn from
            people.

    Raises:
        UnknownName: for a condition or a scale that the book does not have.
        SwaputilsError: when `human` is missing.
    """
    taught, sizes = named("condition", condition, CONDITIONS), named("scale", scale, SCALES)
    if not taught.answers.from_people:
        human = None
    elif human is None:
        raise SwaputilsError(
            f"condition {condition} learns from people; pass a posterior over their responses as `human`"
        )
    periods = replace(sizes.periods, **taught.periods)
    shown = TaskConfig(cueing=taught.cueing, items=taught.items, probes=taught.probes, periods=periods)
    if not taught.answers.narrow:
        shown = replace(shown, separation=0.0)  # the colours that people saw were independent
    schedule = _schedule(taught, shown)
    rnn, train = _sizes(taught, sizes)
    task = DelayedEstimation(shown, partial(taught.answers.target, people=human), taught.announced_in)
    easy = replace(task, answers=partial(NO_SWAPS.target, people=None))
    objective = taught.objective or TASK_OPTIMAL
    first = Lesson(easy, objective.first.loss(schedule), objective.first.repeats, facts=facts(shown))
    return Plan(
        config=_config(condition, scale, seed, shown, rnn, train, human),
        taught=taught,
        scale=sizes,
        task=task,
        selection=[] if taught.start else ladder(first, train.delay_step),
        distribution=Lesson(task, objective.loss(schedule), objective.repeats, facts=facts(shown)),
        rnn=rnn,
        train=train,
        seed=seed,
        human=human,
    )


def _schedule(taught: Condition, shown: TaskConfig) -> Schedule:
    """Noise of the report of a condition."""
    return linear_schedule(shown.periods.steps("report"), *(taught.betas or ()))


def _sizes(taught: Condition, sizes: Scale) -> tuple[RNNConfig, TrainConfig]:
    """Network and training of a condition."""
    rnn, train = replace(sizes.rnn[taught.drive], units=taught.units), sizes.train[taught.drive]
    if taught.cueing == "probe":
        rnn = replace(rnn, projection=sizes.projection)
    if taught.items > 2:
        slower = {name: getattr(train, name) / MORE_ITEMS_SLOWER for name in ("selection_rate", "distribution_rate")}
        train = replace(train, wrong_items=max(train.wrong_items, MORE_ITEMS_WRONG), **slower)
    objective = taught.objective or TASK_OPTIMAL
    return replace(rnn, **taught.rnn), replace(
        train,
        **taught.train,
        selection_rate=min(train.selection_rate, objective.first.largest_rate),
        distribution_rate=min(train.distribution_rate, objective.largest_rate),
        distribution_updates=int(train.distribution_updates * objective.update_factor * taught.update_factor),
        batch=train.batch * objective.batch_factor,
    )


def _config(
    condition: str,
    scale: str,
    seed: int,
    shown: TaskConfig,
    rnn: RNNConfig,
    train: TrainConfig,
    human: SwapPosterior | None,
) -> dict:
    taught = CONDITIONS[condition]
    config = {
        "condition": condition,
        "taught": taught.settings,
        "swap_function": None if human is None else _human_logits(human),
        "scale": scale,
        "seed": seed,
        "task": asdict(shown),
        "rnn": rnn.stored(),
        "train": train.stored(),
    }
    if taught.betas is not None:
        config["betas"] = list(taught.betas)
    if not taught.answers.narrow:
        config["response_density"] = _density_fingerprint(human, shown)
    return config


def _human_logits(human: SwapPosterior) -> list[float]:
    """The swap function at the distances between eight locations, as the config records it."""
    distances = torch.arange(1, 5, dtype=torch.float64) * (math.pi / 4)
    return [round(value, 6) for value in surrogate.swap_function(human, distances)[0].tolist()]


def _density_fingerprint(human: SwapPosterior, shown: TaskConfig) -> list[float]:
    """People's log density at every eighth node for a display with items a quarter turn apart, as the config records it.

    More than four items are an eighth of a turn apart.
    """
    apart = math.pi / (2 if shown.items <= 4 else 4)
    places = [apart * item - math.pi for item in range(shown.items)]
    density = surrogate.response_density(human, repeated_display(places, places, 0, 1)).log_nodes[0, ::8]
    return [round(value, 6) for value in density.tolist()]
