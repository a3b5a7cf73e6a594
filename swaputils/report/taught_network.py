"""A network that is taught the responses that were fitted to people: its sizes, how long it takes, and its training."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from swaputils.diffusion.schedule import Schedule, linear_schedule, report_noise
from swaputils.errors import SwaputilsError
from swaputils.inputs import Periods
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.report.fitting import Fitted, swap_trials, teacher
from swaputils.responders import Noisy
from swaputils.run_folder import Run, config_hash, provenance, read_run
from swaputils.surrogate import SwapPosterior, response_density
from swaputils.surrogate.distances import cued_first
from swaputils.task import TaskConfig
from swaputils.training.familiar import FamiliarDisplays
from swaputils.training.loop import TrainConfig, Training
from swaputils.training.resumable import keep_freed_memory, train
from swaputils.training.teach import training_of
from swaputils.trials import Displays, Trials

FEWEST_ITEMS, MOST_ITEMS = 2, 6  # that a small network is taught
PERIODS = Periods(stimulus=0.15, delay=0.3, cue=0.15, post_cue_delay=0.05, report=1.0)
SCHEDULE = linear_schedule(PERIODS.steps("report"), 0.02, 0.5)
TIMED = 4  # updates that the announced time is estimated from


@dataclass(frozen=True)
class Sizes:
    """A network and its training.

    Attributes:
        selecting: updates that the selection stage usually takes, for the announced time.
    """

    rnn: RNNConfig
    train: TrainConfig
    selecting: int


_UPDATES: dict = {
    "batch": 128,
    "selection_updates": 10_000,
    "distribution_updates": 2_500,
    "check_every": 50,
    "averaging": 0.99,
}
_FEW = TrainConfig(**_UPDATES, selection_rate=1e-2, distribution_rate=7e-3, wrong_items=0.15)
_MORE = replace(_FEW, selection_rate=5e-3, distribution_rate=5e-3)
# With independent colours another item is the nearer one by chance, the more often the more there are
_BY_CHANCE = {3: (0.2, 1_500), 4: (0.25, 2_500), 5: (0.3, 3_500), 6: (0.35, 4_500)}
SIZES = {2: Sizes(RNNConfig(units=16, hidden=96), _FEW, 600)} | {
    items: Sizes(RNNConfig(units=32, hidden=96), replace(_MORE, wrong_items=wrong), selecting)
    for items, (wrong, selecting) in _BY_CHANCE.items()
}


@dataclass(frozen=True)
class Course:
    """What a network is taught, and everything that its weights depend on.

    Attributes:
        task: displays as people saw them, with the answers that the posterior predicts.
        people: their trials at this set size.
        posterior: what was fitted to them; model is its name in the ladder.
        config: what determines the weights, as JSON values.
    """

    task: FamiliarDisplays
    people: Trials
    posterior: SwapPosterior
    model: str
    sizes: Sizes
    seed: int
    config: dict

    @property
    def schedule(self) -> Schedule:
        """Noise of the report."""
        return SCHEDULE

    @property
    def items(self) -> int:
        return self.task.config.items

    @property
    def by_place(self) -> bool:
        """Whether an item is asked for by its cue feature, and not by its number."""
        return self.task.config.cueing == "probe"

    def training(self, device: str = "cpu") -> Training:
        """Its training from the first update on."""
        how: dict = {"schedule": SCHEDULE, "device": device, "generator": torch.Generator().manual_seed(self.seed)}
        return training_of(self.task, rnn=self.sizes.rnn, train=self.sizes.train, **how)


@dataclass(frozen=True)
class Apprentice:
    """A network that was taught, in float64 on the CPU; the log of its training and the processor time that it took (s)."""

    rnn: RNN
    course: Course
    log: list[dict]
    seconds: float

    def as_run(self, metrics: Mapping) -> Run:
        """What its folder holds."""
        weights = {name: value.float() for name, value in self.rnn.state_dict().items()}
        made_by = provenance() | {"cpu_seconds": round(self.seconds)}
        return Run(self.course.config, weights, self.log, dict(metrics), made_by)


def items_to_teach(trials: Trials, items: int | None) -> int:
    """The set size to teach: the one asked for, or the largest that can be; SwaputilsError where there is none."""
    fitted = swap_trials(trials)[0].displays.set_size.unique().tolist()
    possible = [size for size in fitted if FEWEST_ITEMS <= size <= MOST_ITEMS]
    if not possible:
        raise SwaputilsError(
            f"a network is taught the responses to {FEWEST_ITEMS} to {MOST_ITEMS} items, and swap models can be fitted to "
            f"{'set size ' + ', '.join(map(str, fitted)) if fitted else 'no set size'} of these data; `swaputils fit` does "
            "without a network"
        )
    if items is not None and items not in possible:
        sizes = ", ".join(map(str, possible))
        raise SwaputilsError(f"--items is {items}; of these data a network can be taught set size {sizes}")
    return items or max(possible)


def course_of(fitted: Fitted, items: int, sizes: Sizes | None = None) -> Course:
    """The course that teaches the responses fitted to people at a set size."""
    model, sizes = teacher(fitted.trials), sizes or SIZES[items]
    posterior = fitted.posteriors[model][items]
    trials = swap_trials(fitted.trials)[0]
    people = trials[trials.displays.set_size == items]
    seen = people.displays
    report, probe = (cued_first(seen, values).T for values in (seen.report, seen.probe))
    shown = Displays(report, probe, torch.zeros_like(seen.cued))
    people = replace(people, displays=shown)
    cueing: Literal["index", "probe"] = "probe" if model == "cue" else "index"
    config = TaskConfig(cueing=cueing, items=items, separation=0.0, periods=PERIODS)
    task = FamiliarDisplays(config, shown, partial(response_density, posterior))
    settings = {
        "taught": f"responses fitted to people, model {model!r}",
        "displays": config_hash({"report": shown.report.tolist(), "probe": shown.probe.nan_to_num(9.0).tolist()}),
        "answers": config_hash({name: getattr(posterior, name).tolist() for name in ("mean", "emission_parameters")}),
        "task": asdict(config),
        "rnn": sizes.rnn.stored(),
        "train": sizes.train.stored(),
        "seed": fitted.config.seed,
    }
    return Course(task, people, posterior, model, sizes, fitted.config.seed, settings)


def seconds_to_teach(course: Course, device: str = "cpu") -> tuple[float, float]:
    """How long its training takes here (s): what is to be expected, and at most; from a few updates that are thrown away."""
    train, sizes = course.sizes.train, course.sizes
    whole = course.training(device)
    hardest = [whole.selection[-1]]
    each = []
    for selection in (hardest, []):
        trial = Training(whole.rnn, selection, whole.distribution, train, generator=whole.generator)
        updates = iter(trial)
        next(updates)  # the first one also allocates
        begun = time.perf_counter()
        for _ in range(TIMED):
            next(updates)
        each.append((time.perf_counter() - begun) / TIMED)
    last = each[1] * train.distribution_updates
    return each[0] * min(sizes.selecting, train.selection_updates) + last, each[0] * train.selection_updates + last


def apprentice(course: Course, unfinished: Path, device: str = "cpu") -> Apprentice:
    """Teach a network, from where the checkpoint in the folder stands; SelectionNotLearnt or TrainingDiverged where it fails."""
    keep_freed_memory()
    log: list[dict] = []
    training = course.training(device)
    seconds = train(training, course.config, log, unfinished, f"teaching {course.items} items")
    return Apprentice(training.rnn.cpu().double().requires_grad_(False), course, log, seconds)


def load(folder: Path | str) -> Noisy:
    """A network that `swaputils run` kept, ready to answer displays of the set size that it was taught; StoreError where there is none."""
    run = read_run(folder)
    periods = Periods(**run.config["task"]["periods"])
    shown = TaskConfig(**run.config["task"] | {"periods": periods})
    sizes = RNNConfig(**run.config["rnn"] | {"branching": tuple(run.config["rnn"]["branching"])})
    rnn = RNN(sizes, shown.input_size, report_noise(SCHEDULE), generator=torch.Generator())
    rnn.load_state_dict(run.weights)
    return Noisy(rnn.requires_grad_(False).double(), shown)
