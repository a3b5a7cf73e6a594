"""The reference: a page for each room of the two packages, written when the book is built."""

import ast
from pathlib import Path

from swapbook.places import ROOT

PACKAGES = ("swaputils", "swapbook")
MODULE = """## `{name}`

```{{eval-rst}}
.. automodule:: {name}
   :members:
```
"""


def rooms() -> dict[str, list[str]]:
    """Modules of each room by its name; a package's own name stands for those that lie in no folder of it. Commands are no modules."""
    found: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if not path.name.startswith("__"):
                found.setdefault(name.rpartition(".")[0], []).append(name)
    return found


def page(room: str, modules: list[str]) -> str:
    """The page of a room: what it is about, and its modules."""
    about = ast.get_docstring(ast.parse((ROOT.joinpath(*room.split(".")) / "__init__.py").read_text()))
    return "\n".join([f"# `{room}`\n\n{about}\n", *(MODULE.format(name=name) for name in modules)])


def write_pages(folder: Path) -> None:
    """Write all pages of the reference into a folder."""
    folder.mkdir()
    for room, modules in rooms().items():
        (folder / f"{room}.md").write_text(page(room, modules))
