"""Learners of a few human trials: what they learn from, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from swapbook import limited, people
from swapbook.__main__ import main
from swapbook.build import rerun as command
from swapbook.gru import GRUConfig
from swapbook.limited import learner
from swapbook.plan import plan_of
from swapbook.tables import FOLDS
from swaputils import surrogate
from swaputils.behaviour import mean_interval
from swaputils.data.simulated import simulated_trials
from swaputils.files import StoreError
from swaputils.surrogate import BnsConfig
from swaputils.training.lessons import given, make_batch
from swaputils.training.loop import Training, TrainingDiverged
from swaputils.trials import Trials
from tests.small import seeded, swap_posterior


@pytest.fixture
def setting(tmp_path, monkeypatch) -> list[BnsConfig]:
    """Five people, and little training; the configs of the fits that were made."""
    observed, fits = simulated_trials(0, people=5, trials_per_set_size=16), []

    def few_steps() -> BnsConfig:
        fits.append(BnsConfig(steps=40))
        return fits[-1]

    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    for fold in range(FOLDS):
        place = tmp_path / "surrogate" / "simulated" / f"without_fold_{fold}" / "set_size_4"
        surrogate.save(swap_posterior(-1.0), place)
    monkeypatch.setattr(people, "trials", lambda name: observed)
    monkeypatch.setattr(limited, "GRUConfig", lambda: GRUConfig(hidden=8, components=2, updates=50, selected=10.0))
    monkeypatch.setattr(limited, "BnsConfig", few_steps)
    limited._selected.cache_clear()
    limited._selected_gru.cache_clear()
    return fits


@pytest.mark.parametrize("kind", limited.KINDS)
def test_a_learner_is_scored_on_the_people_of_its_fold_alone(setting, kind):
    assert not limited.is_scored(kind, 40, learner("smoke", 6, "simulated"))
    limited.recompute_limited(kind, 40, learner("smoke", 6, "simulated"))
    assert limited.is_scored(kind, 40, learner("smoke", 6, "simulated"))
    table = limited.limited_scores("smoke", "simulated")
    assert table[["kind", "count", "seed", "fold", "subject", "trials"]].values.tolist() == [[kind, 40, 6, 1, 2, 16]]
    assert table["log_density"].between(-5, 0).all()
    assert len(setting) == (kind in ("surrogate", "taught"))  # so that the steps of this test are those that are made


def test_networks_of_a_seed_go_on_from_the_same_selected_weights(setting, monkeypatch):
    started = []

    class Noted(Training):
        def __init__(self, rnn, selection, *others, **more):
            super().__init__(rnn, selection, *others, **more)
            started.append((bool(selection), [value.clone() for value in rnn.parameters()]))

    monkeypatch.setattr(limited, "Training", Noted)
    for kind in ("direct", "taught", "direct"):
        limited.recompute_limited(kind, 40, learner("smoke", 0, "simulated"))
    assert [selects for selects, _ in started] == [True, False, False, False]
    initial, *others = (weights for _, weights in started)
    for weights in others:
        assert all(torch.equal(one, other) for one, other in zip(weights, others[0], strict=True))
    assert not all(torch.equal(one, other) for one, other in zip(initial, others[0], strict=True))


def test_a_learner_that_stops_leaves_its_reason_until_it_has_a_score(setting, monkeypatch):
    def diverge(*_):
        raise TrainingDiverged("loss inf at update 7")

    columns = ["kind", "count", "seed", "reason"]
    nothing = limited.limited_stopped("smoke", "simulated")
    assert nothing.empty and nothing.columns.tolist() == columns
    with monkeypatch.context() as broken:
        broken.setattr(limited, "_taught_directly", diverge)
        with pytest.raises(TrainingDiverged):
            limited.recompute_limited("direct", 40, learner("smoke", 2, "simulated"))
    assert not limited.is_scored("direct", 40, learner("smoke", 2, "simulated"))
    assert limited.limited_stopped("smoke", "simulated").values.tolist() == [["direct", 40, 2, "loss inf at update 7"]]
    limited.recompute_limited("direct", 40, learner("smoke", 2, "simulated"))
    assert limited.limited_stopped("smoke", "simulated").empty


def test_scores_that_come_from_other_settings_are_outdated(setting, monkeypatch):
    limited.recompute_limited("gru", 40, learner("smoke", 6, "simulated"))
    monkeypatch.setattr(limited, "GRUConfig", lambda: GRUConfig(hidden=9, components=2, updates=50, selected=10.0))
    assert not limited.is_scored("gru", 40, learner("smoke", 6, "simulated"))
    with pytest.raises(
        StoreError,
        match="gru_40_6.csv: comes from other settings, or was changed; run `python -m swapbook score learners",
    ):
        limited.limited_scores("smoke", "simulated")


def test_a_learner_that_stopped_with_other_settings_is_not_counted(setting, monkeypatch):
    def diverge(*others, **more):
        raise TrainingDiverged("loss inf")

    monkeypatch.setattr(limited, "taught_gru", diverge)
    with pytest.raises(TrainingDiverged):
        limited.recompute_limited("gru", 40, learner("smoke", 6, "simulated"))
    assert len(limited.limited_stopped("smoke", "simulated")) == 1
    monkeypatch.setattr(limited, "GRUConfig", lambda: GRUConfig(hidden=9, components=2, updates=50, selected=10.0))
    assert limited.limited_stopped("smoke", "simulated").empty


def test_what_cannot_be_learnt_is_refused(setting):
    with pytest.raises(ValueError, match="kind is 'magic'; allowed are surrogate, gru, direct, taught"):
        limited.recompute_limited("magic", 40, learner("smoke", 0, "simulated"))
    with pytest.raises(ValueError, match="65 trials were asked for; there are 10 to 64 outside of the fold"):
        limited.recompute_limited("gru", 65, learner("smoke", 0, "simulated"))
    with pytest.raises(StoreError, match="nothing is stored of simulated at scale 'smoke'"):
        limited.limited_scores("smoke", "simulated")


def test_observed_trials_are_batches_of_what_was_shown_and_answered():
    observed = simulated_trials(0, people=1, trials_per_set_size=6)
    plan = plan_of("human_n4", "smoke", 0, swap_posterior(-1.0))
    four = observed[observed.displays.set_size == 4]
    trimmed = Trials(
        type(four.displays)(four.displays.report[:, :4], four.displays.probe[:, :4], four.displays.cued),
        four.response,
        four.subject,
    )
    lesson = limited.replace(plan.distribution, observed=trimmed)
    batch = make_batch(lesson, 50, plan.new_rnn(generator=seeded()).readout, generator=seeded())
    assert batch.target.angles.shape == (50, 1) and len(set(batch.target.angles[:, 0].tolist())) == 6
    for trial in range(50):
        which = (trimmed.response - batch.target.angles[trial, 0]).abs().argmin()
        torch.testing.assert_close(
            batch.displays.report[trial].double(), trimmed.displays.report[which].double(), rtol=0, atol=1e-6
        )


def test_a_given_response_is_all_of_its_target():
    target = given(torch.tensor([0.5, -1.0]))
    assert target.log_weights.tolist() == [[0.0], [0.0]] and target.angles[:, 0].tolist() == [0.5, -1.0]
    assert target.spread < 0.01 and target.radius == 2.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dogs",), "unknown kind of scores 'dogs'; known are networks, learners"),
        (("networks", "--scale", "huge"), "unknown scale 'huge'; known are smoke, laptop, paper"),
        (("networks", "--scale", "smoke", "--data", "nobody"), "unknown data set 'nobody'"),
        (("learners", "--scale", "smoke", "--data", "nobody"), "unknown data set 'nobody'"),
    ],
)
def test_the_command_refuses_what_does_not_exist(arguments, message, capsys):
    assert main(["score", *arguments]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"swapbook: {message}")


def test_stored_learners_are_not_trained_again(setting, monkeypatch):
    done = []
    monkeypatch.setattr(limited, "is_scored", lambda kind, *_: kind == "gru")
    monkeypatch.setattr(limited, "recompute_limited", lambda *which: done.append(which))
    command.score_learners("smoke", "simulated")
    assert done == [(kind, 60, learner("smoke", 0, "simulated")) for kind in ("surrogate", "direct", "taught")]


def test_a_learner_that_diverges_stops_no_other_is_named_and_is_not_tried_again(setting, monkeypatch):
    tried = []

    def diverge(*others, **more):
        tried.append("gru")
        raise TrainingDiverged("loss inf")

    monkeypatch.setattr(limited, "taught_gru", diverge)
    monkeypatch.setattr(command, "SMOKE", [("gru", 40, 0), ("surrogate", 40, 0)])
    for _ in range(2):
        failed = command.score_learners("smoke", "simulated")
        assert failed == ["  gru, 40 trials, seed 0: loss inf"]
    assert tried == ["gru"] and limited.is_scored("surrogate", 40, learner("smoke", 0, "simulated"))


def test_the_gain_of_one_kind_over_another_is_over_people():
    """Person 1 answered under two seeds; the fourth has no score of the other kind and is left out."""
    rows = [
        ("taught", 0, 1, -1.0),
        ("taught", 1, 1, -1.2),
        ("taught", 0, 2, -1.0),
        ("taught", 0, 3, -1.3),
        ("taught", 0, 4, -1.0),
    ]
    rows += [("gru", 0, 1, -1.2), ("gru", 1, 1, -1.4), ("gru", 0, 2, -1.1), ("gru", 0, 3, -1.6), ("gru", 2, 5, -9.0)]
    table = pd.DataFrame(rows, columns=["kind", "seed", "subject", "log_density"]).assign(count=200)
    effect, low, high, seeds = limited.gain(table, "taught", "gru", 200)
    expected = mean_interval(np.array([0.2, 0.1, 0.3]))
    assert (effect, low, high) == pytest.approx(expected) and effect == pytest.approx(0.2) and seeds == 2
    assert math.isnan(limited.gain(table, "taught", "direct", 200)[0])
    assert limited.gain(table, "taught", "gru", 600)[3] == 0
