"""Fixtures of the tests of the library."""

import pytest


@pytest.fixture
def csv_file(tmp_path):
    def write(text):
        path = tmp_path / "people.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
