"""What a user can mend is one sentence and status 1; anything else shows where it is, and status 2."""

import pytest

from swaputils.command_line import INTERRUPTED, run
from swaputils.data.table import DataError
from swaputils.errors import SwaputilsError
from swaputils.files import StoreError

RAISED: list[BaseException] = []


def work(times: int = 1) -> None:
    """Print as often as asked."""
    print("done " * times)


def fail() -> None:
    """Raise what the test put there."""
    raise RAISED[-1]


COMMANDS = {"work": work, "fail": fail}


def failing(capfd: pytest.CaptureFixture[str], error: BaseException) -> tuple[int, str]:
    RAISED.append(error)
    status = run("program", COMMANDS, ["fail"])
    printed = capfd.readouterr()
    assert printed.out == ""
    return status, printed.err


def test_a_command_that_works_has_status_0(capfd):
    assert run("program", COMMANDS, ["work", "--times", "2"]) == 0
    printed = capfd.readouterr()
    assert printed.out.split() == ["done", "done"] and printed.err == ""


@pytest.mark.parametrize("kind", [SwaputilsError, StoreError, DataError])
def test_an_error_of_the_library_is_one_sentence(capfd, kind):
    assert failing(capfd, kind("people.csv: holds no trials")) == (1, "program: people.csv: holds no trials\n")


def test_an_error_of_the_system_is_one_sentence(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = PermissionError(13, "Permission denied", str(tmp_path / "fit"))
    assert failing(capfd, error) == (1, "program: fit: Permission denied\n")


@pytest.mark.parametrize("error", [ValueError("too many values to unpack"), KeyError("level"), ZeroDivisionError()])
def test_any_other_error_shows_its_traceback(capfd, error):
    status, said = failing(capfd, error)
    assert status == 2 and said.startswith("Traceback (most recent call last)")
    assert type(error).__name__ in said and "raise RAISED[-1]" in said
    assert said.splitlines()[-1].startswith("program: this is a bug of the program")


def test_an_interruption_has_the_status_of_the_shell(capfd):
    status, said = failing(capfd, KeyboardInterrupt())
    assert status == INTERRUPTED == 128 + 2
    assert said.startswith("program: interrupted") and len(said.splitlines()) == 1


def test_a_command_that_is_none_is_refused_by_the_parser(capfd):
    with pytest.raises(SystemExit) as ended:
        run("program", COMMANDS, ["paint"])
    assert ended.value.code == 2 and "Traceback" not in capfd.readouterr().err
