"""Records refuse fields that do not fit together, and move as a whole."""

import math
from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from swaputils.diffusion.targets import ResponseMixture
from swaputils.inputs import Periods, TrialInputs
from swaputils.network.rollout import Rollout, TrialNoise
from swaputils.shapes import ShapeError
from swaputils.training.lessons import Batch
from swaputils.trials import Displays, Trials

M, N, D, U, P, T = 4, 3, 5, 6, 7, 8
DISPLAYS = Displays(torch.zeros(M, N), torch.zeros(M, N), torch.zeros(M, dtype=torch.long))
INPUTS = TrialInputs(torch.zeros(M, D), torch.zeros(M, D), Periods())
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


def devices(record: object) -> list[str]:
    """Devices of all tensors in a record, at any depth."""
    values = [getattr(record, field.name) for field in fields(record)]
    return [
        device
        for value in values
        if isinstance(value, Tensor) or hasattr(value, "to")
        for device in ([value.device.type] if isinstance(value, Tensor) else devices(value))
    ]


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
    batch = Batch(DISPLAYS, replace(INPUTS, periods=Periods(delay=0.5)), TARGET).to("meta")
    assert batch.inputs.periods == Periods(delay=0.5) and batch.target.radius == 2.5


def test_displays_of_several_set_sizes():
    report = torch.tensor([[0.1, 0.2, 0.3], [1.1, 1.2, math.nan], [2.1, math.nan, math.nan]])
    displays = Displays(report, -report, torch.tensor([2, 1, 0]))
    assert displays.set_size.tolist() == [3, 2, 1]
    assert displays.cued_report.tolist() == pytest.approx([0.3, 1.2, 2.1])
    assert displays.cued_probe.tolist() == pytest.approx([-0.3, -1.2, -2.1])
    assert displays.is_cued.nonzero().tolist() == [[0, 2], [1, 1], [2, 0]]
    trials = Trials(displays, torch.tensor([0.0, 1.0, 2.0]), torch.tensor([5, 6, 7]))
    large = trials[displays.set_size > 1]
    assert (large.subject.tolist(), large.response.tolist(), large.displays.cued.tolist()) == ([5, 6], [0, 1], [2, 1])
    assert len(trials[1:]) == 2
    assert large.condition is None


def test_conditions_are_picked_with_their_trials():
    trials = replace(RECORDS[2], condition=torch.tensor([3, 1, 4, 1]))
    assert trials[1:3].condition.tolist() == [1, 4]
    assert trials[torch.tensor([True, False, False, True])].condition.tolist() == [3, 1]
    assert trials[torch.tensor([2, 0])].condition.tolist() == [4, 3]


def test_periods_count_steps_of_fifty_milliseconds():
    periods = Periods()
    lengths = [periods.steps(name) for name in ("stimulus", "delay", "cue", "post_cue_delay", "report")]
    assert lengths == [5, 15, 5, 1, 40]
    assert periods.preparatory_steps == 26


@pytest.mark.parametrize("seconds", [0.07, 0.0, -0.05, 0.025, math.nan, math.inf])
@pytest.mark.parametrize("period", ["stimulus", "report"])
def test_periods_refuse_broken_steps(period, seconds):
    with pytest.raises(
        ValueError, match=f"period {period} lasts {seconds} s; allowed are positive multiples of 0.05 s"
    ):
        Periods(**{period: seconds})
