"""Files are written whole or not at all, with the same bytes for the same content, and read with a sentence on what is wrong."""

import os
import resource

import pytest
import torch

from swaputils import files
from swaputils.files import StoreError


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_same_tensors_make_the_same_bytes(tmp_path):
    tensors = {"first": torch.randn(3, generator=torch.Generator().manual_seed(0)), "second": torch.ones(2)}
    for name in "ab":
        files.write_tensors(tmp_path / name, tensors, {"one": "1", "two": "2", "three": "3"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert files.read_tensors(tmp_path / "a")[1] == {"one": "1", "two": "2", "three": "3"}


def test_a_write_that_the_system_cuts_short_leaves_the_old_file(tmp_path):
    files.write_text(tmp_path / "value.txt", "1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StoreError, match="value.txt: cannot be written"):
            files.write_text(tmp_path / "value.txt", "1" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == {"value.txt"} and (tmp_path / "value.txt").read_text() == "1"


def test_messages_show_no_folders_outside_the_working_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.shown(tmp_path / "runs" / "a" / "config.json") == os.path.join("runs", "a", "config.json")
    assert files.shown("/somebody/home/runs/config.json") == os.path.join("runs", "config.json")
