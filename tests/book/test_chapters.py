"""Parameters of the chapters, their execution, and what is kept when something fails."""

import shutil

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from swapbook.build import chapters as command
from swapbook.build import rerun, site
from swapbook.build.chapters import (
    ChapterError,
    chapter_paths,
    execute,
    execute_if_changed,
    fingerprint,
    give_to_text,
    glued_figures,
    normalise,
)
from swapbook.conditions import UnknownName
from swapbook.parameters import ParameterError, absolute, check_names, defaults, parse_parameters
from swapbook.places import ROOT

PARAMETERS = 'scale: str = "laptop"\nseed: int = 0\nrecompute: bool = False\ntolerance: float = 0.5'
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture
def chapter(tmp_path):
    """A chapter that fails on an odd seed."""
    cells = [
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell('if seed % 2:\n    raise ValueError("odd seed")\nprint(scale, seed)'),
    ]
    path = tmp_path / "01_small.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)
    return path


def test_defaults_are_read_from_the_parameters_cell(chapter):
    assert defaults(chapter) == {"scale": "laptop", "seed": 0, "recompute": False, "tolerance": 0.5}


def test_given_values_take_the_type_of_the_default(chapter):
    given = ["SCALE=smoke", "SEED=3", "RECOMPUTE=True", "TOLERANCE=1"]
    assert parse_parameters(given, chapter) == {"scale": "smoke", "seed": 3, "recompute": True, "tolerance": 1.0}


