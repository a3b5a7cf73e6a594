"""Readings of responses whose sources are known, the changes that networks are read under, and what is stored of them."""

import math

import pandas as pd
import pytest
import torch

from swapbook import induced
from swapbook.evaluation import held_out_displays
from swapbook.networks import Network
from swapbook.summaries.induced_readings import induced_in_words, planted_in_words
from swaputils.angles import wrap
from swaputils.files import NotStored, StoreError
from swaputils.task import probe_distance

READINGS = ("nearest", "swaps", "other", "middle")


@pytest.fixture(scope="module")
def plan():
    return Network("probe_task_optimal", "laptop").plan


@pytest.fixture(scope="module")
def displays(plan):
    return held_out_displays(plan, 2_000)


def known(displays, kind: str, swaps: float, guesses: float, concentration: float) -> dict[str, float]:
    generator = torch.Generator().manual_seed(1)
    return induced.readings(displays, induced._known(displays, kind, swaps, guesses, concentration, generator))


@pytest.mark.parametrize("swaps", [0.0, 0.1, 0.3])
def test_the_mixture_recovers_planted_swaps_and_guesses(displays, swaps):
    found = known(displays, "choice", swaps, 0.2, 20.0)
    assert found["swaps"] == pytest.approx(swaps, abs=0.03) and found["guesses"] == pytest.approx(0.2, abs=0.04)
    assert found["concentration"] == pytest.approx(20, rel=0.2)


def test_precise_swaps_are_near_the_other_item_and_means_are_in_the_middle(displays):
    swaps, mean = known(displays, "choice", 0.2, 0.0, 300.0), known(displays, "mean", 0.0, 0.0, 300.0)
    assert swaps["other"] == pytest.approx(0.2, abs=0.03) and abs(swaps["middle"]) < 0.01
    assert mean["middle"] > 0.98 and abs(mean["other"]) < 0.01


def test_broad_errors_and_means_are_called_swaps_by_the_nearest_item(displays):
    assert known(displays, "choice", 0.0, 0.0, 1.0)["nearest"] > 0.2
    mean = known(displays, "mean", 0.0, 0.0, 4.0)
    assert mean["nearest"] > 0.4 and mean["swaps"] > 0.3 and mean["other"] < mean["middle"] / 2


def test_the_window_does_not_reach_from_an_item_to_the_middle(displays):
    apart = wrap(displays.report[:, 0] - displays.report[:, 1]).abs()
    assert apart.min() / 2 >= 2 * induced.WINDOW - 1e-9


@pytest.mark.parametrize("degrees", induced.DEGREES)
def test_probes_are_moved_to_a_distance_and_nothing_else_is(displays, degrees):
    moved = induced._with_probes(displays, degrees)
    assert torch.allclose(probe_distance(moved).amax(1), torch.tensor(math.radians(degrees)).double())
    assert torch.equal(moved.cued_probe, displays.cued_probe) and torch.equal(moved.report, displays.report)


def test_noise_is_scaled_in_a_copy():
    trained = Network("probe_task_optimal", "smoke").load()
    displays, before = held_out_displays(trained.plan, 20), trained.rnn.report_noise.clone()
    one, many = (induced._answers(trained.rnn, trained.plan, displays, factor) for factor in (1.0, 5.0))
    assert torch.equal(trained.rnn.report_noise, before) and not torch.equal(one, many)


def test_stored_tables_are_those_of_the_stored_networks(monkeypatch, tmp_path):
    table = induced.induced("smoke")
    assert set(table["condition"]) == {*induced.OPTIMAL, *induced.TAUGHT.values()}
    assert table[list(READINGS)].notna().all(axis=None)
    assert set(induced.planted_readings("smoke")["kind"]) == {"choice", "mean"}
    monkeypatch.setattr(induced, "weights_hash", lambda rnn: "another")
    with pytest.raises(StoreError, match="comes from other networks"):
        induced.induced("smoke")
    with pytest.raises(NotStored, match="score changed --scale paper"):
        induced.induced("paper")
    with pytest.raises(StoreError, match="no task-optimal network is stored at scale 'paper'"):
        induced.recompute_induced("paper")


def test_tables_in_words():
    planted = pd.DataFrame(
        {"kind": ["choice", "choice", "mean"], "true_swaps": [0.1, 0.2, 0.0], "true_concentration": 4.0}
        | {name: [0.1, 0.3, 0.5] for name in READINGS}
    )
    assert planted_in_words(planted).loc[4.0].tolist() == ["+0.050, at most 0.100"] * 3 + ["0.500"] * 4
    rows = pd.DataFrame(
        {"condition": ["probe_task_optimal"] * 2 + ["index_swap"], "change": ["probes"] * 2 + ["none"], "value": 9.0}
        | {name: [0.1, 0.3, 0.5] for name in (*READINGS, "concentration")}
    )
    words = induced_in_words(rows)
    assert words.index.tolist() == ["probe: task-optimal, probes 9° apart", "index: Flat .10"]
    assert words["n"].tolist() == [2, 1] and words.iloc[1]["near the other"] == "0.500"
