"""Measures with the hash of the code that they come from: what is missing or outdated is taken anew, and nothing else."""

import json
import math

import pytest

from swapbook import measures
from swapbook.evaluation import evaluate
from swapbook.measures import CODE, measure_hash, measured, unmeasured
from swapbook.networks import Network
from swapbook.planes import planes

NETWORK = Network("index_swap", "smoke", 0)


@pytest.fixture
def taken(monkeypatch) -> list[str]:
    """Two measures that are quick to take, and the names of those that were."""
    names = []

    def first(rnn, plan) -> dict:
        names.append("first")
        return {"network": 1}

    def second(rnn, plan) -> dict:
        names.append("second")
        return {"planes": 2}

    monkeypatch.setattr(measures, "MEASURES", {"first": first, "second": second})
    monkeypatch.setattr(measures, "code_hash", lambda *functions: functions[0].__name__)
    return names


def test_all_is_measured_of_a_new_network_and_nothing_of_a_current_one(taken):
    whole = measured(None, NETWORK.plan, {})
    assert whole == {"network": 1, "planes": 2, CODE: {"first": "first", "second": "second"}}
    assert taken == ["first", "second"]
    assert measured(None, NETWORK.plan, whole) == whole and taken == ["first", "second"]


def test_what_comes_from_other_code_is_measured_anew_alone(taken):
    known = {"network": 0, "planes": 0, CODE: {"first": "other", "second": "second"}}
    assert unmeasured(known, NETWORK.plan.taught) == ["first"]
    assert measured(None, NETWORK.plan, known) == {
        "network": 1,
        "planes": 0,
        CODE: {"first": "first", "second": "second"},
    }
    assert known["network"] == 0 and known[CODE]["first"] == "other" and taken == ["first"]


def test_metrics_without_hashes_are_outdated():
    taught = NETWORK.plan.taught
    assert unmeasured({"network": {}}, taught) == ["evaluation", "planes"]
    assert unmeasured({CODE: {name: measure_hash(name, taught) for name in ("evaluation", "planes")}}, taught) == []


def test_a_new_measure_makes_no_other_outdated(monkeypatch):
    taught = NETWORK.plan.taught
    known = {CODE: {name: measure_hash(name, taught) for name in measures.MEASURES}}
    monkeypatch.setitem(measures.MEASURES, "tenth", measures.evaluate)
    assert unmeasured(known, taught) == ["tenth"]


def leaves(value: object, where: str = "") -> dict[str, float]:
    """Numbers of nested JSON values, by where they stand; null is less than any."""
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: leaf for key, each in entries for name, leaf in leaves(each, f"{where}/{key}").items()}
    return {where: -math.inf if value is None else value}


@pytest.mark.parametrize("condition", ["index_swap"])
def test_a_stored_network_measures_today_what_is_stored(condition):
    trained = Network(condition).load()
    stored = leaves({name: values for name, values in trained.metrics.items() if name != CODE})
    found = evaluate(trained.rnn, trained.plan) | planes(trained.rnn, trained.plan)
    found = leaves(json.loads(json.dumps(found)))
    assert len(stored) > 100 and found == pytest.approx(stored, rel=1e-6)
