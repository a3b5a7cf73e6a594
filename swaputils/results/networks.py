"""Trained networks as the book stores them, and how each is read or trained anew.

networks/<scale>/<condition>[_<data>]_<seed>/  config, weights, log, metrics, provenance
"""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from swaputils import surrogate
from swaputils.checkpoint import Checkpoint, read_checkpoint, working_folder, write_checkpoint
from swaputils.conditions import UnknownName, learns_all_responses, learns_from_people
from swaputils.experiment import Experiment, experiment
from swaputils.results.evaluation import evaluate
from swaputils.results.surrogates import FOLDS, largest_set_size, posterior, posterior_folder, posterior_without
from swaputils.rnn import RNN
from swaputils.store import Run, StoreError, provenance, read_run, results_folder, shown, write_run
from swaputils.train import DISTRIBUTION, SELECTION, SelectionNotLearnt, Training, TrainingDiverged

DEVICE = "SWAPUTILS_DEVICE"  # variable that names where networks are trained
STOPPED = "_stopped"  # ends the folder of a run that stopped by itself


@dataclass(frozen=True)
class Trained:
    """A trained network in float64, the experiment it comes from, its training log and its metrics."""

    rnn: RNN
    experiment: Experiment
    log: pd.DataFrame
    metrics: dict


def planned(condition: str, scale: str, seed: int, name: str) -> Experiment:
    """The experiment of a condition, with people's responses as fitted to the data where the condition learns from them.

    name: of a data set, or a folder that `swaputils fit` wrote; UnknownName for anything else.

    A condition that learns all of people's responses takes one function drawn from the posterior of four items, fitted without the
    people of one fold: networks of other seeds have other draws and, in turn, other folds. Any other takes the mean swap function of
    the largest set size, where swaps are most frequent.
    """
    posterior_folder(name)
    if not 0 <= seed < 2**63:
        raise UnknownName(f"seed {seed} cannot be used; it is a whole number from 0 to 2^63 - 1")
    human = None
    if learns_all_responses(condition):
        fitted = posterior_without(name, seed % FOLDS)
        human = surrogate.drawn(fitted, generator=torch.Generator().manual_seed(seed))
    elif learns_from_people(condition):
        human = posterior(name, largest_set_size(name))
    return experiment(condition, scale, seed, human)


def network_folder(condition: str, scale: str, seed: int, name: str) -> Path:
    """Run folder of a trained network; UnknownName for an unknown condition."""
    source = f"_{Path(name).resolve().name}" if learns_from_people(condition) else ""
    return results_folder() / "networks" / scale / f"{condition}{source}_{seed}"


def load(condition: str, seed: int = 0, scale: str = "laptop", name: str = "vandenberg2012_color") -> Trained:
    """A stored network with its config and its metrics, ready to use: `network` with the usual scale and people."""
    return network(condition, scale, seed, name)


def network(condition: str, scale: str, seed: int, name: str) -> Trained:
    """A stored network; StoreError when it has not been trained, or comes from another configuration."""
    plan, folder = planned(condition, scale, seed, name), network_folder(condition, scale, seed, name)
    if not folder.is_dir():
        raise StoreError(
            f"{shown(folder)}: not trained yet; run chapter 3 with recompute=True, or "
            f"`swaputils train {condition} --scale {scale} --seed {seed} --data {name}`"
        )
    rnn = plan.new_rnn(generator=torch.Generator())
    run = read_run(folder, like=rnn.state_dict())
    if run.config != plan.config:
        keys = sorted(plan.config.keys() | run.config.keys())
        differing = [key for key in keys if run.config.get(key) != plan.config.get(key)]
        raise StoreError(f"{shown(folder)}: was trained with another {', '.join(differing)}; run with recompute=True")
    rnn.load_state_dict(run.weights)
    rnn.requires_grad_(False)
    return Trained(rnn.double(), plan, pd.DataFrame(run.log), run.metrics)


