"""Adam along the principal axes of the gradient: what it leaves as Adam has it, and what it makes faster."""

import pytest
import torch
from torch import nn

from swaputils.network.rnn import RNNConfig
from swaputils.network.rotated import RotatedAdam, Sums
from tests.small import seeded, small_rnn

BETAS = (0.9, 0.99)


def test_sums_are_joined_along_their_inputs_and_parted_again():
    weight, bias, own = (nn.Parameter(torch.randn(shape, generator=seeded())) for shape in ((6, 3), (6,), (4, 5)))
    shared, each = Sums([weight, bias]), Sums([own], shared=False)
    assert shared.joined([weight, bias]).shape == (1, 6, 4) and each.joined([own]).shape == (5, 1, 4)
    for sums, parameters in ((shared, [weight, bias]), (each, [own])):
        assert all(torch.equal(a, b) for a, b in zip(sums.parted(sums.joined(parameters)), parameters))


def test_the_sums_of_a_tree_name_the_weights_of_leaves_and_of_what_they_feed():
    drive = small_rnn(RNNConfig(units=5, drive="tree", branching=(3, 2))).drive
    shapes = [each.joined(each.parameters).shape for each in drive.sums()]
    assert shapes == [(1, 30, 5 + 1 + 6 + 8), (15, 1, 2), (5, 1, 3)]


def test_a_weight_of_one_input_moves_as_by_adam():
    by_adam, rotated = (nn.Parameter(torch.ones(4, dtype=torch.float64)) for _ in range(2))
    optimisers = torch.optim.Adam([by_adam], lr=0.1, betas=BETAS), RotatedAdam([rotated], [], lr=0.1, betas=BETAS)
    for step in range(30):
        for parameter, optimiser in zip((by_adam, rotated), optimisers):
            parameter.grad = torch.randn(4, dtype=torch.float64, generator=seeded(step))
            optimiser.step()
    torch.testing.assert_close(rotated, by_adam)
    assert not torch.equal(rotated, torch.ones_like(rotated))


@pytest.mark.parametrize("shared", [True, False])
def test_inputs_with_a_common_part_are_learnt_faster(shared):
    """Regression on inputs whose mean is ten times their spread, at the same rate."""
    inputs = 10 + torch.randn((512, 8), dtype=torch.float64, generator=seeded(1))
    goal = inputs @ torch.randn((8, 3), dtype=torch.float64, generator=seeded(2))
    losses = []
    for rotate in (False, True):
        weight = nn.Parameter(torch.zeros((3, 8) if shared else (8, 3), dtype=torch.float64))
        sums = [Sums([weight], shared)]
        optimiser = RotatedAdam([weight], sums, 0.01, BETAS) if rotate else torch.optim.Adam([weight], 0.01, BETAS)
        for _ in range(300):
            loss = (inputs @ (weight.T if shared else weight) - goal).square().mean()
            (weight.grad,) = torch.autograd.grad(loss, [weight])
            optimiser.step()
        losses.append(loss.item())
    assert losses[1] < losses[0] / 2, losses
