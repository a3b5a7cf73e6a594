"""The book's commands: each can be asked for help, refuses what does not exist, and calls what it says in order."""

import json
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from swapbook.__main__ import COMMANDS, main
from swapbook.build import missing_networks, rerun, site
from swapbook.build.chapters import ChapterError, chapter_paths, exercise_paths
from swapbook.conditions import UnknownName
from swapbook.measures import CODE
from swapbook.networks import Network
from swapbook.parameters import ParameterError
from swapbook.places import ROOT
from swaputils.errors import SwaputilsError
from swaputils.files import read_json

WRITTEN = ["write_page", "write_opening", "write_page"]
SCORED = ["execute", "train", "recompute_people", "score_learners", "recompute_induced"]
STEMS = [path.stem for path in chapter_paths()]


def test_the_module_lists_its_commands():
    finished = subprocess.run(
        [sys.executable, "-m", "swapbook", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0 and finished.stderr == ""
    assert all(re.search(rf"^\W*{name}\b", finished.stdout, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_what_it_does(name, capsys):
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert left.value.code == 0 and COMMANDS[name].__doc__.split(".")[0].split("\n")[0][:40] in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "new"), "unknown kind of outputs 'new'; known are executed, stored"),
        (("build", "executed", "SCALE=smok"), "unknown scale 'smok'; known are smoke, laptop, paper"),
        (("refresh", "06_more.ipynb"), "06_more.ipynb is no chapter"),
        (("collection", "SEED=3"), "the collection has no setting 'SEED=3'"),
        (("member", "none.ipynb", "SEEDS=3"), "03_rnn_training.ipynb has no parameter 'SEEDS=3'"),
        (("train", "index_swaps"), "unknown condition 'index_swaps'"),
        (("show", "index_swap", "--scale", "huge"), "unknown scale 'huge'"),
        (("measure", "--conditions", "index_swaps"), "unknown condition 'index_swaps'"),
        (("score", "dogs"), "unknown kind of scores 'dogs'"),
        (("tables", "bays"), "unknown name of tables 'bays'"),
        (("rerun", "RECOMPUTES=True"), "has no parameter 'RECOMPUTES=True'"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(arguments, message, capsys):
    assert main(list(arguments)) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("swapbook: ") and message in said[0]


def test_a_network_is_trained_kept_and_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    assert main(["show", "probe_untrained", "--scale", "smoke"]) == 1
    assert "not trained yet" in capsys.readouterr().err
    assert main(["train", "probe_untrained", "--scale", "smoke"]) == 0
    said = capsys.readouterr().out
    assert "kept in " in said and "swap_rate" in said and "swap rate by probe distance: network" in said
    assert Network("probe_untrained", "smoke").is_current()
    assert main(["show", "probe_untrained", "--scale", "smoke"]) == 0
    assert capsys.readouterr().out == said.partition("\n")[2]


def test_only_what_other_code_measured_is_measured_anew(tmp_path, monkeypatch):
    names = ("index_untrained_0", "index_swap_0")
    for name in names:
        shutil.copytree(ROOT / "results/networks/smoke" / name, tmp_path / "networks/smoke" / name)
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    outdated, current = (tmp_path / "networks/smoke" / name / "metrics.json" for name in names)
    before = {path: (json.loads(path.read_text()), path.stat().st_mtime_ns) for path in (outdated, current)}
    outdated.write_text(json.dumps(before[outdated][0] | {CODE: {"evaluation": "of other code"}}))
    assert main(["measure", "--scale", "smoke"]) == 0
    found = read_json(outdated)
    assert found[CODE] == before[outdated][0][CODE] and found["network"]["responses"] == 500
    assert found["network"]["swap_rate"] == before[outdated][0]["network"]["swap_rate"]
    assert current.stat().st_mtime_ns == before[current][1]


@pytest.fixture
def called(monkeypatch) -> list[tuple]:
    """What `rerun` calls, in order and without doing it."""
    calls = []

    def noted(module, name: str, result=None) -> None:
        def note(*arguments):
            calls.append((name, *arguments))
            return result

        monkeypatch.setattr(module, name, note)

    noted(rerun, "compute")
    noted(rerun.missing_networks, "train", [])
    noted(rerun.people, "recompute_people")
    noted(rerun, "score_learners", [])
    noted(rerun.induced, "recompute_induced")
    noted(rerun, "compare")
    noted(rerun.other_people, "recompute")
    noted(rerun.verdicts, "write_page")
    noted(rerun.appendix, "write_page")
    noted(rerun.opening, "write_opening")
    monkeypatch.setattr(
        rerun, "execute", lambda chapter, parameters, output: calls.append(("execute", chapter.stem, parameters))
    )
    return calls


def test_all_is_recomputed_in_order(called):
    rerun.rerun(["SCALE=smoke"])
    names = [call[0] for call in called]
    tables = len(rerun.TABLES)
    assert names[:tables] == ["compute"] * tables and {call[1] for call in called[:tables]} == set(rerun.TABLES)
    assert names[tables:] == [*SCORED, *["execute"] * 4, *WRITTEN]
    executed = [call for call in called if call[0] == "execute"]
    assert [stem for _, stem, _ in executed] == STEMS
    assert all(parameters == {"scale": "smoke", "recompute": True} for *_, parameters in executed)
    what = called[tables + 1][1]
    assert (what["scale"], what["data"], what["conditions"]) == ("smoke", "vandenberg2012_color", "all")
    assert called[tables + 2][1:] == called[tables + 3][1:] == ("smoke", "vandenberg2012_color")


def test_the_book_s_own_networks_are_held_beside_recordings_before_the_next_chapter(called):
    rerun.rerun([])
    names = [call[0] for call in called]
    assert (
        names[names.index("recompute_induced") + 1 :][:3] == ["compare", "recompute", "execute"]
        and names.count("compare") == 1
    )


def test_tables_of_the_book_s_data_are_left_alone_where_other_data_are_named(called):
    rerun.rerun(["DATA=simulated", "SCALE=smoke"])
    assert "compute" not in [call[0] for call in called]
    assert ("recompute_people", "smoke", "simulated") in called


@pytest.mark.parametrize("given", ["SCALE=smok", "DATA=nobody", "SIZE=3", "RECOMPUTE=yes"])
def test_nothing_is_recomputed_with_a_parameter_that_does_not_exist(called, given):
    with pytest.raises((UnknownName, ParameterError)):
        rerun.rerun([given])
    assert called == []


def test_missing_networks_are_an_error_at_the_end_and_those_that_stopped_are_named(called, monkeypatch, capsys):
    stopped, missing = Network("index_swap", "smoke", 0), Network("index_swap", "smoke", 1)
    monkeypatch.setattr(Network, "why_stopped", lambda self: "It diverged." if self.seed == 0 else None)
    monkeypatch.setattr(missing_networks, "train", lambda *_: [stopped, missing])
    monkeypatch.setattr(rerun, "score_learners", lambda *_: ["  gru, 40 trials, seed 0: loss inf"])
    with pytest.raises(SwaputilsError) as error:
        rerun.rerun(["SCALE=smoke"])
    assert str(error.value).startswith("1 networks are missing\n  index_swap_1: ")
    said = capsys.readouterr().out
    assert "index_swap_0: It diverged." in said and "gru, 40 trials, seed 0: loss inf" in said
    assert called[-1] == (WRITTEN[-1],) and [call[1] for call in called if call[0] == "execute"] == STEMS


@pytest.fixture
def built(monkeypatch, tmp_path) -> SimpleNamespace:
    """The parts of a build, noted and not done: the second chapter is up to date."""
    done = SimpleNamespace(executed=[], rendered=[])

    def execute(chapter, parameters, folder):
        done.executed.append((chapter.stem, parameters))
        return folder / f"{chapter.stem}.new.ipynb", chapter.stem != STEMS[1]

    def render(chapters, target):
        done.rendered.append((chapters, target))
        return True

    monkeypatch.setattr(site, "execute_if_changed", execute)
    monkeypatch.setattr(site, "render", render)
    monkeypatch.setattr(site, "BUILD", tmp_path / "build")
    return done


def test_the_book_is_built_from_all_chapters_executed_with_the_parameters(built, tmp_path):
    summary = site.build_executed(["SCALE=smoke", "SEED=3"])
    assert built.executed == [(stem, {"scale": "smoke", "seed": 3}) for stem in STEMS]
    copies = {stem: tmp_path / "build" / "executed" / f"{stem}.new.ipynb" for stem in STEMS}
    assert built.rendered == [(copies, tmp_path / "build" / "book")]
    assert summary == "build/book/_build/html/index.html (4 of 5 chapters executed, HTML built)"


def test_the_book_is_built_from_the_stored_outputs(built, tmp_path):
    assert site.build_stored() == "build/html/_build/html/index.html (HTML built)"
    assert built.rendered == [({}, tmp_path / "build" / "html")] and built.executed == []


def test_a_chapter_that_stops_leaves_the_book_as_it_was(built, monkeypatch):
    def stop(chapter, parameters, folder):
        raise ChapterError(f"{chapter.name}, code cell [3]: ValueError: odd seed")

    monkeypatch.setattr(site, "execute_if_changed", stop)
    with pytest.raises(ChapterError, match="01_surrogate_model.ipynb, code cell"):
        site.build_executed([])
    assert built.rendered == []


@pytest.mark.parametrize("given", ["SCALE=smok", "DATA=nobody", "CONDITION=swap", "SIZE=3", "SEED=many"])
def test_nothing_is_executed_with_a_parameter_that_does_not_exist(built, given):
    with pytest.raises((UnknownName, ParameterError)):
        site.build_executed([given])
    assert built.executed == built.rendered == []


TARGETS = re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def planned(target: str, *assignments: str) -> str:
    """The commands that make would run."""
    command = ["make", "--dry-run", "--always-make", target, f"PYTHON={sys.executable}", *assignments]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", TARGETS)
def test_each_target_of_make_calls_a_command_that_exists(target):
    lines = planned(target)
    named = re.findall(r"python -m swapbook (\w+)", lines)
    assert set(named) <= set(COMMANDS)
    expected = {
        "book": ["build"],
        "html": ["build"],
        "pdf": ["pdf"],
        "collection": ["collection"],
        "refresh": ["refresh"],
    }
    expected |= {"workshop": ["workshop"], "handout": ["handout"]}
    assert named == (expected | {"rerun": ["rerun", "refresh"]}).get(target, [])
    for module in re.findall(r"python -m (\w+)", lines):
        assert module in ("swapbook", "pytest", "pip", "venv", "jupyterlab"), module


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_passes_parameters_on_and_tests_every_chapter():
    assert "swapbook build executed 'SCALE=smoke' 'DATA=my people'" in planned("book", "SCALE=smoke", "DATA=my people")
    assert "swapbook collection 'DRYRUN=True'" in planned("collection", "DRYRUN=True")
    for threads in (1, 2):
        (line,) = re.findall(rf"^OMP_NUM_THREADS={threads} .*--nbval .*$", planned("test"), re.MULTILINE)
        assert re.findall(r"notebooks/\S+", line) == [f"notebooks/{stem}.ipynb" for stem in STEMS]
        assert re.findall(r"exercises/\S+", line) == [f"exercises/{path.name}" for path in exercise_paths()]
