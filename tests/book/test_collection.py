"""The table of the stored networks, and which of them are missing, outdated or stopped."""

import json
import shutil
from dataclasses import replace

import pytest

from swapbook.collection import collection, stopped, stored
from swapbook.measures import CODE
from swapbook.networks import STOPPED, Network
from swapbook.scales import SCALES
from swaputils.files import StoreError

DATA = "vandenberg2012_color"


def test_the_table_has_a_row_for_each_stored_network(results):
    table = collection("smoke", DATA)
    assert table["run"].tolist() == ["probe_energy_score_0", "probe_energy_score_continued_0"]
    assert table["condition"].tolist() == ["probe_energy_score", "probe_energy_score_continued"]
    assert (table["seed"] == 0).all() and (table["items"] == 2).all() and (table["drive"] == "gated").all()
    assert table["network_swap_rate"].between(0, 1).all() and table["cpu_seconds"].ge(0).all()
    assert isinstance(table["network_curve"][0], dict)


def test_seeds_are_those_of_the_condition_and_not_of_one_whose_name_begins_alike(results):
    folder = Network("probe_energy_score", "smoke", 12, DATA).folder
    shutil.copytree(folder.with_name("probe_energy_score_0"), folder)
    shutil.copytree(folder, folder.with_name("probe_energy_score_13_stopped"))
    assert [network.seed for network in stored("probe_energy_score", "smoke", DATA)] == [0, 12]
    assert [network.seed for network in stored("probe_energy_score", "smoke", DATA, STOPPED)] == [13]
    assert [network.seed for network in stored("probe_energy_score_continued", "smoke", DATA)] == [0]
    assert stored("probe_flat", "smoke", DATA) == []


def test_an_outdated_network_is_named_and_trained_again(results, monkeypatch):
    def is_current(condition: str) -> bool:
        return Network(condition, "smoke", 0, DATA).is_current()

    assert is_current("probe_energy_score") and not is_current("probe_flat")
    smoke = SCALES["smoke"]
    longer = replace(smoke, train={drive: replace(train, batch=65) for drive, train in smoke.train.items()})
    monkeypatch.setitem(SCALES, "smoke", longer)
    assert not is_current("probe_energy_score")
    with pytest.raises(
        StoreError, match="probe_energy_score_0: is damaged or comes from another configuration; run `make coll"
    ):
        collection("smoke", DATA)


@pytest.mark.parametrize(
    ("metrics", "what"),
    [({}, "evaluation, planes"), ({CODE: {"evaluation": "other"}}, "evaluation, planes"), ([], "everything")],
)
def test_measures_of_other_code_are_refused_with_the_command_that_takes_them_anew(results, metrics, what):
    path = Network("probe_energy_score", "smoke", 0, DATA).folder / "metrics.json"
    path.write_text(json.dumps(metrics))
    message = f"{what} was measured with other code or not at all; `python -m swapbook measure` measures anew"
    with pytest.raises(StoreError, match=message):
        collection("smoke", DATA)


def test_nothing_stored_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    with pytest.raises(
        StoreError, match="no network is stored at scale 'smoke'; run `make collection SCALE=smoke DATA="
    ):
        collection("smoke", DATA)
    assert stopped("smoke", DATA).empty
