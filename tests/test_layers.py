"""Imports inside the package point down the ranks."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "swaputils"

RANKS = {
    "circular": 0,
    "records": 0,
    "softplus": -1,
    "optimiser": 0,
    "unrolled": 0,
    "store": 0,
    "task": 1,
    "data": 1,
    "drives": 1,
    "checkpoint": 1,
    "recurrence": 1,
    "reachability": 1,
    "surrogate": 2,
    "diffusion": 2,
    "rnn": 2,
    "download": 2,
    "lessons": 2,
    "tidy": 2,
    "ideal": 3,
    "objectives": 3,
    "emissions": 3,
    "simulated": 3,
    "gru": 2,
    "train": 4,
    "theory": 4,
    "behaviour": 5,
    "neural": 5,
    "conditions": 5,
    "studies": 5,
    "experiment": 6,
    "results": 7,
    "fitting": 7,
    "plotting": 7,
    "report": 8,
    "claims": 8,
    "__main__": 9,
    "__init__": 9,
}


def module_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """The part of the package that a file belongs to: its folder in the package, or the module itself."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_parts(path: Path) -> set[str]:
    """The parts of the package that a file imports anywhere in its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} line {node.lineno}: name the module in full, without dots"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("swaputils.")}
        assert "swaputils" not in names, f"{path.name} line {node.lineno}: import the module, not the package"
    return found


def upward(path: Path, ranks: dict[str, int]) -> set[str]:
    """What a file imports from its own rank or above, apart from its own part."""
    own = part(path)
    return {name for name in imported_parts(path) - {own} if ranks.get(name, 99) >= ranks[own]}


def test_every_module_has_a_rank_and_every_rank_a_module():
    assert {part(path) for path in module_files()} == set(RANKS)


@pytest.mark.parametrize("path", module_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    assert upward(path, RANKS) == set()


def test_an_upward_import_is_found():
    highest = max(RANKS.values())
    upside_down = {name: highest - rank for name, rank in RANKS.items()}
    assert any(upward(path, upside_down) for path in module_files() if part(path) != "__init__")
