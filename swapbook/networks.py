"""A network of the book: where it is stored, what it is taught, and how it is loaded, trained and measured.

`networks/<scale>/<condition>[_<data>]_<seed>/`: config, weights, log, metrics, provenance.
"""

import hashlib
import os
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch

from swapbook.conditions import CONDITIONS, UnknownName, named
from swapbook.measures import measured, unmeasured
from swapbook.places import results_folder
from swapbook.plan import Plan, plan_of
from swapbook.scales import BOOK, SCALES
from swapbook.tables import FOLDS, PEOPLE, fit_folder, largest_set_size, posterior, posterior_folder, posterior_without
from swaputils import surrogate
from swaputils.files import StoreError, read_json, shown
from swaputils.network.rnn import RNN
from swaputils.run_folder import CONFIG, METRICS, WEIGHTS, Run, holds_run, provenance, read_run, write_run
from swaputils.training.loop import SelectionNotLearnt, Training, TrainingDiverged
from swaputils.training.resumable import keep_freed_memory, train, working_folder

DEVICE = "SWAPUTILS_DEVICE"  # variable that names where networks are trained
STOPPED = "_stopped"  # ends the folder of a run that stopped by itself


@dataclass(frozen=True)
class Trained:
    """A trained network in float64, its plan, its training log and its metrics."""

    rnn: RNN
    plan: Plan
    log: pd.DataFrame
    metrics: dict


