"""Fixtures, and the check of every annotated shape while the tests run."""

import os
from pathlib import Path

import matplotlib
import pytest
import torch
from jaxtyping import install_import_hook

install_import_hook("swaputils", "beartype.beartype")  # before the first import of the package
matplotlib.use("Agg")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def skip_unless_ci(reason: str) -> None:
    """Skip the test with the reason; where all must be there, in CI, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the human data."""
    folder = os.environ.get("SWAPUTILS_DATA")
    if not folder:
        skip_unless_ci("SWAPUTILS_DATA does not name the folder of the human data")
    if not Path(folder).is_dir():
        skip_unless_ci("SWAPUTILS_DATA names a folder that does not exist")
    return Path(folder)
