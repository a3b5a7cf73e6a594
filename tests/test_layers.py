"""The library stands alone, imports point down the ranks, and a file's name says where it is."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 260  # lines of a module

RANKS = {
    "swaputils": {
        "__init__": 0,
        "angles": 1,
        "errors": 0,
        "shapes": 1,
        "files": 1,
        "jobs": 1,
        "inputs": 2,
        "trials": 2,
        "run_folder": 2,
        "command_line": 2,
        "drawing": 2,
        "geometry": 6,
        "diffusion": 3,
        "network": 3,
        "task": 4,
        "data": 5,
        "surrogate": 5,
        "training": 5,
        "behaviour": 6,
        "responders": 6,
        "report": 7,
        "recordings": 8,
        "__main__": 9,
    },
    "swapbook": {
        "__init__": 0,
        "places": 0,
        "scales": 0,
        "few_trials": 0,
        "gru": 1,
        "answers": -1,
        "hash_of_code": 0,
        "wording": 0,
        "theory": 0,
        "basic_conditions": 0,
        "conditions": 1,
        "plan": 2,
        "studies": 2,
        "planes": 3,
        "null_space_measures": 3,
        "plane_tables": 3,
        "tables": 3,
        "evaluation": 4,
        "measures": 5,
        "networks": 6,
        "parameters": 7,
        "collection": 7,
        "misbinding": 7,
        "people": 8,
        "limited": 9,
        "unfitted": 9,
        "induced": 9,
        "other_people": 10,
        "claim_quantities": 10,
        "claims": 11,
        "origins": 10,
        "cortex": 11,
        "summaries": 12,
        "figures": 13,
        "build": 14,
        "benchmarks": 12,
        "__main__": 15,
    },
}


def module_files() -> list[Path]:
    return sorted(path for package in RANKS for path in (ROOT / package).rglob("*.py"))


def part(path: Path) -> tuple[str, str]:
    """Package and part of it that a file belongs to: its folder in the package, or the module itself."""
    package, *rest = path.relative_to(ROOT).with_suffix("").parts
    return package, rest[0]


def imported_parts(path: Path) -> set[tuple[str, str]]:
    """The parts of the packages that a file imports anywhere in its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} line {node.lineno}: name the module in full, without dots"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        assert not set(names) & set(RANKS), f"{path.name} line {node.lineno}: import the module, not the package"
        found |= {tuple(name.split(".")[:2]) for name in names if name.split(".")[0] in RANKS}
    return found


def upward(path: Path, ranks: dict[str, dict[str, int]]) -> set[tuple[str, str]]:
    """What a file imports from its own rank or above in its package, apart from its own part; for the library also all of the book."""
    package, own = part(path)
    wrong = set()
    for other, name in imported_parts(path) - {(package, own)}:
        if other == package and ranks[package].get(name, 99) >= ranks[package][own]:
            wrong.add((other, name))
        if package == "swaputils" and other == "swapbook":
            wrong.add((other, name))
    return wrong


@pytest.mark.parametrize("package", RANKS)
def test_every_module_has_a_rank_and_every_rank_a_module(package):
    assert {part(path)[1] for path in module_files() if part(path)[0] == package} == set(RANKS[package])


@pytest.mark.parametrize("path", module_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    assert upward(path, RANKS) == set()


def test_an_upward_import_is_found():
    upside_down = {}
    for package, ranks in RANKS.items():
        upside_down[package] = {name: max(ranks.values()) - rank for name, rank in ranks.items()}
    for package in RANKS:
        assert any(upward(path, upside_down) for path in module_files() if part(path)[0] == package)


def test_each_file_name_stands_once():
    names = Counter(path.stem for path in module_files() if not path.stem.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", module_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_a_folder_holds_more_than_one_small_file():
    folders = Counter(path.parent for path in module_files() if not path.stem.startswith("__"))
    assert [folder.name for folder, count in folders.items() if count == 1] == []


def test_every_module_stands_in_the_map_of_the_house():
    """Figures are named after what they show."""
    text = (ROOT / "book" / "architecture.md").read_text()
    stems = {path.stem for path in module_files() if not path.stem.startswith("__")}
    assert {stem for stem in stems if f"`{stem}`" not in text and not stem.startswith("of_")} == set()
