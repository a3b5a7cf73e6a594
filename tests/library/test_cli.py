"""The command line: results on stdout; for each fault one message on stderr, a non-zero status, nothing half-written."""

import errno
import os
import subprocess
import sys

import pandas as pd
import pytest

from swaputils import __main__ as command_line
from swaputils import files
from swaputils.data.simulated import simulated_trials
from swaputils.data.table import write_trials
from swaputils.report import fitting
from swaputils.surrogate import LADDER, posterior_files
from tests.small import hurried

HEADER = "subject,trial,set_size,response,target,cue_target,nontarget_1,cue_nontarget_1"
ROW = "1,1,2,0.1,0.2,0.3,0.4,1.5"
BAD_FILES = {
    "missing column": (HEADER.replace("response", "outcome") + f"\n{ROW}\n", "misses the columns response"),
    "degrees": (f"{HEADER}\n1,1,2,0.1,0.2,90,0.4,180\n", "row 2, column cue_target: '90'"),
    "outside the circle": (f"{HEADER}\n1,1,2,6.4,0.2,0.3,0.4,1.5\n", "row 2, column response: '6.4' is more"),
    "not a number": (f"{HEADER}\n1,1,2,red,0.2,0.3,0.4,1.5\n", "row 2, column response: 'red' is not a number"),
    "item without its cue": (f"{HEADER}\n1,1,2,0.1,0.2,0.3,0.4,\n", "row 2, column cue_nontarget_1: is empty"),
    "a cue for nothing": (f"{HEADER}\n1,1,1,0.1,0.2,0.3,,1.5\n", "row 2, column nontarget_1: is empty"),
    "empty": ("", "holds no trials"),
    "binary": ("\x00\x01", "is not a CSV file|holds no trials|misses the columns"),
}


@pytest.fixture
def people(tmp_path, monkeypatch):
    """A file of simulated people in the working folder, and a fit that takes a second."""
    monkeypatch.chdir(tmp_path)
    trials = simulated_trials(seed=1, people=1, trials_per_set_size=60)
    write_trials(tmp_path / "people.csv", trials[trials.displays.set_size >= 7])
    monkeypatch.setattr(fitting, "FitConfig", hurried)
    return "people.csv"


def failed(capfd, status=1):
    """Checks of a failed run's output; returns its message."""
    error = capfd.readouterr().err
    messages = [line for line in error.splitlines() if line.startswith("swaputils: ")]
    assert "Traceback" not in error and len(messages) == 1, error
    return messages[0]


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_faulty_file(tmp_path, monkeypatch, capfd, fault):
    monkeypatch.chdir(tmp_path)
    content, message = BAD_FILES[fault]
    (tmp_path / "people.csv").write_text(content)
    assert command_line.main(["fit", "people.csv", "--out", "fit"]) == 1
    said = failed(capfd)
    assert said.startswith("swaputils: people.csv") and any(part in said for part in message.split("|"))
    assert os.listdir(tmp_path) == ["people.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "bays"], "unknown data set 'bays'; known are vandenberg2012_color, bays2009"),
        (["fit", "absent.csv"], "absent.csv: cannot be read (No such file or directory)"),
        (["fetch", "bays"], "unknown data set 'bays'"),
        (["fetch", "mixturer_simulated"], "cannot be fetched"),
        (["fit", "people.csv", "--set-size", "5"], "no trials of set size 5; the data have [7, 8]"),
        (["fit", "people.csv", "--units", "deg"], "seems to be in rad; leave --units deg out"),
        (
            ["fit", "people.csv", "--columns", "response"],
            "--columns takes pairs as in response=answer; 'response' is none",
        ),
        (["fit", "people.csv", "--emission", "gauss"], "emission is 'gauss'; allowed are von_mises"),
        (["fit", "people.csv", "--folds", "1"], "folds is 1; cross-validation needs 2 or more"),
        (["fit", "simulated", "--units", "deg"], "describe a file; known data sets need none of them"),
    ],
)
def test_a_faulty_argument(people, capfd, arguments, message):
    assert command_line.main(arguments) == 1
    assert message in failed(capfd)


@pytest.mark.parametrize("arguments", [[], ["paint"], ["fit"], ["fit", "simulated", "--seed", "one"]])
def test_a_malformed_command(arguments, capfd):
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)
    assert ended.value.code == 2
    assert "Traceback" not in capfd.readouterr().err


def test_fit_keeps_a_report_tables_and_posteriors(people, tmp_path, capfd):
    assert command_line.main(["fit", people, "--set-size", "8", "--folds", "2", "--out", "fit"]) == 0
    printed = capfd.readouterr().out
    assert posterior_files.load(tmp_path / "fit/posterior/cue/set_size_8").set_size == 8
    mixtures = pd.read_csv(tmp_path / "fit" / "mixtures.csv")
    assert sorted(set(mixtures["set_size"])) == [7, 8] and len(mixtures) == 4
    assert pd.read_csv(tmp_path / "fit" / "models.csv")["model"].tolist() == list(LADDER)
    assert "the report is fit/report.html" in printed and "set size 8 only" in printed
    assert command_line.main(["fit", people, "--out", "fit"]) == 1
    assert "fit: exists already; remove it, or name a new folder" in failed(capfd)


def test_a_full_disk(people, tmp_path, monkeypatch, capfd):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    assert command_line.main(["fit", people, "--set-size", "8", "--folds", "2", "--out", "fit"]) == 1
    assert "the disk is full, nothing was written" in failed(capfd)
    assert os.listdir(tmp_path) == [people]


def test_an_interruption(people, tmp_path, monkeypatch, capfd):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupted)
    assert command_line.main(["fit", people, "--set-size", "8", "--folds", "2", "--out", "fit"]) == 130
    assert "interrupted" in failed(capfd)
    assert os.listdir(tmp_path) == [people]


def test_the_exit_status_reaches_the_shell(tmp_path):
    command = [sys.executable, "-m", "swaputils", "fit", "absent.csv"]
    ended = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr == "swaputils: absent.csv: cannot be read (No such file or directory); expected a CSV file\n"
