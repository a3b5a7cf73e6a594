"""Fixtures, and the check of every annotated shape while the tests run."""

import os
from pathlib import Path

import matplotlib
import pytest
import torch
from jaxtyping import install_import_hook

from tests.skipping import skip_unless_ci

install_import_hook("swaputils", "beartype.beartype")  # before the first import of the package
matplotlib.use("Agg")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the human data."""
    folder = os.environ.get("SWAPUTILS_DATA")
    if not folder:
        skip_unless_ci("SWAPUTILS_DATA does not name the folder of the human data")
    if not Path(folder).is_dir():
        skip_unless_ci("SWAPUTILS_DATA names a folder that does not exist")
    return Path(folder)
