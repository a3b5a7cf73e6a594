"""Records refuse fields that do not fit together, and move as a whole."""

import math
from dataclasses import fields, is_dataclass, replace

import pytest
import torch
from torch import Tensor

from swaputils.diffusion.targets import ResponseMixture
from swaputils.inputs import TrialInputs
from swaputils.network.rollout import Rollout, TrialNoise
from swaputils.shapes import ShapeError
from swaputils.training.lessons import Batch
from swaputils.trials import Displays, Trials

M, N, D, U, P, T = 4, 3, 5, 6, 7, 8
DISPLAYS = Displays(torch.zeros(M, N), torch.zeros(M, N), torch.zeros(M, dtype=torch.long))
INPUTS = TrialInputs((torch.zeros(M, D), None, torch.zeros(M, D), None), (5, 15, 5, 1), 40)
TARGET = ResponseMixture(torch.zeros(M, N), torch.zeros(M, N), 0.05, 2.5)
RECORDS = [
    DISPLAYS,
    Trials(DISPLAYS, torch.zeros(M), torch.zeros(M, dtype=torch.long)),
    Trials(DISPLAYS, torch.zeros(M), torch.zeros(M, dtype=torch.long), torch.zeros(M, dtype=torch.long)),
    INPUTS,
    TARGET,
    TrialNoise(torch.zeros(M, U), torch.zeros(P + T, M, U)),
    Rollout(torch.zeros(M, P, U), torch.zeros(M, T + 1, U), torch.zeros(M, T, 2)),
]
TENSORS = [(record, name) for record in RECORDS for name, value in vars(record).items() if isinstance(value, Tensor)]


def name_of(value) -> str:
    return value if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize(("record", "field"), [case for case in TENSORS if case[1] != "preparation"], ids=name_of)
def test_a_field_with_an_axis_too_many_is_refused_by_name(record, field):
    with pytest.raises(ShapeError, match=f"{type(record).__name__}.{field} has shape .* expected"):
        replace(record, **{field: getattr(record, field)[None]})


@pytest.mark.parametrize(("record", "field"), TENSORS, ids=name_of)
def test_a_field_of_another_length_is_refused(record, field):
    value = getattr(record, field)
    axis = value.ndim - 1  # the axis that some other field shares
    with pytest.raises(ShapeError, match=rf"{type(record).__name__}\.\w+ has shape"):
        replace(record, **{field: value.narrow(axis, 0, value.shape[axis] - 1)})


def test_a_batch_of_unequal_lengths_is_refused():
    assert len(Batch(DISPLAYS, INPUTS, TARGET)) == M
    with pytest.raises(ShapeError, match="4 displays, 4 inputs and 2 targets"):
        Batch(DISPLAYS, INPUTS, ResponseMixture(TARGET.angles[:2], TARGET.log_weights[:2], 0.05, 2.5))


@pytest.mark.parametrize(("spread", "radius"), [(0.0, 2.5), (0.05, -1.0), (math.nan, 1.0)])
def test_a_mixture_needs_an_extent(spread, radius):
    with pytest.raises(ValueError, match="spread > 0 and radius > 0"):
        ResponseMixture(TARGET.angles, TARGET.log_weights, spread, radius)


def devices(value: object) -> list[str]:
    """Devices of all tensors in a value, at any depth."""
    if isinstance(value, Tensor):
        return [value.device.type]
    parts = [getattr(value, field.name) for field in fields(value)] if is_dataclass(value) else value
    return [device for part in parts for device in devices(part)] if isinstance(parts, list | tuple) else []


@pytest.mark.parametrize(
    ("record", "count"),
    [(Batch(DISPLAYS, INPUTS, TARGET), 7), (RECORDS[1], 5), (RECORDS[2], 6), (RECORDS[5], 2), (RECORDS[6], 3)],
    ids=name_of,
)
def test_to_moves_every_tensor_however_deep(record, count):
    moved = record.to("meta")
    assert type(moved) is type(record)
    assert devices(moved) == ["meta"] * count
    assert devices(record) == ["cpu"] * count


def test_to_keeps_what_is_not_a_tensor():
    batch = Batch(DISPLAYS, INPUTS, TARGET).to("meta")
    assert batch.inputs.shown[1] is None and (batch.inputs.steps, batch.inputs.report) == (INPUTS.steps, 40)
    assert batch.target.radius == 2.5


def test_to_a_tensor_takes_its_dtype():
    batch = Batch(DISPLAYS, INPUTS, TARGET).to(torch.zeros(1, dtype=torch.float64))
    assert batch.inputs.shown[2].dtype == batch.target.angles.dtype == torch.float64
