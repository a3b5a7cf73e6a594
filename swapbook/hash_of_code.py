"""A hash of the code that functions reach, so that what was computed with other code is known.

What a function reaches is read off the source: definitions that it names, in its own module or imported from the two packages, and what
these name in turn, annotations included. A method belongs to what is reached when its class does and some reached code has an attribute
of its name. What is called through a field of a record is not seen: it has to be named as a function of its own. Comments, docstrings,
annotations in functions, which errors are raised and the layout of the code are not part of the hash.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("swaputils", "swapbook")
Node = tuple[str, str]  # module and name of a definition; a method's name is Class.method
NOTHING = ("", "")
CALLED_BY_TORCH = ("forward", "backward")  # methods that no code names


def code_hash(*functions: Callable) -> str:
    """First 16 hexadecimal digits of the SHA-256 of all code of the two packages that the functions reach.

    Functions and methods at the top of a module, or made by one: then what is reached starts at the maker.
    """
    return _hash(frozenset(definition_of(function) for function in functions))


def definition_of(function: Callable) -> Node:
    """The definition at the top of a module that a function is, or was made by."""
    return function.__module__, function.__qualname__.partition(".<locals>")[0]


@cache
def _hash(starts: frozenset[Node]) -> str:
    digest = hashlib.sha256()
    for module, name in sorted(reached(starts)):
        digest.update(f"{module}.{name}\n{ast.unparse(_definitions(module, bare=True)[name])}\n".encode())
    return digest.hexdigest()[:16]


def reached(starts: Iterable[Node]) -> set[Node]:
    """All definitions that some reach, themselves included."""
    found, attributes, new = set(), set(), set(starts)
    while new:
        found |= new
        attributes |= {name for node in new for name in _attributes(*node)}
        named = {other for node in new for other in _named(*node)}
        called = {method for node in found for method in _methods(*node) if method[1].partition(".")[2] in attributes}
        new = (named | called) - found
    return found


@cache
def _attributes(module: str, name: str) -> frozenset[str]:
    """Attributes that a definition asks anything for."""
    return frozenset(each.attr for each in ast.walk(_definitions(module)[name]) if isinstance(each, ast.Attribute))


@cache
def _methods(module: str, name: str) -> list[Node]:
    """Methods of a class; special ones, and those that torch calls, are part of the class itself."""
    return [(module, method) for method in _definitions(module) if method.startswith(f"{name}.")]


@cache
def _named(module: str, name: str) -> frozenset[Node]:
    """Definitions of the packages that a definition names; a method names its class."""
    names, nodes = _names(module), {(module, name.partition(".")[0])}
    for each in ast.walk(_definitions(module)[name]):
        if isinstance(each, ast.Name):
            nodes.add(names.get(each.id, NOTHING))
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            within, what = names.get(each.value.id, NOTHING)
            nodes.add(_names(within).get(each.attr, NOTHING) if what == "*" else NOTHING)
    return frozenset(node for node in nodes if node[1] not in ("", "*"))


def source(module: str) -> str:
    """Text of a module."""
    return Path(find_spec(module).origin).read_text()


@cache
def _tree(module: str, bare: bool = False) -> ast.Module:
    """A module without the errors that it raises; bare, without all that is not part of the hash."""
    tree = _Unsaid().visit(ast.parse(source(module)))
    return _Bare().visit(tree) if bare else tree


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
    return _names(module).get(name, (f"{module}.{name}", "*"))


@cache
def _definitions(module: str, bare: bool = False) -> dict[str, ast.AST]:
    """Functions, classes, methods and constants of a module by name; a class comes without the methods that are entries of their own."""
    found = {}
    for node in _tree(module, bare).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            own = [each for each in methods if not each.name.startswith("__") and each.name not in CALLED_BY_TORCH]
            found |= {f"{node.name}.{each.name}": each for each in own}
            rest = [each for each in node.body if each not in own] or [ast.Pass()]
            found[node.name] = ast.ClassDef(**{**dict(ast.iter_fields(node)), "body": rest})
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)):
                found[name] = node
    return found


class _Unsaid(ast.NodeTransformer):
    """Removes which error is raised."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        return ast.Raise()


class _Bare(ast.NodeTransformer):
    """Removes texts that stand alone, and annotations in functions."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.body = _without_texts(node.body)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns, node.body = None, _without_texts(node.body)
        for inside in ast.walk(node):
            if isinstance(inside, ast.arg):
                inside.annotation = None
            elif isinstance(inside, ast.AnnAssign):
                inside.annotation = ast.Constant(None)
        return self.generic_visit(node)


def _without_texts(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without docstrings; `pass` where nothing else stands."""
    return [each for each in body if not _is_text(each)] or [ast.Pass()]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
