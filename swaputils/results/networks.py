"""Trained networks as the book stores them, and how each is read or trained anew.

networks/<scale>/<condition>[_<data>]_<seed>/  config, weights, log, metrics, provenance
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from swaputils import behaviour
from swaputils.circular import to_angle
from swaputils.conditions import CONDITIONS, Experiment, experiment, named
from swaputils.records import Displays
from swaputils.results.surrogates import check_data, largest_set_size, posterior
from swaputils.rnn import RNN
from swaputils.store import Run, StoreError, provenance, read_run, results_folder, shown, write_run
from swaputils.task import sample_displays
from swaputils.train import SelectionNotLearnt, TrainingDiverged, train

HELD_OUT_SEED = 1_000_003  # of displays and noise that no training run draws


@dataclass(frozen=True)
class Trained:
    """A trained network in float64, the experiment it comes from, its training log and its metrics."""

    rnn: RNN
    experiment: Experiment
    log: pd.DataFrame
    metrics: dict


def planned(condition: str, scale: str, seed: int, name: str) -> Experiment:
    """The experiment of a condition, with the swap function fitted to the data set where the condition learns from people."""
    check_data(name)
    learns_from_people = named("condition", condition, CONDITIONS).swaps == "human"
    human = posterior(name, largest_set_size(name)) if learns_from_people else None
    return experiment(condition, scale, seed, human)


def network_folder(condition: str, scale: str, seed: int, name: str) -> Path:
    """Run folder of a trained network; UnknownName for an unknown condition."""
    source = f"_{name}" if named("condition", condition, CONDITIONS).swaps == "human" else ""
    return results_folder() / "networks" / scale / f"{condition}{source}_{seed}"


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


def recompute_network(condition: str, scale: str, seed: int, name: str, device: str = "cpu") -> None:
    """Train a network from scratch on a device, evaluate it on the CPU and store the run.

    When training stops early the last good weights and the log are kept beside it, in a folder ending in "_stopped",
    and the error is raised again.
    """
    plan, folder = planned(condition, scale, seed, name), network_folder(condition, scale, seed, name)
    generator = torch.Generator().manual_seed(seed)
    rnn = plan.new_rnn(generator=generator).to(device)
    if rnn.readout.device.type != "cpu":  # random numbers are drawn where they are used
        generator = torch.Generator(rnn.readout.device).manual_seed(seed)
    log: list[dict] = []
    try:
        _run_training(rnn, plan, log, generator)
    except (SelectionNotLearnt, TrainingDiverged) as error:
        write_run(folder.with_name(f"{folder.name}_stopped"), _as_run(rnn, plan, log, {"stopped": str(error)}))
        raise
    write_run(folder, _as_run(rnn, plan, log, evaluate(rnn.cpu(), plan)))


def _run_training(rnn: RNN, plan: Experiment, log: list[dict], generator: torch.Generator) -> None:
    """Train in place with a progress bar; every `log_every`-th update goes to the log."""
    longest = plan.train.selection_updates + plan.train.distribution_updates
    steps = train(rnn, plan.selection, plan.distribution, plan.train, generator=generator)
    with tqdm(steps, total=longest, desc=plan.config["condition"], unit="update") as bar:
        for progress in bar:
            if progress.update % plan.train.log_every == 0:
                bar.set_postfix(stage=progress.stage, loss=f"{progress.loss:.3f}")
                log.append(vars(progress) | {"stage": ("selection", "distribution").index(progress.stage)})


def _as_run(rnn: RNN, plan: Experiment, log: list[dict], metrics: dict) -> Run:
    weights = {name: value.contiguous() for name, value in rnn.cpu().float().state_dict().items()}
    return Run(plan.config, weights, log, metrics, provenance())


def held_out_displays(plan: Experiment, count: int) -> Displays:
    """Displays for evaluation, the same for every network of a task."""
    return sample_displays(plan.task, count, generator=torch.Generator().manual_seed(HELD_OUT_SEED))


@torch.no_grad()
def evaluate(rnn: RNN, plan: Experiment) -> dict:
    """Behaviour of the network and of the ideal sampler on held-out displays, and of the network without noise.

    Two-item conditions on eight locations add the swap rate at 45, 90, 135 and 180 degrees.
    """
    rnn = rnn.double()
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 1)
    displays = held_out_displays(plan, plan.evaluated)
    target = plan.distribution.target(displays)
    points = {
        "network": behaviour.end_points(rnn, plan.task, displays, generator=generator),
        "ideal": behaviour.ideal_end_points(plan.schedule, target, generator=generator),
        "noise_off": behaviour.silent_end_points(rnn, plan.task, displays),
    }
    return {who: _described(plan, displays, end_point, target.radius) for who, end_point in points.items()}


def _described(plan: Experiment, displays: Displays, end_point: torch.Tensor, radius: float) -> dict:
    summary = behaviour.summarise(displays, end_point, radius)
    if plan.task.probes == "locations":
        swapped = behaviour.is_swap(displays, to_angle(end_point))
        curve = behaviour.swap_curve(displays, swapped, behaviour.location_edges())
        summary["curve"] = curve.to_dict("list")
    return summary
