"""Distances between solutions: planted dynamics are told apart, and tables of distances are read as they were written."""

import math

import pandas as pd
import pytest
import torch

from swapbook.cortex import solutions
from tests.small import seeded


def turning(rate: float, seed: int, trials: int = 64, steps: int = 30):
    """Noisy activity of 8 units, two of which turn by `rate` (rad a step) while the others fade."""
    step = 0.6 * torch.eye(8, dtype=torch.float64)
    step[:2, :2] = 0.97 * torch.tensor([[math.cos(rate), -math.sin(rate)], [math.sin(rate), math.cos(rate)]])
    state, states = torch.randn((trials, 8), dtype=torch.float64, generator=seeded(seed)), []
    for number in range(steps):
        noise = torch.randn(state.shape, dtype=torch.float64, generator=seeded(1_000 * seed + number))
        state = (state @ step.T).tanh() + 0.02 * noise
        states.append(state)
    return torch.stack(states, dim=1)


def rotated(activity, seed=7):
    turn = torch.linalg.qr(torch.randn((activity.shape[-1],) * 2, dtype=torch.float64, generator=seeded(seed))).Q
    return 5 * activity @ turn


def test_a_rotated_copy_has_the_same_dynamics_and_another_system_has_not():
    system = turning(0.3, 1)
    copy = solutions.dynamical_distance(system, rotated(system))
    again = solutions.dynamical_distance(system, rotated(turning(0.3, 2)))
    other = solutions.dynamical_distance(system, rotated(turning(1.2, 3)))
    assert copy < 0.01 and again < 0.2 * other and other > 0.2


@pytest.fixture
def table():
    """Networks on a line, a group at 0, 10, 20 and 30 each, seeds 1 apart."""
    place = {(name, seed): 10 * k + seed for k, name in enumerate(solutions.GROUPS) for seed in (0, 1, 2)}
    place |= {(name, seed): 40 + seed for name, seeds in solutions.MORE.items() for seed in seeds}
    networks = list(place)
    rows = []
    for measure in solutions.MEASURES:
        for one in range(len(networks)):
            for two in range(one, len(networks)):
                far = abs(place[networks[one]] - place[networks[two]]) if one != two else 0.5
                rows.append((measure, *networks[one], *networks[two], far))
    return pd.DataFrame(rows, columns=["measure", "first", "first_seed", "second", "second_seed", "distance"])


def test_planted_groups_are_found_in_the_table(table):
    found = solutions.shares(table)
    assert list(found.index) == list(solutions.MEASURES)
    assert (found["share"] > 0.98).all() and (found["p"] < 0.001).all() and (found["noise"] == 0.5).all()
    assert found["within"].tolist() == pytest.approx([4 / 3] * 5) and (found["between"] > 10).all()


def test_a_line_is_mapped_onto_a_line(table):
    places, shown = solutions.map_of(table, "shape, delay")
    assert len(places) == 17 and shown == pytest.approx(1)
    first = places[places["condition"] == "index_swap"]["x"].to_numpy()
    assert abs(first[2] - first[0]) == pytest.approx(2) and places["y"].abs().max() < 1e-3
