"""Command line: `swaputils fetch | fit | run | geometry`; errors are one message and a non-zero exit status."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import tyro

from swaputils.command_line import run
from swaputils.data import catalogue, download, table
from swaputils.data.layout import Layout
from swaputils.data.origin import reading_of
from swaputils.data.understood import listing, understood
from swaputils.files import refuse_existing, shown, write_files
from swaputils.jobs import cores
from swaputils.recordings.geometry_command import geometry
from swaputils.report import fitting
from swaputils.report.report_files import report_on
from swaputils.report.run_command import whole


def fetch(name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]) -> None:
    """Download a published data set, check it and keep it as tidy CSV in the user cache.

    Args:
        name: data set, for example vandenberg2012_color.
    """
    path = download.fetch(name)
    if name in catalogue.recordings():
        means = pd.read_csv(path)
        neurons = means.columns.str.startswith("neuron_").sum()
        print(f"{name}: {len(means)} condition means of {neurons} neurons in {path}")
    else:
        trials = table.read_trials(path)
        print(f"{name}: {len(trials)} trials of {len(trials.subject.unique())} people in {path}")
    print(f"cite: {catalogue.known(name)['citation']}")


def fit(
    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE|NAME")],
    layout: Annotated[Layout, tyro.conf.arg(name="")] = Layout(),  # noqa: B008 (frozen)
    dry_run: bool = False,
    set_size: int | None = None,
    emission: str = fitting.FitConfig.emission,
    folds: int = fitting.FitConfig.folds,
    seed: int = 0,
    quick: bool = False,
    out: Path | None = None,
) -> None:
    """Fit human responses and write a report: mixtures, nested swap models, figures, posteriors for training networks.

    Args:
        source: table of trials (CSV, other text, or MATLAB), name of a data set, or 'simulated'.
        dry_run: say what was understood of the file, and stop there.
        set_size: the one to fit swap models to; all from 2 on together unless given.
        emission: shape of the errors: von_mises, wrapped_stable or variable_precision.
        folds: of the cross-validation.
        seed: seed of the random numbers.
        quick: fewer steps, no intervals of the mixtures, no cross-validation.
        out: new folder for the report, the tables and the posteriors; <source>_fit unless given.
    """
    folder = out or Path(f"{Path(source).stem}_fit")
    if not dry_run:
        refuse_existing(folder)
    config = fitting.FitConfig(set_size=set_size, emission=emission, folds=folds, seed=seed, processes=cores())
    config = fitting.quicker(config) if quick else config
    read = reading_of(source, layout, seed)
    print(listing(understood(read)), flush=True)
    read.settled()
    if dry_run:
        return
    report = report_on(read, config, folder)
    write_files(report.files)
    print(listing(report.said))
    print(f"the report is {shown(folder / 'report.html')}")


COMMANDS: dict[str, Callable[..., None]] = {"fetch": fetch, "fit": fit, "run": whole, "geometry": geometry}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    torch.set_num_threads(1)  # the operations of these models are too small to share between threads
    return run("swaputils", COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
