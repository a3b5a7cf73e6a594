"""The map of the house: which rooms and modules of the two packages import which, read from the code and drawn as SVG."""

import ast
from collections.abc import Mapping
from html import escape
from math import fsum
from pathlib import Path

from swapbook.build.reference import PACKAGES
from swapbook.places import ROOT
from swaputils.drawing import COLOURS
from swaputils.files import write_text

MAP = ROOT / "book" / "rooms.svg"
WIDE, STEP, HIGH = 920, 58, 30  # pixels: the map, a row of it, and a box
ROLES = dict(zip(PACKAGES, ("cued", "nontarget")))


def imports() -> dict[str, set[str]]:
    """What each room imports of the others, as package.room; a module that lies in no folder is a room of its own, commands are none."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
            if not name.rpartition(".")[2].startswith("__"):
                found.setdefault(name, set()).update(_imported(path) - {name})
    return {name: others & set(found) for name, others in found.items()}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            names |= {_room(f"{node.module}.{alias.name}") for alias in node.names}
    return names


def below(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """All that each room imports, itself or through others."""
    found = {name: set(others) for name, others in graph.items()}
    for _ in graph:  # no path is longer
        found = {name: others.union(*(found[other] for other in others)) for name, others in found.items()}
    return found


def essential(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The imports that no other import implies."""
    under = below(graph)
    return {name: others - set().union(*(under[other] for other in others)) for name, others in graph.items()}


def levels(graph: Mapping[str, set[str]]) -> dict[str, int]:
    """A row for each room, above all that it imports; the book stands on the library."""
    found: dict[str, int] = {}
    under = below(graph)
    for package in PACKAGES:
        base = max(found.values(), default=-1) + 1
        own = [name for name in graph if name.startswith(f"{package}.")]
        for name in sorted(own, key=lambda name: (len(under[name]), name)):
            found[name] = max((found[other] + 1 for other in graph[name] & set(own)), default=base)
    return found


def places(graph: Mapping[str, set[str]], rows: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Middle of each box: rows from below, in a row by the mean place of what is imported."""
    found: dict[str, tuple[float, float]] = {}
    for row in range(max(rows.values()) + 1):
        own = [name for name in sorted(rows) if rows[name] == row]
        wished = {
            name: round(fsum(found[each][0] for each in graph[name]) / max(len(graph[name]), 1), 3) for name in own
        }
        for place, name in enumerate(sorted(own, key=lambda name: (wished[name], name))):
            found[name] = ((place + 0.5) * WIDE / len(own), STEP * (max(rows.values()) - row + 0.5))
    return found


def drawn(graph: Mapping[str, set[str]]) -> str:
    """The map as SVG: folders strong, modules that lie in no folder pale, and a line down to each import that is not implied."""
    kept, rows = essential(graph), levels(graph)
    middle = places(kept, rows)
    high = STEP * (max(rows.values()) + 1)
    lines, boxes = [], []
    for name in sorted(graph):
        x, y = middle[name]
        for other in sorted(kept[name]):
            u, v = middle[other]
            bent = (
                f"M{x:.0f},{y + HIGH / 2:.0f}C{x:.0f},{y + STEP:.0f} {u:.0f},{v - STEP:.0f} {u:.0f},{v - HIGH / 2:.0f}"
            )
            lines.append(f'<path d="{bent}" fill="none" stroke="#888" stroke-opacity="0.55"/>')
        package, _, short = name.partition(".")
        folder = (ROOT / package / short).is_dir()
        wide = 8.2 * len(short) + 14
        boxes.append(
            f'<rect x="{x - wide / 2:.0f}" y="{y - HIGH / 2:.0f}" width="{wide:.0f}" height="{HIGH}" rx="5" fill="white"/>'
            f'<rect x="{x - wide / 2:.0f}" y="{y - HIGH / 2:.0f}" width="{wide:.0f}" height="{HIGH}" rx="5" '
            f'fill="{COLOURS[ROLES[package]]}" fill-opacity="{0.3 if folder else 0.08}" stroke="{COLOURS[ROLES[package]]}"/>'
            f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" font-weight="{700 if folder else 400}">{escape(short)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" font-family="sans-serif" font-size="13">'
        f'<rect width="{WIDE}" height="{high}" fill="white"/>\n' + "\n".join([*lines, *boxes]) + "\n</svg>\n"
    )


def draw_map() -> None:
    """Write the map as the code is now."""
    write_text(MAP, drawn(imports()))
