"""A training that can be killed: a progress bar, a log, and checkpoints from which the next call goes on, to the same weights.

A checkpoint is one file, replaced whole; a lock lets one process at a time work on a run. A process that is killed at any moment
leaves its last checkpoint, and the system releases its lock.
"""

import ctypes
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from torch import Tensor
from tqdm import tqdm

from swaputils.files import StoreError, read_tensors, shown, write_tensors
from swaputils.training.loop import DISTRIBUTION, SELECTION, Training

FILE = "checkpoint.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """All that the rest of a run depends on.

    Attributes:
        config: what the run is, as in `run_folder.Run`.
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
        fault = "holds an unfinished run of another configuration; delete that folder to start anew"
        raise StoreError(f"{shown(folder)}: {fault}")
    return found


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """A folder for one process's unfinished run, removed when the work is done; what ends it earlier leaves the folder as it is.

    Raises:
        StoreError: while another works there.
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


def train(training: Training, settings: dict, log: list[dict], folder: Path, label: str) -> float:
    """Train in place with a progress bar from where the folder's checkpoint stands; returns the processor time in seconds.

    Every `log_every`-th update goes to `log`, which is filled in place, and then to a checkpoint.

    Args:
        settings: what the training is, as JSON values; a checkpoint of another one is refused with StoreError.
        label: what the progress bar says.
    """
    config = training.config
    settings = settings | {"device": training.rnn.readout.device.type}  # whose random numbers differ
    left = read_checkpoint(folder, settings)
    earlier, begun = 0.0, time.process_time()
    if left is not None:
        training.resume(left.tensors, left.position)
        log[:], earlier = left.log, left.cpu_seconds
    longest = config.distribution_updates + (config.selection_updates if training.selection else 0)
    with tqdm(training, initial=len(log) * config.log_every, total=longest, desc=label, unit="update") as bar:
        for progress in bar:
            if progress.stage == DISTRIBUTION and progress.update == 1:
                bar.total = bar.n + config.distribution_updates  # selection took as long as it took
            if progress.update % config.log_every == 0:
                bar.set_postfix(stage=progress.stage, loss=f"{progress.loss:.3f}")
                used = earlier + time.process_time() - begun
                row = {"stage": (SELECTION, DISTRIBUTION).index(progress.stage), "update": progress.update}
                row |= {"loss": progress.loss} | dict(progress.facts)
                row |= {name: getattr(progress, name) for name in ("median_error", "wrong_items")}
                log.append(row | {"cpu_seconds": round(used, 1)})
                write_checkpoint(folder, Checkpoint(settings, training.tensors(), training.position(), log, used))
    return earlier + time.process_time() - begun


def keep_freed_memory() -> None:
    """Ask the C library, where it is glibc, not to return freed memory: fresh pages cost ten times what writing to them does."""
    trim_threshold, mmap_threshold = -1, -3
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, 2**31 - 1)
        library.mallopt(mmap_threshold, 2**25)
