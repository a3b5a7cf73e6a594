"""Execute the chapters with their default parameters and store the outputs in notebooks/.

Two runs give the same bytes. Run as `python -m workflow.refresh [chapter ...]`.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

from swaputils.store import shown
from workflow.chapters import KERNEL_ARGUMENTS, NOTEBOOKS, chapter_paths
from workflow.normalise import normalise


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


def main() -> None:
    chapters = [Path(name).resolve() for name in sys.argv[1:]] or chapter_paths()
    for chapter in set(chapters) - set(chapter_paths()):
        sys.exit(f"error: {chapter.name} is no chapter; the chapters are {', '.join(map(shown, chapter_paths()))}")
    for chapter in tqdm(chapters, desc="refreshing", unit="chapter"):
        try:
            refresh(chapter)
        except CellExecutionError as error:
            sys.exit(f"error: {chapter.name} keeps its stored outputs, because it stopped\n{error}")
        except KeyboardInterrupt:
            sys.exit(f"interrupted; {chapter.name} and the chapters after it keep their stored outputs")


if __name__ == "__main__":
    main()
