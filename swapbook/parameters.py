"""The parameters of a chapter: their defaults, how they are read from NAME=value, and what they may be, whoever gives them."""

import ast
from pathlib import Path

from swapbook.conditions import CONDITIONS, named
from swapbook.networks import Network
from swapbook.scales import SCALES
from swapbook.tables import posterior_folder
from swaputils.errors import SwaputilsError


class ParameterError(SwaputilsError):
    """A parameter was given that the chapter does not have, or with a value of another type."""


def check(scale: str, seed: int, condition: str, data: str, recompute: bool) -> None:
    """Refuse values that a chapter cannot use, before it computes anything; papermill passes on whatever it is given.

    Raises:
        ParameterError: for another type, for instance the text "false" where True or False is meant; UnknownName for a
            scale, a seed, a condition or data that do not exist.
    """
    given = {"scale": (scale, str), "seed": (seed, int), "condition": (condition, str), "data": (data, str)}
    for name, (value, kind) in (given | {"recompute": (recompute, bool)}).items():
        if type(value) is not kind:
            wanted = "True or False" if kind is bool else f"of type {kind.__name__}"
            raise ParameterError(f"{name} is {value!r}, of type {type(value).__name__}; it must be {wanted}")
    Network(condition, scale, seed, data)


def defaults(chapter: Path) -> dict[str, object]:
    """The names and default values in the chapter's parameters cell."""
    import papermill  # only here: it takes a while, and chapters need no such thing

    inferred = papermill.inspect_notebook(str(chapter))
    return {name: ast.literal_eval(parameter["default"]) for name, parameter in inferred.items()}


def _convert(name: str, text: str, default: object) -> object:
    """The text of a parameter as the type of its default."""
    if isinstance(default, bool):
        if text not in ("True", "False"):
            raise ParameterError(f"{name.upper()}={text}: expected True or False")
        return text == "True"
    if default is None:
        return text
    try:
        return type(default)(text)
    except ValueError:
        raise ParameterError(f"{name.upper()}={text}: expected {type(default).__name__}, as in {default!r}") from None


def parse_parameters(assignments: list[str], chapter: Path) -> dict[str, object]:
    """Turn NAME=value texts into parameters of the chapter; papermill itself lets a misspelt name pass.

    Raises:
        ParameterError: for a name that the chapter lacks and for a value of another type than the default's.
    """
    known = defaults(chapter)
    parameters = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.lower()
        if name not in known or not equals:
            allowed = ", ".join(sorted(known)).upper()
            raise ParameterError(
                f"{chapter.name} has no parameter {assignment!r}; it has {allowed}, given as NAME=value"
            )
        parameters[name] = _convert(name, text, known[name])
    if "data" in parameters:
        parameters["data"] = absolute(parameters["data"])
    return parameters


def absolute(data: str) -> str:
    """The name of a data set as it is, a folder that `swaputils fit` wrote as it is found from anywhere."""
    return str(Path(data).resolve()) if (Path(data) / "posterior").is_dir() else data


def check_names(parameters: dict[str, object]) -> None:
    """UnknownName for a scale, condition or data set that does not exist, before anything is computed."""
    for name, kind in {"scale": SCALES, "condition": CONDITIONS}.items():
        if name in parameters:
            named(name, parameters[name], kind)
    if "data" in parameters:
        posterior_folder(parameters["data"])