@pytest.mark.parametrize(
    "given, message",
    [
        ("SCAEL=smoke", "has no parameter 'SCAEL=smoke'; it has RECOMPUTE, SCALE, SEED, TOLERANCE"),
        ("SCALE", "given as NAME=value"),
        ("SEED=many", "SEED=many: expected int"),
        ("RECOMPUTE=yes", "RECOMPUTE=yes: expected True or False"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_with_what_is_allowed(given, message, chapter):
    with pytest.raises(ParameterError) as refusal:
        parse_parameters([given], chapter)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scale": "smok"}, "unknown scale 'smok'; known are smoke, laptop, paper"),
        ({"condition": "swap"}, "unknown condition 'swap'"),
        ({"data": "nobody"}, "unknown data set 'nobody'.*or a folder that `swaputils fit` wrote"),
    ],
)
def test_names_that_do_not_exist_are_refused_before_anything_is_computed(given, message):
    check_names({"scale": "smoke", "condition": "index_swap", "data": "simulated"})
    with pytest.raises(UnknownName, match=message):
        check_names(given)


def test_a_folder_of_a_fit_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fitted" / "posterior").mkdir(parents=True)
    assert absolute("fitted") == str(tmp_path / "fitted")
    assert absolute("bays2009") == "bays2009"


def test_tables_and_chapters_that_do_not_exist_are_named():
    with pytest.raises(UnknownName, match="unknown name of tables 'bays'"):
        rerun.compute("bays")
    with pytest.raises(ChapterError, match="06_more.ipynb is no chapter; the chapters are .*01_surrogate_model.ipynb"):
        command.refresh_all(["06_more.ipynb"])


@pytest.mark.parametrize("number", [0, 1])
def test_chapters_on_narrow_targets_refuse_a_condition_without_one(number, tmp_path):
    with pytest.raises(ChapterError, match="human_n4 has no narrow target"):
        execute(chapter_paths()[number], {"scale": "smoke", "condition": "human_n4"}, tmp_path / "executed.ipynb")


def test_the_fingerprint_follows_cells_and_parameters_but_not_outputs(chapter):
    before = fingerprint(chapter, {})
    notebook = nbformat.read(chapter, as_version=4)
    notebook.cells[1].outputs = [new_output("stream", name="stdout", text="old")]
    nbformat.write(notebook, chapter)
    assert fingerprint(chapter, {}) == before
    assert fingerprint(chapter, {"seed": 2}) != before
    notebook.cells[1].source += "\nprint(1)"
    nbformat.write(notebook, chapter)
    assert fingerprint(chapter, {}) != before


def test_a_chapter_is_executed_once_and_only_a_finished_copy_counts(chapter, tmp_path):
    folder = tmp_path / "executed"
    copy, executed = execute_if_changed(chapter, {"seed": 2}, folder)
    assert executed
    assert nbformat.read(copy, as_version=4).cells[-1].outputs[0].text == "laptop 2\n"
    assert execute_if_changed(chapter, {"seed": 2}, folder) == (copy, False)
    with pytest.raises(ChapterError, match=r"01_small.ipynb, code cell \[3\]: ValueError: odd seed"):
        execute_if_changed(chapter, {"seed": 1}, folder)
    (failed,) = set(folder.iterdir()) - {copy}
    assert failed.name.endswith(".failed.ipynb")
    assert nbformat.read(failed, as_version=4).cells[-1].outputs[-1].ename == "ValueError"
    assert execute_if_changed(chapter, {"seed": 4}, folder)[1] and not failed.exists()


def test_normalising_keeps_outputs_and_drops_circumstances():
    noise = new_output("stream", name="stderr", text="50%")
    cell = new_code_cell("x", metadata={"tags": ["remove-output"], "execution": {"iopub.status.idle": "now"}})
    cell.outputs = [noise, new_output("stream", name="stdout", text="kept")]
    plain = new_code_cell("y", metadata={"papermill": {"duration": 1}})
    plain.outputs = [noise]
    notebook = new_notebook(cells=[cell, plain], metadata={"papermill": {"input_path": "x"}, **KERNEL})
    normalise(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert [dict(cell.metadata) for cell in notebook.cells] == [{"tags": ["remove-output"]}, {}]
    assert [output.name for output in notebook.cells[0].outputs] == ["stdout"]
    assert notebook.cells[1].outputs == [noise]  # a warning outside such a cell stays to be seen


def test_a_book_that_is_not_built_leaves_the_former_one(tmp_path, monkeypatch):
    def refuse(folder):
        raise site.BookError("no")

    target = tmp_path / "html"
    (target / "_build").mkdir(parents=True)
    (target / "_build" / "page.html").write_text("former")
    monkeypatch.setattr(site, "_build", refuse)
    with pytest.raises(site.BookError):
        site.render({}, target)
    assert (target / "_build" / "page.html").read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]


def test_a_notebook_that_the_contents_do_not_list_is_no_part_of_the_book(tmp_path, monkeypatch, chapter):
    """A copy of the checkout's sources with scratch notebooks beside the chapters, one of them not even a notebook."""
    chapters = chapter_paths()
    for name in ("book", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / "checkout" / name)
    for name in ("_toc.yml", "_config.yml"):
        shutil.copy(ROOT / name, tmp_path / "checkout")
    for name in ("06_scratch.ipynb", "01_surrogate_model copy.ipynb", "2_try.ipynb"):
        shutil.copy(chapter, tmp_path / "checkout" / "notebooks" / name)
    (tmp_path / "checkout" / "notebooks" / "99_empty.ipynb").touch()
    monkeypatch.setattr(command, "ROOT", tmp_path / "checkout")
    monkeypatch.setattr(command, "NOTEBOOKS", tmp_path / "checkout" / "notebooks")
    monkeypatch.setattr(site, "ROOT", tmp_path / "checkout")
    assert [path.name for path in command.chapter_paths()] == [path.name for path in chapters]
    staged = tmp_path / "staged"
    site._stage({chapters[1].stem: chapter}, staged)
    assert sorted(path.name for path in (staged / "notebooks").iterdir()) == [path.name for path in chapters]
    assert (staged / "notebooks" / chapters[1].name).read_bytes() == chapter.read_bytes()
    before, after = (
        nbformat.read(path, as_version=4) for path in (chapters[0], staged / "notebooks" / chapters[0].name)
    )
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert set(glued_figures(before)) and not glued_figures(after)  # the text has them


def test_a_figure_is_shown_where_a_chapter_is_run_and_once_on_its_page(chapter, tmp_path):
    notebook = nbformat.read(chapter, as_version=4)
    notebook.cells[-1].source = (
        "import matplotlib.pyplot as plt\nfrom swapbook.figures.telling import show, tell\n"
        'show("drawn", plt.subplots()[0])\ntell(1, rate=0.25)\nplt.plot([1])\nplt.show()'
    )
    nbformat.write(notebook, chapter)
    execute(chapter, {}, tmp_path / "executed.ipynb")
    executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    drawn, number, plain = executed.cells[-1].outputs
    assert {"image/png"} <= set(drawn.data) & set(plain.data)
    assert set(number.data) == {"application/papermill.record/text/plain"}
    assert set(glued_figures(executed)) == {"drawn"}
    give_to_text(executed)
    assert "application/papermill.record/image/png" in drawn.data and "image/png" not in drawn.data
    assert drawn.metadata["scrapbook"]["mime_prefix"] == number.metadata["scrapbook"]["mime_prefix"]
    assert "image/png" in plain.data  # what the text does not show stays below its cell


def test_folding_hides_the_code_of_every_cell_and_changes_nothing_else(chapter):
    before, after = (nbformat.read(chapter, as_version=4).cells for _ in range(2))
    site.fold(NotebookNode(cells=after))
    assert [cell.metadata["tags"] for cell in after] == [["hide-input", "parameters"], ["hide-input"]]
    assert [cell.source for cell in after] == [cell.source for cell in before]
