"""The command that trains the networks of the book: which it asks for, and what it does when one fails."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from swapbook.__main__ import main
from swapbook.build import missing_networks
from swapbook.build.missing_networks import CHAPTER
from swapbook.collection import stopped, stored
from swapbook.conditions import CONDITIONS, UnknownName
from swapbook.networks import DEVICE, Network
from swapbook.parameters import parse_parameters
from swapbook.places import ROOT
from swapbook.scales import SCALES
from swaputils.training.loop import SelectionNotLearnt
from swaputils.training.resumable import Checkpoint, write_checkpoint

SETTINGS = {"scale": "smoke", "data": "vandenberg2012_color", "seeds": 2, "conditions": "all"}


def run(*assignments: str, **environment: str) -> SimpleNamespace:
    """The command in a process of its own: its exit status and everything that it said."""
    arguments = [sys.executable, "-m", "swapbook", "collection", *assignments]
    finished = subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | environment
    )
    return SimpleNamespace(status=finished.returncode, said=finished.stdout + finished.stderr)


def test_every_condition_is_asked_for_at_every_seed():
    asked = missing_networks.members(SETTINGS)
    assert {(member.condition, member.seed) for member in asked} == {
        (name, seed) for name in CONDITIONS for seed in (0, 1)
    }
    assert len({member.name for member in asked}) == len(asked)


def test_seeds_can_be_given_by_condition():
    seeds = {"headline": 3, "human_n4": 2, "others": 1}
    asked = missing_networks.members(SETTINGS | {"seeds": seeds, "conditions": "index_swap,human_n4,index_untrained"})
    counts = {
        name: sum(member.condition == name for member in asked)
        for name in ("index_swap", "human_n4", "index_untrained")
    }
    assert counts == {"index_swap": 3, "human_n4": 2, "index_untrained": 1}
    assert [member.seed for member in asked] == [0, 0, 0, 1, 1, 2]


def test_a_training_that_stopped_is_not_repeated_while_its_settings_stay(results):
    left = Network("index_swap", "smoke", 0, SETTINGS["data"]).stopped_folder
    shutil.copytree(ROOT / "results/networks/smoke/index_swap_0", left)
    (left / "metrics.json").write_text(json.dumps({"stopped": "It diverged."}))
    asked = SETTINGS | {"conditions": "index_swap", "seeds": 1}
    assert (
        missing_networks.outdated(asked) == []
        and missing_networks.why_not(missing_networks.members(asked)[0]) == "It diverged."
    )
    assert stopped("smoke", SETTINGS["data"]).values.tolist() == [["index_swap", 0, "It diverged."]]
    config = json.loads((left / "config.json").read_text())
    (left / "config.json").write_text(json.dumps(config | {"seed": 5}))
    assert len(missing_networks.outdated(asked)) == 1 and stopped("smoke", SETTINGS["data"]).empty


def test_a_network_that_starts_from_another_brings_it_along():
    asked = missing_networks.members(SETTINGS | {"conditions": "probe_energy_score_continued", "seeds": 1})
    assert [member.condition for member in asked] == ["probe_similarity_00", "probe_energy_score_continued"]
    assert asked[1].start == asked[0] and asked[0].start is None


def test_parameters_of_a_member_are_those_of_its_network_whatever_its_data_are_called(tmp_path):
    """As the shell splits them: a folder's name may hold spaces and quotes."""
    data = tmp_path / "it's my fit"
    (data / "posterior" / "cue").mkdir(parents=True)
    network = Network("human_n4", "smoke", 3, str(data))
    assigned = shlex.split(missing_networks.settings_of(network))
    assert assigned == ["CONDITION=human_n4", "SCALE=smoke", "SEED=3", f"DATA={data}", "RECOMPUTE=True"]
    given = parse_parameters(assigned, CHAPTER)
    assert Network(*(given[name] for name in ("condition", "scale", "seed", "data"))) == network


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": 3}, "the collection has no setting seed; it has scale, data, seeds, conditions"),
        ({"seeds": "many"}, "seeds is 'many'; it must be the number of seeds, 1 or more"),
        ({"seeds": 0}, "seeds is 0; it must be"),
        (
            {"seeds": {"others": 3, "index_swaps": 2}},
            "seeds has others, index_swaps; it takes names of conditions, head",
        ),
        ({"seeds": {"headline": 3}}, "seeds has headline; it takes"),
        ({"seeds": {"others": "some"}}, "seeds is 'some'; it must be"),
        ({"scale": "huge"}, "unknown scale 'huge'; known are smoke, laptop, paper"),
        ({"conditions": "index_swap,index_flap"}, "unknown condition 'index_flap'"),
    ],
)
def test_settings_that_do_not_exist_are_refused(changed, message):
    with pytest.raises((missing_networks.SettingError, UnknownName), match=message):
        missing_networks.members(SETTINGS | changed)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ("collection", "SEEDZ=3"),
            "no setting 'SEEDZ=3'; it has SCALE, DATA, SEEDS, CONDITIONS, CORES, DEVICE, PROFILE, DRYRUN",
        ),
        (("collection", "DRYRUN=yes"), "DRYRUN is 'yes'; it is True or False"),
        (("member", "build/none.ipynb", "SEEDS=3"), "has no parameter 'SEEDS=3'"),
    ],
)
def test_parameters_are_refused_before_anything_runs(command, message, monkeypatch, capsys):
    monkeypatch.setattr(missing_networks.subprocess, "run", lambda *_, **__: pytest.fail("something ran"))
    assert main(list(command)) == 1
    assert message in capsys.readouterr().err
    assert not (ROOT / "build" / "none.ipynb").exists()


