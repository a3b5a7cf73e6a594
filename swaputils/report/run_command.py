"""The command `run`: from a file over a network that is taught what was fitted to the report, and on from where it was interrupted."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import tyro

from swaputils.data.layout import Layout
from swaputils.data.origin import reading_of
from swaputils.data.understood import listing, understood
from swaputils.errors import SwaputilsError
from swaputils.files import refuse_existing, shown, write_files
from swaputils.jobs import cores
from swaputils.report import fitting
from swaputils.report.kept_fits import keep, kept
from swaputils.report.network_measures import beside
from swaputils.report.report_files import report_of
from swaputils.report.taught_network import (
    SIZES,
    Apprentice,
    Course,
    apprentice,
    course_of,
    items_to_teach,
    seconds_to_teach,
)
from swaputils.training.loop import SelectionNotLearnt, TrainingDiverged
from swaputils.training.resumable import FILE, working_folder

QUICK_UPDATES = 800  # of the distribution
QUICK_ANSWERS, QUICK_ACTIVITY = 2_000, 1_500


def whole(
    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE|NAME")],
    layout: Annotated[Layout, tyro.conf.arg(name="")] = Layout(),  # noqa: B008 (frozen)
    dry_run: bool = False,
    items: int | None = None,
    emission: str = fitting.FitConfig.emission,
    folds: int = fitting.FitConfig.folds,
    seed: int = 0,
    quick: bool = False,
    device: str = "cpu",
    out: Path | None = None,
) -> None:
    """Fit human responses, teach a network what was fitted, and write a report on both. Interrupted, the same command goes on.

    Args:
        source: table of trials (CSV, other text, or MATLAB), name of a data set, or 'simulated'.
        dry_run: say what was understood of the file, and stop there.
        items: set size whose fitted responses are taught, 2 to 6; the largest of these unless given.
        emission: shape of the errors: von_mises, wrapped_stable or variable_precision.
        folds: of the cross-validation.
        seed: seed of the random numbers.
        quick: a first look: a rough fit without intervals and cross-validation, and a network that is taught for a shorter time.
        device: where the network is trained: cpu, or cuda for a GPU.
        out: new folder for the report, the tables, the posteriors and the network; <source>_run unless given.
    """
    folder = out or Path(f"{Path(source).stem}_run")
    if not dry_run:
        refuse_existing(folder)
    read = reading_of(source, layout, seed)
    print(listing(understood(read)), flush=True)
    trials = read.settled()
    if dry_run:
        return
    if len(read.conditions) > 1:
        column, first = layout.condition, next(iter(read.conditions.values()))
        instead = f"--only {column}={first} in place of --condition reads one"
        raise SwaputilsError(f"a network is taught one condition; {instead}")
    chosen = items_to_teach(trials, items)
    sizes, config = SIZES[chosen], fitting.FitConfig(emission=emission, folds=folds, seed=seed, processes=cores())
    if quick:
        fewer = min(QUICK_UPDATES, sizes.train.distribution_updates)
        config = fitting.quicker(config)
        sizes = replace(sizes, train=replace(sizes.train, distribution_updates=fewer))
    _refuse_device(device)
    with working_folder(folder.with_name(f"{folder.name}_unfinished")) as unfinished:
        fitted = kept(unfinished, trials, config)
        if fitted is None:
            fitted = fitting.fit(trials, config)
            keep(fitted, unfinished)
        else:
            print("- The fit is done already; the run goes on from there.", flush=True)
        taught = _teach(course_of(fitted, chosen, sizes), unfinished, device)
        found = beside(taught, QUICK_ANSWERS, QUICK_ACTIVITY) if quick else beside(taught)
        report = report_of(read, fitted, folder, found)
        write_files(report.files)
    print(listing(report.said))
    print(f"the report is {shown(folder / 'report.html')}")


def _teach(course: Course, unfinished: Path, device: str) -> Apprentice:
    """Announce how long it takes, and teach; what failed would fail again, so its checkpoint does not stay."""
    expected, most = seconds_to_teach(course, device)
    print(
        f"- Teaching a network of {course.sizes.rnn.units} units what was fitted at set size {course.items}: about {_time(expected)} "
        f"here, {_time(most)} at most. Interrupted, it goes on when the same command is given again.",
        flush=True,
    )
    if not course.by_place:
        print("- There are no cues: the network is told the number of the item to report.", flush=True)
    try:
        return apprentice(course, unfinished, device)
    except (SelectionNotLearnt, TrainingDiverged) as error:
        (unfinished / FILE).unlink(missing_ok=True)
        raise type(error)(f"the network was not taught: {error}; another --seed or a smaller --items may do") from error


def _time(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _refuse_device(device: str) -> None:
    known = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    if device not in known:
        raise SwaputilsError(f"device {device!r} cannot be used; torch has {', '.join(known)} here")
