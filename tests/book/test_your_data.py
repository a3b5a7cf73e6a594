"""The page on one's own data is true: its file is made, its commands are run, and what it quotes is what they say."""

import re
import runpy
import shlex

import pytest

from swapbook.places import ROOT
from swaputils.__main__ import main
from tests.small import hurry_run

PAGE = (ROOT / "book/your_data.md").read_text()
COMMANDS = re.findall(r"```bash\n(.*?)\n```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """The file of the page in the working folder, and fits and networks that take seconds."""
    monkeypatch.chdir(tmp_path)
    hurry_run(monkeypatch)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "make.py").write_text(code)
    runpy.run_path("make.py")
    return tmp_path


def test_every_command_of_the_page_is_followed_by_what_it_says():
    assert len(COMMANDS) == PAGE.count("```bash") == 9


@pytest.mark.parametrize(("command", "quoted"), COMMANDS, ids=range(len(COMMANDS)))
def test_what_the_page_quotes_is_what_is_said(lab, capfd, command, quoted):
    program, *arguments = shlex.split(command)
    assert program == "swaputils"
    status = main(arguments)
    told = capfd.readouterr()
    assert status == ("swaputils: " in quoted or "  also: " in quoted)
    said = (told.out + told.err).splitlines()
    for line in quoted.splitlines():
        whole = line.replace("of 32 units", "of 6 units")  # the tests teach tiny networks
        assert any(each == whole or whole.endswith(" ...") and each.startswith(whole[:-3]) for each in said), line


def test_each_message_names_the_option_that_the_next_command_has():
    settles = ["--columns response=", "--units deg", "--missing -1", "--cue-slots 8", "--drop-unanswered"]
    for (_, quoted), (following, _), option in zip(COMMANDS, COMMANDS[1:], settles):
        assert option in quoted and option in following
