"""The exercises: notebooks in which tags tell an exercise, the cell to start from and its solution apart.

One source serves all: the book shows solutions folded, the instructor's page is written from them, and the folder for
participants leaves them out.
"""

import io
import json
import math
import re
import time
import warnings
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from swapbook.build.chapters import EXERCISES, exercise_paths
from swaputils.errors import SwaputilsError
from swaputils.files import read_json, write_text

EXERCISE, SOLUTION = "exercise", "solution"
TEACHING = "teach.md", "instructors.md"
SECONDS = EXERCISES / "seconds.json"
HEAD = re.compile(
    r"## (?P<number>\d[a-z])\. (?P<title>[^\n]+)\n\n\*(?P<kind>[^,\n]+), (?P<minutes>\d+) minutes\.\*\n\n"
    r"\*\*Goal\.\*\* (?P<goal>[^\n]+)\n\n\*\*Do\.\*\* "
)
FOLDED = "<details><summary>{}</summary>\n\n(.*?)\n\n</details>"
FIGURE = re.compile(r"^# Figure: (.+)$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")
PLACE = "# your own lines"
PROMPTS = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}


class ExerciseError(SwaputilsError):
    """A notebook of exercises lacks a part that every exercise has."""


@dataclass(frozen=True)
class Exercise:
    """One exercise as its cells tell it; all but the numbers are Markdown.

    Attributes:
        number: of the chapter, with a letter.
        minutes: that it takes a participant, estimated.
        code: of the solution, one text a cell.
        printed: text that the solution's cells have as stored outputs.
    """

    number: str
    title: str
    kind: str
    minutes: int
    goal: str
    hint: str
    expected: str
    meaning: str
    mistakes: str
    code: tuple[str, ...]
    printed: tuple[str, ...]


def exercises(notebook: NotebookNode) -> list[Exercise]:
    """The exercises of a notebook in its order; ExerciseError names one that lacks a part."""
    return [_exercise(first, solution) for first, solution in _grouped(notebook)]


def all_exercises() -> list[Exercise]:
    """The exercises of all chapters."""
    return [each for path in exercise_paths() for each in exercises(nbformat.read(path, as_version=4))]


def _grouped(notebook: NotebookNode) -> list[tuple[NotebookNode, list[NotebookNode]]]:
    """Each cell that opens an exercise, with the cells of its solution."""
    groups: list[tuple[NotebookNode, list[NotebookNode]]] = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if EXERCISE in tags:
            groups.append((cell, []))
        elif SOLUTION in tags and groups:
            groups[-1][1].append(cell)
    return groups


def _exercise(first: NotebookNode, solution: list[NotebookNode]) -> Exercise:
    head = HEAD.match(first.source)
    if head is None:
        raise ExerciseError(
            f"{first.source.splitlines()[0]!r} opens no exercise: a title such as '## 1a. Title', kind and minutes, "
            "a goal and what to do are needed"
        )
    name, told = head["number"], "".join(cell.source for cell in solution if cell.cell_type == "markdown")
    meaning, mistakes = _part(name, "What it means, and common mistakes", told).split("**Common mistakes.** ")
    code = [cell for cell in solution if cell.cell_type == "code"]
    if not code:
        raise ExerciseError(f"exercise {name} has no solution that can be run")
    return Exercise(
        number=name,
        title=head["title"],
        kind=head["kind"],
        minutes=int(head["minutes"]),
        goal=head["goal"],
        hint=_part(name, "Hint", first.source),
        expected=_part(name, "What to expect", first.source),
        meaning=meaning.removeprefix("**Meaning.** ").strip(),
        mistakes=mistakes.strip(),
        code=tuple(cell.source for cell in code),
        printed=tuple(text for cell in code for output in cell.outputs if (text := _text(output))),
    )


def _part(number: str, title: str, text: str) -> str:
    found = re.search(FOLDED.format(title), text, re.DOTALL)
    if found is None:
        raise ExerciseError(f"exercise {number} has no part {title!r}")
    return found[1]


