"""What chapter 4 computes of dynamics and decoding: identities on a small network, tables and figures."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from swapbook.cortex import decoders, flows, solutions
from swapbook.figures import of_dynamics
from swapbook.networks import Trained
from swapbook.plan import plan_of
from swaputils.inputs import Periods
from swaputils.network.fixedpoints import report_steps
from tests.small import seeded

CONDITIONS = ("index_swap", "index_task_optimal")


def small(condition="index_swap") -> Trained:
    plan = plan_of(condition, "smoke", 0)
    rnn = plan.new_rnn(generator=seeded()).requires_grad_(False).double()
    return Trained(rnn, plan, pd.DataFrame(), {})


@pytest.fixture(autouse=True)
def one_network(monkeypatch):
    for module in (flows, decoders):
        networks = [({"condition": name, "seed": 0}, small(name)) for name in CONDITIONS]
        monkeypatch.setattr(module, "each_network", lambda networks=networks: networks)
    monkeypatch.setattr(decoders, "TRIALS", 150)
    monkeypatch.setattr(flows, "STARTS", 8)
    monkeypatch.setattr(flows, "COLOURS", 8)
    monkeypatch.setattr(of_dynamics, "COLOURS", 8)
    yield
    plt.close("all")


def test_the_parts_of_a_planted_torus_are_found():
    colour = 2 * math.pi * torch.arange(8, dtype=torch.float64) / 8
    first, second = torch.cartesian_prod(colour, colour).T
    states = torch.stack(
        (3 * first.cos(), 3 * first.sin(), second.cos(), second.sin(), 2 * (first - second).cos()), dim=1
    )
    radii = [flows.spread_of(part.flatten(0, 1)) for part in flows.rings(states + 5)]
    assert radii == pytest.approx([3, 1, math.sqrt(2)])


def test_radii_at_the_end_of_the_delay_add_up_to_the_spread():
    found = flows.cue_moves().set_index(["condition", "moment"])
    for name in CONDITIONS:
        end = found.loc[name, "end of delay"]
        assert end["cued"] ** 2 + end["other"] ** 2 + end["interaction"] ** 2 == pytest.approx(1)
        assert end["travelled"] == 0 and found.loc[name, "end of cue"]["travelled"] > 0
    figure = of_dynamics.radii(found.reset_index(), CONDITIONS)
    np.testing.assert_allclose(
        figure.axes[0].lines[0].get_ydata()[1], found.loc[("index_swap", "end of delay"), "cued"]
    )


def test_the_gain_of_the_report_is_the_derivative_of_its_end():
    found = flows.report_gains()
    trained = small()
    run, _ = flows.silent_grid(trained, 0)
    starts = run.report[:: flows.COLOURS // 2, 0]

    def end(states):
        for step in report_steps(trained.rnn):
            states = step(states)
        return trained.rnn.in_plane(states)

    slopes = torch.stack([torch.autograd.functional.jacobian(end, state[None])[0, :, 0] for state in starts])
    expected = torch.linalg.matrix_norm(trained.rnn.in_null_space(slopes), 2).mean()
    assert found["null_gain"][0] == pytest.approx(float(expected))
    assert len(found) == len(CONDITIONS) * trained.plan.task.periods.steps("report")
    assert len(of_dynamics.gains(found, CONDITIONS).axes[1].lines) == len(CONDITIONS)


def test_points_of_every_period_are_listed_with_their_moduli():
    found = flows.fixed_points()
    memories = found[found["kind"] == "memory"]
    assert memories["period"].tolist() == ["delay", "cue 0", "cue 1"] * 2
    others = found[found["kind"] != "memory"]
    assert (others["speed"] <= flows.SLOWEST).all()
    assert ((others["kind"] == "stands still") == (others["speed"] < flows.STANDING)).all()
    lines = of_dynamics.spectra(found, CONDITIONS).axes[0].lines
    np.testing.assert_allclose(lines[0].get_ydata(), memories.filter(like="modulus_").iloc[0])


def test_decoders_give_a_square_of_times_and_two_courses():
    found = decoders.decoding()
    one = found[found["condition"] == "index_swap"]
    times = one["fitted"].nunique()
    assert one.groupby("decoded").size().to_dict() == {
        "cued": times**2,
        "other": times**2,
        "own item": times,
        "other item": times,
    }
    assert one["score"].abs().max() <= 1 and one["p"].between(0, 1).all()
    items = one[one["decoded"].str.endswith("item")]
    assert (items["fitted"] == items["asked"]).all()
    figure = of_dynamics.across_time(found, CONDITIONS, Periods(delay=0.15, report=0.4))
    shown = figure.axes[1].images[0].get_array()
    expected = one[one["decoded"] == "other"].pivot(index="fitted", columns="asked", values="score")
    np.testing.assert_allclose(shown, expected)
    assert len(of_dynamics.across_items(found, CONDITIONS, Periods()).axes) == 2


def test_rings_are_drawn_with_a_loop_for_each_colour_of_the_other_item():
    figure = of_dynamics.rings_under_cues({"index_swap": small()})
    assert [len(axes.lines) for axes in figure.axes] == [8] * 3
    assert len(figure.axes[0].collections[0].get_offsets()) == 64


def test_the_map_shows_every_network_once():
    networks = [(name, seed) for name in solutions.GROUPS for seed in range(3)]
    rows = [
        (measure, *one, *two, abs(i - j) / 10)
        for measure in solutions.MEASURES
        for i, one in enumerate(networks)
        for j, two in enumerate(networks)
        if j >= i
    ]
    table = pd.DataFrame(rows, columns=["measure", "first", "first_seed", "second", "second_seed", "distance"])
    figure = of_dynamics.solutions_map(table, solutions.MEASURES[:2])
    assert [sum(len(line.get_xdata()) for line in axes.lines) for axes in figure.axes] == [12, 12]
