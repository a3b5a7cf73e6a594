"""From a file over a network to the report in one command: whole, announced, gone on with, and refused in a sentence."""

import math
import os

import pandas as pd
import pytest
import torch

from swaputils.__main__ import main
from swaputils.files import read_tensors
from swaputils.report import fitting, taught_network
from swaputils.report.run_command import _time
from swaputils.run_folder import read_run
from swaputils.surrogate import load
from swaputils.training import resumable
from tests.library.made_up import made_up
from tests.small import hurry_run, seeded

COMMAND = ["run", "people.csv", "--units", "deg", "--quick"]


@pytest.fixture
def people(tmp_path, monkeypatch):
    """A file of two set sizes with eight places in the working folder, and runs that take seconds."""
    monkeypatch.chdir(tmp_path)
    hurry_run(monkeypatch)
    made_up(1, rows=120, sizes=(2, 3), cues=8).to_csv("people.csv", index=False)
    return tmp_path


def test_a_file_becomes_a_report_with_a_network(people, capfd):
    assert main(COMMAND) == 0
    printed, bars = capfd.readouterr()
    assert "Teaching a network of 6 units what was fitted at set size 3: about" in printed
    assert bars.count("teaching 3 items") >= 1 and "fit: 100 %" in bars
    page = (people / "people_run/report.html").read_text()
    assert "A recurrent network that was taught what was fitted at set size 3 swaps on" in page
    assert "the spread between them" in page and "told the number" not in page
    assert page.count("<img") == page.count('alt="') >= 10 and 'alt=""' not in page
    measures = pd.read_csv(people / "people_run/network.csv").set_index("who")
    assert list(measures.index) == ["people", "network", "ideal sampler"]
    size = int((pd.read_csv("people.csv")["set_size"] == 3).sum())
    assert measures.loc["people", "responses"] == size and measures.loc["network", "responses"] >= 200
    assert measures.notna().all(axis=None)
    planes = pd.read_csv(people / "people_run/network_planes.csv")
    assert sorted(planes["apart"].unique()) == pytest.approx([math.pi / 4, math.pi], abs=1e-4)
    run = read_run(people / "people_run/network")
    assert run.config["task"]["items"] == 3 and run.log and set(run.metrics) == set(measures.index)
    shown = taught_network.TaskConfig(cueing="probe", items=3).sample(5, generator=seeded())
    points = taught_network.load(people / "people_run/network").end_points(shown, seeded())
    assert points.shape == (5, 2) and points.isfinite().all()
    assert load(people / "people_run/posterior/cue/set_size_3").set_size == 3
    assert sorted(os.listdir(people)) == ["people.csv", "people_run"]


def test_a_file_without_cues_teaches_a_network_that_is_told_the_number(people, capfd):
    made_up(2, rows=60, sizes=(2,)).to_csv("people.csv", index=False)
    assert main([*COMMAND, "--out", "uncued"]) == 0
    assert "the network is told the number of the item to report" in capfd.readouterr().out
    assert "its swaps are flat in cue distance" in (people / "uncued/report.html").read_text()
    assert read_run(people / "uncued/network").config["task"]["cueing"] == "index"
    assert pd.read_csv(people / "uncued/network_planes.csv")["apart"].isna().all()


def test_interrupted_it_goes_on_to_the_same_network(people, monkeypatch, capfd):
    assert main([*COMMAND, "--out", "whole"]) == 0
    written, write = [], resumable.write_checkpoint

    def interrupted(folder, checkpoint):
        write(folder, checkpoint)
        written.append(1)
        if len(written) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(resumable, "write_checkpoint", interrupted)
        assert main([*COMMAND, "--out", "again"]) == 130
    assert sorted(os.listdir(people)) == ["again_unfinished", "people.csv", "whole"]
    monkeypatch.setattr(fitting, "fit", lambda *_: pytest.fail("it was fitted again"))
    capfd.readouterr()
    assert main([*COMMAND, "--out", "again"]) == 0
    assert "The fit is done already; the run goes on from there." in capfd.readouterr().out
    first, second = (read_tensors(people / name / "network/weights.safetensors")[0] for name in ("whole", "again"))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    for table in ("models.csv", "mixtures.csv", "swap_functions.csv", "network.csv", "network_planes.csv"):
        assert (people / "whole" / table).read_text() == (people / "again" / table).read_text()
    assert sorted(os.listdir(people)) == ["again", "people.csv", "whole"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--items", "5"], "--items is 5; of these data a network can be taught set size 2, 3"),
        (["--items", "1"], "--items is 1; of these data a network can be taught set size 2, 3"),
        (["--out", "there"], "there: exists already; remove it, or name a new folder with --out"),
        (["--device", "abacus"], "device 'abacus' cannot be used; torch has cpu"),
        (["--condition", "mode"], "a network is taught one condition; --only mode=a in place of --condition reads one"),
        (["--two-components"], "swap models can be fitted to no set size of these data"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is_fitted(people, monkeypatch, capfd, options, message):
    (people / "there").mkdir()
    table = pd.read_csv("people.csv")
    table.assign(mode=["a", "b"] * 60).to_csv("people.csv", index=False)
    monkeypatch.setattr(fitting, "fit", lambda *_: pytest.fail("it was fitted"))
    assert main([*COMMAND, *options]) == 1
    assert message in capfd.readouterr().err
    assert sorted(os.listdir(people)) == ["people.csv", "there"]


def test_times_are_said_in_seconds_or_minutes():
    assert [_time(seconds) for seconds in (0.2, 61.0, 95.0, 600.0)] == ["1 s", "61 s", "2 min", "10 min"]
