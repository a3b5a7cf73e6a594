"""A network taught in one call: the diffusion objective brings the gated drive to the swap rate of its target."""

import torch

from swaputils.behaviour import summarise
from swaputils.diffusion.schedule import linear_schedule
from swaputils.diffusion.targets import RADIUS
from swaputils.inputs import Periods
from swaputils.network.drives import GatedDrive
from swaputils.network.rnn import RNNConfig
from swaputils.responders import IdealSampler, Noisy
from swaputils.surrogate import flat, response_mixture
from swaputils.task import DelayedEstimation, TaskConfig
from swaputils.training.loop import TrainConfig
from swaputils.training.recipes import DIFFUSION
from swaputils.training.teach import certain_answers, teach
from tests.small import INDEX_TASK, seeded, target_of

SWAPS = 0.3
SCHEDULE = linear_schedule(8, 0.05, 0.7)
PERIODS = Periods(stimulus=0.15, delay=0.05, cue=0.15, post_cue_delay=0.05, report=0.4)
TRAIN = TrainConfig(
    batch=128,
    selection_updates=2_500,
    distribution_updates=1_500,
    selection_rate=1.5e-2,
    distribution_rate=1e-2,
    averaging=0.99,
    check_every=50,
    delay_step=1,
)


def test_the_diffusion_objective_teaches_a_swap_rate():
    """Selection is passed below 10 % of wrong items; the rest of the swaps comes from the distribution."""
    task = DelayedEstimation(
        TaskConfig(periods=PERIODS),
        lambda displays: response_mixture(displays, flat(displays, SWAPS), spread=0.15),
    )
    rnn = teach(task, DIFFUSION, RNNConfig(hidden=64), TRAIN, SCHEDULE, generator=seeded())
    assert isinstance(rnn.drive, GatedDrive)
    displays = task.sample(4_000, generator=seeded(7))
    network, ideal = (
        summarise(displays, each.end_points(displays, seeded(8)), RADIUS)
        for each in (Noisy(rnn, task), IdealSampler(SCHEDULE, task))
    )
    assert network["swap_low"] > TRAIN.wrong_items + 0.05
    assert abs(network["swap_rate"] - ideal["swap_rate"]) < 0.06
    assert network["median_nearest"] < 0.15


def test_certain_answers_are_the_target_without_swaps():
    displays = INDEX_TASK.sample(20, generator=seeded())
    found, expected = certain_answers(displays), target_of(displays, 0.0)
    assert torch.equal(found.angles, expected.angles) and torch.equal(found.log_weights, expected.log_weights)
    assert (found.spread, found.radius) == (expected.spread, expected.radius)