def _text(output: NotebookNode) -> str:
    """What an output says in words; nothing of a figure."""
    data = output.get("data", {})
    return "" if "image/png" in data else (output.get("text") or data.get("text/plain", "")).rstrip()


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """A copy without solutions and outputs, each solution replaced by one cell for the participant's own lines."""
    clean = NotebookNode(notebook | {"cells": []})
    for cell in notebook.cells:
        if SOLUTION not in cell.metadata.get("tags", []):
            clean.cells.append(_blank(cell))
        elif clean.cells[-1].source != PLACE:
            clean.cells.append(new_code_cell(PLACE, id=cell.id))
    return clean


def described(notebook: NotebookNode) -> NotebookNode:
    """A copy for the book: its folds say that they hold a solution, and its figures what a comment in their cell says is to be seen."""
    copy = deepcopy(notebook)
    copy.metadata["mystnb"] = PROMPTS
    for cell in copy.cells:
        if cell.cell_type == "code" and (said := FIGURE.search(cell.source)):
            cell.metadata["mystnb"] = {"image": {"alt": said[1]}}
    return copy


def _blank(cell: NotebookNode) -> NotebookNode:
    emptied = {"source": LINK.sub(r"\1", cell.source)}
    if cell.cell_type == "code":
        emptied |= {"outputs": [], "execution_count": None}
    return NotebookNode(cell | emptied)


def section(exercise: Exercise, seconds: float) -> str:
    """What an instructor wants to know of an exercise, as Markdown."""
    computing = f"{seconds:.0f} s" if seconds >= 1 else "less than a second"
    lines = [
        f"### {exercise.number}. {exercise.title}",
        f"*{exercise.kind}; {exercise.minutes} minutes, of which the solution computes {computing}.* {exercise.goal}",
        f"**Expected.** {exercise.expected}",
        *(f"```none\n{text}\n```" for text in exercise.printed),
        exercise.meaning,
        f"**Common mistakes.** {exercise.mistakes}",
    ]
    return "\n\n".join(lines) + "\n"


def expected_results() -> str:
    """The sections of all exercises, by chapter, as they end the instructor's page."""
    seconds, text = read_json(SECONDS), []
    for path in exercise_paths():
        notebook = nbformat.read(path, as_version=4)
        text.append(f"## {notebook.cells[0].source.splitlines()[0].removeprefix('# ')}\n")
        text += [section(each, seconds[each.number]) for each in exercises(notebook)]
    return "\n".join(text)


def complete_pages(folder: Path) -> None:
    """Put what is measured of the exercises into the copies of the teaching pages in a folder."""
    plan, notes = (folder / name for name in TEACHING)
    seconds = read_json(SECONDS).values()
    text = plan.read_text().replace("{{ seconds_all }}", f"{sum(seconds):.0f}")
    plan.write_text(text.replace("{{ seconds_most }}", f"{math.ceil(max(seconds))}"))
    notes.write_text(f"{notes.read_text()}\n{expected_results()}")


def measured(path: Path) -> dict[str, float]:
    """Processor seconds of each solution of a notebook, and of its first cells as the chapter's number; runs it here."""
    names: dict = {}
    seconds: dict[str, float] = {}
    number = path.stem[1]
    for cell in nbformat.read(path, as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if EXERCISE in tags:
            number = re.match(HEAD, cell.source)["number"]
        if cell.cell_type == "code":
            began = time.process_time()
            with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
                warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")  # figures are drawn, not shown
                exec(compile(cell.source, path.name, "exec"), names)  # noqa: S102 (code of this book, as a chapter is)
            key = number if SOLUTION in tags else path.stem[1]
            seconds[key] = seconds.get(key, 0.0) + time.process_time() - began
    return seconds


def store_seconds() -> dict[str, float]:
    """Measure all solutions and store their processor seconds beside the notebooks."""
    seconds = {number: round(each, 1) for path in exercise_paths() for number, each in measured(path).items()}
    write_text(SECONDS, json.dumps(seconds, indent=2) + "\n")
    return seconds
