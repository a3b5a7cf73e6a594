"""What every chapter has to be, as stored."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from swapbook.build.chapters import chapter_paths, execute, exercise_paths
from swapbook.parameters import defaults
from swapbook.wording import COUNTED

PARAMETERS = {"scale", "seed", "condition", "data", "recompute"}
LONGEST_CELL, LONGEST_FUNCTION, PAGE = 20, 10, 88  # lines, lines, characters
# two or more folders from the root, or a drive; not the tail of an address, of a closing tag or of a fraction
MACHINE_PATH = re.compile(r"(?<![\w/.:<)\]}])/(?:[\w.+-]+/)+[\w.+-]+|\b[A-Z]:\\\w|site-packages")
NOT_WORDED = re.compile(r"_|^(NaN|nan|-?inf|None|True|False)$")
NOT_SAID = re.compile(r"[\[{(]['\-\d]|\S {2,}\S")


@pytest.fixture(params=chapter_paths(), ids=lambda path: path.stem)
def chapter(request) -> Path:
    return request.param


@pytest.fixture(params=chapter_paths() + exercise_paths(), ids=lambda path: path.stem)
def any_notebook(request) -> Path:
    """A chapter, or the exercises on one."""
    return request.param


def code_cells(chapter: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(chapter, as_version=4).cells if cell.cell_type == "code"]


def texts(cell: nbformat.NotebookNode) -> list[str]:
    """What a reader can read in the outputs of a cell."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append(output.text)
        for kind, content in output.get("data", {}).items():
            if kind.removeprefix("application/papermill.record/").startswith("text/"):
                found.append("".join(content))
    return found


def test_the_contents_list_the_chapters_in_the_order_of_their_numbers():
    numbers = [re.fullmatch(r"(\d\d)_\w+", path.stem)[1] for path in chapter_paths()]
    assert numbers == [f"{number:02}" for number in range(1, len(numbers) + 1)] and len(numbers) == 5
    assert all(path.is_file() for path in chapter_paths())


def test_its_tables_are_in_words(any_notebook):
    """No names of columns or values as in code, no missing and no infinite numbers, no fractions of what is counted."""
    shown = [table for cell in code_cells(any_notebook) for table in texts(cell) if "<table" in table]
    cells = [text for table in shown for text in re.findall(r"<t[dh][^>]*>([^<]*)<", table)]
    assert cells and [text for text in cells if NOT_WORDED.search(text)] == []
    for row in (row for table in shown for row in BeautifulSoup(table, "html.parser").select("tbody tr")):
        heads = [head.text for head in row.find_parent("table").select("thead tr")[0].select("th")]
        numbers = [cell.text for cell in row.select("td")]
        counts = [number for head, number in zip(heads[-len(numbers) :], numbers) if head in COUNTED]
        assert all(number.isdecimal() for number in counts), row


def test_what_it_prints_is_in_words(any_notebook):
    """No dictionary, no list or array, and no table as plain text alone."""
    printed = [out.text for cell in code_cells(any_notebook) for out in cell.outputs if out.output_type == "stream"]
    assert [text for text in printed if NOT_SAID.search(text)] == []


def test_it_has_one_parameters_cell_with_the_agreed_names(chapter):
    tagged = [cell for cell in code_cells(chapter) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    values = defaults(chapter)
    assert set(values) == PARAMETERS
    assert values["scale"] == "laptop"
    assert values["recompute"] is False


def test_it_was_executed_once_from_top_to_bottom(any_notebook):
    counts = [cell.execution_count for cell in code_cells(any_notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_it_is_valid_and_says_nothing_of_who_executed_it_when(any_notebook):
    notebook = nbformat.read(any_notebook, as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata.language_info) == {"name"}
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


def test_it_runs_at_the_smallest_scale_from_what_is_stored_without_any_trials(chapter, tmp_path, monkeypatch):
    for folder in ("SWAPUTILS_DATA", "XDG_CACHE_HOME"):
        monkeypatch.setenv(folder, str(tmp_path))
    execute(chapter, {"scale": "smoke"}, tmp_path / chapter.name)
    assert all(output.output_type != "error" for cell in code_cells(tmp_path / chapter.name) for output in cell.outputs)


def test_its_outputs_hold_no_error_no_warning_and_no_path(any_notebook):
    for cell in code_cells(any_notebook):
        assert all(output.output_type != "error" for output in cell.outputs)
        assert all(output.get("name") != "stderr" for output in cell.outputs), cell.source
        for text in texts(cell):
            assert "Warning" not in text
            assert not MACHINE_PATH.search(text), MACHINE_PATH.search(text)


def test_code_that_draws_is_folded(chapter):
    for cell in code_cells(chapter):
        if "show(" in cell.source or "plt." in cell.source:
            assert "hide-input" in cell.metadata.get("tags", []), cell.source


def test_no_cell_ends_in_a_semicolon(any_notebook):
    assert not [cell.source for cell in code_cells(any_notebook) if cell.source.rstrip().endswith(";")]


def test_its_code_is_plain_python_in_short_cells_and_functions_as_wide_as_the_page(any_notebook):
    for cell in code_cells(any_notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= LONGEST_CELL and max(map(len, lines)) <= PAGE, cell.source
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("text", ["/home/someone/x.py", "in /srv/results/a", "C:\\Users", "lib/site-packages/torch"])
def test_a_path_is_recognised(text):
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize(
    "text", ["p/q", "</div></td>", "http://www.w3.org/2000/svg", "results/bns/run", "1 / 2", "3/4/5"]
)
def test_what_is_no_path_is_let_through(text):
    assert not MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["{'swap_rate': 0.1}", "[0.3  0.06 0.54]", "       n\nFlat  10.0", "(0.1, 0.2)"])
def test_what_is_printed_raw_is_recognised(text):
    assert NOT_SAID.search(text)


@pytest.mark.parametrize("text", ["swap_rate", "NaN", "-inf", "True"])
def test_a_raw_cell_is_recognised(text):
    assert NOT_WORDED.search(text)
