"""Where the book keeps what it stores."""

import os
from pathlib import Path

from swaputils.files import StoreError, shown

ROOT = Path(__file__).resolve().parent.parent


def results_folder() -> Path:
    """Folder of stored results: SWAPUTILS_RESULTS, else `results` in the checkout; StoreError where there is none."""
    folder = Path(os.environ.get("SWAPUTILS_RESULTS") or ROOT / "results")
    if not folder.is_dir():
        raise StoreError(
            f"{shown(folder)}: there is no such results folder; work in a checkout of the book, "
            "or set SWAPUTILS_RESULTS to an existing folder"
        )
    return folder
