"""Folders of results that several test files of the book share."""

import shutil

import pytest

from swapbook.places import ROOT


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder with two stored networks of the smoke scale, of conditions whose names begin alike."""
    for name in ("probe_energy_score_0", "probe_energy_score_continued_0"):
        shutil.copytree(ROOT / "results" / "networks" / "smoke" / name, tmp_path / "networks" / "smoke" / name)
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    return tmp_path
