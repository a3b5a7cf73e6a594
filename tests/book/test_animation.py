"""The moving picture stands alone: it loads nothing, and is a picture before its script has run."""

import json
import re

import numpy as np
from bs4 import BeautifulSoup

from swapbook.figures import animation

FRAMES, DOTS = 4, 3


def picture() -> BeautifulSoup:
    out, back = (np.random.default_rng(seed).normal(size=(DOTS, FRAMES + 1, 2)) for seed in (0, 1))
    grid = np.array([[0.0, 0.0], [animation.REACH, -animation.REACH]])
    roles = {"out": ["cued"] * DOTS, "back": ["nontarget"] * DOTS}
    html = animation.flow(
        "here", out, back, grid, np.repeat(grid[None], FRAMES, axis=0), grid, roles, ("one way", "and back")
    )
    return BeautifulSoup(html, "html.parser")


def test_it_loads_nothing_from_elsewhere():
    text = str(picture())
    assert not re.search(r"https?://|src=|<link|@import|url\(", text)


def test_it_shows_its_middle_frame_without_a_script():
    page = picture()
    stored = json.loads(page.find("script", type="application/json").string)
    assert stored["frames"] == FRAMES
    for side in ("out", "back"):
        frame = FRAMES - FRAMES // 2 if side == "out" else FRAMES // 2
        drawn = [[int(dot["cx"]), int(dot["cy"])] for dot in page.select(f"svg.{side} circle")]
        assert drawn == [places[frame] for places in stored[side]]
    assert len(page.select(".field line")) == 2


def test_places_become_pixels_downwards_and_stay_inside():
    first, last = picture().select(".field line")
    middle = animation.SIZE // 2
    assert (int(first["x1"]), int(first["y1"])) == (middle, middle)
    assert (int(last["x1"]), int(last["y1"])) == (animation.SIZE, animation.SIZE)


def test_lines_start_at_dots_and_items_have_rings_in_both_panels():
    page = picture()
    assert page.select_one(".field path")["d"] == "M150,150h0M300,300h0"
    for side in ("out", "back"):
        rings = page.select(f"svg.{side} rect[rx]")
        assert [int(ring["x"]) + int(ring["rx"]) for ring in rings] == [150, 300]


def test_there_is_a_place_for_every_level():
    stored = json.loads(picture().find("script", type="application/json").string)
    assert len(stored["out"][0]) == len(stored["back"][0]) == FRAMES + 1
