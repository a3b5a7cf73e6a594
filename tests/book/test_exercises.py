"""Exercises have all their parts, every solution runs in time, and the folders of a class hold what they should."""

import subprocess
import sys
import tomllib
from copy import deepcopy
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

from swapbook.build.chapters import exercise_paths
from swapbook.build.exercises import (
    PLACE,
    SECONDS,
    SOLUTION,
    ExerciseError,
    all_exercises,
    complete_pages,
    described,
    exercises,
    measured,
    section,
    without_solutions,
)
from swapbook.build.workshop import size, write_workshop
from swapbook.places import ROOT
from swaputils.files import read_json

LONGEST, LONGEST_TOGETHER, INFLATED = 15, 240, 2  # seconds of processor time; how much a busy machine may add
LARGEST = 25  # megabytes of an archive


@pytest.fixture(params=exercise_paths(), ids=lambda path: path.stem)
def notebook(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("class") / "workshop"
    write_workshop(target)
    return target


@pytest.fixture(scope="module")
def seconds(workshop) -> dict[str, float]:
    """Processor seconds of every solution, run with the results that participants have."""
    taken: dict[str, float] = {}
    with pytest.MonkeyPatch.context() as patch, plt.rc_context():
        patch.setenv("SWAPUTILS_RESULTS", str(workshop / "participants" / "swaps" / "results"))
        for path in exercise_paths():
            taken |= measured(path)
    return taken


def solution(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if SOLUTION in cell.metadata.get("tags", [])]


def test_every_chapter_has_exercises_from_a_first_parameter_to_a_project():
    assert [int(path.stem[:2]) for path in exercise_paths()] == [1, 2, 3, 4, 5]
    for chapter, path in enumerate(exercise_paths(), start=1):
        found = exercises(nbformat.read(path, as_version=4))
        assert [each.number for each in found] == [f"{chapter}{letter}" for letter in "abcdef"[: len(found)]]
        assert 4 <= len(found) <= 6
        assert found[0].kind == "First parameter" and found[-1].kind == "Project"
        assert len({each.code for each in found}) == len({each.title for each in found}) == len(found)


def test_every_exercise_has_a_cell_to_start_from_before_its_folded_solution(notebook):
    kinds = ["exercise", None, "solution"]
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and SOLUTION in tags:
            assert "hide-cell" in tags
    tagged = [next((tag for tag in cell.metadata.get("tags", []) if tag in kinds), None) for cell in notebook.cells]
    for place, tag in enumerate(tagged):
        if tag == "exercise":
            assert tagged[place + 1] is None and notebook.cells[place + 1].cell_type == "code"
            assert tagged[place + 2] == "solution"


def test_what_is_folded_on_a_page_is_named_a_solution_and_is_one(notebook):
    page = described(notebook)
    assert "solution" in page.metadata["mystnb"]["code_prompt_show"]
    folded = [cell.metadata["tags"] for cell in page.cells if "hide-cell" in cell.metadata.get("tags", [])]
    assert folded and all(SOLUTION in tags for tags in folded)


def test_every_figure_has_a_description_on_its_page(notebook):
    for cell in described(notebook).cells:
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            assert len(cell.metadata["mystnb"]["image"]["alt"].split()) > 5


def test_every_solution_says_where_its_expected_result_does_not_come_out():
    assert [each.number for each in all_exercises() if "assert " not in "".join(each.code)] == []


@pytest.mark.parametrize("missing", ["**Goal.**", "Hint", "What to expect", "What it means", "minutes"])
def test_an_exercise_that_lacks_a_part_is_refused(missing):
    notebook = nbformat.read(exercise_paths()[0], as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(missing, "")
    with pytest.raises(ExerciseError):
        exercises(notebook)


def test_an_exercise_without_a_solution_is_refused():
    notebook = nbformat.read(exercise_paths()[0], as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    with pytest.raises(ExerciseError, match="1a has no solution"):
        exercises(notebook)


def test_participants_get_no_solution_and_no_output(notebook):
    original = deepcopy(notebook)
    clean = without_solutions(notebook)
    assert notebook == original
    nbformat.validate(clean)
    assert solution(clean) == [] and solution(notebook)
    assert not {cell.source for cell in solution(notebook)} & {cell.source for cell in clean.cells}
    assert [cell.source for cell in clean.cells].count(PLACE) == len(exercises(notebook))
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in clean.cells)
    assert "](../" not in "".join(cell.source for cell in clean.cells)


def test_the_instructors_page_has_every_exercise_with_its_output_and_mistakes(tmp_path):
    for name in ("teach.md", "instructors.md"):
        (tmp_path / name).write_text((ROOT / "book" / name).read_text())
    complete_pages(tmp_path)
    plan, notes = ((tmp_path / name).read_text() for name in ("teach.md", "instructors.md"))
    assert "{{" not in plan
    for each in all_exercises():
        assert section(each, read_json(SECONDS)[each.number]) in notes
        assert each.mistakes in notes and all(text in notes for text in each.printed)
        assert not any("\\\n" in text for text in each.printed)  # no table so wide that its text is broken in two


def test_the_folders_hold_all_solutions_or_none(workshop):
    for path in exercise_paths():
        copies = {name: workshop / name / "swaps" / "exercises" / path.name for name in ("participants", "solutions")}
        assert copies["solutions"].read_text() == path.read_text()
        assert SOLUTION not in copies["participants"].read_text()
    assert (workshop / "solutions" / "swaps" / "instructors.md").is_file()
    participants = workshop / "participants" / "swaps"
    assert not list(participants.rglob("instructors.md")) and not list(participants.rglob("seconds.json"))
    assert all(size(archive) < LARGEST for archive in workshop.glob("*.zip"))


def test_a_participant_starts_from_the_folder_alone(workshop, tmp_path):
    folder = workshop / "participants" / "swaps"
    assert {"README.md", "start.py", "constraints.txt", "pyproject.toml"} <= {path.name for path in folder.iterdir()}
    packages = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert [name for name in packages if not (folder / name.replace(".", "/") / "__init__.py").is_file()] == []
    assert "python start.py" in (folder / "README.md").read_text()
    first = nbformat.read(folder / "exercises" / exercise_paths()[0].name, as_version=4)
    code = [cell.source for cell in first.cells if cell.cell_type == "code" and cell.source != PLACE]
    code += ["import swapbook, swaputils", "print(swapbook.__file__, swaputils.__file__)"]
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n" + "\n".join(code)]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "nearest to a non-target" in said
    assert said.splitlines()[-1] == " ".join(str(folder / name / "__init__.py") for name in ("swapbook", "swaputils"))


def test_every_solution_runs_in_time_with_the_results_that_participants_have(seconds):
    assert set(seconds) == set(read_json(SECONDS))
    assert max(seconds.values()) < INFLATED * LONGEST and sum(seconds.values()) < INFLATED * LONGEST_TOGETHER


def test_the_stored_seconds_are_of_these_exercises_and_within_the_bar():
    stored = read_json(SECONDS)
    assert {each.number for each in all_exercises()} == {number for number in stored if len(number) == 2}
    assert max(stored.values()) <= LONGEST and sum(stored.values()) <= LONGEST_TOGETHER
