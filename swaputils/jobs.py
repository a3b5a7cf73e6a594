"""Independent jobs, one after the other or on several processes, under one progress bar."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm

BAR = "{desc}: {percentage:3.0f} % |{bar}| {elapsed} gone, {remaining} left"


@dataclass(frozen=True)
class Job:
    """A call `function(*arguments)` of a module's function; `weight` is how long it takes relative to other jobs."""

    function: Callable
    arguments: tuple
    weight: float


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def progress(jobs: Sequence[Job], label: str, more: float = 0.0) -> Iterator[Callable[[float], Any]]:
    """A bar that tells the time left; it gives what `run` takes as `done`. `more`: weight of work beside the jobs."""
    with tqdm(total=sum(job.weight for job in jobs) + more, desc=label, bar_format=BAR) as bar:
        yield lambda weight: bar.update(
            min(weight, bar.total - bar.n)
        )  # sums of weights may differ in their last digit


def run(jobs: Sequence[Job], processes: int = 1, done: Callable[[float], Any] = lambda weight: None) -> list:
    """What each job gives, in their order; the same for any number of processes.

    Whatever a job raises is raised here. The processes end with this call however it ends, and with the process that
    made it.

    Args:
        jobs: those that take long first keep all processes busy longest.
        processes: with 1, all is done in this one; else fresh ones are started, with a thread each for torch. A script that asks
            for more than 1 must start its work under `if __name__ == "__main__":`, as with any use of `multiprocessing`.
        done: called with the weight of each job as it ends.
    """
    if min(processes, len(jobs)) > 1:
        return _spread(jobs, min(processes, len(jobs)), done)
    given = []
    for job in jobs:
        given.append(job.function(*job.arguments))
        done(job.weight)
    return given


def _spread(jobs: Sequence[Job], processes: int, done: Callable[[float], Any]) -> list:
    others = multiprocessing.active_children()
    given: list[Any] = [None] * len(jobs)
    running: dict[Future, int] = {}
    waiting = iter(enumerate(jobs))
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_ready)
    try:
        while True:
            while len(running) < 2 * processes and (following := next(waiting, None)):  # no more are held in memory
                running[_submitted(pool, following[1])] = following[0]
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number = running.pop(future)
                given[number] = pickle.loads(future.result())
                done(jobs[number].weight)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(multiprocessing.active_children()) - set(others):
            worker.terminate()
            worker.join()
        raise
    pool.shutdown()
    return given


def _submitted(pool: ProcessPoolExecutor, job: Job) -> Future:
    # pickled here and not by torch, which would hand each tensor over as a file of shared memory
    return pool.submit(_called, pickle.dumps((job.function, job.arguments)))


def _called(pickled: bytes) -> bytes:
    function, arguments = pickle.loads(pickled)
    return pickle.dumps(function(*arguments))


def _ready() -> None:
    """One thread for torch; interrupts are left to the process that started this one, and so is its end."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
