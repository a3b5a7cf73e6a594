"""The folder of a run: its settings, tensors, log, measures, and where and when it was made."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from swaputils.files import (
    StoreError,
    json_bytes,
    log_bytes,
    read_bytes,
    read_json,
    read_log,
    read_tensors,
    shown,
    tensor_bytes,
    write_files,
)

CONFIG, WEIGHTS, LOG = "config.json", "weights.safetensors", "log.csv"

METRICS, PROVENANCE = "metrics.json", "provenance.json"


@dataclass(frozen=True)
class Run:
    """What a run folder holds.

    Attributes:
        config: everything that determines the result; JSON values only.
        weights: named tensors.
        log: one row of numbers per logged step, all with the same columns.
        metrics: JSON values measured at the end.
        provenance: where and when it was made, see `provenance`.
    """

    config: dict
    weights: dict[str, Tensor]
    log: list[dict[str, float | int]] = field(default_factory=list)
    metrics: dict = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)


def write_with_provenance(path: Path, text: str, settings: Mapping | None = None) -> None:
    """Write a text file, and beside it, ending in .provenance.json, where and when it was made; both whole or not at all.

    Args:
        settings: what the text depends on, as JSON values; kept with its provenance, see `has_settings`.
    """
    content = text.encode()
    made_by: dict[str, object] = provenance() | {"sha256": hashlib.sha256(content).hexdigest()}
    made_by |= {} if settings is None else {"settings": dict(settings)}
    write_files({path: content, _provenance_of(path): (json.dumps(made_by, indent=2) + "\n").encode()})


def has_settings(path: Path, settings: Mapping) -> bool:
    """Whether the file is as `write_with_provenance` wrote it, with these settings."""
    try:
        made_by = read_json(_provenance_of(path))
        content = read_bytes(path)
    except StoreError:
        return False
    told = made_by if isinstance(made_by, dict) else {}
    return told.get("settings") == settings and told.get("sha256") == hashlib.sha256(content).hexdigest()


def _provenance_of(path: Path) -> Path:
    return path.with_suffix(".provenance.json")


def config_hash(config: Mapping) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the config as JSON with sorted keys."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def provenance() -> dict[str, object]:
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


def write_run(folder: Path | str, run: Run) -> None:
    """Write a run folder, whole or not at all; the weights carry the config's hash, an empty provenance is filled in."""
    write_files(run_contents(Path(folder), run))


def run_contents(folder: Path, run: Run) -> dict[Path, bytes]:
    """The files of a run folder, so that they can be written together with others."""
    return {
        folder / CONFIG: json_bytes(folder / CONFIG, run.config),
        folder / LOG: log_bytes(folder / LOG, run.log),
        folder / METRICS: json_bytes(folder / METRICS, run.metrics),
        folder / PROVENANCE: json_bytes(folder / PROVENANCE, run.provenance or provenance()),
        # last, so that files of two runs, should it come to that, are refused by the hash
        folder / WEIGHTS: tensor_bytes(run.weights, {"config_hash": config_hash(run.config)}),
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
    config = _read_object(folder / CONFIG)
    weights, metadata = read_tensors(folder / WEIGHTS, like)
    if metadata.get("config_hash") != config_hash(config):
        raise StoreError(
            f"{shown(folder / WEIGHTS)}: holds foreign weights; they carry the config hash "
            f"{metadata.get('config_hash', '(none)')}, {CONFIG} beside them has {config_hash(config)}"
        )
    log = read_log(folder / LOG)
    return Run(config, weights, log, _read_object(folder / METRICS), _read_object(folder / PROVENANCE))


def _read_object(path: Path) -> dict:
    """A JSON object; StoreError where a file holds another kind of value."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise StoreError(f"{shown(path)}: is not a JSON object")
    return value


def _neighbours(folder: Path) -> str:
    """What a message adds about the run folders that do exist beside a missing one."""
    found = sorted(config.parent.name for config in folder.parent.glob(f"*/{CONFIG}"))
    return f"; there are: {', '.join(found)}" if found else ""
