"""Unfinished runs: a checkpoint that is one file, replaced whole, and a lock that lets one process at a time work on a run.

A process that is killed at any moment leaves its last checkpoint, and the system releases its lock.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from torch import Tensor

from swaputils.files import StoreError, read_tensors, shown, write_tensors

FILE = "checkpoint.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """All that the rest of a run depends on.

    Attributes:
        config: what the run is, as in `store.Run`.
        tensors: weights, moments of the optimiser, state of the generator.
        position: where in the run it stands; JSON values.
        log: rows so far.
        cpu_seconds: processor time so far.
    """

    config: dict
    tensors: dict[str, Tensor]
    position: dict
    log: list[dict[str, float | int]]
    cpu_seconds: float


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint of a run folder, whole or not at all."""
    values = {name: value for name, value in vars(checkpoint).items() if name != "tensors"}
    write_tensors(folder / FILE, checkpoint.tensors, {name: json.dumps(value) for name, value in values.items()})


def read_checkpoint(folder: Path, config: dict) -> Checkpoint | None:
    """The checkpoint that a run folder holds, or None; StoreError where it is damaged or belongs to another configuration."""
    if not (folder / FILE).is_file():
        return None
    try:
        tensors, metadata = read_tensors(folder / FILE)
        found = Checkpoint(tensors=tensors, **{name: json.loads(text) for name, text in metadata.items()})
    except (StoreError, TypeError, json.JSONDecodeError) as error:
        raise StoreError(f"{shown(folder / FILE)}: is damaged; delete that folder to start anew") from error
    if found.config != config:
        raise StoreError(
            f"{shown(folder)}: holds an unfinished run of another configuration; delete that folder to start anew"
        )
    return found


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """A folder for one process's unfinished run:

    An error, an interruption or a kill leaves the folder and what it holds.

    Raises:
        StoreError: while another works there; removed when the work is done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise StoreError(f"{shown(folder)}: another process is working on this run; wait for it or end it") from error
    try:
        yield folder
    finally:
        lock.release()
    shutil.rmtree(folder)
