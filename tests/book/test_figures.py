"""Figures of the book draw what they are given on the axes they are given, and show nothing."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex

from swapbook.figures import of_networks, of_people, of_theory
from swaputils import drawing
from swaputils.inputs import Periods

MEANS = pd.DataFrame({"p_target": [0.9, 0.5], "p_uniform": [0.1, 0.5]}, index=[1, 8])
NAMES = {"p_target": ("cued item", "cued"), "p_uniform": ("guess", "guess")}
DEGREES = np.arange(-180, 180, 6)

DRAWINGS = {
    "seeds": lambda axes: of_networks.seeds(axes, {"one": [0.1, 0.2], "two": [0.3]}, {"one": 0.15}, "network"),
    "shares": lambda axes: of_people.shares(axes, MEANS, MEANS / 10, NAMES),
    "responses": lambda axes: of_people.responses(axes, DEGREES, np.ones(60), np.ones(60)),
    "counted": lambda axes: of_people.counted(axes, pd.DataFrame([[9, 1], [0, 10]])),
    "noising": lambda axes: of_theory.noising(axes, range(3), torch.ones(5, 3), "cued"),
    "sideways_histogram": lambda axes: of_theory.sideways_histogram(
        axes, {"cued": torch.ones(9), "nontarget": torch.zeros(1)}, torch.linspace(-2, 2, 5)
    ),
    "readout": lambda axes: of_networks.readout(axes, torch.rand(9, 2), "network", [0.0, 2.0]),
    "ring": lambda axes: of_networks.ring(axes, torch.rand(6, 2), True, "first item"),
    "shade_periods": lambda axes: of_networks.shade_periods(axes, Periods()),
}


@pytest.fixture
def axes():
    drawing.set_style()
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_every_function_is_drawn_here():
    kinds = (of_networks, of_people, of_theory)
    defined = {
        name
        for kind in kinds
        for name, value in vars(kind).items()
        if getattr(value, "__module__", "") == kind.__name__
    }
    assert defined == set(DRAWINGS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_it_returns_the_axes_it_drew_on_and_opens_and_shows_nothing(name, axes, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("show was called"))
    figures = plt.get_fignums()
    axes.figure.canvas.draw()
    before = np.array(axes.figure.canvas.buffer_rgba())
    assert DRAWINGS[name](axes) is axes
    axes.figure.canvas.draw()
    assert plt.get_fignums() == figures
    assert (np.array(axes.figure.canvas.buffer_rgba()) != before).any()


def test_every_seed_is_a_point_in_the_row_of_its_name(axes):
    of_networks.seeds(axes, {"one": [0.1, 0.2], "two": [0.3]}, {"two": 0.25}, "network")
    first, second, ideal = (line.get_xydata().tolist() for line in axes.lines)
    assert (first, second, ideal) == ([[0.1, 0], [0.2, 0]], [[0.3, 1]], [[0.25, 1]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_circle_of_responses_is_closed(axes):
    density = np.linspace(1, 2, 60)
    human, surrogate = of_people.responses(axes, DEGREES, density, density).lines
    for line in (human, surrogate):
        assert (line.get_xdata()[0], line.get_xdata()[-1]) == (-180, 180)
        assert line.get_ydata()[0] == line.get_ydata()[-1]


def test_sideways_histogram_stacks_the_groups(axes):
    values = {"cued": np.full(30, 0.5), "nontarget": np.full(10, 0.5)}
    behind, before = of_theory.sideways_histogram(axes, values, np.array([0.0, 1.0])).patches
    assert (behind.get_xy()[:, 0].max(), before.get_xy()[:, 0].max()) == (40, 30)
    assert to_hex(before.get_facecolor()) == drawing.COLOURS["cued"].lower()
