"""Predictions on people to whom nothing was fitted: what a network is shown, and measures on responses whose truth is known."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from swapbook import other_people, unfitted
from swapbook.figures import of_unfitted
from swapbook.networks import Network
from swapbook.unfitted import INVALID, NEUTRAL, SIZES, VALID, RetroCued
from swaputils.inputs import PREPARATION
from swaputils.responders import Noisy
from swaputils.task import TaskConfig
from swaputils.trials import Displays, Trials
from tests.small import seeded


@pytest.fixture(scope="module")
def observed() -> tuple[Trials, torch.Tensor]:
    """3,000 trials of each retro-cue at four, six and eight items, of four people, with the item that an invalid one marks."""
    parts = []
    for items in unfitted.MANY:
        shown = TaskConfig(cueing="probe", items=items, separation=0.0).sample(9_000, generator=seeded(items)).report
        parts.append(torch.nn.functional.pad(shown, (0, 8 - items), value=torch.nan))
    report = torch.cat(parts)
    displays = Displays(report, report, torch.zeros(len(report), dtype=torch.long))
    condition = torch.arange(len(report)) % 3
    marked = torch.where(condition == INVALID, 1, -1)
    return Trials(displays, displays.cued_report, torch.arange(len(report)) // 3 % 4, condition), marked


@pytest.mark.parametrize("world", other_people.WORLDS)
def test_planted_shares_are_found(observed, world):
    made, truth = other_people._simulated(*observed, other_people.WORLDS[world], seeded(2))
    found = unfitted.measured(made, observed[1], np.ones((1, 4), dtype=np.int64))
    known = {name: value for name, value in truth.items() if name != "swaps_neutral_2"}
    assert {name: found[name][0] for name in known} == pytest.approx(known, abs=0.045)
    assert np.isnan(found["swaps_neutral_2"]).all()  # a set size that was not shown


def test_people_count_as_often_as_they_are_drawn():
    weights = unfitted.resampled(5, 20)
    assert (weights[0] == 1).all() and (weights.sum(1) == 5).all() and weights.std() > 0


def test_a_trial_without_a_retro_cue_is_the_one_that_the_network_learnt():
    trained = Network("index_swap_settled_delay").load()
    displays = trained.plan.task.sample(50, generator=seeded(0))
    usual = Noisy(trained.rnn, trained.plan.task).end_points(displays, seeded(1))
    neutral = Noisy(trained.rnn, RetroCued(trained.plan.task, NEUTRAL)).end_points(displays, seeded(1))
    torch.testing.assert_close(usual, neutral)


def test_a_retro_cue_is_seen_within_the_delay_and_says_what_it_should():
    task = Network("index_swap").plan.task
    displays = replace(task.sample(6, generator=seeded(0)), cued=torch.tensor([0, 1] * 3))
    for cue, item in ((VALID, displays.cued), (INVALID, 1 - displays.cued)):
        inputs = RetroCued(task, cue).encode(displays)
        assert inputs.preparation == sum(task.periods.steps(name) for name in PREPARATION)
        assert torch.equal(inputs.shown[2][:, 4:].argmax(1), item) and torch.equal(
            inputs.shown[4][:, 4:].argmax(1), displays.cued
        )


def test_what_is_set_against_people_is_what_was_foretold():
    foretold = unfitted.table("predictions").query("source == 'surrogate'").set_index("quantity")["value"]
    people = unfitted.table("people").query("of == @unfitted.BOTH").set_index("quantity")["value"]
    for items in SIZES:
        expected = people[f"swaps_neutral_{items}"] - foretold[f"swaps_neutral_{items}"]
        assert people[f"foretold_{items}"] == pytest.approx(expected, abs=1e-4)


def test_measures_of_planted_people_come_near_the_truth():
    """Within three standard errors of the mean of the repeats, and what pairs of unequal set sizes add."""
    planted = unfitted.table("planted")
    allowed = 3 * planted["sd"] / np.sqrt(other_people.REPEATS) + 0.01
    assert ((planted["mean"] - planted["truth"]).abs() < allowed).all()


def test_the_figure_holds_what_was_foretold_and_both_experiments():
    figure = of_unfitted.beside_people(unfitted.table("predictions"), unfitted.table("people"))
    by_size, by_cue, differences = figure.axes
    assert [len(axes.containers) for axes in (by_size, by_cue, differences)] == [3, 4, 4]
    found = unfitted.table("people").query("of == @unfitted.BOTH").set_index("quantity")["value"]
    assert differences.containers[2][0].get_ydata() == pytest.approx(found[list(of_unfitted.ASKED)])
    plt.close(figure)


def test_a_table_that_is_not_stored_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    with pytest.raises(unfitted.NotStored, match="python -m swapbook score unfitted"):
        unfitted.table("people")
