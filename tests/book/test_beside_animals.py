"""What was published of the animals is complete; verdicts follow from intervals; measures of trials are right on planted ones."""

import re

import numpy as np
import pandas as pd
import pytest

from swapbook.cortex import beside_animals
from swapbook.cortex.beside_animals import NOT_TOLD, OPPOSITE, SAME, against_published, published, verdict
from swapbook.places import ROOT
from swaputils.errors import SwaputilsError


def test_every_published_finding_is_complete_and_cited():
    table = published()
    assert table["feature"].is_unique and len(table) >= 15
    known = set(re.findall(r"@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text()))
    assert set(table["citation"]) <= known
    assert table[["short", "says", "published", "measured", "place"]].map(lambda text: len(text) > 3).all(axis=None)
    assert table["same"].isin(["above", "below"]).all() and np.isfinite(table["than"]).all()


def test_a_finding_that_lacks_a_field_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "published.yaml"
    path.write_text("- {feature: turn, says: planes turn}\n")
    monkeypatch.setattr(beside_animals, "FILE", path)
    with pytest.raises(
        SwaputilsError,
        match="published.yaml, turn: fields are feature, says; needed are feature, short, says, published",
    ):
        published()


@pytest.mark.parametrize(
    "low, high, same, than, told",
    [
        (0.1, 0.4, "below", 0.5, SAME),
        (0.1, 0.4, "above", 0.5, OPPOSITE),
        (0.6, 0.9, "above", 0.5, SAME),
        (0.6, 0.9, "below", 0.5, OPPOSITE),
        (0.4, 0.9, "below", 0.5, NOT_TOLD),
        (np.nan, np.nan, "below", 0.5, NOT_TOLD),
    ],
)
def test_verdicts(low, high, same, than, told):
    assert verdict(low, high, same, than) == told


def test_the_table_holds_what_was_measured_and_nothing_else():
    measured = pd.DataFrame(
        {
            "condition": ["one"] * 3 + ["other"] * 3,
            "turn": [0.5, 0.6, 0.7, -0.4, -0.5, -0.6],
            "tuned_both": [np.nan] * 4 + [22.0, 22.1],
            "half_rise": [np.nan] * 3 + [0.2, 0.3, 0.4],
        }
    )
    table = against_published(measured).set_index(["feature", "condition"])
    assert table["verdict"].to_dict() == {
        ("turn", "one"): SAME,
        ("turn", "other"): OPPOSITE,
        ("half_rise", "other"): SAME,
        ("tuned_both", "other"): NOT_TOLD,
    }
    assert table.loc[("turn", "one"), "effect"] == pytest.approx(0.6) and table["n"].tolist() == [3, 3, 3, 2]
