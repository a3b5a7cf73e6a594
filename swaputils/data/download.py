"""Published data sets from their public origin: download with checksums, conversion to the tidy CSV, cache.

Some public file names carry participants' initials. They stay in the registry: downloaded files are numbered, and
no message, log or CSV shows an original name.
"""

import errno
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pooch
from scipy.io import loadmat
from tqdm import tqdm

from swaputils.data.catalogue import cache_folder, everything, known
from swaputils.data.table import DataError
from swaputils.files import shown, write_text

ORIGIN = "https://raw.githubusercontent.com"
TIMEOUT = 30  # seconds without an answer


def fetch(name: str, base_url: str | None = None, folder: Path | str | None = None) -> Path:
    """Download a data set, convert it to tidy CSV and keep it as <folder>/<name>/<name>.csv; returns that file.

    The files come from their origin, or from a mirror that holds them as <base_url>/<name>/raw/<file> (argument, else
    SWAPUTILS_DATA_URL). The folder is the user cache unless given. A file that is there and whole is not fetched again.

    Raises:
        DataError: where the set is unknown or has no public files, a download fails, or a checksum does not fit.
    """
    entry = known(name)
    if not entry["files"]:
        fetchable = ", ".join(other for other, described in everything().items() if described["files"])
        raise DataError(f"the data set {name} cannot be fetched; these can: {fetchable}")
    path = Path(folder or cache_folder()) / name / f"{name}.csv"
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == entry["csv_sha256"]:
        return path
    base_url = base_url or os.environ.get("SWAPUTILS_DATA_URL")
    with tempfile.TemporaryDirectory() as temporary, _no_file_names_in_logs():
        raw = [
            _download(_url(name, entry, source, base_url), source["sha256"], Path(temporary), number)
            for number, source in enumerate(tqdm(entry["files"], desc=name, unit="file"), start=1)
        ]
        table = CONVERTERS[name](raw, entry["files"])
    if "subject" in table:
        table.insert(1, "trial", table.groupby("subject").cumcount() + 1)
    write_text(path, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    return path


def _url(name: str, entry: dict, source: dict, base_url: str | None) -> str:
    """Address of one original file, at the origin or at a mirror."""
    if base_url:
        return f"{base_url.rstrip('/')}/{name}/raw/{source['path'].rpartition('/')[2]}"
    return f"{ORIGIN}/{entry['origin']}/{entry['commit']}/{source['path']}"


def _download(url: str, sha256: str, folder: Path, number: int) -> Path:
    """Fetch one file under its number; DataError without its name where that fails."""
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT)
    try:
        return Path(pooch.retrieve(url, f"sha256:{sha256}", f"{number:03d}", folder, downloader=downloader))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(f"the disk is full ({shown(folder)}); free some space and run again") from None
        reason = type(error).__name__
        response = getattr(error, "response", None)
        if response is not None:
            response.close()
            reason = f"status {response.status_code}"
        fault = f"file {number} could not be downloaded ({reason}); check the connection and run again"
        raise DataError(fault) from None
    except ValueError:
        raise DataError(f"file {number} does not have its checksum, so it was not used; run again") from None