def test_the_profile_for_a_cluster_plans_the_same_jobs(results):
    asked = ("CONDITIONS=index_swap,probe_energy_score", "SCALE=smoke", "SEEDS=2", "DRYRUN=True")
    for profile in ((), ("PROFILE=swapbook/build/slurm",)):
        planned = run(*asked, *profile, SWAPUTILS_RESULTS=str(results))
        assert planned.status == 0, planned.said
        assert "3 of 4 networks are to be trained" in planned.said
        for name in ("index_swap_0", "index_swap_1", "probe_energy_score_1"):
            assert f"wildcards: name={name}\n" in planned.said
        assert "name=probe_energy_score_0" not in planned.said
    assert not (results / "networks" / "smoke" / "index_swap_0").exists()


def test_members_are_trained_once_and_a_failure_is_named_and_stops_no_other(results, tmp_path):
    """No network of four items can be trained here, because a run of another configuration is unfinished in its folder."""
    hindered = Network("n4_task_optimal", "smoke", 0).folder.with_name("n4_task_optimal_0_unfinished")
    write_checkpoint(hindered, Checkpoint({}, {}, {}, [], 0.0))
    asked = ("CONDITIONS=n4_task_optimal,index_untrained", "SCALE=smoke", "SEEDS=1", "CORES=1")
    first = run(*asked, SWAPUTILS_RESULTS=str(results))
    assert first.status == 1
    assert "1 networks are missing\n  n4_task_optimal_0: see " in first.said
    assert Network("index_untrained", "smoke", 0).is_current()
    trained = missing_networks.notebook_of(Network("index_untrained", "smoke", 0))
    assert trained.is_file()  # although nothing is stored of people's scores, which the chapter shows further down
    assert "the network is trained; the notebook ends where" in trained.with_suffix(".log").read_text()
    log = (missing_networks.folder_of("smoke") / "n4_task_optimal_0.log").read_text()
    assert "holds an unfinished run of another configuration; delete that folder" in log
    table = pd.read_csv(missing_networks.folder_of("smoke") / "table.csv")
    assert "index_untrained_0" in table["run"].tolist()
    again = run("CONDITIONS=index_untrained", "SCALE=smoke", "SEEDS=1", SWAPUTILS_RESULTS=str(results))
    assert again.status == 0 and "0 of 1 networks are to be trained" in again.said


def test_snakemake_is_told_what_to_train_and_how(results, monkeypatch):
    """The device goes to the members in their environment, where a network refuses one that is not there."""
    told = []
    monkeypatch.setattr(missing_networks.subprocess, "run", lambda command, **how: told.append((command, how)))
    what, how = missing_networks.parse(
        ["CONDITIONS=index_untrained", "SCALE=smoke", "SEEDS=1", "DEVICE=gpu", "CORES=3"]
    )
    assert [network.name for network in missing_networks.train(what, how)] == ["index_untrained_0"]
    ((command, settings),) = told
    assert settings["env"][DEVICE] == "gpu" and settings["cwd"] == ROOT
    assert {"conditions=index_untrained", "scale=smoke", "seeds=1", "data=vandenberg2012_color"} < set(command)
    assert command[command.index("--cores") + 1] == "3" and "--keep-going" in command and "--dry-run" not in command


def test_a_run_that_stopped_says_why(results, monkeypatch):
    with monkeypatch.context() as patch:
        smoke = SCALES["smoke"]
        strict = {drive: replace(train, median_error=1e-6) for drive, train in smoke.train.items()}
        patch.setitem(SCALES, "smoke", replace(smoke, train=strict))
        network = Network("index_swap", "smoke", 3)
        with pytest.raises(SelectionNotLearnt, match="after 20 updates"):
            network.train()
        assert "after 20 updates the network is at items 2 of 2" in missing_networks.why_not(network)
        assert Network("index_swap", "smoke", 4).why_stopped() is None
        assert stored("index_swap", "smoke") == []
    # with the settings of before it has not been tried
    assert Network("index_swap", "smoke", 3).why_stopped() is None
