"""Execute the chapters with their default parameters and store the outputs in notebooks/.

Two runs give the same bytes.
"""

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

from swapbook.build.chapters import KERNEL_ARGUMENTS, NOTEBOOKS, ChapterError, chapter_paths
from swapbook.build.normalise import normalise
from swaputils.files import shown


def refresh(chapter: Path) -> None:
    """Replace a chapter by its freshly executed and normalised self; a chapter that fails stays as it was."""
    notebook = nbformat.read(chapter, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=KERNEL_ARGUMENTS,
    )
    client.execute()
    normalise(notebook)
    partial = chapter.with_name(f".{chapter.name}.partial")
    nbformat.write(notebook, partial)
    os.replace(partial, chapter)


def refresh_all(names: list[str]) -> None:
    """Refresh the named chapters, or all. ChapterError for a file that is no chapter, or a chapter that stops."""
    chapters = [Path(name).resolve() for name in names] or chapter_paths()
    for chapter in set(chapters) - set(chapter_paths()):
        raise ChapterError(f"{chapter.name} is no chapter; the chapters are {', '.join(map(shown, chapter_paths()))}")
    for chapter in tqdm(chapters, desc="refreshing", unit="chapter"):
        try:
            refresh(chapter)
        except CellExecutionError as error:
            raise ChapterError(f"{chapter.name} keeps its stored outputs, because it stopped\n{error}") from error