def recompute_network(condition: str, scale: str, seed: int, name: str, device: str | None = None) -> None:
    """Train a network from scratch, evaluate it on the CPU and store the run.

    Interrupted or killed, the next call goes on from the last checkpoint, to the same weights. When training stops by itself
    the last good weights and the log are kept beside the run, in a folder ending in "_stopped", and the error is raised
    again. StoreError while another process works on the same run.

    device: cpu or cuda; the one that SWAPUTILS_DEVICE names, else the CPU, unless given. UnknownName where torch has it not.
    """
    device = _usable(device or os.environ.get(DEVICE, "cpu"))
    plan, folder = planned(condition, scale, seed, name), network_folder(condition, scale, seed, name)
    stop = None
    with working_folder(folder.with_name(f"{folder.name}_unfinished")) as unfinished:
        generator = torch.Generator().manual_seed(seed)
        rnn = plan.new_rnn(generator=generator).to(device)
        if rnn.readout.device.type != "cpu":  # random numbers are drawn where they are used
            generator = torch.Generator(rnn.readout.device).manual_seed(seed)
        if plan.start is not None:
            rnn.load_state_dict(network(plan.start, scale, seed, name).rnn.float().state_dict())
        training = Training(rnn, plan.selection, plan.distribution, plan.train, generator=generator)
        made_by, log = provenance() | {"device": device}, []
        try:
            made_by["cpu_seconds"] = round(_run_training(training, plan, log, unfinished))
            metrics = evaluate(rnn.cpu(), plan)
            if plan.trained:
                _refuse_lost_selection(metrics, plan.train.wrong_items)
        except (SelectionNotLearnt, TrainingDiverged) as error:
            stopped = folder.with_name(folder.name + STOPPED)
            write_run(stopped, _as_run(rnn, plan, log, {"stopped": str(error)}, made_by))
            stop = error
        else:
            write_run(folder, _as_run(rnn, plan, log, metrics, made_by))
    if stop is not None:
        raise stop


def _usable(device: str) -> str:
    """The device, where torch has it."""
    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    usable = ["cpu", *(["cuda"] if gpus else []), *gpus]
    if device not in usable:
        raise UnknownName(f"device {device!r} cannot be used; torch has {', '.join(usable)} here")
    return device


def remeasure(condition: str, scale: str, seed: int, name: str) -> None:
    """Evaluate a stored network anew and replace its metrics; StoreError as for `network`."""
    trained, folder = network(condition, scale, seed, name), network_folder(condition, scale, seed, name)
    run = read_run(folder)
    made_by = run.provenance | {"measured_at": provenance()["commit"]}
    write_run(folder, replace(run, metrics=evaluate(trained.rnn, trained.experiment), provenance=made_by))


def _run_training(training: Training, plan: Experiment, log: list[dict], folder: Path) -> float:
    """Train in place with a progress bar from where the folder's checkpoint stands; returns the processor time in seconds.

    Every `log_every`-th update goes to the log, and then to a checkpoint.
    """
    if not plan.trained:
        return 0.0
    config = plan.config | {"device": training.rnn.readout.device.type}  # whose random numbers differ
    left = read_checkpoint(folder, config)
    earlier, begun = 0.0, time.process_time()
    if left is not None:
        training.resume(left.tensors, left.position)
        log[:], earlier = left.log, left.cpu_seconds
    longest = plan.train.selection_updates + plan.train.distribution_updates
    done = len(log) * plan.train.log_every
    with tqdm(training, initial=done, total=longest, desc=plan.config["condition"], unit="update") as bar:
        for progress in bar:
            if progress.update % plan.train.log_every == 0:
                bar.set_postfix(stage=progress.stage, loss=f"{progress.loss:.3f}")
                used = earlier + time.process_time() - begun
                stage = (SELECTION, DISTRIBUTION).index(progress.stage)
                log.append(vars(progress) | {"stage": stage, "cpu_seconds": round(used, 1)})
                write_checkpoint(folder, Checkpoint(config, training.tensors(), training.position(), log, used))
    return earlier + time.process_time() - begun


def _refuse_lost_selection(metrics: dict, margin: float) -> None:
    """SelectionNotLearnt where the network reports other items more often than the ideal sampler, by more than a margin."""
    network, ideal = metrics["network"]["swap_rate"], metrics["ideal"]["swap_rate"]
    if network > ideal + margin:
        raise SelectionNotLearnt(
            f"selection was lost in the distribution stage: swap rate {network:.2f}, ideal sampler {ideal:.2f} "
            f"(to pass: at most {margin} more)"
        )


def _as_run(rnn: RNN, plan: Experiment, log: list[dict], metrics: dict, made_by: dict) -> Run:
    weights = {name: value.contiguous() for name, value in rnn.cpu().float().state_dict().items()}
    return Run(plan.config, weights, log, metrics, made_by)
