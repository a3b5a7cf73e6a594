"""One training loop for every objective, and the curriculum: first select the cued item, then learn the distribution.

From scratch a network first sits on a plateau where it answers between the items. It leaves it reliably when the delay is
short, when the target has no swaps, and when the loss weighs the noisy report steps, where the answer must come from memory,
as much as the others (`diffusion.signal_weights`). So the selection stage climbs a ladder: the delay grows, then the number of
items, each time only when free-running answers are right, and the target distribution is switched on only at its top. A
network that has not learnt selection raises an error.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from swaputils.angles import to_angle
from swaputils.errors import SwaputilsError
from swaputils.network.drives import TreeDrive
from swaputils.network.rnn import RNN
from swaputils.network.rollout import draw_noise, rollout
from swaputils.network.rotated import RotatedAdam
from swaputils.task import mistakes
from swaputils.training.lessons import Lesson, make_batch

# Sequences whose activity is held for the backward pass at once, by type of device: enough to keep it busy, within its memory
IN_FLIGHT = {"cpu": 256, "cuda": 8_192}
SELECTION, DISTRIBUTION, FINISHED = "selection", "distribution", "finished"


class SelectionNotLearnt(SwaputilsError):
    """The network still answers between the items, or with the wrong item, at the end of the selection stage."""


class TrainingDiverged(SwaputilsError):
    """The loss or its gradient stopped being finite; the network holds the last good weights."""


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained.

    Attributes:
        batch: sequences per update, each with a display of its own.
        selection_updates: at most this many updates for the selection stage.
        distribution_updates: exactly this many updates for the distribution stage.
        selection_rate, distribution_rate: Adam's learning rate, constant in the first stage and decaying as a cosine in
            the second.
        rotated: in the distribution stage Adam works along the axes of `network.rotated.RotatedAdam`; for dendritic
            trees.
        averaging: decay of the weight average that the distribution stage ends with.
        clip: largest norm of a gradient.
        delay_step: steps by which the delay grows.
        check_every: updates between two free-running checks of the selection stage.
        log_every: updates between two rows of the log.
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
    rotated: bool = False

    def __post_init__(self):
        for name, value in vars(self).items():
            if name not in ("rotated", "averaging") and not value > 0:
                raise SwaputilsError(f"TrainConfig.{name} is {value}; it must be positive")
        if not 0 <= self.averaging < 1:
            raise SwaputilsError(f"TrainConfig.averaging is {self.averaging}; it must be 0 or more and below 1")

    def stored(self) -> dict[str, int | float | bool]:
        """As JSON values; what runs were stored without is left out where it is as it was for them."""
        return {name: value for name, value in asdict(self).items() if name != "rotated" or value}


@dataclass(frozen=True)
class Progress:
    """State of the training after an update: facts of its lesson; the error and the share of wrong items are of the latest check, or NaN."""

    stage: str
    update: int
    loss: float
    facts: Mapping[str, float | int]
    median_error: float
    wrong_items: float


@torch.no_grad()
def check_selection(rnn: RNN, lesson: Lesson, size: int = 1_000, *, generator: torch.Generator) -> tuple[float, float]:
    """Median error (rad) and share of answers nearer to another item, of free-running answers to fresh displays."""
    batch = make_batch(replace(lesson, repeats=1), size, rnn.readout, generator=generator)
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    answers = to_angle(rnn.in_plane(run.report[:, -1]))
    to_cued, wrong = mistakes(batch.displays, answers)
    return float(to_cued.median()), float(wrong.double().mean())


class Training:
    """A network on its way through the curriculum, in place; iterating makes one update at a time.

    Raises SelectionNotLearnt or TrainingDiverged; the network then holds the last good weights. All that the next update
    depends on can be stored with `tensors` and `position`, and taken up again with `resume`.

    Attributes:
        rnn: the network; it ends with the average of its late weights.
        selection: lessons without swaps in order of difficulty, see `ladder`; empty to start with the distribution.
        distribution: the lesson to end with.
        in_flight: sequences whose activity is held for the backward pass at once; as the device bears unless given.
    """

    def __init__(
        self,
        rnn: RNN,
        selection: Sequence[Lesson],
        distribution: Lesson,
        config: TrainConfig,
        *,
        generator: torch.Generator,
        in_flight: int | None = None,
    ):
        if config.rotated and not isinstance(rnn.drive, TreeDrive):
            raise SwaputilsError(f"TrainConfig.rotated is for dendritic trees; this drive is {rnn.config.drive!r}")
        self.rnn, self.selection, self.distribution = rnn, list(selection), distribution
        self.config, self.generator = config, generator
        self.in_flight = in_flight or IN_FLIGHT[rnn.readout.device.type]
        self.average = AveragedModel(rnn, multi_avg_fn=get_ema_multi_avg_fn(config.averaging))
        self._enter(SELECTION if self.selection else DISTRIBUTION)

    def __iter__(self) -> Iterator[Progress]:
        while self.stage != FINISHED:
            yield self._select() if self.stage == SELECTION else self._distribute()

    def _enter(self, stage: str) -> None:
        self.stage, self.update, self.rung = stage, 0, 0
        self.median_error = self.wrong_items = math.nan
        self.optimiser = self._new_optimiser(self.config.rotated and stage == DISTRIBUTION)

    def _new_optimiser(self, rotated: bool) -> torch.optim.Optimizer:
        parameters, drive = list(self.rnn.parameters()), self.rnn.drive
        rate, betas = self.config.selection_rate, (0.9, 0.99)
        if rotated and isinstance(drive, TreeDrive):
            return RotatedAdam(parameters, drive.sums(), rate, betas)
        return torch.optim.Adam(parameters, rate, betas)

    def _select(self) -> Progress:
        """One update on the rung that has been reached; after a passed check the next one starts higher."""
        config, lesson = self.config, self.selection[self.rung]
        if self.update == config.selection_updates:
            raise SelectionNotLearnt(self._failure(lesson.facts))
        loss = self._learn(lesson)
        if self.update % config.check_every == 0:
            checked = check_selection(self.rnn, lesson, generator=self.generator)
            self.median_error, self.wrong_items = checked
        progress = self._progress(lesson, loss)
        if self.median_error < config.median_error and self.wrong_items < config.wrong_items:
            self.rung, self.median_error = self.rung + 1, math.nan
            if self.rung == len(self.selection):
                self._enter(DISTRIBUTION)
        return progress

    def _distribute(self) -> Progress:
        """One update with a rate that decays as a cosine; the last puts the average of the weights into the network."""
        updates = self.config.distribution_updates
        rate = self.config.distribution_rate * (1 + math.cos(math.pi * self.update / updates)) / 2
        self.optimiser.param_groups[0]["lr"] = rate
        loss = self._learn(self.distribution)
        self.average.update_parameters(self.rnn)
        progress = self._progress(self.distribution, loss)
        if self.update == updates:
            self.rnn.load_state_dict(self.average.module.state_dict())
            self._enter(FINISHED)
        return progress

    def _learn(self, lesson: Lesson) -> float:
        """One step of the optimiser, taken only when loss and gradient are finite."""
        batch, loss = self.config.batch, 0.0
        self.optimiser.zero_grad()
        for start in range(0, batch, self.in_flight):
            loss += self._add_gradient(lesson, min(self.in_flight, batch - start))
        norm = torch.nn.utils.clip_grad_norm_(self.rnn.parameters(), self.config.clip).item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingDiverged(
                f"loss {loss} with a gradient of norm {norm} at update {self.update + 1} of the {self.stage} stage"
            )
        self.optimiser.step()
        self.update += 1
        return loss

    def _add_gradient(self, lesson: Lesson, size: int) -> float:
        """Gradient and loss of `size` sequences as a part of an update; their activity is freed on return."""
        part = make_batch(lesson, size, self.rnn.readout, generator=self.generator)
        loss = lesson.loss(self.rnn, part, generator=self.generator) * (size / self.config.batch)
        loss.backward()
        return loss.item()

    def _progress(self, lesson: Lesson, loss: float) -> Progress:
        checked = (self.median_error, self.wrong_items)
        return Progress(self.stage, self.update, loss, lesson.facts, *checked)

    def _failure(self, reached: Mapping[str, float | int]) -> str:
        config, full = self.config, self.selection[-1].facts
        stands = ", ".join(f"{name} {value:g} of {full[name]:g}" for name, value in reached.items())
        return (
            f"after {config.selection_updates} updates the network is at {stands}, the median error {self.median_error:.2f} rad "
            f"(to pass: below {config.median_error}) and the share of wrong items {self.wrong_items:.2f} (to pass: below "
            f"{config.wrong_items})"
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights, average, Adam's moments and the state of the generator, by name."""
        moments = self.optimiser.state_dict()["state"]
        adam = {f"adam.{index}.{name}": value for index, state in moments.items() for name, value in state.items()}
        nets = {f"rnn.{name}": value for name, value in self.rnn.state_dict().items()}
        nets |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        return nets | adam | {"generator": self.generator.get_state()}

    def position(self) -> dict[str, str | float]:
        """Where in the curriculum the training stands, as JSON values."""
        names = ("stage", "update", "rung", "median_error", "wrong_items")
        return {name: getattr(self, name) for name in names}

    def resume(self, tensors: dict[str, torch.Tensor], position: dict[str, str | float]) -> None:
        """Take up a training where `tensors` and `position` left it; the next update is the one that would have come."""
        self._enter(str(position["stage"]))
        for name, place in position.items():
            setattr(self, name, place)
        self.rnn.load_state_dict(_below("rnn", tensors))
        self.average.load_state_dict(_below("average", tensors))
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _below("adam", tensors).items():
            index, _, moment = name.partition(".")
            moments.setdefault(int(index), {})[moment] = value
        self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": moments})
        self.generator.set_state(tensors["generator"])


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors whose names start with the prefix, without it."""
    return {name.removeprefix(f"{prefix}."): value for name, value in tensors.items() if name.startswith(f"{prefix}.")}
