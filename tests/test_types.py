"""The annotations of the library agree with its calls, as far as a type checker can tell."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRONG_CALL = "from swaputils.inputs import Periods\n\nPeriods(delay=0.5).steps(3)\n"


def checked(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_mypy_finds_nothing_in_the_library():
    finished = checked()
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_mypy_would_find_a_wrong_call(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG_CALL)
    finished = checked(str(tmp_path / "wrong.py"))
    assert finished.returncode == 1 and 'has incompatible type "int"; expected "str"' in finished.stdout
