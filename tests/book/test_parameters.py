"""Parameters of a chapter that papermill was given as they come."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from swapbook.conditions import UnknownName
from swapbook.networks import Network
from swapbook.parameters import ParameterError, check
from swapbook.places import ROOT

GIVEN = {"scale": "smoke", "seed": 0, "condition": "index_swap", "data": "simulated", "recompute": False}


def test_what_a_chapter_can_use_is_let_through():
    check(**GIVEN)
    check(**GIVEN | {"scale": "laptop", "seed": 7, "condition": "human_n4", "data": "bays2009", "recompute": True})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"recompute": "false"}, "recompute is 'false', of type str; it must be True or False"),
        ({"recompute": "True"}, "recompute is 'True', of type str"),
        ({"recompute": 0}, "recompute is 0, of type int; it must be True or False"),
        ({"recompute": None}, "recompute is None, of type NoneType"),
        ({"seed": "0"}, "seed is '0', of type str; it must be of type int"),
        ({"seed": True}, "seed is True, of type bool"),
        ({"seed": 1.0}, "seed is 1.0, of type float"),
        ({"scale": 1}, "scale is 1, of type int; it must be of type str"),
        ({"condition": None}, "condition is None, of type NoneType"),
        ({"data": ["bays2009"]}, r"data is \['bays2009'\], of type list"),
    ],
)
def test_values_of_another_type_are_refused(changed, message):
    with pytest.raises(ParameterError, match=f"^{message}"):
        check(**GIVEN | changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scale": "smok"}, "unknown scale 'smok'; known are smoke, laptop, paper"),
        ({"condition": "swap"}, "unknown condition 'swap'"),
        ({"data": "nobody"}, "unknown data set 'nobody'.*or a folder that `swaputils fit` wrote"),
        ({"seed": -1}, "seed -1 cannot be used"),
    ],
)
def test_names_that_do_not_exist_are_refused(changed, message):
    with pytest.raises(UnknownName, match=message):
        check(**GIVEN | changed)


def test_a_folder_of_a_fit_is_data(tmp_path):
    (tmp_path / "posterior" / "cue").mkdir(parents=True)
    check(**GIVEN | {"data": str(tmp_path)})


def test_the_line_that_the_page_shows_trains_and_keeps_a_network(tmp_path, monkeypatch):
    """As it stands, but for the places and the scale."""
    (line,) = re.findall(r"bin/papermill (.+)", (ROOT / "book" / "rerun.md").read_text())
    chapter, output, *given = line.split()
    shutil.copytree(ROOT / "results", tmp_path / "results")
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path / "results"))
    named = {name: given[given.index(name) + 1] for name in ("condition", "seed")}
    trained = Network(named["condition"], "smoke", int(named["seed"]))
    shutil.rmtree(trained.folder, ignore_errors=True)
    papermill = Path(sys.executable).with_name("papermill")
    command = [papermill, chapter, tmp_path / Path(output).name, *given, "-p", "scale", "smoke"]
    subprocess.run(command, cwd=ROOT / "notebooks", check=True, capture_output=True)
    assert trained.is_current()
