"""Jobs on several processes: their order, their errors, and that no process stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from swaputils.jobs import Job, cores, progress, run

ROOT = Path(__file__).resolve().parent.parent.parent

SLEEPERS = """
import signal
import time
from swaputils.jobs import Job, run

def sleep(seconds, more_than_a_pipe_holds):
    time.sleep(seconds)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the tests may ignore it
    run([Job(sleep, (600, bytes(2_000_000)), 1.0)] * 8, 2)
"""


def numbered(number: int, seconds: float = 0.0) -> tuple[int, int]:
    time.sleep(seconds)
    return number, os.getpid()


def failing() -> None:
    raise ValueError("this job fails")


def test_results_keep_the_order_of_the_jobs_and_every_weight_is_reported():
    weights = []
    jobs = [Job(numbered, (number, 0.02 * (3 - number)), weight=number + 1.0) for number in range(4)]
    given = run(jobs, 2, weights.append)
    assert [number for number, _ in given] == [0, 1, 2, 3] and sorted(weights) == [1, 2, 3, 4]
    assert os.getpid() not in {process for _, process in given}
    assert {process for _, process in run(jobs, 1)} == {os.getpid()}


def test_an_error_of_a_job_comes_through_and_ends_the_processes():
    before = psutil.Process().children(recursive=True)
    with pytest.raises(ValueError, match="this job fails"):
        run([Job(numbered, (0, 60.0), 1.0), Job(failing, (), 1.0)], 2)
    left = [child for child in psutil.Process().children(recursive=True) if child not in before]
    assert not [child for child in left if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_pool_leaves_no_processes(tmp_path, number):
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS)
    command = [sys.executable, str(script)]
    started = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    parent = psutil.Process(started.pid)
    try:
        deadline = time.monotonic() + 300
        while len(workers := [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]) < 2:
            assert time.monotonic() < deadline and started.poll() is None
            time.sleep(0.1)
        while any(worker.num_threads() < 2 for worker in workers):  # until they watch over their parent
            assert time.monotonic() < deadline
            time.sleep(0.1)
        started.send_signal(number)
        started.wait(timeout=300)
        _, alive = psutil.wait_procs(workers, timeout=300)
        assert not alive
    finally:
        started.kill()
        started.communicate()


def test_the_bar_tells_the_time_left(capsys):
    with progress([Job(numbered, (0,), 3.0)], "counting", more=1.0) as done:
        done(3.0)
        done(1.0)
    shown = capsys.readouterr().err
    assert "counting: 100 %" in shown and "left" in shown


def test_the_bar_ends_at_its_end_in_whatever_order_jobs_end():
    """0.3 + 0.2 + 0.1 = 0.6, but 0.1 + 0.2 + 0.3 is more in the last digit, at which a bar would warn."""
    with progress([Job(numbered, (0,), weight) for weight in (0.3, 0.2, 0.1)], "counting") as done:
        for weight in (0.1, 0.2, 0.3):
            done(weight)


def test_there_is_a_core():
    assert cores() >= 1
