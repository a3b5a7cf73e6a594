"""The picture that a reader can turn stands alone, is a picture before its script has run, and keeps its rings inside of its panels."""

import json
import math
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from swapbook.cortex import compared
from swapbook.figures import turning

COLOURS = 8
angles = 2 * math.pi * np.arange(COLOURS) / COLOURS
FLAT = np.stack((np.cos(angles), np.sin(angles), 0 * angles), axis=1)
UPRIGHT = FLAT[:, [0, 2, 1]]


def picture() -> BeautifulSoup:
    panel = ("two < rings", np.stack((FLAT, UPRIGHT)))
    return BeautifulSoup(
        turning.rings("here", [("before", [panel, panel]), ("after", [panel])], "rings"), "html.parser"
    )


def test_it_loads_nothing_from_elsewhere():
    assert not re.search(r"https?://|src=|<link|@import|url\(", str(picture()))


def test_it_shows_its_first_view_without_a_script():
    page = picture()
    stored = json.loads(page.find("script", type="application/json").string)
    panels = page.select("svg")
    assert len(panels) == len(stored["panels"]) == 3
    for panel, rings in zip(panels, stored["panels"]):
        dots = [[float(dot["cx"]), float(dot["cy"])] for dot in panel.select("circle")]
        assert dots == turning.seen(np.array(rings)).reshape(-1, 2).tolist()
        corners = [shape["points"].split() for shape in panel.select("polygon")]
        assert [len(points) for points in corners] == [COLOURS, COLOURS]


@pytest.mark.parametrize("yaw", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("pitch", [-1.5, 0.0, 1.5])
def test_rings_stay_inside_however_they_are_turned(monkeypatch, yaw, pitch):
    monkeypatch.setattr(turning, "VIEW", (yaw, pitch))
    dots = np.array([[float(dot["cx"]), float(dot["cy"])] for dot in picture().select("circle")])
    assert dots.min() > 0 and dots.max() < turning.SIZE


def test_a_ring_in_the_ground_is_a_line_from_the_side_and_round_from_above(monkeypatch):
    monkeypatch.setattr(turning, "VIEW", (0.0, 0.0))
    assert np.ptp(turning.seen(50 * FLAT)[:, 1]) < 1e-9 and np.ptp(turning.seen(50 * UPRIGHT)[:, 1]) == 100
    monkeypatch.setattr(turning, "VIEW", (0.0, math.pi / 2))
    assert np.ptp(turning.seen(50 * FLAT)[:, 1]) == 100


def test_titles_are_escaped():
    assert "two &lt; rings" in str(picture())


def test_the_rings_of_a_table_come_in_two_rows():
    table = compared.comparison("rings")
    page = BeautifulSoup(
        turning.before_and_after(table, dict.fromkeys(table["condition"], "taught"), "rings"), "html.parser"
    )
    assert [title.text for title in page.select("b")] == ["End of the delay", "0.3 s after the cue"]
    assert len(page.select("svg")) == 2 * table.groupby(["condition", "apart"]).ngroups
    assert len(page.select("circle")) == len(table)
