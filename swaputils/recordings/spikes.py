"""Spikes of an NWB file, binned around a time of each trial; pynwb comes with the optional extra `nwb`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swaputils.data.table import DataError
from swaputils.files import shown
from swaputils.recordings.described import Described, plain

BIN = 0.05  # s
CUE_TIMES = "cuetime cuetimes cueonset cueonsettime cueon tcue retrocuetime retrocueonset retrocueon"


@dataclass(frozen=True)
class Variable:
    """An array of a file, with the names of its axes and its unit where the file has them."""

    values: np.ndarray
    dims: tuple[str, ...] | None = None
    unit: str | None = None


def read_nwb(path: Path, described: Described) -> tuple[dict[str, Variable], bool]:
    """Rates (spikes/s) by trial, bin and unit, with the columns of the trials; and whether time 0 is that of the cue."""
    try:
        from pynwb import NWBHDF5IO  # only here: an optional extra
    except ModuleNotFoundError as error:
        fault = f"{shown(path)}: is an NWB file, which needs the extra nwb (pip install 'swaputils[nwb]')"
        raise DataError(fault) from error
    try:
        with NWBHDF5IO(path, "r", load_namespaces=True) as file:
            content = file.read()
            trials = None if content.trials is None else content.trials.to_dataframe()
            units = None if content.units is None else content.units.to_dataframe()
    except Exception as error:  # a damaged file raises whatever its reader stumbles over
        raise DataError(f"{shown(path)}: is not a whole NWB file ({error})") from error
    if trials is None or units is None or "spike_times" not in units:
        raise DataError(f"{shown(path)}: needs a table of trials and one of units with spike_times")
    align, is_cue = _aligned(path, list(trials), described)
    start, stop = described.window
    width = described.bin or BIN
    edges = start + width * np.arange(int((stop - start) / width + 1e-9) + 1)
    if len(edges) < 2:
        raise DataError(f"--window {start:g} {stop:g} holds no bin of {width:g} s; make it longer, or --bin smaller")
    times = trials[align].to_numpy(float)
    if not np.isfinite(times).all():
        empty = int((~np.isfinite(times)).sum())
        raise DataError(f"{shown(path)}: {align!r} is empty in {empty} trials; give each a time")
    rates = np.stack([_rates(np.asarray(spikes, float), times, edges) for spikes in units["spike_times"]], axis=-1)
    found = {
        "activity": Variable(rates, ("trials", "time", "neurons")),
        "time": Variable(edges[:-1] + width / 2, ("time",), "s"),
        "neuron": Variable(np.array([f"unit {name}" for name in units.index]), ("neurons",)),
    }
    for name, column in trials.items():
        values = column.to_numpy()
        values = np.array(list(map(str, values))) if values.dtype == object else values
        if values.ndim == 1 and name not in found and plain(str(name)) not in CUE_TIMES.split():
            found[str(name)] = Variable(values, ("trials",))
    return found, is_cue


def _aligned(path: Path, columns: list[str], described: Described) -> tuple[str, bool]:
    """The column of times around which is binned, and whether it is that of the cue."""
    cues = [name for name in columns if plain(name) in CUE_TIMES.split() or name == described.named.get("cue_time")]
    if described.align is not None:
        if described.align not in columns:
            there = ", ".join(columns)
            raise DataError(f"{shown(path)}: has no column {described.align!r} for --align; there are {there}")
        return described.align, described.align in cues
    if len(cues) != 1:
        found = " and ".join(map(repr, cues)) or "no column"
        raise DataError(
            f"{shown(path)}: {found} could be the time of the cue; --align names the column to bin around: {', '.join(columns)}"
        )
    return cues[0], True


def _rates(spikes: np.ndarray, times: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """[trials, bins] spikes/s; an edge belongs to the bin that it begins."""
    places = np.searchsorted(np.sort(spikes), times[:, None] + edges, side="left")
    return np.diff(places, axis=1) / (edges[1] - edges[0])
