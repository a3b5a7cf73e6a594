"""A notebook starts on another machine: the buttons' addresses, and copies that bring the book with them."""

import os
import shutil
import subprocess
import tomllib
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from swapbook.build import launching
from swapbook.build.chapters import chapter_paths, exercise_paths
from swapbook.places import ROOT

NOTEBOOKS = [f"{path.parent.name}/{path.stem}" for path in chapter_paths() + exercise_paths()]


@pytest.fixture
def public(monkeypatch):
    monkeypatch.setenv(launching.VARIABLE, "https://github.com/someone/swaps.git")


def test_without_a_public_repository_there_are_no_buttons_and_no_copies(monkeypatch, tmp_path):
    monkeypatch.delenv(launching.VARIABLE, raising=False)
    assert launching.launch_options() == {}
    launching.write_colab_copies(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "given", ["someone/swaps", "https://github.com/someone", "https://elsewhere.org/someone/swaps"]
)
def test_an_address_that_binder_and_colab_do_not_take_is_refused_before_anything_is_built(given, monkeypatch):
    monkeypatch.setenv(launching.VARIABLE, given)
    with pytest.raises(launching.LaunchError, match=f"is '{given}'; it must be an address such as"):
        launching.launch_options()


def test_the_theme_is_asked_for_a_button_to_the_sources_in_jupyterlab(public):
    options = launching.launch_options()
    assert (options["repository_url"], options["repository_branch"]) == ("https://github.com/someone/swaps", "main")
    assert options["launch_buttons"] == {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}


def test_colab_gets_a_copy_of_every_notebook_from_where_the_button_points(public, tmp_path):
    launching.write_colab_copies(tmp_path)
    for name in NOTEBOOKS:
        published = launching.colab_address(name).removeprefix(
            "https://colab.research.google.com/github/someone/swaps/blob/gh-pages/"
        )
        copy = nbformat.read(tmp_path / published, as_version=4)
        nbformat.validate(copy)
        assert "https://github.com/someone/swaps swap-errors" in copy.cells[0].source
        assert not any(cell.get("outputs") or "solution" in cell.metadata.get("tags", []) for cell in copy.cells)


def test_colabs_button_stands_beside_binders_and_on_no_other_page(public, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    from buttons import add_colab

    launch = {"label": "launch-buttons", "buttons": ["Binder"]}
    add_colab(SimpleNamespace(), NOTEBOOKS[0], "page.html", {"header_buttons": [{"label": "other"}, launch]}, None)
    assert launch["buttons"][1]["url"] == launching.colab_address(NOTEBOOKS[0])
    add_colab(SimpleNamespace(), "book/intro", "page.html", {}, None)


def test_a_copy_brings_the_book_to_a_machine_that_has_none(tmp_path):
    """Nothing is installed by this test: pip prepares the package, and resolves nothing."""
    source, machine = tmp_path / "source", tmp_path / "machine"
    machine.mkdir()
    for package in ("swapbook", "swaputils"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    git = ["git", "-C", source, "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*git, *command], check=True)
    told = new_code_cell("import swapbook.places\nprint(swapbook.places.ROOT)")
    notebook = new_notebook(cells=[new_markdown_cell("# A chapter"), told])
    copy = launching.colab_copy(notebook, f"file://{source}")
    offline = {"PIP_DRY_RUN": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    NotebookClient(copy, kernel_name="python3", resources={"metadata": {"path": str(machine)}}).execute(
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | offline
    )
    assert copy.cells[-1].outputs[0].text == f"{machine / 'swap-errors'}\n"
    assert "ERROR" not in "".join(output.get("text", "") for output in copy.cells[0].outputs)


def test_binder_finds_an_environment_that_installs_the_repository():
    """Binder reads `environment.yml` at the root unless a folder of its own stands there, and adds JupyterLab itself."""
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()
    pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][-1]["pip"]
    assert pip[-1].startswith("-e .")


def test_pages_are_published_with_the_copies_that_the_buttons_point_to():
    jobs = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())["jobs"]
    assert launching.VARIABLE in jobs["book"]["env"]
    pushed = jobs["publish"]["steps"][-1]["run"]
    assert f"HEAD:{launching.PUBLISHED}" in pushed and ".nojekyll" in pushed
    assert jobs["publish"]["if"].startswith(f"github.ref == 'refs/heads/{launching.BRANCH}'")


def test_make_lab_opens_the_notebooks_in_the_jupyterlab_that_classes_use():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    recipe = (ROOT / "Makefile").read_text().partition("\nlab: ")[2].partition("\n\n")[0]
    assert extras["workshop"][0].startswith("jupyterlab==") and "[workshop]" in recipe
