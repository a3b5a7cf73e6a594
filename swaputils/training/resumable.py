"""A training that can be killed: a progress bar, a log, and checkpoints from which the next call goes on, to the same weights."""

import ctypes
import time
from contextlib import suppress
from pathlib import Path

from tqdm import tqdm

from swaputils.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from swaputils.training.loop import DISTRIBUTION, SELECTION, Training


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
    trim_threshold, mmap_threshold, largest = -1, -3, 2**25
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, 2**31 - 1)
        library.mallopt(mmap_threshold, largest)
