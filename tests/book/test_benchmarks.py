"""The benchmarks measure what they say: both sides of a comparison compute the same, and arguments that do not exist are refused."""

import re
import subprocess
import sys
from unittest import mock

import psutil
import pytest
import torch

from swapbook.benchmarks import chapter_costs
from swapbook.benchmarks.step_cost import Job, a_training, rollout_by_a_loop
from swapbook.build.chapters import chapter_paths
from swapbook.places import ROOT
from swaputils.training import objectives


def test_the_plain_loop_makes_the_same_update_as_the_package():
    job = Job("package", sequences=8, report=0.4, units=6, branching=3)
    weights = []
    for version in (objectives.rollout, rollout_by_a_loop):
        with mock.patch.object(objectives, "rollout", version):
            training = a_training(job)
            progress = next(iter(training))
        weights.append((progress.loss, torch.cat([each.flatten() for each in training.rnn.parameters()])))
    (loss, package), (plain_loss, plain) = weights
    assert loss == pytest.approx(plain_loss, rel=1e-5)
    torch.testing.assert_close(package, plain, rtol=0, atol=2e-4)


def test_an_argument_that_does_not_exist_is_refused():
    command = [sys.executable, "-m", "swapbook.benchmarks.step_cost", "quickly"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode in (1, 2) and "quickly" in finished.stderr and "Traceback" not in finished.stderr


def test_the_cost_of_a_process_holds_that_of_those_that_it_starts():
    inner = "held = b'x' * 900_000_000; sum(range(20_000_000))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    own = psutil.Process().memory_info().rss / 1e9  # counted too, see `Cost`
    found = chapter_costs.cost([sys.executable, "-c", outer])
    assert 0.9 < found.gigabytes < max(1, 1.2 * own) and found.seconds > 0.1
    with pytest.raises(subprocess.CalledProcessError):
        chapter_costs.cost([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_costs_of_every_chapter_are_put_into_the_page_and_replaced(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(chapter_costs.PAGE.read_text())
    monkeypatch.setattr(chapter_costs, "PAGE", page)
    for seconds in (7.2, 130.0):
        monkeypatch.setattr(chapter_costs, "execution", lambda *_: chapter_costs.Cost(seconds, 0.62))  # noqa: B023
        chapter_costs.main()
    rows = re.findall(r"\| \d \|.*", page.read_text())
    assert rows == [f"| {int(path.stem[:2])} |{3 * ' 2 min, 0.6 GB |'}" for path in chapter_paths()]
    assert page.read_text().count(chapter_costs.HEAD) == 1
