"""Files of a run: tensors, JSON and logs, written whole or not at all, and refused when they do not fit together."""

import csv
import errno
import hashlib
import io
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

CONFIG, WEIGHTS, LOG = "config.json", "weights.safetensors", "log.csv"
METRICS, PROVENANCE = "metrics.json", "provenance.json"


class StoreError(ValueError):
    """A file of a run is missing, damaged, foreign, or could not be written."""


class NotStored(StoreError):
    """Nothing is stored yet of what was asked for."""


@dataclass(frozen=True)
class Run:
    """What a run folder holds.

    config:     everything that determines the result; JSON values only.
    weights:    named tensors.
    log:        one row of numbers per logged step, all with the same columns.
    metrics:    JSON values measured at the end.
    provenance: where and when it was made, see `provenance`.
    """

    config: dict
    weights: dict[str, Tensor]
    log: list[dict[str, float | int]] = field(default_factory=list)
    metrics: dict = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)


def shown(path: Path | str) -> str:
    """The path as messages show it: relative to the working folder, or only its last two parts outside of it."""
    absolute = Path(path).absolute()
    if absolute.is_relative_to(Path.cwd()):
        return str(absolute.relative_to(Path.cwd()))
    return str(Path(*absolute.parts[-2:]))


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files, each whole or not at all; nothing is replaced before all are on the disk.

    Killed between two replacements, the later files are still the old ones. Raises StoreError, for example when the disk is full.
    """
    created = _missing_folders(contents)
    staged: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            current = path
            path.parent.mkdir(parents=True, exist_ok=True)
            staged[path] = path.with_name(f".{path.name}.{os.getpid()}.part")
            with staged[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, temporary in staged.items():
            current = path
            os.replace(temporary, path)
    except BaseException as error:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
        for folder in created:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise StoreError(_write_message(error, current)) from error
        raise


def _missing_folders(paths: Mapping[Path, bytes]) -> list[Path]:
    """Folders that writing `paths` will create, deepest first."""
    missing = {folder for path in paths for folder in path.parents if not folder.exists()}
    return sorted(missing, key=lambda folder: len(folder.parts), reverse=True)


def _write_message(error: OSError, path: Path) -> str:
    """One sentence on why `path` could not be written."""
    if error.errno == errno.ENOSPC:
        return f"{shown(path)}: the disk is full, nothing was written; free some space and run again"
    return f"{shown(path)}: cannot be written ({error.strerror or error}); nothing was written"


def _read_bytes(path: Path) -> bytes:
    """Content of a file; StoreError where there is none."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise StoreError(f"{shown(path)}: cannot be read ({error.strerror or error})") from error


def _json_bytes(path: Path, value: object) -> bytes:
    """JSON with a final newline; StoreError on values that JSON does not have."""
    try:
        return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise StoreError(f"{shown(path)}: holds a value that JSON cannot store ({error})") from error


def _tensor_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """The safetensors encoding of detached copies."""
    copies = {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()
    }
    # one key, because safetensors writes several in an order that differs from call to call
    return safetensors.torch.save(copies, {"metadata": json.dumps(dict(metadata), sort_keys=True)})


