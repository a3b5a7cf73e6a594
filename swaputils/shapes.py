"""Shapes of the tensors in a record, checked when it is made, and records that move between devices."""

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from swaputils.errors import SwaputilsError


class ShapeError(SwaputilsError):
    """A record was given a field whose shape does not fit the others."""


def check_shape(record: object, name: str, shape: tuple[int | None, ...]) -> None:
    """Raise ShapeError unless field `name` has `shape` (None stands for any length)."""
    actual = tuple(getattr(record, name).shape)
    fits = len(actual) == len(shape) and all(want in (None, got) for got, want in zip(actual, shape))
    if not fits:
        expected = ", ".join("any" if want is None else str(want) for want in shape)
        raise ShapeError(f"{type(record).__name__}.{name} has shape {actual}; expected ({expected})")


@dataclass(frozen=True)
class Moves:
    """Gives a record of tensors, or of tuples of them, `.to(device)`; given a tensor, it follows its dtype as well."""

    def to(self, device: torch.device | str | Tensor):
        moved: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                moved[field.name] = tuple(part.to(device) if isinstance(part, Tensor) else part for part in value)
            elif isinstance(value, (Tensor, Moves)):
                moved[field.name] = value.to(device)
        return replace(self, **moved)
