"""The page whose code adds a task of anybody's own: what it prints and draws is stored with it, and made again by this module."""

import io
import re
from contextlib import chdir, redirect_stdout
from pathlib import Path

from swapbook.places import ROOT
from swaputils.files import write_text

PAGE = ROOT / "book" / "another_task.md"
CODE = re.compile(r"```python\n(.*?)```\n", re.DOTALL)
PRINTED = re.compile(r"```text\n(.*?)```\n", re.DOTALL)


def executed(page: str, folder: Path) -> tuple[dict, str]:
    """Run the code of a page as it stands, in one namespace and in a folder, where it leaves its figure.

    Returns the names that it ends with, and the page with what each block printed in the blocks of text.
    """
    names: dict = {"__name__": "example"}
    printed = []
    with chdir(folder):
        for code in CODE.findall(page):
            with redirect_stdout(io.StringIO()) as said:
                exec(compile(code, PAGE.name, "exec"), names)  # noqa: S102 (code of this book, as a chapter is)
            printed += [said.getvalue()] if said.getvalue() else []
    return names, PRINTED.sub(lambda _: f"```text\n{printed.pop(0)}```\n", page)


def refresh_example() -> None:
    """Run the page's code and store what it draws and prints."""
    write_text(PAGE, executed(PAGE.read_text(), PAGE.parent)[1])
