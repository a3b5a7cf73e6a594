"""Fixed and slow points: planted attractors of every kind, the network's own steps, and bad input."""

import math

import pytest
import torch

from swaputils.errors import SwaputilsError
from swaputils.network.fixedpoints import (
    jacobians,
    prepared_step,
    report_steps,
    slow_directions,
    slow_points,
    spectrum,
)
from swaputils.network.rnn import RNNConfig
from swaputils.network.rollout import rollout, silent_noise
from tests.small import INDEX_TASK, seeded, small_inputs, small_rnn

UNITS, LEAK, GAIN = 32, 0.1, 2.0
PREFERRED = 2 * math.pi * torch.arange(UNITS, dtype=torch.float64) / UNITS
RING_WEIGHTS = 2 * GAIN / UNITS * (PREFERRED[:, None] - PREFERRED).cos()


def ring_step(states):
    """z <- (1 - leak) z + leak W tanh z with cosine weights, whose fixed points are the ring A cos(preferred - angle)."""
    return (1 - LEAK) * states + LEAK * states.tanh() @ RING_WEIGHTS


def ring_amplitude() -> float:
    """A of the fixed point equation A = 2 g / U sum cos p tanh(A cos p)."""
    amplitude = 1.0
    for _ in range(200):
        amplitude = float(2 * GAIN / UNITS * (PREFERRED.cos() * (amplitude * PREFERRED.cos()).tanh()).sum())
    return amplitude


def point_step(states):
    return states + LEAK * (torch.arange(4).double() - states)


def starts(count: int, units: int, seed: int = 0):
    return torch.randn((count, units), dtype=torch.float64, generator=seeded(seed))


def on_trajectories():
    """Near the ring, all around it."""
    angles = 2 * math.pi * torch.arange(16, dtype=torch.float64)[:, None] / 16
    states = 2 * (PREFERRED - angles).cos() + 0.3 * starts(16, UNITS)
    for _ in range(20):
        states = ring_step(states)
    return states


def test_a_planted_ring_is_found_with_one_direction_that_keeps():
    found = slow_points(ring_step, on_trajectories(), slowest=1e-4, apart=0.05)
    plane = found.points @ torch.stack((PREFERRED.cos(), PREFERRED.sin()), dim=1) * 2 / UNITS
    on_ring = plane.norm(dim=1) > 0.1
    radius = torch.full((int(on_ring.sum()),), ring_amplitude(), dtype=torch.float64)
    torch.testing.assert_close(plane[on_ring].norm(dim=1), radius, atol=1e-5, rtol=0)
    assert torch.atan2(plane[:, 1], plane[:, 0]).sort().values.diff().max() < 1.0  # all around
    values = found.eigenvalues[on_ring]
    assert (slow_directions(values) == 1).all() and values[:, 1].abs().max() < 0.98
    torch.testing.assert_close(values[:, 0].abs(), torch.ones(len(values)).double(), atol=1e-6, rtol=0)


def test_the_centre_of_the_ring_stands_still_and_repels():
    found = slow_points(ring_step, 1e-3 * starts(3, UNITS), slowest=1e-4, apart=0.05)
    assert len(found) == 1 and found.points.abs().max() < 1e-6
    growing = 1 + LEAK * (GAIN - 1)
    torch.testing.assert_close(found.eigenvalues[0, :2].real, torch.full((2,), growing, dtype=torch.float64))


def test_a_planted_point_is_found_once_and_nothing_is_kept_near_it():
    found = slow_points(point_step, starts(50, 4), slowest=1e-8, apart=0.01, spread=10.0)
    torch.testing.assert_close(found.points, torch.arange(4).double()[None], atol=1e-6, rtol=0)
    assert slow_directions(found.eigenvalues).tolist() == [0]
    torch.testing.assert_close(found.eigenvalues.real, torch.full((1, 4), 0.9, dtype=torch.float64), atol=1e-9, rtol=0)


def test_a_map_that_never_stands_still_has_slow_points_only():
    def moving(states):
        """The first unit turns around at 0, where it is slowest; the others fade."""
        first = states[:, :1] + 1e-3 + 0.1 * states[:, :1] ** 2
        return torch.cat((first, 0.9 * states[:, 1:]), dim=1)

    assert len(slow_points(moving, starts(10, 4), slowest=9e-4, apart=0.01)) == 0
    found = slow_points(moving, starts(10, 4), slowest=2e-3, apart=0.01)
    torch.testing.assert_close(found.points, torch.zeros(1, 4).double(), atol=1e-3, rtol=0)
    assert float(found.speed) == pytest.approx(1e-3, rel=1e-4) and slow_directions(found.eigenvalues).tolist() == [1]


def test_what_lies_far_from_every_start_is_left_out():
    assert len(slow_points(point_step, 0.1 * starts(20, 4), slowest=1e-8, apart=0.01)) == 0


def test_eigenvalues_are_those_of_the_derivative_and_each_state_has_its_own():
    matrix = torch.randn((5, 5), dtype=torch.float64, generator=seeded(3))
    states = starts(4, 5)
    found = jacobians(lambda rows: rows.pow(2) @ matrix.T, states)
    torch.testing.assert_close(found, 2 * matrix * states[:, None])
    values = spectrum(lambda rows: rows @ matrix.T, states)
    assert (values.abs().diff(dim=1) < 1e-12).all()
    torch.testing.assert_close(values.prod(1).real, torch.linalg.det(matrix).expand(4))


@pytest.mark.parametrize("drive", ["gated", "tree"])
def test_the_maps_are_the_steps_of_a_rollout_without_noise(drive):
    rnn = small_rnn(RNNConfig(units=6, hidden=10, drive=drive, branching=(2, 2))).requires_grad_(False)
    inputs = small_inputs(1)
    run = rollout(rnn, inputs, silent_noise(rnn, inputs))
    state = silent_noise(rnn, inputs).initial
    for shown, steps in zip(inputs.shown, inputs.steps):
        step = prepared_step(rnn, None if shown is None else shown[0])
        for _ in range(steps):
            state = step(state)
    torch.testing.assert_close(state, run.report[:, 0])
    steps = report_steps(rnn)
    assert len(steps) == INDEX_TASK.periods.steps("report")
    for number, step in enumerate(steps):
        torch.testing.assert_close(step(run.report[:, number]), run.report[:, number + 1])
    assert jacobians(steps[0], state).shape == (1, 6, 6)


def test_bad_starts_and_limits_are_sentences():
    with pytest.raises(SwaputilsError, match="rows of finite float64"):
        slow_points(point_step, starts(3, 4).float(), slowest=1.0, apart=1.0)
    with pytest.raises(SwaputilsError, match="rows of finite float64"):
        slow_points(point_step, starts(3, 4) * torch.nan, slowest=1.0, apart=1.0)
    with pytest.raises(SwaputilsError, match="must be positive"):
        slow_points(point_step, starts(3, 4), slowest=0.0, apart=1.0)
