"""Planes that a non-negative drive can fill, against linear programming."""

import pytest
import torch
from scipy.optimize import linprog

from swaputils.network.reachability import failure_probability, positively_spans, spanning_signs
from swaputils.network.rnn import RNN, RNNConfig
from tests.small import assert_unbiased, seeded


def reaches(readout: torch.Tensor, angle: float) -> bool:
    """Whether U f equals the unit vector at `angle` for some f >= 0."""
    goal = [float(torch.tensor(angle).cos()), float(torch.tensor(angle).sin())]
    return linprog(torch.zeros(readout.shape[1]).numpy(), A_eq=readout.numpy(), b_eq=goal).status == 0


def planes(units: int, count: int) -> torch.Tensor:
    return torch.randn((count, 2, units), dtype=torch.float64, generator=seeded(units))


@pytest.mark.parametrize("units", [3, 4, 6])
def test_a_plane_is_spanned_when_every_direction_is_reached(units):
    answers = set()
    for readout in planes(units, 15):
        everywhere = all(reaches(readout, angle) for angle in torch.linspace(0, 6.28, 40).tolist())
        assert positively_spans(readout) == everywhere
        answers.add(everywhere)
    assert answers == {True, False}


@pytest.mark.parametrize(("units", "probability"), [(3, 0.75), (5, 5 / 16), (16, 16 / 2**15)])
def test_how_often_it_fails(units, probability):
    assert failure_probability(units) == probability
    if units < 10:
        failed = [not positively_spans(readout) for readout in planes(units, 3_000)]
        assert_unbiased(torch.tensor(failed).double(), probability)


@pytest.mark.parametrize("units", [3, 4, 7])
def test_signs_mend_every_plane_and_leave_good_ones_alone(units):
    for readout in planes(units, 500):
        signs = spanning_signs(readout)
        assert positively_spans(readout * signs)
        assert (signs.abs() == 1).all()
        assert not positively_spans(readout) or (signs == 1).all()


def test_every_network_can_push_everywhere():
    for seed in range(20):
        rnn = RNN(RNNConfig(units=3, hidden=2), 4, torch.ones(2), generator=seeded(seed))
        assert positively_spans(rnn.readout)
        rows = torch.cat((rnn.readout, rnn.null_space))
        torch.testing.assert_close(rows @ rows.T, torch.eye(3), rtol=0, atol=1e-5)
