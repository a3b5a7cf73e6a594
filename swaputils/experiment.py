"""Everything that one network needs, put together from a condition, a scale and a seed."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial

import torch

from swaputils import objectives, surrogate
from swaputils.conditions import CONDITIONS, SCALES, Condition, learns_all_responses, learns_from_people, named
from swaputils.diffusion import Schedule, circle_nodes, linear_schedule, report_noise, signal_weights
from swaputils.lessons import RADIUS, Lesson, Objective, ladder
from swaputils.records import Displays, ResponseDensity, ResponseMixture
from swaputils.rnn import RNN, RNNConfig
from swaputils.surrogate import SwapPosterior
from swaputils.task import TaskConfig, repeated_display
from swaputils.train import TrainConfig

# With more than two items the cued one is selected less surely: share of wrong items below which a rung of the ladder is passed. At
# the common rates of learning a third of the networks diverged.
MORE_ITEMS_WRONG, MORE_ITEMS_SLOWER = 0.2, 2.0
# Largest rates of learning of objectives whose gradient comes from free-running trials of a network that still has to learn its
# distribution: at the common ones training diverges, or loses the cue in a burst that it does not recover from.
RATES = {"moment_matching": 3e-3, "energy_score": 3e-3, "mixture_density": 1e-3}
# Times the common batch, and times the common number of updates for its distribution, that an objective needs: moments of few answers
# are noisy, and covariances stay an eighth off with only the batch or only the number larger
LARGER, LONGER = {"moment_matching": 4}, {"moment_matching": 1.5}
REPEATS = 16  # answers to one display that the objectives on distributions of answers compare
NODES = 128  # of the densities of people's responses


@dataclass(frozen=True)
class Experiment:
    """Everything that one network needs: built from a condition, a scale and a seed by `experiment`.

    selection: lessons of the selection stage, see `lessons.ladder`; empty where there is none.
    start: condition whose trained network is the initial one, or None.
    trained: whether there is any training.
    human: posterior over people's responses, for the conditions that learn from people.
    config: what determines the weights, as JSON values; the hash of it names a stored run.
    """

    config: dict
    task: TaskConfig
    schedule: Schedule
    selection: list[Lesson]
    distribution: Lesson
    rnn: RNNConfig
    train: TrainConfig
    evaluated: int
    seed: int
    start: str | None
    trained: bool
    human: SwapPosterior | None

    def new_rnn(self, *, generator: torch.Generator) -> RNN:
        """An untrained network of this experiment."""
        return RNN(self.rnn, self.task.input_size, report_noise(self.schedule), generator=generator)


def experiment(condition: str, scale: str, seed: int, human: SwapPosterior | None = None) -> Experiment:
    """The experiment of a condition at a scale. UnknownName for either; ValueError when `human` is missing.

    human: posterior over people's responses at the set size to learn from, for the conditions that learn from people.
    """
    taught, sizes = named("condition", condition, CONDITIONS), named("scale", scale, SCALES)
    if learns_from_people(condition) and human is None:
        raise ValueError(f"condition {condition} learns from people's swap function; pass its posterior as `human`")
    task = TaskConfig(cueing=taught.cueing, items=taught.items, probes=taught.probes, periods=sizes.periods)
    if learns_all_responses(condition):
        task = replace(task, separation=0.0)  # the colours that people saw were independent
    schedule = linear_schedule(task.periods.steps("report"))
    rnn, train = _sizes(taught, scale)
    config = {
        "condition": condition,
        "taught": asdict(taught),
        "swap_function": _human_logits(human) if learns_from_people(condition) else None,
        "scale": scale,
        "seed": seed,
        "task": asdict(task),
        "rnn": asdict(rnn) | {"branching": list(rnn.branching)},
        "train": train.stored(),
    }
    if learns_all_responses(condition):
        config["response_density"] = _density_fingerprint(human, task)
    selection, distribution = _lessons(taught, task, schedule, human)
    return Experiment(
        config=config,
        task=task,
        schedule=schedule,
        selection=[] if taught.start else ladder(selection, train.delay_step),
        distribution=distribution,
        rnn=rnn,
        train=train,
        evaluated=sizes.evaluated,
        seed=seed,
        start=taught.start,
        trained=taught.objective != "untrained",
        human=human if learns_from_people(condition) else None,
    )


def _sizes(taught: Condition, scale: str) -> tuple[RNNConfig, TrainConfig]:
    """Network and training of a condition."""
    sizes = SCALES[scale]
    rnn, train = replace(sizes.rnn[taught.drive], units=taught.units), sizes.train[taught.drive]
    if taught.cueing == "probe":
        rnn = replace(rnn, projection=sizes.projection)
    if taught.items > 2:
        slower = {name: getattr(train, name) / MORE_ITEMS_SLOWER for name in ("selection_rate", "distribution_rate")}
        train = replace(train, wrong_items=max(train.wrong_items, MORE_ITEMS_WRONG), **slower)
    _, selected_by, _ = OBJECTIVES[taught.objective]
    for stage, objective in (("selection_rate", selected_by), ("distribution_rate", taught.objective)):
        train = replace(train, **{stage: min(getattr(train, stage), RATES.get(objective, math.inf))})
    updates = int(train.distribution_updates * LONGER.get(taught.objective, 1))
    return rnn, replace(train, distribution_updates=updates, batch=train.batch * LARGER.get(taught.objective, 1))


def _lessons(
    taught: Condition, task: TaskConfig, schedule: Schedule, human: SwapPosterior | None
) -> tuple[Lesson, Lesson]:
    """The lesson without swaps that the selection stage climbs to, and the condition's own."""
    objective, selected_by, repeats = OBJECTIVES[taught.objective]
    first, _, first_repeats = OBJECTIVES[selected_by]
    own = Lesson(task, partial(_target, taught, human), objective(schedule), repeats)
    return Lesson(task, _without_swaps, first(schedule), first_repeats), own


