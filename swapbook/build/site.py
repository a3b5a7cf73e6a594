"""The book as HTML, from chapters executed now or from their stored outputs: staged, built by Jupyter Book and put in place."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from swapbook.build.chapters import (
    BUILD,
    chapter_paths,
    content_hash,
    execute_if_changed,
    exercise_paths,
    give_to_text,
    glued_figures,
)
from swapbook.build.exercises import complete_pages, described
from swapbook.build.launching import repository, write_colab_copies
from swapbook.build.reference import rooms, write_pages
from swapbook.parameters import check_names, parse_parameters
from swapbook.places import ROOT
from swaputils.errors import SwaputilsError

LENT = re.compile(r"figures/([\w-]+)\.png")
INDEX = Path("_build/html/index.html")
STAMP = Path("_build/sources.txt")
FOLDED = (3, 4, 5)  # chapters whose results come first, and whose code is a click away
IGNORED = shutil.ignore_patterns(".*", "__pycache__", "*.partial")


class BookError(SwaputilsError):
    """Jupyter Book refused the sources or warned about them."""


def contents() -> list[str]:
    """The pages in reading order, as _toc.yml lists them; a page for each room follows the first page of the reference."""
    listed = yaml.safe_load((ROOT / "_toc.yml").read_text())
    names = [listed["root"]]
    for entry in (entry for part in listed["parts"] for entry in part["chapters"]):
        names += [entry["file"], *(f"book/api/{room}" for room in sorted(rooms()) if "sections" in entry)]
    return names


def fold(notebook: NotebookNode) -> None:
    """Fold all code of a notebook away, in place."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = sorted({"hide-input", *cell.metadata.get("tags", [])})


def _stage(chapters: dict[str, Path], folder: Path) -> None:
    """Copy all that the book is built from, each chapter from where its executed copy lies, and no other notebook."""
    shutil.copytree(ROOT / "book", folder / "book", ignore=IGNORED)
    write_pages(folder / "book" / "api")
    complete_pages(folder / "book")
    (folder / "notebooks").mkdir()
    for number, chapter in enumerate(chapter_paths(), start=1):
        notebook = nbformat.read(chapters.get(chapter.stem, chapter), as_version=4)
        _lend_figures(notebook, folder / "book")
        give_to_text(notebook)
        if number in FOLDED:
            fold(notebook)
        nbformat.write(notebook, folder / "notebooks" / chapter.name)
    (folder / "exercises").mkdir()
    for path in exercise_paths():
        nbformat.write(described(nbformat.read(path, as_version=4)), folder / "exercises" / path.name)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder / name)


def _lend_figures(notebook: NotebookNode, book: Path) -> None:
    """Put the figures of a chapter that the handout shows beside it, as figures/NAME.png."""
    (book / "figures").mkdir(exist_ok=True)
    wanted = LENT.findall((book / "handout.md").read_text())
    for name, picture in glued_figures(notebook).items():
        if name in wanted:
            (book / "figures" / f"{name}.png").write_bytes(picture)


def _build(folder: Path) -> None:
    """Build the staged book with warnings as errors."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", folder, "--warningiserror", "--keep-going"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0 or not (folder / INDEX).exists():
        warnings = finished.stderr.replace(f"{folder}/", "")
        raise BookError(f"the book was not built:\n{warnings}")


def _replace(folder: Path, target: Path) -> None:
    """Put a finished folder where the old one was."""
    retired = target.with_name(f".{target.name}.retired")
    shutil.rmtree(retired, ignore_errors=True)
    if target.exists():
        target.rename(retired)
    folder.rename(target)
    shutil.rmtree(retired, ignore_errors=True)


def render(chapters: dict[str, Path], target: Path) -> bool:
    """Build the book into `target` unless the one there was built from the same sources; tells whether it was built.

    `chapters` maps the stem of each chapter to the notebook with the outputs to show. An error or an interruption
    leaves the former book as it was.

    Raises:
        BookError: with Sphinx's warnings.
    """
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _stage(chapters, partial)
        sources = content_hash(
            [partial, ROOT / "swaputils", ROOT / "swapbook", ROOT / "constraints.txt"], repository() or ""
        )
        if (target / STAMP).exists() and (target / STAMP).read_text() == sources:
            return False
        _build(partial)
        write_colab_copies((partial / INDEX).parent)
        (partial / STAMP).write_text(sources)
        _replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def build_executed(assignments: list[str]) -> str:
    """Execute the chapters that changed, build the book from them in build/book, and say what was done."""
    jobs = [(chapter, parse_parameters(assignments, chapter)) for chapter in chapter_paths()]
    check_names(jobs[0][1])
    repository()  # a wrong address is refused before minutes have passed
    executed, ran = {}, 0
    for chapter, parameters in jobs:
        print(f"{chapter.stem}", flush=True)
        executed[chapter.stem], now = execute_if_changed(chapter, parameters, BUILD / "executed")
        ran += now
    built = render(executed, BUILD / "book")
    pages = "HTML built" if built else "HTML unchanged"
    return f"{BUILD.name}/book/{INDEX} ({ran} of {len(jobs)} chapters executed, {pages})"


def build_stored() -> str:
    """Build the book from the outputs stored in notebooks/ in build/html, and say what was done."""
    built = render({}, BUILD / "html")
    return f"{BUILD.name}/html/{INDEX} ({'HTML built' if built else 'HTML unchanged'})"
