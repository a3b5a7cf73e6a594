"""The benchmarks measure what they say: both sides of a comparison compute the same, and arguments that do not exist are refused."""

import itertools
import subprocess
import sys
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from unittest import mock

import pytest
import torch

from swapbook.benchmarks import learning_speed
from swapbook.benchmarks.step_cost import Job, a_training, rollout_by_a_loop
from swapbook.collection import learning_curves
from swapbook.places import ROOT
from swapbook.plan import plan_of
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


@pytest.mark.parametrize("start", learning_speed.RECIPES.values(), ids=learning_speed.RECIPES)
def test_learning_is_measured_until_the_time_is_used_up(start):
    """With a clock by which every update takes a second."""
    plan = plan_of(learning_speed.CONDITION, "smoke", 0)
    clock = SimpleNamespace(process_time=partial(next, itertools.count()))
    with mock.patch.multiple(learning_speed, EVERY=2, MEASURED=16, FREE=50, time=clock):
        rows = learning_speed.curve("some", start, plan, 5)
    assert [(row["cpu_seconds"], row["update"]) for row in rows] == [(1, 1), (2, 2), (4, 4), (6, 6)]
    assert all(row["loss"] > 0 and 0 <= row["swap_rate"] <= 1 for row in rows)
    assert len({row["loss"] for row in rows}) == 4


def test_a_training_that_does_not_learn_selection_ends_its_curve(capsys):
    plan = plan_of(learning_speed.CONDITION, "smoke", 0)
    plan = replace(plan, train=replace(plan.train, selection_updates=3, median_error=1e-9))
    _, updates = learning_speed.RECIPES["equal"](plan)
    assert list(updates) == [1, 2, 3] and "after 3 updates" in capsys.readouterr().out


def test_measuring_a_recipe_anew_keeps_the_others(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    for name, loss in (("book", 1.0), ("paper", 2.0), ("book", 3.0)):
        learning_speed.store(name, [{"recipe": name, "cpu_seconds": 1.0, "update": 1, "loss": loss, "swap_rate": 0.5}])
    stored = learning_curves()
    assert dict(zip(stored["recipe"], stored["loss"])) == {"book": 3.0, "paper": 2.0} and len(stored) == 2


@pytest.mark.parametrize("name", ["step_cost", "learning_speed"])
def test_an_argument_that_does_not_exist_is_refused(name):
    command = [sys.executable, "-m", f"swapbook.benchmarks.{name}", "quickly"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode in (1, 2) and "quickly" in finished.stderr and "Traceback" not in finished.stderr
