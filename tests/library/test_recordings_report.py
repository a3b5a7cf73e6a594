"""The command `swaputils geometry`: a dry run, the report of a recording and of condition means, and its sentences."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from bs4 import BeautifulSoup
from scipy.io import savemat

from swaputils.__main__ import main
from swaputils.geometry import SEPARATION, Plan
from swaputils.geometry.plantedswaps import SwapPlan, plant_swaps
from swaputils.recordings.mean_activity import RECORDED
from swaputils.recordings.measuring import GeometryConfig, measure
from swaputils.recordings.read_recordings import read_recording
from swaputils.recordings.recording_findings import findings, limits, more_findings
from swaputils.recordings.recording_page import beside
from tests.library.planted_recording import AFTER, planted, write_npz
from tests.small import seeded

TABLES = [
    "accounts.csv",
    "beside.csv",
    "course.csv",
    "levels.csv",
    "moments.csv",
    "provenance.json",
    "published.csv",
    "report.html",
]


@pytest.fixture
def day(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_npz(tmp_path / "day.npz", planted()).name


def test_a_dry_run_says_what_it_understood_and_writes_nothing(day, capfd):
    assert main(["geometry", day, "--dry-run", "--units", "rad", "--before", "-0.3", "-0.1"]) == 0
    said = capfd.readouterr().out
    assert "400 of 400 trials and 20 neurons can be used" in said and "The cue came at 0" in said
    assert "alignment" not in said and os.listdir() == [day]


def test_the_report_is_one_page_with_its_tables(day, capfd):
    assert main(["geometry", day, "--quick", "--after", "0", "0.2"]) == 0
    printed = capfd.readouterr().out
    assert "After the cue, the planes of the item that was cued have an alignment of 0.8" in printed
    assert "the planes turn toward one another" in printed and "the report is day_geometry/report.html" in printed
    assert sorted(os.listdir("day_geometry")) == TABLES
    page = BeautifulSoup(Path("day_geometry/report.html").read_text(), "html.parser")
    assert not page.find_all(["script", "link"]) and all(img["src"].startswith("data:") for img in page.find_all("img"))
    assert all(img["alt"] for img in page.find_all("img")) and len(page.find_all("img")) == 9
    text = page.get_text()
    for part in ("Elsayed", "Panichello", "400 trials of 20 neurons in 1 session", "networks, no swaps", "jackknife"):
        assert part in text
    made = json.loads(Path("day_geometry/provenance.json").read_text())
    assert made["options"] == {"after": [0.0, 0.2]} and made["measured"]["bootstraps"] == 100
    moments = pd.read_csv("day_geometry/moments.csv")
    (row,) = moments.query("trials == 'all' and planes == 'selected' and measure == 'alignment'").itertuples()
    assert row.low <= AFTER <= row.high
    levels = pd.read_csv("day_geometry/levels.csv")
    assert (levels.query("level == 'same item in two halves'")["value"] - 1).abs().max() < 0.1
    assert main(["geometry", day]) == 1 and "exists already" in capfd.readouterr().err


def test_the_public_matrix_has_the_digits_of_its_source(data_folder, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["geometry", RECORDED]) == 0
    assert "The published angle is 82.4 degrees, inside of what" in capfd.readouterr().out
    source = (data_folder / RECORDED / "SOURCE.md").read_text()
    values = pd.read_csv(f"{RECORDED}_geometry/means.csv").set_index("measure")["value"]
    expected = {
        "variance in three components": ("hold 64.9 %", 64.9, 100, 0.05),
        "angle in three components (degrees)": ("that is 82.4 degrees", 82.4, 1, 0.05),
        "smaller principal angle (degrees)": ("principal angles 55.3 and 85.0 degrees", 55.3, 1, 0.05),
        "larger principal angle (degrees)": ("principal angles 55.3 and 85.0 degrees", 85.0, 1, 0.05),
        "alignment": ("mean squared cosine .166", 0.166, 1, 5e-4),
        "alignment index": ("alignment index (2-D) .196", 0.196, 1, 5e-4),
        "correlation of same colours": ("across locations -.170", -0.170, 1, 5e-4),
    }
    for measure_name, (said, value, scale, apart) in expected.items():
        assert said in source and scale * values[measure_name] == pytest.approx(value, abs=apart)


@pytest.mark.parametrize("kind", ["npz", "mat", "nc", "csv"])
def test_condition_means_are_read_from_every_format(tmp_path, kind):
    means = np.random.default_rng(0).normal(size=(2, 4, 30))
    path = tmp_path / f"means.{kind}"
    if kind == "npz":
        np.savez(path, means=means)
    elif kind == "mat":
        savemat(path, {"dat": means.reshape(8, 30)})
    elif kind == "nc":
        import xarray

        coordinates = {"item": ["upper", "lower"], "colour": [0, 1, 2, 3]}
        xarray.Dataset({"rates": (("neuron", "item", "colour"), means.transpose(2, 0, 1))}, coordinates).to_netcdf(path)
    else:
        rows = pd.DataFrame(means.reshape(8, 30)).rename(columns=lambda k: f"neuron_{k + 1}")
        rows.insert(0, "colour", [1, 2, 3, 4] * 2)
        rows.insert(0, "item", ["upper"] * 4 + ["lower"] * 4)
        rows.iloc[::-1].to_csv(path, index=False)
    found = read_recording(str(path)).settled().means
    expected = means[::-1] if kind == "csv" else means  # the item of the first row comes first
    np.testing.assert_allclose(found.numpy(), expected)


def test_separated_colours_are_warned_of_and_noise_is_not_told(tmp_path):
    separated = read_recording(str(write_npz(tmp_path / "near.npz", planted(separation=SEPARATION, trials=600))))
    measured = measure(separated, GeometryConfig(draws=2, bootstraps=5))
    assert measured.separated[1] and "The two colours of a display depend on one another" in limits(measured)[0]
    assert "with_interactions" in set(measured.moments["measure"])
    noise = read_recording(str(write_npz(tmp_path / "noise.npz", planted(noise=30.0))))
    blind = measure(noise, GeometryConfig(draws=2, bootstraps=5))
    assert "cannot be told from these trials" in findings(blind)[0] and "cannot be said" in findings(blind)[2]
    assert "swaps arise cannot be told" in more_findings(blind)[0]
    assert set(beside(blind).query("who == 'yours'")["measure"]) <= {"published angle (degrees)"}


def test_planted_accounts_of_swaps_are_found(tmp_path):
    plan = SwapPlan(before=Plan(trials=800, alignment=0.3, noise=0.05), shares=(0.0, 1.0, 0.0, 0.0))
    swaps = plant_swaps(plan, generator=seeded())
    held = {"activity": torch.stack((swaps.before, swaps.after), 1), "time": [-1.0, 1.0], "colours": swaps.colours}
    np.savez(tmp_path / "day.npz", cued=swaps.cued, report=swaps.report, **held)
    measured = measure(read_recording(str(tmp_path / "day.npz")).settled(), GeometryConfig(draws=2, bootstraps=5))
    (row,) = measured.accounts.query("of == 'misselection'").itertuples()
    assert row.value > 0.95 and row.low > 0.9 and "misselection 100% [" in more_findings(measured)[0]


def test_help_names_what_can_be_said(capsys):
    assert main(["geometry"]) == 1
    assert "name one file or several" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["geometry", "--help"])
    shown = capsys.readouterr().out
    assert all(
        option in shown for option in ("--columns", "--units", "--cue-time", "--drop-neurons", "--dry-run", "FILE|NAME")
    )