@contextmanager
def _no_file_names_in_logs() -> Iterator[None]:
    """Keep the libraries that download from logging original file names, whatever level the caller logs at."""
    loggers = [pooch.get_logger(), logging.getLogger("urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def _wrap(angle: np.ndarray) -> np.ndarray:
    """Angles wrapped to [-pi, pi)."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _tidy(numbering: dict, response: np.ndarray, report: np.ndarray, probe: np.ndarray, extras: dict) -> pd.DataFrame:
    """Tidy table from [M] responses and [M, N] features, target first, NaN where absent; trials are counted later."""
    nontargets = range(1, report.shape[1])
    table = pd.DataFrame(numbering, index=range(len(response)))
    table["response"], table["target"], table["cue_target"] = _wrap(response), _wrap(report[:, 0]), _wrap(probe[:, 0])
    table[[f"nontarget_{k}" for k in nontargets]] = _wrap(report[:, 1:])
    table[[f"cue_nontarget_{k}" for k in nontargets]] = _wrap(probe[:, 1:])
    return table.assign(**extras)


def _convert_vandenberg2012_color(raw: list[Path], sources: list[dict]) -> pd.DataFrame:
    """One file per session with four recordings, in one of two response modes each."""
    recordings = []
    for path, source in zip(raw, sources):
        session = loadmat(path, simplify_cells=True)
        for number, scrolling in enumerate(session["ABBA_array"], start=1):
            mode = "scrolling" if scrolling else "wheel"
            recordings.append(_vandenberg2012_recording(session[f"recording{number}"], source, mode))
    return pd.concat(recordings, ignore_index=True)


def _vandenberg2012_recording(recording: dict, source: dict, mode: str) -> pd.DataFrame:
    """Colours 1..180 around the wheel for each of 8 locations, 0 at an empty one; probed location 1..8."""
    by_location = recording["c_array"].T
    locations = np.arange(by_location.shape[1])
    probed = locations == recording["test"][:, None].astype(int) - 1
    # the probed location first, then the occupied ones in their order, then the empty ones
    order = np.argsort(np.where(probed, 0, np.where(by_location > 0, 1, 2)), axis=1, kind="stable")
    colours = np.take_along_axis(by_location, order, axis=1).astype(float)
    report = np.where(colours > 0, colours * (2 * np.pi / 180), np.nan)
    probe = np.where(colours > 0, order * (2 * np.pi / 8), np.nan)
    numbering = {"subject": source["subject"], "set_size": recording["set_size"].astype(int)}
    extras = {"session": source["session"], "response_mode": mode, "rt_ms": recording["RT"]}
    return _tidy(numbering, recording["sub_picked"] * (2 * np.pi / 180), report, probe, extras)


def _convert_bays2009(raw: list[Path], sources: list[dict]) -> pd.DataFrame:
    """One file; colours in rad, while locations went from degrees to rad twice."""
    content = loadmat(raw[0], simplify_cells=True)
    report = np.column_stack((content["target"], content["nontarget"]))
    position = np.column_stack((content["target_pos"], content["nontarget_pos"]))
    probe = np.round(position / (np.pi**2 / 720)) * (2 * np.pi / 8)
    numbering = {"subject": content["subject"].astype(int), "set_size": content["n_items"].astype(int)}
    return _tidy(numbering, content["response"], report, probe, {"duration_ms": content["delay"].astype(int)})


def _convert_oberauer_lin2017(raw: list[Path], sources: list[dict]) -> pd.DataFrame:
    """One file of 25 columns: colours in degrees and locations 1..13 in turn, the probed item first."""
    cells = pd.read_csv(raw[0], sep=r"\s+", header=None).to_numpy()
    set_size = cells[:, 5]
    absent = np.arange(8) >= set_size[:, None]
    report = np.where(absent, np.nan, np.deg2rad(cells[:, 8:24:2]))
    probe = np.where(absent, np.nan, (cells[:, 9:24:2] - 1) * (2 * np.pi / 13))
    extras = {
        "session": cells[:, 1],
        "cue_condition": pd.Series(cells[:, 6]).map({-1: "neutral", 1: "valid", 0: "invalid"}),
        "retrocue_location": _wrap((cells[:, 7] - 1) * (2 * np.pi / 13)),
    }
    numbering = {"subject": cells[:, 0], "set_size": set_size}
    return _tidy(numbering, np.deg2rad(cells[:, 24]), report, probe, extras)


def _convert_panichello2021_planes(raw: list[Path], sources: list[dict]) -> pd.DataFrame:
    """Mean rates of each neuron for four colours of the upper item, then four of the lower; one row per condition."""
    rates = loadmat(raw[0])["dat"].astype(float)
    neurons = {f"neuron_{k}": rates[:, k - 1] for k in range(1, rates.shape[1] + 1)}
    return pd.DataFrame({"item": ["upper"] * 4 + ["lower"] * 4, "colour": [1, 2, 3, 4] * 2, **neurons})


CONVERTERS = {
    "panichello2021_planes": _convert_panichello2021_planes,
    "vandenberg2012_color": _convert_vandenberg2012_color,
    "bays2009": _convert_bays2009,
    "oberauer_lin2017_e2": _convert_oberauer_lin2017,
    "oberauer_lin2017_e3": _convert_oberauer_lin2017,
}
