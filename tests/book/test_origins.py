"""Where swaps come from: what is known of planted trials, of networks that are not trained, and of small tables."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from swapbook.networks import Network
from swapbook.null_space_measures import REPORTS
from swapbook.origins import changed_trials, factorial, many_rollouts, replays, settlement
from swapbook.origins.commitment import commitments, ideal_commitment, slopes
from swapbook.origins.pushes import _in_plane
from swapbook.summaries import settled
from swapbook.theory.importance import best_committed_rate
from swaputils.diffusion.noising import kernel_target
from swaputils.training.objectives import own_number

TRIALS = 400


@pytest.fixture(scope="module")
def network():
    return Network("index_swap").load()


@pytest.fixture(scope="module")
def shown(network):
    return replays.replay(network, TRIALS)


def test_a_replay_is_the_same_trial_again(network, shown):
    again = replays.replay(network, TRIALS)
    assert torch.equal(shown.states, again.states)
    other = replays.replay(network, TRIALS, cued=1)
    assert torch.equal(shown.states[:, 0], other.states[:, 0])  # the cue comes later, the noise is the same
    assert not torch.equal(shown.states[:, -1], other.states[:, -1])


def test_no_push_changes_nothing_and_a_whole_exchange_the_report(network, shown):
    step = network.plan.task.periods.cue_steps[0]
    torch.testing.assert_close(shown.pushed(step, torch.zeros(16, dtype=torch.float64)), shown.end)
    exchanged = replays.replay(network, TRIALS, report=REPORTS[::-1])
    moved = shown.pushed(step, exchanged.states[:, step - 1] - shown.states[:, step - 1])
    torch.testing.assert_close(moved, exchanged.end)


def test_a_push_of_the_plane_does_what_the_exact_sampler_says(shown):
    """Over a network near its target, within four standard errors of the difference of the two rates and its own error of .03."""
    start = shown.trained.plan.task.periods.preparatory_steps
    for dose in (0.5, 2.0):
        found = _in_plane(shown, start + 20, dose)
        error = 4 * math.sqrt(found["swap_rate"] * (1 - found["swap_rate"]) / TRIALS) + 0.03
        assert found["swap_rate"] == pytest.approx(found["predicted"], abs=error)


def test_a_number_on_either_side_switches_the_report_of_networks_that_it_settles():
    (found,) = settlement._switched(Network("index_swap_settled_stimulus"))
    assert found["below"] > 0.95 and found["above"] < 0.05 and found["switched"] > 0.95


def test_own_noise_is_moved_to_a_number_and_nothing_else_is(network, shown):
    number = torch.linspace(-2.5, 2.5, TRIALS, dtype=torch.float64)
    moved = settlement.with_own_number(number, shown, "cue")
    torch.testing.assert_close(own_number(network.rnn, shown.inputs, moved, "cue"), number)
    difference, direction = moved.steps - shown.noise.steps, network.rnn.null_space[0]
    torch.testing.assert_close(difference, (difference @ direction)[..., None] * direction)
    outside = torch.ones(len(difference), dtype=torch.bool)
    outside[shown.inputs.during("cue")] = False
    assert torch.equal(moved.initial, shown.noise.initial) and not difference[outside].any()
    torch.testing.assert_close(shown.again(shown.noise), shown.end)


def test_own_noise_switches_the_report_of_networks_that_it_settles_alone():
    (own,), (usual,) = (settlement._switched(Network(name)) for name in ("index_swap_own_cue", "index_swap"))
    assert own["below"] > 0.9 and own["above"] < 0.05 and own["switched"] > 0.9
    assert usual["switched"] < 0.05


def test_the_periods_by_which_activity_tells():
    network = Network("index_swap_settled_stimulus")
    times = np.arange(1, 67) * 0.05
    areas = pd.DataFrame({"time": times, "area": np.where(times > 0.26, 1.0, 0.5)})
    assert settlement.in_periods(areas, network).round(2).tolist() == [0.5, 1.0, 1.0, 1.0, 1.0]


def test_effects_of_cue_report_and_error_on_planted_means():
    cells = torch.zeros(4, 3, dtype=torch.float64)  # cue 0 report 0, cue 0 report 1, cue 1 report 0, cue 1 report 1
    for row, (cue, report) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        cells[row] = torch.tensor([3.0 * cue, 2.0 * report, 1.0 * (cue != report)])
    for place, effect in enumerate(factorial.EFFECTS):
        weights = torch.tensor(factorial.EFFECTS[effect], dtype=torch.float64) / 4
        moved = weights @ cells
        expected = torch.zeros(3, dtype=torch.float64)
        expected[place] = (1.5, 1.0, 0.5)[place]
        torch.testing.assert_close(moved.abs(), expected)


def test_tables_leave_out_kinds_of_which_none_is_stored():
    table = pd.DataFrame({"condition": [], "network_swap_rate": []})
    assert settled.behaviour(table, settled.KINDS).empty


def test_networks_that_settle_with_the_ideal_sampler_have_a_slope_of_one_and_planted_lags_are_found():
    names = ["index_swap", "index_swap_late", "index_swap_short"]
    rows = []
    for name in names:
        plan = Network(name).plan
        told = round(ideal_commitment(plan) / 0.05)
        for seed, lag in enumerate((1, 2, 3)):
            areas = {
                space: [0.5] * (told + late) + [1.0] * (plan.schedule.steps - told - late)
                for space, late in (("plane", 0), ("null_space", lag))
            }
            rows.append({"condition": name, "seed": seed, "network_decision": areas})
    found = slopes(commitments(pd.DataFrame(rows), names))
    assert found.loc["plane", "slope"] == pytest.approx(1, abs=0.06)
    assert found.loc["null space", "low"] < 1 < found.loc["null space", "high"]
    assert found.loc["null space", "intercept (s)"] - found.loc["plane", "intercept (s)"] == pytest.approx(
        0.1, abs=0.001
    )


def test_noised_responses_are_told_at_the_time_that_their_own_noise_allows():
    assert ideal_commitment(Network("index_swap_early").plan) < ideal_commitment(Network("index_swap").plan) - 0.2
    assert ideal_commitment(Network("index_swap_late").plan) > ideal_commitment(Network("index_swap").plan) + 0.2


def test_a_cue_that_turns_at_once_is_the_other_cue_and_changes_leave_the_rest_of_the_trial(network):
    task = network.plan.task
    displays = task.sample(50, generator=torch.Generator().manual_seed(0))
    cued, other = task.encode(displays), task.encode(replace(displays, cued=1 - displays.cued))
    for change, changed in changed_trials.CHANGES.items():
        inputs = changed(cued, other)
        longer = {"delay twice as long": 15, "delay four times as long": 45}.get(change, 0)
        assert inputs.preparation == cued.preparation + longer, change
        assert torch.equal(inputs.shown[0], cued.shown[0]), change
    turned = changed_trials.CHANGES["other cue, from .4 on"](cued, other)
    assert turned.steps == (5, 15, 2, 3, 1)
    assert torch.equal(turned.shown[2], cued.shown[2]) and torch.equal(turned.shown[3], other.shown[2])


def test_only_the_cue_is_made_stronger_and_not_the_number_that_comes_with_it():
    task = Network("index_swap_settled_cue").plan.task
    displays = task.sample(50, generator=torch.Generator().manual_seed(0))
    cued, other = task.encode(displays), task.encode(replace(displays, cued=1 - displays.cued))
    stronger = changed_trials.CHANGES["cue twice as strong"](cued, other).shown[2]
    assert torch.equal(stronger[:, -1], cued.shown[2][:, -1])
    torch.testing.assert_close(stronger[:, :-1].sum(1), 2 * cued.shown[2][:, :-1].sum(1))


def test_one_rollout_charges_an_early_choice_dearly_and_many_do_not(monkeypatch):
    monkeypatch.setattr(many_rollouts, "DISPLAYS", 100)
    early, late = (
        pd.DataFrame(many_rollouts._charged(Network(name))).set_index("rollouts")
        for name in ("index_swap_settled_cue", "index_swap_idle")
    )
    assert early.loc[1, "excess"] > 10 and 0 < late.loc[1, "excess"] < 2
    assert (np.diff(early["excess"]) < 0).all() and (np.diff(late["excess"]) < 0).all()
    assert early.loc[64, "excess"] < 2
    assert (early["effective"] <= early.index).all() and early.loc[1, "effective"] == 1


def test_the_ideal_sampler_is_charged_nothing(monkeypatch):
    """A stand-in whose drive is the exact kernel of the target, whatever its null space does."""
    monkeypatch.setattr(many_rollouts, "DISPLAYS", many_rollouts.CHUNK)
    trained = Network("index_swap_idle").load()
    target = None

    def exact(rnn, inputs, noise, teacher):
        many = replace(
            target,
            **{name: rows.repeat_interleave(64, 0) for name, rows in vars(target).items() if torch.is_tensor(rows)},
        )
        expected = many.expected_endpoint(trained.plan.schedule, teacher)
        return SimpleNamespace(plane_drive=kernel_target(trained.plan.schedule, expected, teacher, rnn.config.leak))

    weigh = many_rollouts.log_weights

    def seen(trained, displays, shown, path, generator):
        nonlocal target
        target = shown
        return weigh(trained, displays, shown, path, generator)

    monkeypatch.setattr(many_rollouts, "rollout", exact)
    monkeypatch.setattr(many_rollouts, "log_weights", seen)
    found = pd.DataFrame(many_rollouts._charged(Network("index_swap_idle")))
    np.testing.assert_allclose(found["excess"], 0, atol=1e-9)
    np.testing.assert_allclose(found["effective"], found["rollouts"])


def test_what_went_on_is_read_from_its_own_rows():
    """Of two kinds of networks that are stored; what the bound asks for comes from what a miss costs the first."""
    names = ["index_swap_settled_cue", "index_swap_rollouts_16"]
    networks = pd.DataFrame(
        {
            "condition": names,
            "seed": 0,
            "network_swap_rate": [0.1, 0.27],
            "ideal_swap_rate": 0.1,
            "network_far": [0.01, 0.04],
        }
    )
    areas = pd.DataFrame(
        {"condition": names * 2, "seed": 0, "time": [0.5, 0.5, 1.0, 1.0], "area": [0.5, 0.5, 0.98, 0.99]}
    )
    numbers = pd.DataFrame({"condition": names, "switched": [1.0, 0.9]})
    miss, rate = 40.0, 0.1
    charged = pd.DataFrame(
        {
            "condition": [names[0], names[1], names[1]],
            "rollouts": [1, 1, 16],
            "excess": [miss * 2 * rate * (1 - rate), 70.0, 1.0],
            "effective": [1.0, 1.0, 7.0],
        }
    )
    table = settled.went_on(networks, areas, numbers, charged)
    assert table.index.tolist() == ["nothing yet", "16 rollouts"]
    assert table["switched by the number"].tolist() == [1.0, 0.9]
    assert table.loc["16 rollouts", "asked for"] == best_committed_rate(rate, miss, 16) > 0.2
    assert table.loc["nothing yet", "asked for"] == rate
    assert table.loc["16 rollouts", "effective rollouts"] == 7.0 and np.isnan(
        table.loc["nothing yet", "effective rollouts"]
    )
    assert table["area before the report"].tolist() == [0.98, 0.99]
