"""Files of recordings: the variables of netCDF, NPZ, MATLAB and tables, and of NWB, whose spikes are binned (with the extra `nwb`)."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from swaputils.data.catalogue import cache_folder, recordings
from swaputils.data.matlab import matlab_variables
from swaputils.data.table import DataError
from swaputils.files import read_bytes, shown
from swaputils.recordings.recording_options import Described, plain

ITEM, COLOUR = "item", "colour"  # columns of a table of condition means
BIN = 0.05  # s
CUE_TIMES = "cuetime cuetimes cueonset cueonsettime cueon tcue retrocuetime retrocueonset retrocueon"


@dataclass(frozen=True)
class Variable:
    """An array of a file, with the names of its axes and its unit where the file has them."""

    values: np.ndarray
    dims: tuple[str, ...] | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Stored:
    """What a file holds.

    Attributes:
        path: of the file.
        variables: by name.
        kind: of file, for the reader.
        cue_at_zero: whether the time axis was made around the cue; None where it came with the file.
    """

    path: Path
    variables: dict[str, Variable]
    kind: str
    cue_at_zero: bool | None = None


def open_recording(source: str, described: Described) -> Stored:
    """The variables of a file, or of a public data set of recorded activity; DataError where they cannot be read."""
    path = public_file(source) if source in recordings() else Path(source)
    suffix = path.suffix.lower()
    if suffix not in READERS and suffix != ".nwb":
        raise DataError(
            f"{shown(path)}: is no recording that can be read; allowed are files ending in {', '.join(READERS)} or .nwb, "
            f"and the data set {', '.join(recordings())}"
        )
    content = read_bytes(path)
    if suffix == ".nwb":
        variables, around_cue = _read_nwb(path, described)
        return Stored(path, variables, "NWB file, spikes binned", around_cue)
    kind, read = READERS[suffix]
    variables = {name: variable for name, variable in read(path, content).items() if variable.values.size}
    if not variables:
        raise DataError(f"{shown(path)}: holds no arrays; a recording has activity, or condition means alone")
    return Stored(path, variables, kind)


def public_file(name: str) -> Path:
    """Where a public recording lies: as it was published, or as `swaputils fetch` keeps it; DataError where it is not there."""
    original = str(recordings()[name]["files"][0]["path"]).rpartition("/")[2]
    for place in (os.environ.get("SWAPUTILS_DATA"), cache_folder()):
        for path in (Path(place or "") / name / "raw" / original, Path(place or "") / name / f"{name}.csv"):
            if place and path.is_file():
                return path
    raise DataError(
        f"no file {name}/raw/{original} or {name}/{name}.csv in SWAPUTILS_DATA or the cache; run `swaputils fetch {name}`"
    )


def _read_netcdf(path: Path, content: bytes) -> dict[str, Variable]:
    """Variables, coordinates and single attributes of a dataset as xarray writes it."""
    import xarray  # only here: it takes a while, and most commands read no netCDF

    engine = "scipy" if content.startswith(b"CDF") else "h5netcdf"
    try:
        with xarray.open_dataset(path, engine=engine, decode_times=False) as dataset:
            dataset.load()
    except Exception as error:  # a damaged file raises whatever its reader stumbles over
        raise DataError(f"{shown(path)}: is not a whole netCDF file ({error})") from error
    found = {str(name): Variable(_as_text(np.asarray(value)), ()) for name, value in dataset.attrs.items()}
    for name, array in dataset.variables.items():
        dims, unit = tuple(map(str, array.dims)), array.attrs.get("units")
        found[str(name)] = Variable(_as_text(array.values), dims, unit)
    return found


def _read_npz(path: Path, content: bytes) -> dict[str, Variable]:
    try:
        with np.load(io.BytesIO(content)) as arrays:
            return {name: Variable(_as_text(arrays[name])) for name in arrays.files}
    except Exception as error:  # a damaged file raises whatever its reader stumbles over
        fault = f"{shown(path)}: is not a whole NPZ file of plain arrays ({error})"
        raise DataError(f"{fault}; objects have to be saved as arrays") from error


def _read_mat(path: Path, content: bytes) -> dict[str, Variable]:
    variables = matlab_variables(path, content)
    structs = [value for value in variables.values() if isinstance(value, dict)]
    fields = structs[0] if len(structs) == len(variables) == 1 else variables
    arrays = {name: np.asarray(value).squeeze() for name, value in fields.items() if not isinstance(value, dict)}
    return {name: Variable(_as_text(array)) for name, array in arrays.items()}


def _read_table(path: Path, content: bytes) -> dict[str, Variable]:
    """Condition means, a row for each item and colour, a column for each neuron."""
    try:
        table = pd.read_csv(io.BytesIO(content))
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{shown(path)}: is no table ({error})") from error
    if not {ITEM, COLOUR} < set(table):
        raise DataError(
            f"{shown(path)}: a table holds condition means, with the columns {ITEM}, {COLOUR} and one for each neuron; trials "
            "are read from .nc, .npz, .mat or .nwb"
        )
    counts = table.groupby(ITEM, sort=False)[COLOUR].nunique()
    if len(counts) != 2 or counts.nunique() != 1 or len(table) != counts.sum():
        raise DataError(f"{shown(path)}: needs two items in {ITEM!r}, and a row for each of them and each colour")
    rank = table[ITEM].map({name: place for place, name in enumerate(counts.index)})
    ordered = table.assign(rank=rank).sort_values(["rank", COLOUR], kind="stable").drop(columns="rank")
    neurons = ordered.drop(columns=[ITEM, COLOUR])
    try:
        means = neurons.to_numpy(float).reshape(2, -1, neurons.shape[1])
    except ValueError as error:
        raise DataError(f"{shown(path)}: a mean is not a number ({error})") from error
    return {
        "means": Variable(means, ("items", "colours", "neurons")),
        "neuron": Variable(neurons.columns.to_numpy(str), ("neurons",)),
    }


def _read_nwb(path: Path, described: Described) -> tuple[dict[str, Variable], bool]:
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


def _as_text(values: np.ndarray) -> np.ndarray:
    """Bytes and objects as text, whatever else as it is."""
    if values.dtype.kind in "SO":
        return np.array([v.decode() if isinstance(v, bytes) else str(v) for v in values.flat]).reshape(values.shape)
    return values


Reader = Callable[[Path, bytes], dict[str, Variable]]
READERS: dict[str, tuple[str, Reader]] = {
    ".nc": ("netCDF file", _read_netcdf),
    ".npz": ("NPZ file", _read_npz),
    ".mat": ("MATLAB file", _read_mat),
    ".csv": ("table of condition means", _read_table),
}
