"""What the parameters of a chapter may be, whoever gives them."""

from swapbook.networks import Network
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