def _log_bytes(path: Path, rows: Sequence[Mapping[str, float | int]]) -> bytes:
    """CSV with a header; numbers keep every digit."""
    columns = list(rows[0]) if rows else []
    if any(list(row) != columns for row in rows):
        raise StoreError(f"{shown(path)}: every row needs the columns {', '.join(columns)}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if rows:
        writer.writerow(columns)
    writer.writerows([repr(float(value)) for value in row.values()] for row in rows)
    return text.getvalue().encode()


def write_text(path: Path | str, text: str) -> None:
    """Write a text file whole or not at all."""
    write_files({Path(path): text.encode()})


def write_with_provenance(path: Path, text: str, settings: Mapping | None = None) -> None:
    """Write a text file, and beside it, ending in .provenance.json, where and when it was made; both whole or not at all.

    settings: what the text depends on, as JSON values; kept with its provenance, see `has_settings`.
    """
    content = text.encode()
    made_by = provenance() | {"sha256": hashlib.sha256(content).hexdigest()}
    made_by |= {} if settings is None else {"settings": dict(settings)}
    write_files({path: content, _provenance_of(path): (json.dumps(made_by, indent=2) + "\n").encode()})


def has_settings(path: Path, settings: Mapping) -> bool:
    """Whether the file is as `write_with_provenance` wrote it, with these settings."""
    try:
        made_by = read_json(_provenance_of(path))
        content = _read_bytes(path)
    except StoreError:
        return False
    told = made_by if isinstance(made_by, dict) else {}
    return told.get("settings") == settings and told.get("sha256") == hashlib.sha256(content).hexdigest()


def _provenance_of(path: Path) -> Path:
    return path.with_suffix(".provenance.json")


def read_json(path: Path | str) -> object:
    """Read JSON; StoreError names the line of what is not JSON."""
    try:
        return json.loads(_read_bytes(Path(path)))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{shown(path)}: is not valid JSON ({error})") from error


def read_log(path: Path | str) -> list[dict[str, float]]:
    """Read rows of numbers; StoreError names the row (the header is row 1)."""
    try:
        rows = csv.DictReader(io.StringIO(_read_bytes(Path(path)).decode()))
        return [_numbers(path, number, row) for number, row in enumerate(rows, start=2)]
    except UnicodeDecodeError as error:
        raise StoreError(f"{shown(path)}: is not a text file") from error


def _numbers(path: Path | str, number: int, row: dict) -> dict[str, float]:
    """One row of a log as numbers."""
    try:
        return {column: float(cell) for column, cell in row.items()}
    except (TypeError, ValueError) as error:
        raise StoreError(f"{shown(path)}: row {number} is not one number per column") from error


def write_tensors(path: Path | str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write named tensors and string metadata as safetensors, whole or not at all."""
    write_files({Path(path): _tensor_bytes(tensors, metadata or {})})


def read_tensors(
    path: Path | str, like: Mapping[str, Tensor] | None = None
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read named tensors (on the CPU) and metadata; with `like`, names, shapes and dtypes must be the same as there.

    Reading runs no code from the file. Raises StoreError on a missing, damaged or foreign file.
    """
    if not Path(path).is_file():
        raise StoreError(f"{shown(path)}: there is no such file")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            metadata = json.loads((file.metadata() or {}).get("metadata", "{}"))
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise StoreError(f"{shown(path)}: is not a whole safetensors file ({error})") from error
    if like is not None:
        _refuse_foreign(path, tensors, like)
    return tensors, metadata


def _refuse_foreign(path: Path | str, tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> None:
    """StoreError unless names, shapes and dtypes agree."""
    if set(tensors) != set(like):
        missing, extra = sorted(set(like) - set(tensors)), sorted(set(tensors) - set(like))
        raise StoreError(
            f"{shown(path)}: holds foreign weights; missing: {missing or 'none'}, unknown: {extra or 'none'}"
        )
    for name, value in like.items():
        found = (tuple(tensors[name].shape), tensors[name].dtype)
        if found != (tuple(value.shape), value.dtype):
            raise StoreError(
                f"{shown(path)}: holds foreign weights; {name} is {found[0]} {found[1]}, "
                f"expected {tuple(value.shape)} {value.dtype}"
            )


def config_hash(config: Mapping) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the config as JSON with sorted keys."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def provenance() -> dict[str, str | int | None]:
    """Versions, kind of machine, threads, dtype, date (UTC) and commit; no paths, host names or user names."""
    return {
        "swaputils": version("swaputils"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "default_dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
    }


def _commit() -> str | None:
    """Commit of the checkout that this file is part of, with -dirty after it where the package was changed since."""
    package = Path(__file__).resolve().parent
    if not (package.parent / ".git").exists():  # an installed package may lie inside somebody else's repository
        return None
    try:
        head = _git(package, "rev-parse", "HEAD")
        changed = _git(package, "status", "--porcelain", "--untracked-files=no", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}-dirty" if changed else head


def _git(folder: Path, *arguments: str) -> str:
    """What git says in a folder."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()


def results_folder() -> Path:
    """Folder of stored results: SWAPUTILS_RESULTS, else `results` beside the package; StoreError where there is none."""
    named = os.environ.get("SWAPUTILS_RESULTS")
    folder = Path(named) if named else Path(__file__).resolve().parent.parent / "results"
    if not folder.is_dir():
        raise StoreError(
            f"{shown(folder)}: there is no such results folder; work in a checkout of the book, "
            "or set SWAPUTILS_RESULTS to an existing folder"
        )
    return folder


def write_run(folder: Path | str, run: Run) -> None:
    """Write a run folder, whole or not at all; the weights carry the config's hash, an empty provenance is filled in."""
    write_files(run_contents(Path(folder), run))


def run_contents(folder: Path, run: Run) -> dict[Path, bytes]:
    """The files of a run folder, so that they can be written together with others."""
    return {
        folder / CONFIG: _json_bytes(folder / CONFIG, run.config),
        folder / LOG: _log_bytes(folder / LOG, run.log),
        folder / METRICS: _json_bytes(folder / METRICS, run.metrics),
        folder / PROVENANCE: _json_bytes(folder / PROVENANCE, run.provenance or provenance()),
        # last, so that files of two runs, should it come to that, are refused by the hash
        folder / WEIGHTS: _tensor_bytes(run.weights, {"config_hash": config_hash(run.config)}),
    }


def holds_run(folder: Path, config: Mapping) -> bool:
    """Whether a whole run of this config is stored in the folder; what is missing or damaged is not."""
    try:
        told, found = read_tensors(folder / WEIGHTS)[1], read_json(folder / CONFIG)
    except StoreError:
        return False
    return found == config and told.get("config_hash") == config_hash(config)


def read_run(folder: Path | str, like: Mapping[str, Tensor] | None = None) -> Run:
    """Read a run folder; StoreError where the weights are not those of its config, or (with `like`) of another network."""
    folder = Path(folder)
    if not folder.is_dir():
        raise StoreError(f"{shown(folder)}: there is no such run folder{_neighbours(folder)}")
    config = read_json(folder / CONFIG)
    if not isinstance(config, dict):
        raise StoreError(f"{shown(folder / CONFIG)}: is not a JSON object")
    weights, metadata = read_tensors(folder / WEIGHTS, like)
    if metadata.get("config_hash") != config_hash(config):
        raise StoreError(
            f"{shown(folder / WEIGHTS)}: holds foreign weights; they carry the config hash "
            f"{metadata.get('config_hash', '(none)')}, {CONFIG} beside them has {config_hash(config)}"
        )
    rest = (read_log(folder / LOG), read_json(folder / METRICS), read_json(folder / PROVENANCE))
    return Run(config, weights, *rest)


def _neighbours(folder: Path) -> str:
    """What a message adds about the run folders that do exist beside a missing one."""
    found = sorted(config.parent.name for config in folder.parent.glob(f"*/{CONFIG}"))
    return f"; there are: {', '.join(found)}" if found else ""
