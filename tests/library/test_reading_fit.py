"""From a file to a report: the user's names, options and conditions are in every output, and --dry-run stops before the fit."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from swaputils import __main__ as command_line
from swaputils.data.layout import Layout
from swaputils.data.reading import examine
from swaputils.report import contrasts, fitting
from swaputils.report.report_files import report_on
from tests.library.made_up import made_up
from tests.small import hurried

CASES = Path(__file__).parent / "cases"


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(fitting, "FitConfig", hurried)
    monkeypatch.chdir(tmp_path)


def fit(*arguments: str) -> int:
    return command_line.main(["fit", *map(str, arguments)])


def test_dry_run_says_what_was_understood_and_writes_nothing(tmp_path, capfd):
    assert fit(CASES / "names_of_people.csv", "--units", "deg", "--dry-run") == 0
    printed = capfd.readouterr().out
    for part in (
        "P07, P03, P12",
        "Set sizes",
        "'nontarget_3' (nontarget 3): 29.8 to 343.3 deg, 30 cells",
        "60 of 60 trials",
    ):
        assert part in printed
    assert list(tmp_path.iterdir()) == []


def test_a_refused_file_is_still_told_as_it_was_understood(tmp_path, capfd):
    assert fit(CASES / "padding_minus_one.csv", "--units", "deg") == 1
    printed = capfd.readouterr()
    assert "'nontarget_2' (nontarget 2): -1 to 348.1 deg" in printed.out
    assert printed.err.startswith("swaputils: ") and "--missing -1" in printed.err
    assert list(tmp_path.iterdir()) == []
    assert fit(CASES / "padding_minus_one.csv", "--units", "deg", "--missing", "-1", "--dry-run") == 0


def test_options_after_the_file_reach_the_reader(capfd):
    assert fit(CASES / "cue_as_slot.csv", "--units", "deg", "--cue-slots", "8", "--dry-run") == 0
    assert "cues are 8 places on a circle" in capfd.readouterr().out
    assert fit(CASES / "unanswered.csv", "--units", "deg", "--drop-unanswered", "--dry-run") == 0
    assert "6 cannot: 6 with no response" in capfd.readouterr().out


def test_a_published_set_by_name_and_condition(data_folder, capfd):
    assert fit("oberauer_lin2017_e2", "--condition", "cue_condition", "--dry-run") == 0
    assert "invalid (" in capfd.readouterr().out
    assert fit("bays2009", "--units", "deg", "--dry-run") == 1
    assert "known data sets need none of them" in capfd.readouterr().err


def named_people(rows: int = 120) -> pd.DataFrame:
    table = made_up(3, rows=rows, sizes=(2,), people=2, cues=8)
    return table.assign(
        subject=table["subject"].map({1: "Ann-07", 2: "Bo"}), task=np.where(table.index % 2, "dual task", "single")
    )


def test_names_options_and_ignored_columns_are_in_the_report(tmp_path):
    named_people().assign(mood=7).to_csv("people.csv", index=False)
    assert fit("people.csv", "--units", "deg", "--folds", "2", "--out", "fit") == 0
    assert set(pd.read_csv(tmp_path / "fit" / "mixtures.csv")["subject"]) == {"Ann-07", "Bo"}
    page = (tmp_path / "fit" / "report.html").read_text()
    for part in (
        "Ann-07",
        "Bo",
        "--units deg",
        "pooled over &#x27;task&#x27; (dual task, single)",
        "Not read: &#x27;task&#x27;, &#x27;mood&#x27;",
    ):
        assert part in page, part
    made = json.loads((tmp_path / "fit" / "provenance.json").read_text())
    assert made["options"] == {"units": "deg"} and made["ignored_columns"] == ["task", "mood"]
    assert made["people"] == {"1": "Ann-07", "2": "Bo"} or made["people"] == {"1": "Bo", "2": "Ann-07"}
    assert made["swaputils"] and made["torch"]
    posterior = json.loads((tmp_path / "fit/posterior/cue/set_size_2/config.json").read_text())
    assert posterior["source"]["options"] == {"units": "deg"} and "Bo" in posterior["source"]["people"].values()


def test_conditions_are_fitted_apart_and_contrasted(tmp_path):
    named_people().to_csv("people.csv", index=False)
    assert fit("people.csv", "--units", "deg", "--condition", "task", "--folds", "2", "--out", "fit") == 0
    table = pd.read_csv(tmp_path / "fit" / "contrasts.csv")
    assert set(zip(table["first"], table["second"])) == {("dual task", "single")}
    assert {"p_nontarget", "concentration", "f at 45"} <= set(table["parameter"])
    assert table["difference"].to_numpy() == pytest.approx((table["value_second"] - table["value_first"]).to_numpy())
    assert ((table["low"] <= table["difference"]) & (table["difference"] <= table["high"])).all()
    parts = {
        name: pd.read_csv(tmp_path / "fit" / folder / "mixtures.csv")
        for name, folder in (("dual", "dual_task"), ("single", "single"))
    }
    assert all(set(part["subject"]) == {"Ann-07", "Bo"} for part in parts.values())
    page = (tmp_path / "fit" / "report.html").read_text()
    assert 'href="dual_task/report.html">dual task</a>' in page and "pooled" not in page
    made = json.loads((tmp_path / "fit/dual_task/provenance.json").read_text())
    assert made["condition"] == "dual task"


def test_a_condition_alone_gives_what_its_rows_give(tmp_path):
    table = named_people()
    table.to_csv("people.csv", index=False)
    table[table["task"] == "single"].to_csv("single.csv", index=False)
    config = hurried(folds=2)
    apart = report_on(examine("people.csv", Layout(units="deg", condition="task")), config, tmp_path / "fit")
    alone = report_on(examine("single.csv", Layout(units="deg")), config, tmp_path / "fit")
    assert apart.files[tmp_path / "fit/single/mixtures_group.csv"] == alone.files[tmp_path / "fit/mixtures_group.csv"]
    assert apart.files[tmp_path / "fit/single/models.csv"] == alone.files[tmp_path / "fit/models.csv"]


def test_contrasts_find_a_planted_difference(tmp_path):
    """Precision that differs between conditions is found, and nothing is found between halves of one."""
    first, second = (
        made_up(k, rows=400, sizes=(2,), people=1, spread=spread, mixed=(0.1, 0.1)) for k, spread in ((1, 8), (2, 30))
    )
    halves = pd.concat([first.assign(task="a"), second.assign(task="b")])
    halves.to_csv("people.csv", index=False)
    reading = examine("people.csv", Layout(units="deg", condition="task"))
    trials = reading.settled()
    config = hurried(folds=2, resamples=60)
    fits = {name: fitting.fit(trials[trials.condition == code], config) for code, name in reading.conditions.items()}
    table = contrasts.contrasts(fits).query("mixture == '3 components'").set_index("parameter")
    assert table.loc["concentration", "high"] < 0
    assert table.loc["p_uniform", "low"] < 0 < table.loc["p_uniform", "high"]


def test_folders_of_conditions_are_names_of_files():
    names = contrasts.folder_names(["a/b", "a b", "A_B", "..", "Größe"])
    assert names == {"a/b": "a_b", "a b": "a_b_", "A_B": "A_B__", "..": "condition", "Größe": "Größe"}


def test_without_the_other_items_only_two_components_are_fitted(tmp_path):
    table = made_up(3, rows=150, sizes=(1, 2, 4), people=1)
    table[["subject", "set_size", "response", "target"]].to_csv("people.csv", index=False)
    assert fit("people.csv", "--units", "deg", "--out", "fit") == 0
    mixtures = pd.read_csv(tmp_path / "fit" / "mixtures.csv")
    assert mixtures[mixtures["set_size"] > 1]["mixture"].unique().tolist() == ["2 components"]
    assert sorted(mixtures["set_size"].unique()) == [1, 2, 4]
    assert not (tmp_path / "fit" / "models.csv").exists()
    page = (tmp_path / "fit" / "report.html").read_text()
    assert "are not on record" in page and "two-component mixture puts" in page and "around a non-target" not in page
