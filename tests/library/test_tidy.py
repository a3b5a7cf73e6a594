"""Files in other columns and units become the same trials; what cannot be is refused with its place."""

import math
import re

import pandas as pd
import pytest
import torch

from swaputils.data import table, tidy
from swaputils.data.table import DataError
from swaputils.data.tidy import FileFormat
from tests.small import GOOD

ANGLES = ["response", "target", "nontarget_1", "nontarget_2"]
CUES = ["cue_target", "cue_nontarget_1", "cue_nontarget_2"]


@pytest.fixture
def good(csv_file) -> pd.DataFrame:
    return table.read_table(csv_file(GOOD))


def written(rows: pd.DataFrame, csv_file) -> str:
    return csv_file(rows.to_csv(index=False))


def nearly_same(found, expected):
    for one, other in (
        (found.displays.report, expected.displays.report),
        (found.displays.probe, expected.displays.probe),
    ):
        assert one.isnan().equal(other.isnan())
        torch.testing.assert_close((one - other).cos().nan_to_num(1), torch.ones_like(one))
    torch.testing.assert_close((found.response - expected.response).cos(), torch.ones_like(found.response))
    assert found.subject.equal(expected.subject)


@pytest.mark.parametrize("shift", [0, 360])
def test_degrees_from_either_start_read_as_radians(good, csv_file, shift):
    expected = tidy.read(csv_file(GOOD), FileFormat())
    rows = good.copy()
    rows[ANGLES + CUES] = rows[ANGLES + CUES].apply(
        lambda column: column.map(lambda x: math.degrees(x) % 360 - 360 + shift)
    )
    nearly_same(tidy.read(written(rows, csv_file), FileFormat(units="deg")), expected)


def test_orientations_are_doubled_and_their_cues_are_not(good, csv_file):
    expected = tidy.read(csv_file(GOOD), FileFormat())
    rows = good.copy()
    rows[ANGLES] = rows[ANGLES].apply(lambda column: column.map(lambda x: math.degrees(x) / 2 % 180))
    rows[CUES] = rows[CUES].map(math.degrees)
    nearly_same(tidy.read(written(rows, csv_file), FileFormat(units="deg", period=180)), expected)
    rows[CUES] /= 2
    nearly_same(tidy.read(written(rows, csv_file), FileFormat(units="deg", period=180, cue_period=180)), expected)
    rows[ANGLES + CUES] = rows[ANGLES + CUES].map(math.radians)
    nearly_same(tidy.read(written(rows, csv_file), FileFormat(period=180, cue_period=180)), expected)


def test_columns_are_mapped_and_numbering_is_counted(good, csv_file):
    expected = table.read_trials(csv_file(GOOD))
    rows = good.drop(columns=["trial", "set_size"]).rename(columns={"response": "answer", "target": "colour"})
    rows["response"] = "of another kind"
    found = tidy.read(written(rows, csv_file), FileFormat({"response": "answer", "target": "colour"}))
    nearly_same(found, expected)


def test_names_of_people_become_numbers(csv_file):
    text = "subject,response,target\nbo,0,1\nal,0,1\nbo,0,1\n"
    assert tidy.read(csv_file(text), FileFormat()).subject.tolist() == [1, 2, 1]
    assert tidy.read(csv_file(text.replace("bo", "7").replace("al", "3")), FileFormat()).subject.tolist() == [7, 3, 7]


@pytest.mark.parametrize(
    ("text", "layout", "message"),
    [
        ("subject,response,target\n1,90,45\n", FileFormat(), "row 2, column response: '90' .*name --units deg"),
        (
            "subject,response,target\n1,0.5,0.2\n1,1.1,3\n",
            FileFormat(units="deg"),
            "no reported angle .* in rad; leave",
        ),
        (
            "subject,response,target\n1,90,400\n",
            FileFormat(units="deg"),
            "column target: '400' .*expected -360 to 360 deg",
        ),
        (
            "subject,response,target\n1,90,200\n",
            FileFormat(units="deg", period=180),
            "'200' .*expected -180 to 180 deg",
        ),
        ("subject,response,target\n1,NaN,1\n", FileFormat(), "row 2, column response: is empty"),
        ("subject,response,target\n,1,1\n", FileFormat(), "row 2, column subject: is empty"),
        ("subject,response,target\n1,left,1\n", FileFormat(), "column response: 'left' is not a number"),
        ("response,target\n1,1\n", FileFormat(), "misses the columns subject, trial"),
        ("subject,target\n1,1\n", FileFormat(), "misses the columns response"),
        (
            "subject,target\n1,1\n",
            FileFormat({"response": "answer"}),
            "misses the column 'answer', to be read as response",
        ),
        ("subject,response,response\n1,1,1\n", FileFormat(), "column 'response' occurs twice"),
    ],
)
def test_a_fault_is_named_with_its_place(csv_file, text, layout, message):
    with pytest.raises(DataError, match=r"people\.csv.*" + message):
        tidy.read(csv_file(text), layout)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"units": "grad"}, "units are 'grad'; allowed are rad, deg"),
        ({"period": 90}, "period is 90; allowed are 360"),
        ({"cue_period": 0}, "cue_period is 0"),
        ({"columns": {"colour": "target"}}, "'colour' is no column of the format"),
    ],
)
def test_a_format_that_is_none(fields, message):
    with pytest.raises(DataError, match=re.escape(message)):
        FileFormat(**fields)
