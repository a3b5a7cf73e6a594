"""Command line: `swaputils fetch | fit | train | evaluate`; errors are one message and a non-zero exit status."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import tyro

from swaputils import data, download, fitting, report, results, tidy
from swaputils.records import Trials
from swaputils.report import reading
from swaputils.simulated import simulated_trials
from swaputils.store import StoreError, shown, write_files
from swaputils.train import SelectionNotLearnt, TrainingDiverged

CURVES = {
    "curve": "swap rate by probe distance",
    "responsibilities": "probability that a response came from a non-target, by its probe distance",
    "refit": "swap function of chapter 1's model fitted to the responses",
    "generalisation": "other numbers of items",
}
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
    columns: tuple[str, ...] = (),
    units: str = "rad",
    period: int = 360,
    cue_period: int = 360,
    set_size: int | None = None,
    emission: str = fitting.FitConfig.emission,
    folds: int = fitting.FitConfig.folds,
    seed: int = 0,
    out: Path | None = None,
) -> None:
    """Fit human responses and write a report: mixtures, nested swap models, figures, posteriors for training networks.

    Args:
        source: CSV file, name of a data set, or 'simulated'.
        columns: our column names and those of the file, as in response=answer target=colour; the others have our names.
        units: of the angles in the file, rad or deg.
        period: 180 if the report feature is an orientation (its angles are doubled), else 360.
        cue_period: 180 if the cue feature is an orientation, else 360.
        set_size: the one to fit swap models to; all from 2 on together unless given.
        emission: shape of the errors: von_mises, wrapped_stable or variable_precision.
        folds: of the cross-validation.
        seed: seed of the random numbers.
        out: new folder for the report, the tables and the posteriors; <source>_fit unless given.
    """
    folder = out or Path(f"{Path(source).stem}_fit")
    if folder.exists():
        raise StoreError(f"{shown(folder)}: exists already; remove it, or name a new folder with --out")
    config = fitting.FitConfig(set_size=set_size, emission=emission, folds=folds, seed=seed)
    fitted = fitting.fit(_trials(source, _file_format(columns, units, period, cue_period), seed), config)
    write_files(report.contents(fitted, Path(source).name, folder))
    for sentence in (*reading.findings(fitted), *reading.limits(fitted)):
        print(f"- {sentence}")
    print(f"the report is {shown(folder / 'report.html')}")


def _file_format(columns: tuple[str, ...], units: str, period: int, cue_period: int) -> tidy.FileFormat:
    """The format that the options describe."""
    for pair in columns:
        if not all(pair.partition("=")):
            raise data.DataError(f"--columns takes pairs as in response=answer; {pair!r} is none")
    named = dict(pair.split("=", 1) for pair in columns)
    return tidy.FileFormat(named, units=units, period=period, cue_period=cue_period)


def _trials(source: str, layout: tidy.FileFormat, seed: int) -> Trials:
    """Trials of a file, a named data set or simulated people."""
    if source.endswith(".csv") or Path(source).is_file():
        return tidy.read(source, layout)
    if layout != tidy.FileFormat():
        raise data.DataError("--columns, --units and the periods describe a file; known data sets need none of them")
    return simulated_trials(seed) if source == "simulated" else data.load(source)


def train(
    condition: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CONDITION")],
    scale: str = "laptop",
    seed: int = 0,
    data_set: Annotated[str, tyro.conf.arg(name="data")] = "vandenberg2012_color",
    device: str | None = None,
) -> None:
    """Train a network of a condition from scratch, evaluate it, and keep the run in the results folder.

    Args:
        condition: for example index_swap or probe_human.
        scale: smoke (seconds), laptop (minutes) or paper.
        seed: seed of the random numbers.
        data_set: whose responses the human conditions learn: a data set, or a folder that 'swaputils fit' wrote.
        device: cpu, or cuda for a GPU; the one that SWAPUTILS_DEVICE names unless given, else cpu.
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
        data_set: whose responses the human conditions learnt.
    """
    trained = results.network(condition, scale, seed, data_set)
    measured = pd.DataFrame(results.evaluate(trained.rnn, trained.experiment))
    tables = measured.map(lambda value: isinstance(value, dict)).any(axis=1)
    print(measured[~tables].astype(float).round(4).to_string())
    for name, title in CURVES.items():
        for who, curve in measured.loc[name].items() if name in measured.index else ():
            if isinstance(curve, dict):
                print(f"{title}: {who.replace('_', ' ')}")
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
