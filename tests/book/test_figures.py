"""Figures of the book draw what they are given on the axes they are given, and show nothing."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from swapbook.figures import of_networks
from swaputils import drawing
from swaputils.inputs import Periods

DRAWINGS = {
    "seeds": lambda axes: of_networks.seeds(axes, {"one": [0.1, 0.2], "two": [0.3]}, {"one": 0.15}, "network"),
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
    own = {
        name for name, value in vars(of_networks).items() if getattr(value, "__module__", "") == of_networks.__name__
    }
    assert own == set(DRAWINGS)


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
