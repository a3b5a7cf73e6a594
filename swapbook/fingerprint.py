"""A hash of the code that a function reaches, so that what was computed with other code is known.

What a function reaches is read off the source: definitions that it names, in its own module or imported from the two packages, and what
these name in turn. A method belongs to what is reached when its class does and some reached code calls an attribute of its name.
Comments, docstrings, annotations of shapes and the layout of the code do not count.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGES = ("swaputils", "swapbook")
Node = tuple[str, str]  # module and name of a definition; a method's name is Class.method


@cache
def code_hash(function: Callable) -> str:
    """First 16 hexadecimal digits of the SHA-256 of all code of the two packages that a function at the top of a module reaches."""
    digest = hashlib.sha256()
    for node in sorted(reached((function.__module__, function.__name__))):
        digest.update(f"{node[0]}.{node[1]}\n{_plain(_definitions(node[0])[node[1]])}\n".encode())
    return digest.hexdigest()[:16]


def reached(start: Node) -> set[Node]:
    """All definitions that one reaches, itself included."""
    found, waiting, attributes = set(), [start], set()
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        found.add(node)
        code = _definitions(node[0])[node[1]]
        waiting += _named(node[0], code)
        attributes |= {each.attr for each in ast.walk(code) if isinstance(each, ast.Attribute)}
        if not waiting:
            waiting = [
                method
                for method in _methods(found)
                if method[1].partition(".")[2] in attributes and method not in found
            ]
    return found


def _methods(found: set[Node]) -> Iterator[Node]:
    """Methods of the classes among the definitions found; special ones are part of the class itself."""
    for module, name in sorted(found):
        for method in _definitions(module):
            if method.startswith(f"{name}."):
                yield module, method


def _named(module: str, code: ast.AST) -> list[Node]:
    """Definitions of the packages that code names."""
    names, nodes = _names(module), []
    for each in ast.walk(code):
        if isinstance(each, ast.Name) and each.id in names:
            nodes.append(names[each.id])
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            within, name = names.get(each.value.id, ("", "")), each.attr
            if within[1] == "*":
                nodes.append(_names(within[0]).get(name, ("", "")))
    return [node for node in nodes if node[1] not in ("", "*")]


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(Path(import_module(module).__file__).read_text())


@cache
def _names(module: str) -> dict[str, Node]:
    """What the names at the top of a module mean: a definition here or in another module, or a whole module, whose name is "*"."""
    found = {name: (module, name) for name in _definitions(module) if "." not in name}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            for alias in node.names:
                found[alias.asname or alias.name] = _imported(node.module, alias.name)
    return found


def _imported(module: str, name: str) -> Node:
    """Where a name that is imported from a module is defined."""
    inside = _names(module)
    if name in inside:
        return inside[name]
    return f"{module}.{name}", "*"


@cache
def _definitions(module: str) -> dict[str, ast.AST]:
    """Functions, classes, methods and constants of a module by name; a class comes without the methods that are entries of their own."""
    found = {}
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            own = [each for each in node.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("__")]
            found |= {f"{node.name}.{each.name}": each for each in own}
            rest = [each for each in node.body if each not in own] or [ast.Pass()]
            found[node.name] = ast.ClassDef(**{**dict(ast.iter_fields(node)), "body": rest})
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)):
                found[name] = node
    return found


def _plain(code: ast.AST) -> str:
    """The code without docstrings and layout."""
    copy = ast.parse(ast.unparse(code))
    for node in ast.walk(copy):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(copy)
