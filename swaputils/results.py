"""What the book stores in results/, and how each piece is read or recomputed.

surrogate/<data>/mixture.csv    parametric mixture of every person and set size
surrogate/<data>/errors.csv     responses around the items, in people and in the surrogate, at every set size
surrogate/<data>/set_size_<n>/  posterior over the swap function of cue distance
networks/<scale>/<condition>[_<data>]_<seed>/  a trained network: config, weights, log, metrics, provenance
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from swaputils import behaviour, data, surrogate
from swaputils.circular import to_angle, wrap
from swaputils.conditions import CONDITIONS, Experiment, experiment, named
from swaputils.records import Displays, Trials
from swaputils.rnn import RNN
from swaputils.simulated import simulated_trials
from swaputils.store import Run, StoreError, provenance, read_run, results_folder, shown, write_run, write_text
from swaputils.surrogate import BnsConfig, SwapPosterior
from swaputils.task import sample_displays
from swaputils.train import SelectionNotLearnt, TrainingDiverged, train

SIMULATED = "simulated"
SURROGATE_SEED = 0
HELD_OUT_SEED = 1_000_003  # of displays and noise that no training run draws
ERROR_BINS = 60  # of 6 degrees around 0, so that each holds as many of the colours that experiments recorded
TOLERANCE = 1e-3  # rad; files round angles


@dataclass(frozen=True)
class Trained:
    """A trained network in float64, the experiment it comes from, its training log and its metrics."""

    rnn: RNN
    experiment: Experiment
    log: pd.DataFrame
    metrics: dict


def trials(name: str) -> Trials:
    """Trials of a data set, or of simulated observers for the name "simulated"."""
    return simulated_trials(SURROGATE_SEED) if name == SIMULATED else data.load(name)


def _check_data(name: str) -> None:
    """UnknownName unless it is a known data set or the simulated observers."""
    named("data set", name, {SIMULATED: {}} | data.registry())


def surrogate_folder(name: str) -> Path:
    """Folder of what was fitted to a data set; UnknownName for an unknown one."""
    _check_data(name)
    return results_folder() / "surrogate" / name


def recompute_surrogate(name: str) -> None:
    """Fit a data set anew and store everything that the chapters read about it; nothing is written before all is fitted."""
    observed, folder = trials(name), surrogate_folder(name)
    posteriors = _fit_swap_functions(observed)
    mixture = surrogate.fit_mixture_table(observed)
    errors = pd.concat([_around_items(chosen, posteriors.get(size)) for size, chosen in _by_set_size(observed)])
    write_text(folder / "mixture.csv", mixture.to_csv(index=False))
    write_text(folder / "errors.csv", errors.to_csv(index=False, float_format="%.6g"))
    for size, fitted in posteriors.items():
        surrogate.save(fitted, folder / f"set_size_{size}")


def _by_set_size(observed: Trials) -> list[tuple[int, Trials]]:
    """Each set size with its trials, ascending."""
    sizes = observed.displays.set_size
    return [(size, observed[sizes == size]) for size in sizes.unique().tolist()]


def _fit_swap_functions(observed: Trials) -> dict[int, SwapPosterior]:
    """Posterior over the swap function at every set size above 1."""
    posteriors = {}
    for size, chosen in _by_set_size(observed):
        if size > 1:
            generator = torch.Generator().manual_seed(SURROGATE_SEED)
            posteriors[size] = surrogate.fit_bns(chosen, BnsConfig(), generator=generator)
    return posteriors


def _around_items(observed: Trials, fitted: SwapPosterior | None) -> pd.DataFrame:
    """Density of responses around the items of one set size, in people and, given its posterior, in the surrogate.

    One row per cue distance and bin. set_size; distance of the items from the cued one (rad; only the cued item itself
    without a posterior or where distances are continuous); error, bin centre of response minus report feature (rad);
    count; human, density of the responses; surrogate, its mean density at the bin centre over the same displays.
    """
    displays = observed.displays
    apart = surrogate.cue_distances(displays) if fitted else torch.where(displays.is_cued, 0.0, torch.nan)
    places = [0.0] if fitted is None or fitted.continuous else [0.0, *fitted.distances.tolist()]
    edges = torch.linspace(-torch.pi, torch.pi, ERROR_BINS + 1, dtype=torch.float64)
    width = 2 * torch.pi / ERROR_BINS
    parts = []
    for place in places:
        trial, item = ((apart - place).abs() <= TOLERANCE).nonzero(as_tuple=True)
        features, chosen = displays.report[trial, item].double(), observed[trial]
        counts = torch.histogram(wrap(chosen.response.double() - features + width / 2), edges).hist
        part = pd.DataFrame({"error": edges[:-1], "count": counts.long(), "human": counts / counts.sum() / width})
        if fitted:
            part["surrogate"] = _mean_density(fitted, chosen.displays, features, part["error"])
        parts.append(part.assign(distance=place, set_size=int(displays.set_size[0])))
    return pd.concat(parts, ignore_index=True)


def _mean_density(fitted: SwapPosterior, displays: Displays, features: Tensor, errors: Iterable[float]) -> list[float]:
    """Mean over the displays of the surrogate's density at each error from one report feature [M] of every display."""
    densities = (surrogate.response_log_density(fitted, displays, wrap(features + error)) for error in errors)
    return [log_density.exp().mean().item() for log_density in densities]


def surrogate_table(name: str, table: str) -> pd.DataFrame:
    """A stored table about a data set, "mixture" or "errors"; StoreError when it has not been computed."""
    path = surrogate_folder(name) / f"{table}.csv"
    if not path.is_file():
        raise StoreError(f"{shown(path)}: not computed yet; run chapter 1 with recompute=True")
    return pd.read_csv(path)


def posterior(name: str, set_size: int) -> SwapPosterior:
    """The stored posterior over the swap function of a data set at a set size."""
    return surrogate.load(surrogate_folder(name) / f"set_size_{set_size}")


def largest_set_size(name: str) -> int:
    """The set size at which people swap most: the largest of the data set."""
    return int(surrogate_table(name, "mixture")["set_size"].max())


def planned(condition: str, scale: str, seed: int, name: str) -> Experiment:
    """The experiment of a condition, with the swap function fitted to the data set where the condition learns from people."""
    _check_data(name)
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
