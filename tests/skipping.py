"""Tests that need something from outside the project."""

import os

import pytest


def skip_unless_ci(reason: str) -> None:
    """Skip the test with the reason; where all must be there, in CI, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
