"""The command `swaputils geometry`: read a recording, say what was understood, measure its colour planes and write the report."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tyro

from swaputils.data.table import DataError
from swaputils.data.understood import listing
from swaputils.files import StoreError, shown, write_files
from swaputils.recordings.measuring import QUICK, GeometryConfig, measure
from swaputils.recordings.read_recordings import read_recording
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import together


def geometry(
    sources: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE|NAME")],
    described: Annotated[Described, tyro.conf.arg(name="")] = Described(),  # noqa: B008 (frozen)
    dry_run: bool = False,
    quick: bool = False,
    seed: int = 0,
    out: Path | None = None,
) -> None:
    """Measure the colour planes of recorded activity and write a report: how far those of two items are aligned, and when.

    A recording holds activity (trials x time x neurons), two colours a trial, the item that was cued and the report, in
    netCDF (.nc), NPZ, MATLAB or NWB (with the extra swaputils[nwb]); or condition means alone.

    Args:
        sources: files of sessions, which are pooled, or the name of a public data set.
        dry_run: say what was understood of the files, and stop there.
        quick: fewer random draws for chance levels and published measures.
        seed: of the random numbers.
        out: new folder for the report and its tables; <first file>_geometry unless given.
    """
    from swaputils.recordings.recording_findings import findings, limits, more_findings
    from swaputils.recordings.recording_page import contents  # only here: it draws

    if not sources:
        raise DataError("name one file or several, or a public data set; `swaputils geometry --help` lists the rest")
    folder = out or Path(f"{Path(sources[0]).stem}_geometry")
    if folder.exists() and not dry_run:
        raise StoreError(f"{shown(folder)}: exists already; remove it, or name a new folder with --out")
    recordings = []
    for source in sources:
        read = read_recording(source, described)
        print(listing(read.said), flush=True)
        recordings.append(read.settled())
    recording = together(recordings)
    if dry_run:
        return
    measured = measure(recording, replace(QUICK if quick else GeometryConfig(), seed=seed))
    write_files(contents(measured, folder, described.given))
    print(listing([*findings(measured), *more_findings(measured), *limits(measured)]))
    print(f"the report is {shown(folder / 'report.html')}")
