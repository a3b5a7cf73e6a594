"""Command line: `swaputils fetch | fit | train | evaluate`; errors are one message and a non-zero exit status."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import tyro

from swaputils import data, download, results, surrogate
from swaputils.data import DataError
from swaputils.records import Trials
from swaputils.simulated import simulated_trials
from swaputils.store import shown, write_text
from swaputils.surrogate import LADDER, SwapModel, bns, mixture, posterior, stored
from swaputils.surrogate.posterior import SwapPosterior
from swaputils.train import SelectionNotLearnt, TrainingDiverged

NORMAL_95 = 1.96
INTERRUPTED = 130  # the shell's convention: 128 + signal 2


def fetch(name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]) -> None:
    """Download a published data set, check it and keep it as tidy CSV in the user cache.

    Args:
        name: data set, for example vandenberg2012_color.
    """
    path = download.fetch(name)
    trials = data.read_trials(path)
    print(f"{name}: {len(trials)} trials of {len(trials.subject.unique())} people in {path}")
    print(f"cite: {data.known(name)['citation']}")


def fit(
    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE|NAME")],
    set_size: int | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> None:
    """Fit human responses: the parametric mixture at each set size, and the swap function of cue distance at one.

    Args:
        source: CSV file, name of a data set, or 'simulated'.
        set_size: the set size whose swap function is fitted; the largest in the data unless given.
        seed: seed of the random numbers.
        out: folder that keeps the fits (mixture.csv and the posterior); nothing is kept unless given.
    """
    trials = _trials(source, seed)
    chosen = _at_set_size(trials, set_size)
    fits = mixture.fit_mixture_table(trials)
    print("parametric mixture, mean over people")
    print(fits.drop(columns="subject").groupby("set_size").mean().round(3).to_string())
    if out is not None:
        write_text(out / "mixture.csv", fits.to_csv(index=False))
    if chosen.displays.probe.isnan().all():
        print("no cue columns, so no swap function of cue distance")
        return
    generator = torch.Generator().manual_seed(seed)
    fit = bns.fit_bns(chosen, SwapModel(LADDER["cue"]), bns.BnsConfig(), generator=generator)
    fitted = surrogate.cell(fit, set_size=int(chosen.displays.set_size[0]))
    print(f"swap function of cue distance, set size {fitted.set_size}: log weight relative to the cued item")
    print(_swap_table(fitted).round(3).to_string(index=False))
    if out is not None:
        stored.save(fitted, out, data=source, seed=seed)


def _swap_table(fitted: SwapPosterior) -> pd.DataFrame:
    """Swap function with its 95 % band, and the swap probability of a two-item display, at each fitted cue distance."""
    distance = torch.linspace(*fitted.distances.tolist(), 9) if fitted.continuous else fitted.distances
    mean, deviation = posterior.swap_function(fitted, distance.double())
    columns = {
        "distance_deg": distance.rad2deg(),
        "f": mean,
        "low": mean - NORMAL_95 * deviation,
        "high": mean + NORMAL_95 * deviation,
        "p_swap_of_two": mean.sigmoid(),
    }
    return pd.DataFrame({name: values.tolist() for name, values in columns.items()})


def _trials(source: str, seed: int) -> Trials:
    """Trials of a file, a named data set or simulated people."""
    if source == "simulated":
        return simulated_trials(seed)
    if source.endswith(".csv") or Path(source).is_file():
        return data.read_trials(source)
    return data.load(source)


def _at_set_size(trials: Trials, set_size: int | None) -> Trials:
    """Trials of one set size; DataError lists those in the data."""
    sizes = trials.displays.set_size
    chosen = int(sizes.max()) if set_size is None else set_size
    if not (sizes == chosen).any():
        raise DataError(f"there are no trials of set size {chosen}; the data have {sizes.unique().tolist()}")
    return trials[sizes == chosen]


def train(
    condition: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CONDITION")],
    scale: str = "laptop",
    seed: int = 0,
    data_set: Annotated[str, tyro.conf.arg(name="data")] = "vandenberg2012_color",
    device: str = "cpu",
) -> None:
    """Train a network of a condition from scratch, evaluate it, and keep the run in the results folder.

    Args:
        condition: for example index_swap or probe_human.
        scale: smoke (seconds), laptop (minutes) or paper.
        seed: seed of the random numbers.
        data_set: whose swap function the human condition learns.
        device: cpu, or cuda for a GPU.
    """
    results.recompute_network(condition, scale, seed, data_set, device)
    print(f"kept in {shown(results.network_folder(condition, scale, seed, data_set))}")
    evaluate(condition, scale, seed, data_set)


def evaluate(
    condition: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CONDITION")],
    scale: str = "laptop",
    seed: int = 0,
    data_set: Annotated[str, tyro.conf.arg(name="data")] = "vandenberg2012_color",
) -> None:
    """Measure a stored network on held-out displays, beside the ideal sampler and the network without noise.

    Args:
        condition: for example index_swap or probe_human.
        scale: smoke, laptop or paper.
        seed: seed of the network.
        data_set: whose swap function the human condition learnt.
    """
    trained = results.network(condition, scale, seed, data_set)
    measured = pd.DataFrame(results.evaluate(trained.rnn, trained.experiment))
    curves = measured.loc["curve"].items() if "curve" in measured.index else []
    print(measured.drop(index="curve", errors="ignore").astype(float).round(4).to_string())
    for who, curve in curves:
        print(f"swap rate of the {who.replace('_', ' ')} by probe distance")
        print(pd.DataFrame(curve).round(3).to_string(index=False))


COMMANDS = {"fetch": fetch, "fit": fit, "train": train, "evaluate": evaluate}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    torch.set_num_threads(1)  # the operations of these models are too small to share between threads
    try:
        tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="swaputils", args=arguments)
    except KeyboardInterrupt:
        return _fail("interrupted; files are whole or untouched", INTERRUPTED)
    except (ValueError, SelectionNotLearnt, TrainingDiverged) as error:
        return _fail(str(error), 1)
    except OSError as error:
        place = f"{shown(error.filename)}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}", 1)
    return 0


def _fail(message: str, status: int) -> int:
    """Say on stderr what is wrong."""
    print(f"swaputils: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
