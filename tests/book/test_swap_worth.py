"""What swaps are worth on held-out people: planted swaps are found, and none where there are none."""

import numpy as np
import pandas as pd
import pytest
import torch

from swapbook.studies import swap_worth
from swapbook.studies.swap_worth import FOLDS, NEUTRAL, fold_of, worth_table
from swaputils.data.simulated import simulated_trials
from swaputils.trials import Trials


@pytest.fixture(scope="module")
def people() -> Trials:
    """Five simulated people at eight items, where a third of the responses are swaps."""
    trials = simulated_trials(seed=3, people=5, trials_per_set_size=150)
    return trials[trials.displays.set_size == 8]


@pytest.fixture(scope="module")
def table(people) -> pd.DataFrame:
    return worth_table(people)


def gain(table: pd.DataFrame, who: str) -> pd.Series:
    part = table[table["who"] == who]
    return part["swaps"] - part["none"]


def test_people_are_dealt_to_folds_in_turn(people):
    fold = fold_of(people)
    assert sorted(set(fold.tolist())) == list(range(FOLDS))
    assert all(fold[people.subject == subject].unique().numel() == 1 for subject in people.subject.unique())


def test_everybody_has_a_row_for_each_origin_of_responses(table):
    assert table.groupby("who")["subject"].nunique().to_dict() == dict.fromkeys(table["who"].unique(), 5)
    assert set(table["trials"]) == {150} and set(table["set_size"]) == {8}
    assert table.loc[table["who"] == "people", "known"].isna().all()


def test_planted_swaps_are_worth_what_their_maker_says_and_none_are_worth_nothing(table):
    known = table["known"] - table["none"]
    swaps = table["who"] == "planted, swaps"
    assert gain(table, "planted, swaps").mean() == pytest.approx(known[swaps].mean(), abs=0.006)
    assert known[swaps].mean() > 0.01 and gain(table, "people").mean() > 0.01
    assert abs(gain(table, "planted, no swaps").mean()) < 0.004


def test_nothing_of_a_person_is_fitted_to_that_person(people, monkeypatch):
    seen = []

    def noted(trials, model, config, *, generator):
        seen.append(set(trials.subject.tolist()))

    monkeypatch.setattr(swap_worth, "fit_bns", noted)
    scored = []
    monkeypatch.setattr(
        swap_worth,
        "predictive_log_density",
        lambda fit, trials, generator: scored.append(set(trials.subject.tolist())) or torch.zeros(len(trials)).double(),
    )
    swap_worth._held_out(people, fold_of(people), "uniform guess")
    assert len(seen) == FOLDS and all(not fitted & held for fitted, held in zip(seen, scored))


def test_of_retro_cues_only_the_neutral_ones_count(people, monkeypatch):
    monkeypatch.setattr(swap_worth, "_observers", lambda chosen: [("people", chosen, {})])
    monkeypatch.setattr(swap_worth, "_held_out", lambda trials, fold, model: torch.zeros(len(trials)).double())
    condition = torch.arange(len(people)) % 3
    cued = Trials(people.displays, people.response, people.subject, condition)
    found = worth_table(cued)
    assert set(found["condition"]) == {NEUTRAL}
    assert found["trials"].sum() == int((condition == NEUTRAL).sum()) and np.allclose(found["swaps"], 0)
