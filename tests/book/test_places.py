"""Where the book's results lie."""

import pytest

from swapbook import places
from swaputils.files import StoreError


def test_results_folder_is_named_or_beside_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    assert places.results_folder() == tmp_path
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path / "absent"))
    with pytest.raises(StoreError, match="absent: there is no such results folder; .* SWAPUTILS_RESULTS"):
        places.results_folder()
