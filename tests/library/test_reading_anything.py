"""Whatever a file holds, reading it ends in a reading or in a sentence, never in an error of the program."""

from contextlib import suppress

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swaputils.data.layout import Layout
from swaputils.data.reading import examine
from swaputils.data.table import DataError
from swaputils.data.understood import understood

HEADERS = "subject id trial set_size n response resp error target nontarget_1 nt2 item1 item2 probed cue_target loc1 cond x".split()  # noqa: SIM905
CELLS = ["", "NA", "0", "1", "2", "-1", "999", "3.5", "1,5", "90", "270.25", "-179", "red", "inf", "1e400", "P1", "p01"]
LAYOUTS = [
    {},
    {"units": "deg"},
    {"units": "8", "period": 180},
    {"units": "deg", "two_components": True},
    {"units": "deg", "relative": True},
    {"units": "deg", "errors": True},
    {"units": "deg", "cue_slots": 8, "missing": (-1.0, 999.0), "drop_unanswered": True},
    {"units": "deg", "items_include_target": True, "trust": ("set-size", "units", "padding", "range", "period")},
    {"units": "deg", "long": True, "columns": ("item=target", "is_target=n")},
    {"condition": "cond", "drop_unanswered": True},
    {"header": tuple("abcdef"), "skip": 1, "no_cues": True},
]
FORGIVING = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_said(path, layout: dict) -> None:
    with suppress(DataError):
        reading = examine(path, Layout(**layout))
        assert understood(reading)
        assert len(reading.settled()) == reading.rows - sum(reading.dropped.values())


@FORGIVING
@given(st.binary(max_size=200), st.sampled_from(["people.csv", "people.mat", "people.txt"]), st.sampled_from(LAYOUTS))
def test_any_bytes(tmp_path, content, name, layout):
    (tmp_path / name).write_bytes(content)
    read_or_said(tmp_path / name, layout)


@FORGIVING
@given(
    st.lists(st.sampled_from(HEADERS), min_size=1, max_size=9, unique=True),
    st.integers(1, 30),
    st.integers(0, 2**31),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from(LAYOUTS),
)
def test_any_table_of_such_cells(tmp_path, headers, rows, seed, plain, layout):
    draw = np.random.default_rng(seed)
    cells = draw.choice(CELLS, (rows, len(headers)))
    numbers = np.round(draw.uniform(0, 360, cells.shape), 1).astype(str)
    table = pd.DataFrame(np.where(draw.uniform(size=cells.shape) < plain, numbers, cells), columns=headers)
    table.to_csv(tmp_path / "people.csv", index=False)
    read_or_said(tmp_path / "people.csv", layout)
