"""How a reader starts a notebook on another machine: addresses at Binder and Colab, and copies of the notebooks for Colab.

Where the variable SWAPBOOK_REPOSITORY names the public repository, pages of notebooks get a button for each. Binder makes a machine
from the repository's `environment.yml` and opens the notebook in JupyterLab. Colab opens one notebook on a machine that has nothing
else of the book, so copies that begin by fetching and installing it lie beside the pages, on the branch that these are published from.
"""

import os
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from swapbook.build.chapters import chapter_paths, exercise_paths
from swapbook.build.exercises import without_solutions
from swaputils.errors import SwaputilsError

VARIABLE = "SWAPBOOK_REPOSITORY"
BINDER, COLAB = "https://mybinder.org", "https://colab.research.google.com"
BRANCH, PUBLISHED = "main", "gh-pages"  # of the sources, of the pages
ADDRESS = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
INSTALLING = """# The book and what it needs; takes minutes, and only once on each machine.
!git clone --quiet --depth 1 {repository} swap-errors
%cd swap-errors
%pip install --quiet ."""


class LaunchError(SwaputilsError):
    """The public repository has an address that Binder and Colab do not take."""


def repository() -> str | None:
    """OWNER/NAME of the public repository, or None where none is named; LaunchError for an address of another kind."""
    address = os.environ.get(VARIABLE)
    if not address:
        return None
    if (found := ADDRESS.fullmatch(address)) is None:
        raise LaunchError(f"{VARIABLE} is {address!r}; it must be an address such as https://github.com/OWNER/NAME")
    return found[1]


def launch_options() -> dict[str, object]:
    """What the theme needs to put a button for Binder above each notebook; nothing without a public repository."""
    if (name := repository()) is None:
        return {}
    binder = {"binderhub_url": BINDER, "notebook_interface": "jupyterlab"}
    return {"repository_url": f"https://github.com/{name}", "repository_branch": BRANCH, "launch_buttons": binder}


def colab_address(page: str) -> str:
    """Where Colab opens the copy of a notebook, by the page's name, for example notebooks/01_surrogate_model."""
    return f"{COLAB}/github/{repository()}/blob/{PUBLISHED}/colab/{page}.ipynb"


def colab_copy(notebook: NotebookNode, address: str) -> NotebookNode:
    """A copy without outputs and solutions, which first fetches the book from an address and installs it."""
    copy = without_solutions(notebook)
    copy.cells.insert(0, new_code_cell(INSTALLING.format(repository=address), id="installing"))
    return copy


def write_colab_copies(pages: Path) -> None:
    """Put a copy of every notebook for Colab beside the built pages; nothing without a public repository."""
    if (name := repository()) is None:
        return
    for path in chapter_paths() + exercise_paths():
        copy = colab_copy(nbformat.read(path, as_version=4), f"https://github.com/{name}")
        place = pages / "colab" / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(copy, place)