def _diffusion(schedule: Schedule) -> Objective:
    return partial(objectives.diffusion_closed_form, schedule=schedule, weights=signal_weights(schedule))


def _always(objective: Objective) -> Callable[[Schedule], Objective]:
    return lambda schedule: objective


# name: the objective given the schedule, the name of the one that teaches selection before it, and how often each display is shown
# in a row. A noiseless output and the moments of few answers say little before the cued item is selected; a network that was
# selected to suppress its noise is slow to learn a spread.
OBJECTIVES = {
    "diffusion": (_diffusion, "diffusion", 1),
    "task_optimal": (_always(objectives.task_optimal), "task_optimal", 1),
    "untrained": (_always(objectives.task_optimal), "task_optimal", 1),
    "mean_regression": (_always(objectives.mean_regression), "task_optimal", 1),
    "moment_matching": (_always(partial(objectives.moment_matching, repeats=REPEATS)), "diffusion", REPEATS),
    "energy_score": (_always(partial(objectives.energy_score, repeats=REPEATS)), "energy_score", REPEATS),
    "mixture_density": (_always(objectives.mixture_density), "task_optimal", 1),
}


def _without_swaps(displays: Displays) -> ResponseMixture:
    return surrogate.response_mixture(displays, surrogate.flat(displays, 0.0))


def _target(taught: Condition, human: SwapPosterior | None, displays: Displays) -> ResponseMixture | ResponseDensity:
    """Target distribution of a condition: its swaps with the paper's narrow clusters, or all of people's responses."""
    if taught.swaps == "human density":
        return human_density(human, displays)
    if taught.swaps == "human density without swaps":
        return human_density(human, displays.only_cued())
    log_weights = {
        "none": lambda: surrogate.flat(displays, 0.0),
        "flat": lambda: surrogate.flat(displays, taught.swap_probability),
        "similarity": lambda: surrogate.similarity(displays, taught.offset),
        "human": lambda: surrogate.log_weights(human, displays),
    }
    return surrogate.response_mixture(displays, log_weights[taught.swaps]())


def human_density(human: SwapPosterior, displays: Displays) -> ResponseDensity:
    """People's responses to the displays, their precision and guesses included, as densities on the circle."""
    nodes = circle_nodes(NODES).to(displays.report)
    every = displays[torch.arange(len(displays), device=displays.cued.device).repeat_interleave(NODES)]
    probabilities = surrogate.component_probabilities(human, displays).repeat_interleave(NODES, dim=0)
    log_density = surrogate.response_log_density(human, every, nodes.repeat(len(displays)), probabilities)
    return ResponseDensity(log_density.unflatten(0, (len(displays), NODES)), RADIUS)


def _human_logits(human: SwapPosterior) -> list[float]:
    """The swap function at the distances between eight locations, as the config records it."""
    distances = torch.arange(1, 5, dtype=torch.float64) * (math.pi / 4)
    return [round(value, 6) for value in surrogate.swap_function(human, distances)[0].tolist()]


def _density_fingerprint(human: SwapPosterior, task: TaskConfig) -> list[float]:
    """People's log density at every eighth node for a display with items a quarter turn apart, as the config records it."""
    quarter = [math.pi / 2 * item - math.pi for item in range(task.items)]
    density = human_density(human, repeated_display(quarter, quarter, 0, 1)).log_density[0, ::8]
    return [round(value, 6) for value in density.tolist()]