@dataclass(frozen=True)
class Network:
    """A network of the book, whether it is stored or not.

    Attributes:
        condition, scale, seed: what it is; UnknownName for what the book does not have.
        data: whose responses it learns from, where it learns from people: a data set, or a folder that `swaputils fit`
            wrote.
    """

    condition: str
    scale: str = BOOK
    seed: int = 0
    data: str = PEOPLE

    def __post_init__(self):
        named("condition", self.condition, CONDITIONS)
        named("scale", self.scale, SCALES)
        if not 0 <= self.seed < 2**63:
            raise UnknownName(f"seed {self.seed} cannot be used; it is a whole number from 0 to 2^63 - 1")
        posterior_folder(self.data)

    @property
    def people(self) -> str:
        """Whose responses it learns from, where it learns from people."""
        return CONDITIONS[self.condition].learns_from or self.data

    @property
    def name(self) -> str:
        """Name of its folder. People's data are part of it, a data set by its name, a fit by its name and content."""
        source = ""
        if CONDITIONS[self.condition].answers.from_people:
            source = f"_{Path(self.people).resolve().name}"
            if fit := fit_folder(self.people):
                content = b"".join(path.read_bytes() for path in sorted(fit.glob(f"*/{WEIGHTS}")))
                source += f"-{hashlib.sha256(content).hexdigest()[:8]}"
        return f"{self.condition}{source}_{self.seed}"

    @property
    def folder(self) -> Path:
        """Run folder."""
        return results_folder() / "networks" / self.scale / self.name

    @property
    def stopped_folder(self) -> Path:
        """Where a training that stopped by itself leaves its last good weights and the reason."""
        return self.folder.with_name(self.name + STOPPED)

    @property
    def start(self) -> "Network | None":
        """The network from whose weights it starts, if any."""
        start = CONDITIONS[self.condition].start
        return replace(self, condition=start) if start else None

    @cached_property
    def plan(self) -> Plan:
        """What it is taught.

        A condition that learns all of people's responses takes one function drawn from the posterior of its set size, fitted without the
        people of one fold: networks of other seeds have other draws and, in turn, other folds. Any other that learns from people takes
        the mean swap function of the largest set size, where swaps are most frequent.
        """
        taught, human = CONDITIONS[self.condition], None
        answers = taught.answers
        if answers.from_people and not answers.narrow:
            fitted = posterior_without(self.people, self.seed % FOLDS, taught.items)
            human = surrogate.drawn(fitted, generator=torch.Generator().manual_seed(self.seed))
        elif answers.from_people:
            human = posterior(self.people, largest_set_size(self.people))
        return plan_of(self.condition, self.scale, self.seed, human)

    def is_current(self) -> bool:
        """Whether it is stored and comes from the configuration that it would be trained with now."""
        return holds_run(self.folder, self.plan.config)

    def why_stopped(self) -> str | None:
        """The message of a training with today's configuration that stopped by itself, where no network of it is stored, or None."""
        if self.is_current() or not self.stopped_folder.is_dir():
            return None
        tried = read_json(self.stopped_folder / CONFIG) == self.plan.config
        return read_json(self.stopped_folder / METRICS)["stopped"] if tried else None

    def run(self) -> Run:
        """What is stored of it; StoreError when it has not been trained, or comes from another configuration."""
        if not self.folder.is_dir():
            raise StoreError(
                f"{shown(self.folder)}: not trained yet; run chapter 3 with recompute=True, or `python -m swapbook train "
                f"{self.condition} --scale {self.scale} --seed {self.seed} --data {self.data}`"
            )
        run = read_run(self.folder, like=self.plan.new_rnn(generator=torch.Generator()).state_dict())
        if run.config != self.plan.config:
            keys = sorted(self.plan.config.keys() | run.config.keys())
            differing = [key for key in keys if run.config.get(key) != self.plan.config.get(key)]
            raise StoreError(
                f"{shown(self.folder)}: was trained with another {', '.join(differing)}; run with recompute=True"
            )
        return run

    def load(self) -> Trained:
        """The stored network; StoreError as for `run`, or where a measure comes from other code than today's."""
        run = self.run()
        if outdated := unmeasured(run.metrics, self.plan.taught):
            raise StoreError(
                f"{shown(self.folder / METRICS)}: {', '.join(outdated)} was measured with other code; "
                "`python -m swapbook measure` measures anew what is outdated"
            )
        return Trained(self._rnn(run), self.plan, pd.DataFrame(run.log), run.metrics)

    def measure(self) -> None:
        """Measure it anew where it was measured with other code, and replace these metrics; weights and log stay."""
        run = self.run()
        metrics = measured(self._rnn(run), self.plan, run.metrics)
        made_by = run.provenance | {"measured_at": provenance()["commit"]}
        write_run(self.folder, replace(run, metrics=metrics, provenance=made_by))

    def train(self, device: str | None = None) -> None:
        """Train it from scratch, measure it on the CPU and store the run.

        Interrupted or killed, the next call goes on from the last checkpoint, to the same weights. When training stops
        by itself the last good weights and the log are kept beside the run, in a folder ending in "_stopped", and the
        error is raised again.

        Args:
            device: cpu or cuda; the one that SWAPUTILS_DEVICE names, else the CPU, unless given.

        Raises:
            StoreError: while another process works on the same run.
            UnknownName: where torch has not the device.
        """
        device, plan, stop = usable(device or os.environ.get(DEVICE, "cpu")), self.plan, None
        keep_freed_memory()
        with working_folder(self.folder.with_name(f"{self.name}_unfinished")) as unfinished:
            training = self._training(device)
            made_by, log = provenance() | {"device": device}, []
            try:
                seconds = train(training, plan.config, log, unfinished, self.condition) if plan.taught.objective else 0
                made_by["cpu_seconds"] = round(seconds)
                metrics = measured(deepcopy(training.rnn).cpu().double(), plan, {})
                if plan.taught.objective:
                    _refuse_lost_selection(metrics, plan.train.wrong_items)
            except (SelectionNotLearnt, TrainingDiverged) as error:
                stop = error
                write_run(self.stopped_folder, self._as_run(training.rnn, log, {"stopped": str(error)}, made_by))
            else:
                write_run(self.folder, self._as_run(training.rnn, log, metrics, made_by))
        if stop is not None:
            raise stop

    def _training(self, device: str) -> Training:
        """Its training from the first update on."""
        generator = torch.Generator().manual_seed(self.seed)
        rnn = self.plan.new_rnn(generator=generator).to(device)
        if rnn.readout.device.type != "cpu":  # random numbers are drawn where they are used
            generator = torch.Generator(rnn.readout.device).manual_seed(self.seed)
        if self.start is not None:
            rnn.load_state_dict(self.start.run().weights)
        plan = self.plan
        return Training(rnn, plan.selection, plan.distribution, plan.train, generator=generator)

    def _rnn(self, run: Run) -> RNN:
        rnn = self.plan.new_rnn(generator=torch.Generator())
        rnn.load_state_dict(run.weights)
        return rnn.requires_grad_(False).double()

    def _as_run(self, rnn: RNN, log: list[dict], metrics: dict, made_by: dict) -> Run:
        weights = {name: value.cpu().float().contiguous() for name, value in rnn.state_dict().items()}
        return Run(self.plan.config, weights, log, metrics, made_by)


def load(condition: str, seed: int = 0, scale: str = BOOK, data: str = PEOPLE) -> Trained:
    """A stored network with its plan and its metrics, ready to use; StoreError as for `Network.load`."""
    return Network(condition, scale, seed, data).load()


def usable(device: str) -> str:
    """The device, where torch has it."""
    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    known = ["cpu", *(["cuda"] if gpus else []), *gpus]
    if device not in known:
        raise UnknownName(f"device {device!r} cannot be used; torch has {', '.join(known)} here")
    return device


def _refuse_lost_selection(metrics: dict, margin: float) -> None:
    """SelectionNotLearnt where the network reports other items more often than the ideal sampler, by more than a margin."""
    network, ideal = metrics["network"]["swap_rate"], metrics["ideal"]["swap_rate"]
    if network > ideal + margin:
        raise SelectionNotLearnt(
            f"selection was lost in the distribution stage: swap rate {network:.2f}, ideal sampler {ideal:.2f} "
            f"(to pass: at most {margin} more)"
        )
