"""Figures to play with: one script for all, still pictures without it, and what it draws is what the book's functions give."""

import re

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

from swapbook.build.browser import Tab, find_browser, offline_tab
from swapbook.figures import animation, playing, turning
from swapbook.places import ROOT
from swaputils.angles import von_mises_log_density
from swaputils.data.simulated import simulated_swap_function
from tests.skipping import skip_unless_ci

SCRIPT = (ROOT / "book/_ext/static/playing.js").read_text()
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
STILL = "JSON.stringify([...document.querySelectorAll('path, circle, polygon, line')].map(e => e.outerHTML))"


def moving() -> str:
    draw = np.random.default_rng(0).normal
    roles = dict.fromkeys(("out", "back"), ["cued"] * 3)
    return animation.flow(
        "flow",
        *(draw(size=size) for size in ((3, 5, 2), (3, 5, 2), (2, 2), (4, 2, 2), (2, 2))),
        roles,
        ("a", "b"),
    )


def rings() -> str:
    return turning.rings("rings", [("row", [("panel", np.random.default_rng(0).normal(size=(2, 8, 3)))])], "two rings")


PICTURES = {"swaps": lambda: playing.swaps("swaps"), "flow": moving, "turning": rings}


@pytest.fixture(scope="module")
def tab():
    if find_browser() is None:
        skip_unless_ci("no Chromium was found, so no figure was played with")
    with offline_tab() as tab:
        tab.resize(390)
        yield tab


def open_with(tab: Tab, folder, picture: str, script: str = SCRIPT) -> None:
    page = f'<!doctype html><meta charset="utf-8"><script>{script}</script><body style="margin:16px">{picture}'
    (folder / "page.html").write_text(page)
    tab.open((folder / "page.html").as_uri())


def numbers(tab: Tab) -> np.ndarray:
    """All numbers of what is drawn."""
    return np.array(NUMBER.findall(tab.evaluate(STILL)), dtype=float)


def curves(tab: Tab) -> list[np.ndarray]:
    """Heights of the curves that are drawn."""
    paths = tab.evaluate("[...document.querySelectorAll('path')].map(path => path.getAttribute('d'))")
    return [np.array(NUMBER.findall(path), dtype=float)[1::2] for path in paths]


def press(tab: Tab, key: str) -> None:
    codes = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36}
    for kind in ("keyDown", "keyUp"):
        tab.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key])


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_loads_nothing_and_hides_its_controls_from_a_reader_without_a_script(name):
    html = PICTURES[name]()
    assert not re.search(r"https?://|src=|<link|@import|url\(", html)
    page = BeautifulSoup(html, "html.parser")
    assert all(control.find_parent(hidden=True) for control in page.select("input, button"))
    assert page.select_one("svg")


def test_the_script_fetches_nothing_and_is_small():
    assert not re.search(r"https?://|fetch\(|import\(|XMLHttp", SCRIPT) and len(SCRIPT) < 8_000
    assert set(PICTURES) == set(re.search(r"PLAYS = \{ (.*) \}", SCRIPT)[1].split(", "))


@pytest.mark.parametrize("name", PICTURES)
def test_the_script_begins_with_the_still_picture_shows_the_controls_and_fits_a_phone(name, tab, tmp_path):
    open_with(tab, tmp_path, PICTURES[name](), script="")
    still = numbers(tab)
    open_with(tab, tmp_path, PICTURES[name]())
    np.testing.assert_allclose(numbers(tab), still, atol=0.11)
    assert tab.evaluate("document.querySelectorAll('[hidden]').length") == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("values", [(0.02, 0.0, 12.0), (1.0, 4.0, 0.5), (0.4, 2.2, 25.0)])
def test_sliders_draw_what_the_functions_of_the_book_give(values, tab, tmp_path):
    open_with(tab, tmp_path, playing.swaps("swaps"))
    tab.evaluate(
        f"document.querySelectorAll('input').forEach((slider, i) => {{ slider.value = {list(values)}[i];"
        " slider.dispatchEvent(new Event('input')); })"
    )
    for drawn, expected in zip(curves(tab), playing.heights(*values)):
        np.testing.assert_allclose(drawn, expected.numpy(), atol=0.051)
    items = playing.weight(*values[:2], torch.tensor(playing.DISTANCES[1:]).double().deg2rad()).sum()
    assert float(tab.evaluate("document.querySelector('.share').textContent")) == pytest.approx(
        float(items / (1 + items)), abs=0.0051
    )


def test_the_curves_are_those_of_the_simulated_observers_at_first():
    strength, decay, concentration = playing.AT_FIRST
    distance = torch.linspace(0, torch.pi, 9, dtype=torch.float64)
    expected = simulated_swap_function(distance, 8)
    torch.testing.assert_close(playing.weight(strength, decay, distance).log(), expected, atol=0.02, rtol=0)
    response = torch.linspace(-torch.pi, torch.pi, 1001, dtype=torch.float64)
    density = playing.response_density(strength, decay, concentration, response)
    assert float(torch.trapezoid(density, response)) == pytest.approx(1)
    alone = playing.response_density(1e-9, decay, concentration, response)
    torch.testing.assert_close(alone, von_mises_log_density(response, torch.tensor(concentration).double()).exp())


def test_a_slider_moves_by_keys_and_the_noise_with_it(tab, tmp_path):
    open_with(tab, tmp_path, moving())
    before = tab.evaluate(STILL)
    tab.evaluate("document.querySelector('input').focus()")
    press(tab, "ArrowRight")
    assert tab.evaluate("document.querySelector('output').textContent") == "level t = 1"
    assert tab.evaluate(STILL) != before


def test_rings_turn_by_keys_and_by_a_finger_and_turn_back(tab, tmp_path):
    open_with(tab, tmp_path, rings())
    before, first = tab.evaluate(STILL), numbers(tab)
    tab.evaluate("document.querySelector('.turning').focus()")
    press(tab, "ArrowLeft")
    assert tab.evaluate(STILL) != before
    press(tab, "Home")
    np.testing.assert_allclose(numbers(tab), first, atol=0.11)
    for kind, x in (("touchStart", 60), ("touchMove", 90), ("touchMove", 120)):
        tab.ask("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": 100}])
    tab.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert tab.evaluate(STILL) != before
