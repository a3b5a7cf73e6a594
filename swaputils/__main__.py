"""Command line: `swaputils fetch | fit`; errors are one message and a non-zero exit status."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import tyro

from swaputils import report
from swaputils.command_line import run
from swaputils.data import catalogue, download, table, tidy
from swaputils.data.simulated import simulated_trials
from swaputils.files import StoreError, shown, write_files
from swaputils.report import analysis, findings
from swaputils.trials import Trials


def fetch(name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]) -> None:
    """Download a published data set, check it and keep it as tidy CSV in the user cache.

    Args:
        name: data set, for example vandenberg2012_color.
    """
    path = download.fetch(name)
    trials = table.read_trials(path)
    print(f"{name}: {len(trials)} trials of {len(trials.subject.unique())} people in {path}")
    print(f"cite: {catalogue.known(name)['citation']}")


def fit(
    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE|NAME")],
    columns: tuple[str, ...] = (),
    units: str = "rad",
    period: int = 360,
    cue_period: int = 360,
    set_size: int | None = None,
    emission: str = analysis.FitConfig.emission,
    folds: int = analysis.FitConfig.folds,
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
    config = analysis.FitConfig(set_size=set_size, emission=emission, folds=folds, seed=seed)
    fitted = analysis.fit(_trials(source, _file_format(columns, units, period, cue_period), seed), config)
    write_files(report.contents(fitted, Path(source).name, folder))
    for sentence in (*findings.findings(fitted), *findings.limits(fitted)):
        print(f"- {sentence}")
    print(f"the report is {shown(folder / 'report.html')}")


def _file_format(columns: tuple[str, ...], units: str, period: int, cue_period: int) -> tidy.FileFormat:
    """The format that the options describe."""
    for pair in columns:
        if not all(pair.partition("=")):
            raise table.DataError(f"--columns takes pairs as in response=answer; {pair!r} is none")
    named = dict(pair.split("=", 1) for pair in columns)
    return tidy.FileFormat(named, units=units, period=period, cue_period=cue_period)


def _trials(source: str, layout: tidy.FileFormat, seed: int) -> Trials:
    """Trials of a file, a named data set or simulated people."""
    if source.endswith(".csv") or Path(source).is_file():
        return tidy.read(source, layout)
    if layout != tidy.FileFormat():
        raise table.DataError("--columns, --units and the periods describe a file; known data sets need none of them")
    return simulated_trials(seed) if source == "simulated" else catalogue.load(source)


COMMANDS = {"fetch": fetch, "fit": fit}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    torch.set_num_threads(1)  # the operations of these models are too small to share between threads
    return run("swaputils", COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
