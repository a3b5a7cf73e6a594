"""Drawing functions draw what they are given on the axes they are given, and show nothing."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgb

from swaputils import drawing

DISTANCES = torch.tensor([45.0, 90.0, 135.0, 180.0])
HEIGHTS = torch.tensor([0.2, 0.1, 0.02, 0.04])

DRAWINGS = {
    "say": lambda axes: drawing.say(axes, 0.5, 0.5, "here", "cued"),
    "reference": lambda axes: drawing.reference(axes, 0.1, "chance", end="left"),
    "points": lambda axes: drawing.points(axes, DISTANCES, HEIGHTS, HEIGHTS / 2, HEIGHTS * 2, "surrogate"),
    "given": lambda axes: drawing.given(axes, DISTANCES, HEIGHTS),
    "curve": lambda axes: drawing.curve(axes, DISTANCES, HEIGHTS, "network"),
    "distance_axis": lambda axes: drawing.distance_axis(axes, DISTANCES.tolist()),
    "weight_axis": lambda axes: drawing.weight_axis(axes),
    "outline": lambda axes: drawing.outline(axes, torch.ones(9), torch.linspace(-2, 2, 5), "ideal"),
    "log_axis": lambda axes: drawing.log_axis(axes, 1.0, 10.0),
    "doubling_axis": lambda axes: drawing.doubling_axis(axes, [40, 80], "steps"),
    "band": lambda axes: drawing.band(axes, DISTANCES, HEIGHTS / 2, HEIGHTS * 2, "surrogate"),
    "support": lambda axes: drawing.support(axes, DISTANCES.tolist()),
    "cloud": lambda axes: drawing.cloud(axes, DISTANCES, HEIGHTS, "cued"),
}


@pytest.fixture
def axes():
    drawing.set_style()
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_every_function_is_drawn_here():
    defined = {name for name, value in vars(drawing).items() if getattr(value, "__module__", "") == drawing.__name__}
    assert defined == {*DRAWINGS, "set_style"}


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


def test_points_and_their_intervals_lie_where_they_were_given(axes):
    low, high = HEIGHTS - 0.01, HEIGHTS + 0.03
    (container,) = drawing.points(axes, DISTANCES, HEIGHTS, low, high, "network").containers
    line, _, (bars,) = container
    np.testing.assert_allclose(line.get_ydata(), HEIGHTS)
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, np.stack((low, high), axis=1), atol=1e-7)
    assert to_hex(line.get_color()) == drawing.COLOURS["network"].lower()


# Machado, Oliveira & Fernandes 2009, severity 1, in linear RGB
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def seen_lab(colour: str, sight: str) -> np.ndarray:
    """CIE L*a*b* of a colour as a person with the given colour vision sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    ratio = TO_XYZ @ np.clip(np.asarray(SIGHT[sight]) @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_different_roles_are_told_apart(sight):
    for first, second in itertools.combinations(sorted(set(drawing.COLOURS.values())), 2):
        assert np.linalg.norm(seen_lab(first, sight) - seen_lab(second, sight)) > 15, (first, second)
