"""The benchmarks measure what they say: both sides of a comparison compute the same, and arguments that do not exist are refused."""

import subprocess
import sys
from unittest import mock

import pytest
import torch

from swapbook.benchmarks.step_cost import Job, a_training, rollout_by_a_loop
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
