"""The opening page shows what is stored: its figure and its counts of verdicts are those that its command writes now."""

import io
import re

import matplotlib.pyplot as plt
import pytest

from swapbook.build import opening, verdicts
from swapbook.claims import read_claims
from tests.book.test_example import coarse


@pytest.fixture(scope="module")
def shown():
    return opening.gathered()


def test_the_stored_figure_is_the_one_that_would_be_drawn(shown, tmp_path):
    (tmp_path / "fresh.png").write_bytes(opening.drawn(shown))
    difference = coarse(opening.FIGURE) - coarse(tmp_path / "fresh.png")
    assert float(difference.abs().max()) < 2  # of 255


def test_another_verdict_would_be_seen(shown, tmp_path):
    shown.verdicts["hold"] += 1
    (tmp_path / "other.png").write_bytes(opening.drawn(shown))
    shown.verdicts["hold"] -= 1
    assert float((coarse(opening.FIGURE) - coarse(tmp_path / "other.png")).abs().max()) > 2


def test_the_page_counts_the_verdicts_of_every_claim(shown):
    page = opening.PAGE.read_text()
    assert sum(shown.verdicts.values()) == len(read_claims(verdicts.CLAIMS))
    assert opening.with_counts(page, shown.verdicts) == page
    assert opening.with_counts(page, shown.verdicts | {"hold": 99}) != page


def test_letters_are_legible_at_the_width_that_the_page_gives_the_figure(shown):
    """A phone keeps this width too, and moves the figure sideways. As wide as a phone's page, letters would be 8 pixels high or more."""
    given = int(re.search(r":width: (\d+)px", opening.PAGE.read_text())[1])
    width = plt.imread(io.BytesIO(opening.drawn(shown))).shape[1]
    smallest = min(text.get_fontsize() for text in opening.opening(shown).findobj(plt.Text) if text.get_text())
    plt.close("all")
    assert smallest * 160 / 72 * given / width >= 12
    assert smallest * 160 / 72 * 358 / width >= 8
