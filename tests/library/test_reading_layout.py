"""What can be said of a file, and files in other columns and units that become the same trials by it."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swaputils.data import table
from swaputils.data.layout import Layout
from swaputils.data.reading import examine, read
from swaputils.data.roles import key
from swaputils.data.table import DataError
from tests.library.made_up import made_up
from tests.library.test_reading_kinds import same
from tests.library.test_table import GOOD

ANGLES = ["response", "target", "nontarget_1", "nontarget_2"]
CUES = ["cue_target", "cue_nontarget_1", "cue_nontarget_2"]
GUESSED = {
    "subject": [
        "Subject",
        "subj",
        "sub",
        "subject_id",
        "SubjectID",
        "participant",
        "Participant.ID",
        "ppt",
        "pid",
        "ID",
        "VP",
        "observer",
        "prolific_pid",
    ],
    "set_size": ["SetSize", "set.size", "setsize", "n_items", "nItems", "N", "load", "memory_load", "arraySize"],
    "response": [
        "Response",
        "resp",
        "RESPONSE",
        "answer",
        "reported_color",
        "responseAngle",
        "resp_deg",
        "ResponseOrientation",
    ],
    "target": ["Target", "targ", "target_color", "TargetAngle", "target_orientation_deg", "target_rad"],
    "nontarget_1": [
        "nt1",
        "NT1",
        "NonTarget1",
        "non_target_1",
        "distractor_1",
        "Distractor1",
        "lure1",
        "col_lure1",
        "nontarget_color_1",
        "nt1_angle",
    ],
    "cue_nontarget_1": ["cue_nt1", "nt1_loc", "nontarget_pos_1", "loc_nt1", "NonTargetLocation1", "pos_distractor_1"],
    "cue_target": [
        "target_loc",
        "target_position",
        "cue_target",
        "probe_location",
        "loc_target",
        "TargetPos",
        "cued_location",
    ],
}


def as_good(csv_file) -> pd.DataFrame:
    return table.read_table(csv_file(GOOD))


def written(values: pd.DataFrame, csv_file):
    return csv_file(values.to_csv(index=False))


@pytest.mark.parametrize("shift", [0, 360])
def test_degrees_from_either_start_read_as_radians(csv_file, shift):
    expected, values = read(csv_file(GOOD)), as_good(csv_file)
    values[ANGLES + CUES] = np.rad2deg(values[ANGLES + CUES]) % 360 - 360 + shift
    same(read(written(values, csv_file), Layout(units="deg")), expected)


def test_orientations_are_doubled_and_their_cues_are_not(csv_file):
    expected, values = read(csv_file(GOOD)), as_good(csv_file)
    values[ANGLES] = np.rad2deg(values[ANGLES]) / 2 % 180
    values[CUES] = np.rad2deg(values[CUES])
    same(read(written(values, csv_file), Layout(units="deg", period=180)), expected)
    values[CUES] /= 2
    same(read(written(values, csv_file), Layout(units="deg", period=180, cue_period=180)), expected)
    values[ANGLES + CUES] = np.deg2rad(values[ANGLES + CUES])
    same(read(written(values, csv_file), Layout(period=180, cue_period=180)), expected)


def test_the_format_of_the_project_reads_to_the_last_digit(csv_file):
    found, expected = read(csv_file(GOOD)), table.read_trials(csv_file(GOOD))
    assert found.response.equal(expected.response)
    assert found.displays.report.nan_to_num(9).equal(expected.displays.report.nan_to_num(9))


def test_columns_are_mapped_before_any_is_guessed(csv_file):
    values = (
        as_good(csv_file).drop(columns=["trial", "set_size"]).rename(columns={"response": "answer", "target": "colour"})
    )
    values["response"] = "of another kind"
    found = read(written(values, csv_file), Layout(columns=("response=answer", "target=colour")))
    same(found, table.read_trials(csv_file(GOOD)))


@pytest.mark.parametrize(
    ("ours", "header"), [(ours, header) for ours, headers in GUESSED.items() for header in headers]
)
def test_common_names_are_recognised(csv_file, ours, header):
    values = made_up(2, rows=30, sizes=(2,), cues=8)
    expected = read(written(values, csv_file), Layout(units="deg"))
    reading = examine(written(values.rename(columns={ours: header}), csv_file), Layout(units="deg"))
    same(reading.settled(), expected)
    assert reading.trials.subject.equal(expected.subject)
    assert header not in reading.ignored


@given(st.text(alphabet="abcXYZ 019_-.()ä", max_size=12))
def test_any_header_has_a_key(header):
    assert re.fullmatch("[a-z0-9]*", key(header))


def test_a_column_of_row_numbers_is_not_one_of_people(csv_file):
    values = made_up(2, rows=40).drop(columns="subject").assign(id=range(40))
    assert examine(written(values, csv_file), Layout(units="deg")).people == {1: "1"}


def test_names_of_people_that_are_numbers_stay(csv_file):
    text = "subject,response,target\nbo,0,1\nal,0,1\nbo,0,1\n"
    assert read(csv_file(text)).subject.tolist() == [1, 2, 1]
    assert read(csv_file(text.replace("bo", "7").replace("al", "3"))).subject.tolist() == [7, 3, 7]


@pytest.mark.parametrize(
    ("text", "layout", "message"),
    [
        ("subject,response,target\n1,90,45\n", Layout(), "row 2, column response: '90' .*name --units deg"),
        ("subject,response,target\n1,0.5,0.2\n1,1.1,3\n", Layout(units="deg"), "no reported angle .* in rad; leave"),
        ("subject,response,target\n1,90,400\n", Layout(units="deg"), "column target: '400' .*expected -360 to 360 deg"),
        ("subject,response,target\n1,90,200\n", Layout(units="deg", period=180), "'200' .*expected -180 to 180 deg"),
        ("subject,response,target\n1,NaN,1\n1,1,1\n", Layout(), "row 2, column response: is empty"),
        ("subject,target\n1,1\n", Layout(), "misses the columns response"),
        (
            "subject,target\n1,1\n",
            Layout(columns=("response=answer",)),
            "misses the column 'answer', to be read as response",
        ),
        (
            "response,target\n1,1\n",
            Layout(ignore=("mood",)),
            "has no column 'mood' for --ignore; there are response, target",
        ),
        ("response,target\n1,1\n", Layout(condition="mood"), "has no column 'mood' for --condition"),
        (
            "response,target,mood\n1,1,\n",
            Layout(condition="mood"),
            "row 2, column mood: is empty; every trial needs a cond",
        ),
        ("response,target\n1,1\n", Layout(units_of=("mood=deg",)), "has no column 'mood' for --units-of"),
        ("response,target\n1,1\n", Layout(cue_slots=8), "--cue-slots is about cue columns, but none is read"),
        (
            "response,target,cue_target\n1,1,9\n",
            Layout(cue_slots=8),
            "row 2, column cue_target: '9' is no place; expected whole",
        ),
        (
            "response,target,cue_target,nontarget_1\n1,1,1,2\n",
            Layout(),
            "but misses the columns cue_nontarget_1.*--no-cues",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(csv_file, text, layout, message):
    with pytest.raises(DataError, match=r"people\.csv.*" + message):
        read(csv_file(text), layout)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"units": "grad"}, "units are 'grad'; allowed are rad, deg or the number"),
        ({"units": "-3"}, "units are '-3'"),
        ({"cue_units": "x"}, "units are 'x'"),
        ({"period": 90}, "period is 90; allowed are 360"),
        ({"cue_period": 0}, "cue_period is 0"),
        ({"columns": ("colour=target",)}, "'colour' is no column of the format"),
        ({"columns": ("response",)}, "--columns takes pairs as in response=answer; 'response' is none"),
        ({"columns": ("response=a", "response=b")}, "--columns names 'response' twice"),
        ({"columns": ("response=a", "target=a")}, "--columns names the column 'a' twice"),
        ({"only": ("practice",)}, "--only takes pairs as in practice=0"),
        ({"trust": ("me",)}, "--trust takes units, period"),
        ({"cue_slots": 1}, "cue_slots is 1"),
        ({"decimal": ";"}, "decimal is ';'"),
    ],
)
def test_a_layout_that_is_none(fields, message):
    with pytest.raises(DataError, match=re.escape(message)):
        Layout(**fields)


def test_cues_of_the_target_alone_are_left_out_and_said(csv_file):
    """A common name is a guess: where it does not fit the others, it is not taken for a cue."""
    values = made_up(2, rows=40).assign(target_pos=1)
    reading = examine(written(values, csv_file), Layout(units="deg"))
    assert reading.settled().displays.probe.isnan().all()
    assert any(
        "'target_pos' not read as cues" in fact and "--columns cue_nontarget_1=" in fact for fact in reading.facts
    )


def test_units_may_be_any_full_turn(csv_file):
    values = made_up(2, rows=40)
    expected = read(written(values, csv_file), Layout(units="deg"))
    angles = [name for name in values if name not in ("subject", "set_size")]
    values[angles] = values[angles] / 360 * 2 * math.pi * 10
    same(read(written(values, csv_file), Layout(units=str(20 * math.pi))), expected)


def test_unrelated_responses_are_noted_and_read(csv_file):
    values = made_up(2, rows=200, sizes=(1,))
    draw = np.random.default_rng(12)
    while True:
        values["response"] = draw.uniform(0, 360, 200)
        if abs(np.exp(1j * np.deg2rad(values["response"] - values["target"])).mean()) < 0.05:
            break
    reading = examine(written(values, csv_file), Layout(units="deg"))
    assert len(reading.settled()) == 200 and "'response' has nothing to do with the targets" in reading.notes[0]
    assert examine(written(made_up(2, rows=200), csv_file), Layout(units="deg")).notes == ()
