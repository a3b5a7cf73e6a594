"""The chapters of the book as notebooks on disk: their parameters, their fingerprints, their execution and their stored outputs."""

import base64
import hashlib
import json
import os
from pathlib import Path

import nbformat
import papermill
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm

from swapbook.places import ROOT
from swaputils.errors import SwaputilsError
from swaputils.files import shown

NOTEBOOKS = ROOT / "notebooks"
EXERCISES = ROOT / "exercises"
BUILD = ROOT / "build"
KERNEL_ARGUMENTS = ["--log-level=ERROR"]  # kernels warn that they are spoken to over TCP, here on one machine
UNSHOWN = {"remove-output", "remove-stderr", "remove-cell"}
FOR_THE_TEXT = "application/papermill.record/"  # MyST-NB's mark before the type of what only the text shows
UNWATCHED = {"TQDM_DISABLE": "1"}  # progress bars are for people who wait

for variable in ("SWAPUTILS_DATA", "SWAPUTILS_RESULTS"):  # the kernels work in notebooks/
    if os.environ.get(variable):
        os.environ[variable] = str(Path(os.environ[variable]).resolve())


class ChapterError(SwaputilsError):
    """A chapter stopped on an error."""


def chapter_paths() -> list[Path]:
    """The chapters in reading order, as the book's contents list them; other notebooks beside them are nobody's business."""
    return _listed(NOTEBOOKS)


def exercise_paths() -> list[Path]:
    """The notebooks of exercises, one a chapter, as the book's contents list them."""
    return _listed(EXERCISES)


def _listed(folder: Path) -> list[Path]:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    listed = [ROOT / f"{entry['file']}.ipynb" for part in parts for entry in part["chapters"]]
    return [path for path in listed if path.parent == folder]


def content_hash(paths: list[Path], *texts: str) -> str:
    """A hash of the texts and of the names and bytes of all files at or under the paths."""
    digest = hashlib.sha256("\0".join(texts).encode())
    files = (file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    for file in sorted(file for file in files if "__pycache__" not in file.parts):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def fingerprint(chapter: Path, parameters: dict[str, object]) -> str:
    """A hash of all that decides a chapter's outputs: its cells, its parameters, the package, the results and the pins."""
    cells = nbformat.read(chapter, as_version=4).cells
    sources = [[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells]
    inputs = [ROOT / "swaputils", ROOT / "swapbook", ROOT / "results", ROOT / "constraints.txt"]
    return content_hash(inputs, json.dumps(sources), json.dumps(parameters, sort_keys=True))


def execute(chapter: Path, parameters: dict[str, object], output: Path) -> None:
    """Run a chapter from top to bottom and keep the executed copy at `output` only if it finished.

    The kernel works in notebooks/, as it does for a reader. Raises ChapterError naming the cell and the error; what had been
    executed is then at `failed_copy(output)`.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    partial, failed = output.with_name(f".{output.stem}.partial.ipynb"), failed_copy(output)
    failed.unlink(missing_ok=True)
    try:
        how = {"cwd": str(NOTEBOOKS), "kernel_name": "python3", "extra_arguments": KERNEL_ARGUMENTS}
        papermill.execute_notebook(str(chapter), str(partial), parameters=parameters, **how)
        notebook = nbformat.read(partial, as_version=4)
        normalise(notebook)
        nbformat.write(notebook, partial)
        os.replace(partial, output)
    except PapermillExecutionError as error:
        os.replace(partial, failed)
        raise ChapterError(f"{chapter.name}, code cell [{error.exec_count}]: {error.ename}: {error.evalue}") from error
    finally:
        partial.unlink(missing_ok=True)


def failed_copy(output: Path) -> Path:
    """Where `execute` leaves a chapter that did not finish."""
    return output.with_name(f"{output.stem}.failed.ipynb")


def execute_if_changed(chapter: Path, parameters: dict[str, object], folder: Path) -> tuple[Path, bool]:
    """The executed copy of a chapter, and whether it had to be executed now."""
    output = folder / f"{chapter.stem}.{fingerprint(chapter, parameters)}.ipynb"
    if output.exists():
        return output, False
    execute(chapter, parameters, output)
    for outdated in set(folder.glob(f"{chapter.stem}.*.ipynb")) - {output}:
        outdated.unlink()
    return output, True


def normalise(notebook: NotebookNode) -> None:
    """Make an executed notebook independent of when, where and by whom it was executed, in place.

    Drops timings, papermill's and the kernel's details, and the progress bars of cells whose output is unshown.
    """
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode({"tags": tags} if tags else {})
        if cell.cell_type == "code" and UNSHOWN & set(tags):
            bars = {("stream", "stderr")}
            cell.outputs = [each for each in cell.outputs if (each.output_type, each.get("name")) not in bars]


def glued_figures(notebook: NotebookNode) -> dict[str, bytes]:
    """The figures that an executed chapter gives to its text, as PNG."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "scrapbook" in output.get("metadata", {}) and "image/png" in output.data:
                found[output.metadata["scrapbook"]["name"]] = base64.b64decode(output.data["image/png"])
    return found


def give_to_text(notebook: NotebookNode) -> None:
    """Take figures that the text shows away from below their cells, in place, so that a page has them once."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            glued = output.get("metadata", {}).get("scrapbook")
            if glued and not glued["mime_prefix"]:
                glued["mime_prefix"] = FOR_THE_TEXT
                output.data = NotebookNode({f"{FOR_THE_TEXT}{kind}": shown for kind, shown in output.data.items()})


def refresh(chapter: Path) -> None:
    """Replace a chapter by its freshly executed and normalised self; a chapter that fails stays as it was."""
    notebook = nbformat.read(chapter, as_version=4)
    how = {"timeout": 900, "record_timing": False, "coalesce_streams": True, "extra_arguments": KERNEL_ARGUMENTS}
    place = {"metadata": {"path": str(chapter.parent)}}
    client = NotebookClient(notebook, kernel_name="python3", resources=place, **how)
    client.execute(env=os.environ | UNWATCHED)
    normalise(notebook)
    partial = chapter.with_name(f".{chapter.name}.partial")
    nbformat.write(notebook, partial)
    os.replace(partial, chapter)


def refresh_all(names: list[str]) -> None:
    """Refresh the named notebooks, or all. ChapterError for a file that is no chapter and no exercises, or one that stops."""
    every = chapter_paths() + exercise_paths()
    chapters = [Path(name).resolve() for name in names] or every
    for chapter in set(chapters) - set(every):
        raise ChapterError(f"{chapter.name} is no chapter; the chapters are {', '.join(map(shown, every))}")
    for chapter in tqdm(chapters, desc="refreshing", unit="chapter"):
        try:
            refresh(chapter)
        except CellExecutionError as error:
            raise ChapterError(f"{chapter.name} keeps its stored outputs, because it stopped\n{error}") from error
