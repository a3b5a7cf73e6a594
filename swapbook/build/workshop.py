"""What a class gets: two folders with the exercises and all that they need, one without the solutions and one with them."""

import re
import shutil
from pathlib import Path

import nbformat
from tqdm import tqdm

from swapbook.build.chapters import BUILD, EXERCISES, exercise_paths
from swapbook.build.exercises import TEACHING, complete_pages, without_solutions
from swapbook.places import ROOT
from swaputils.files import read_tensors, tensor_bytes
from swaputils.run_folder import WEIGHTS

FOLDER = BUILD / "workshop"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.partial")
UNUSED = shutil.ignore_patterns("smoke", "limited", "people", "*_unfinished")
FIRST_SEED = re.compile(r"_0$")


def _lighten(networks: Path) -> None:
    """Keep weights of the first network of each condition; of the others what was measured, and files that say whose it is."""
    for weights in networks.glob(f"*/*/{WEIGHTS}"):
        if not FIRST_SEED.search(weights.parent.name):
            weights.write_bytes(tensor_bytes({}, read_tensors(weights)[1]))


def _fill(folder: Path, solved: bool) -> None:
    for package in ("swaputils", "swapbook"):
        shutil.copytree(ROOT / package, folder / package, ignore=LEFT_OUT)
    shutil.copytree(ROOT / "results", folder / "results", ignore=UNUSED)
    _lighten(folder / "results" / "networks")
    for name in ("pyproject.toml", "constraints.txt", "LICENSE", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    for name in ("README.md", "start.py"):
        shutil.copy(EXERCISES / name, folder)
    (folder / "exercises").mkdir()
    for path in exercise_paths():
        notebook = nbformat.read(path, as_version=4)
        nbformat.write(notebook if solved else without_solutions(notebook), folder / "exercises" / path.name)
    if solved:
        for page in TEACHING:
            shutil.copy(ROOT / "book" / page, folder)
        complete_pages(folder)


def size(path: Path) -> float:
    """Megabytes of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def write_workshop(target: Path = FOLDER) -> list[Path]:
    """Write both folders and an archive of each into `target`, whole or not at all; returns the archives."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for name in tqdm(("participants", "solutions"), desc="workshop", unit="folder"):
            _fill(partial / name / "swaps", solved=name == "solutions")
            shutil.make_archive(str(partial / name), "zip", partial / name)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sorted(target.glob("*.zip"))
