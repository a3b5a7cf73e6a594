"""Code and notebooks keep the one style that pyproject.toml sets."""

import subprocess
import sys

import pytest

from swapbook.build.chapters import EXERCISES, chapter_paths
from swapbook.places import ROOT

CODE = [str(ROOT / name) for name in ("swaputils", "swapbook", "book", "tests")]
CODE += [str(EXERCISES), *map(str, chapter_paths())]


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=["check", "format"])
def test_ruff_finds_nothing(arguments):
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", *CODE]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
