"""Files written whole or not at all, and read with one sentence on what is wrong."""

import csv
import errno
import io
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from swaputils.errors import SwaputilsError


class StoreError(SwaputilsError):
    """A file of a run is missing, damaged, foreign, or could not be written."""


class NotStored(StoreError):
    """Nothing is stored yet of what was asked for."""


def shown(path: Path | str) -> str:
    """The path as messages show it: relative to the working folder, or only its last two parts outside of it."""
    absolute = Path(path).absolute()
    if absolute.is_relative_to(Path.cwd()):
        return str(absolute.relative_to(Path.cwd()))
    return str(Path(*absolute.parts[-2:]))


def refuse_existing(folder: Path) -> None:
    """StoreError where a folder that is to be new exists."""
    if folder.exists():
        raise StoreError(f"{shown(folder)}: exists already; remove it, or name a new folder with --out")


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


def read_bytes(path: Path) -> bytes:
    """Content of a file; StoreError where there is none."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise StoreError(f"{shown(path)}: cannot be read ({error.strerror or error})") from error


def json_bytes(path: Path, value: object) -> bytes:
    """JSON with a final newline; StoreError on values that JSON does not have."""
    try:
        return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise StoreError(f"{shown(path)}: holds a value that JSON cannot store ({error})") from error


def tensor_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """The safetensors encoding of detached copies."""
    plain = {name: value.detach().cpu() for name, value in tensors.items()}
    copies = {name: value.clone(memory_format=torch.contiguous_format) for name, value in plain.items()}
    # one key, because safetensors writes several in an order that differs from call to call
    return safetensors.torch.save(copies, {"metadata": json.dumps(dict(metadata), sort_keys=True)})


def log_bytes(path: Path, rows: Sequence[Mapping[str, float | int]]) -> bytes:
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


def read_json(path: Path | str) -> object:
    """Read JSON; StoreError names the line of what is not JSON."""
    try:
        return json.loads(read_bytes(Path(path)))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{shown(path)}: is not valid JSON ({error})") from error


def read_log(path: Path | str) -> list[dict[str, float]]:
    """Read rows of numbers; StoreError names the row (the header is row 1)."""
    try:
        rows = csv.DictReader(io.StringIO(read_bytes(Path(path)).decode()))
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
    write_files({Path(path): tensor_bytes(tensors, metadata or {})})


def read_tensors(
    path: Path | str, like: Mapping[str, Tensor] | None = None
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read named tensors (on the CPU) and metadata; with `like`, names, shapes and dtypes must be the same as there.

    Reading runs no code from the file.

    Raises:
        StoreError: on a missing, damaged or foreign file.
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
        missing, extra = sorted(set(like) - set(tensors)) or "none", sorted(set(tensors) - set(like)) or "none"
        raise StoreError(f"{shown(path)}: holds foreign weights; missing: {missing}, unknown: {extra}")
    for name, value in like.items():
        found = (tuple(tensors[name].shape), tensors[name].dtype)
        if found != (tuple(value.shape), value.dtype):
            raise StoreError(
                f"{shown(path)}: holds foreign weights; {name} is {found[0]} {found[1]}, "
                f"expected {tuple(value.shape)} {value.dtype}"
            )
