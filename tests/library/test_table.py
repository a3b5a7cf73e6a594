"""Tidy CSV in and out, and one clear message for each way in which a file can be wrong."""

import math
import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swaputils.data import catalogue, table
from swaputils.data.table import DataError
from swaputils.trials import Displays, Trials
from tests.small import GOOD

PEOPLE = {  # trials, people, set sizes: the published experiments
    "vandenberg2012_color": (22_464, 13, [1, 2, 3, 4, 5, 6, 7, 8]),
    "bays2009": (7_271, 12, [1, 2, 4, 6]),
    "oberauer_lin2017_e2": (15_750, 21, [1, 2, 4, 6, 8]),
    "oberauer_lin2017_e3": (18_900, 21, [1, 2, 4, 6, 8]),
    "mixturer_simulated": (1_000, 1, [4]),
}


def same(first: Trials, second: Trials) -> None:
    for one, other in [
        (first.displays.report, second.displays.report),
        (first.displays.probe, second.displays.probe),
        (first.displays.cued, second.displays.cued),
        (first.response, second.response),
        (first.subject, second.subject),
    ]:
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


def test_a_file_becomes_trials(csv_file):
    trials = table.read_trials(csv_file(GOOD))
    nan, pi = math.nan, math.pi
    report = torch.tensor([[0.6, nan, nan], [1.0, 2.0, -pi], [-1.0, 0.25, nan]], dtype=torch.float64)
    probe = torch.tensor([[-pi, nan, nan], [0.0, 0.785398, 1.570796], [2.356194, -2.356194, nan]], dtype=torch.float64)
    response = torch.tensor([0.5, -pi, 1.25], dtype=torch.float64)
    cued = torch.zeros(3, dtype=torch.long)
    same(trials, Trials(Displays(report, probe, cued), response, torch.tensor([1, 1, 2])))
    assert trials.displays.set_size.tolist() == [1, 3, 2]


def test_other_columns_stay_in_the_table(csv_file):
    assert table.read_table(csv_file(GOOD))["mode"].tolist() == ["wheel", "wheel", "scrolling"]


def test_a_column_tells_conditions_apart(csv_file):
    path = csv_file(GOOD)
    assert table.read_trials(path).condition is None
    trials = table.read_trials(path, condition="mode")
    assert trials.condition.tolist() == [1, 1, 0]  # scrolling, wheel
    assert trials[trials.subject == 2].condition.tolist() == [0]
    same(trials, table.read_trials(path))


@pytest.mark.parametrize("column", ["subject", "set_size", "target"])
def test_columns_of_the_format_may_tell_conditions_apart(csv_file, column):
    expected = {"subject": [0, 0, 1], "set_size": [0, 2, 1], "target": [1, 2, 0]}
    assert table.read_trials(csv_file(GOOD), condition=column).condition.tolist() == expected[column]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        (GOOD, "cue_condition", "has no column 'cue_condition' for conditions; there are subject, trial, .*, mode"),
        (GOOD.replace("scrolling", ""), "mode", "row 4, column mode: is empty; every trial needs a condition"),
    ],
)
def test_a_condition_that_is_not_there_is_named(csv_file, text, column, message):
    with pytest.raises(DataError, match=r"people\.csv.*" + message):
        table.read_trials(csv_file(text), condition=column)


def test_cue_conditions_of_the_retro_cue_data(data_folder):
    trials = catalogue.load("oberauer_lin2017_e2", data_folder, condition="cue_condition")
    rows = table.read_table(catalogue.find("oberauer_lin2017_e2", data_folder))
    names = sorted(rows["cue_condition"].unique())
    assert len(names) > 1
    assert [names[number] for number in trials.condition.tolist()] == rows["cue_condition"].tolist()


def test_a_file_without_cues_has_no_probes(csv_file):
    trials = table.read_trials(
        csv_file("subject,trial,set_size,response,target,nontarget_1\n1,1,2,0,1,2\n1,2,1,0,1,\n")
    )
    assert trials.displays.probe.isnan().all() and trials.displays.set_size.tolist() == [2, 1]


@pytest.mark.parametrize(
    "same_file",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD + "\n\n",
        GOOD.replace(",,", ",NA,").replace(",,", ",NaN,"),
        "\n".join(",".join(reversed(line.split(","))) for line in GOOD.splitlines()),
    ],
    ids=["byte order mark", "windows line ends", "blank lines at the end", "NA for empty", "other order of columns"],
)
def test_harmless_variants_read_the_same(csv_file, same_file):
    expected = table.read_trials(csv_file(GOOD))
    same(table.read_trials(csv_file(same_file)), expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace(",response", ",answer"), "misses the columns response; found subject, trial"),
        (GOOD.replace(",cue_nontarget_2", ",other"), "misses the columns cue_nontarget_2"),
        (GOOD.replace(",cue_target", ",cue"), "misses the columns cue_target"),
        (GOOD.replace(",nontarget_2", ",other"), "misses the columns nontarget_2"),
        (GOOD.replace("mode", "trial"), "column 'trial' occurs twice"),
        (GOOD.replace("1,2,3,-3.141593,", "1,2,3,4.5,"), "row 3, column response: '4.5' is outside of the circle"),
        (GOOD.replace("1.25", "left"), "row 4, column response: 'left' is not a number"),
        (GOOD.replace("1.25", "inf"), "row 4, column response: 'inf' is not a number"),
        (GOOD.replace("1.25", ""), "row 4, column response: is empty"),
        (GOOD.replace("0.5,0.6", "0.5,"), "row 2, column target: is empty"),
        (GOOD.replace("2,1,2,", "S2,1,2,"), "row 4, column subject: 'S2' is not a number"),
        (GOOD.replace("2,1,2,", "2.5,1,2,"), "row 4, column subject: '2.5' is not a whole number"),
        (GOOD.replace(",-2.356194,", ",,"), "row 4, column cue_nontarget_1: is empty, but nontarget_1 is not"),
        (GOOD.replace(",0.25,,", ",,,"), "row 4, column nontarget_1: is empty, but cue_nontarget_1 is not"),
        (GOOD.replace("1,2,3,", "1,1,3,"), "row 3, column trial: '1' was already used for this subject"),
        (GOOD.replace("2,1,2,", "2,1,3,"), "row 4, column set_size: '3' is not the number of items in the row"),
        (GOOD.replace(",wheel\n1,2", "\n1,2"), "row 2: has 10 cells; the header has 11"),
        (GOOD.replace("wheel\n1,2", "wheel\n\n1,2"), "row 3: has 0 cells; the header has 11"),
        ("", "holds no trials; expected a header and one row per trial"),
        ("\n\n", "holds no trials"),
        (GOOD.splitlines()[0], "holds no trials"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "is not a CSV file; expected comma-separated text"),
        (b"MATLAB 5.0 MAT-file\x00\x00\x01", "is not a CSV file|holds no trials"),
        ('{"subject": 1,\n"trial": 2}\n', "is not a CSV file"),
        ("<html>\n<body>404</body>\n", "misses the columns subject, trial, .*; found <html>"),
    ],
)
def test_a_faulty_file_is_refused(csv_file, text, message):
    with pytest.raises(DataError, match=r"people\.csv.*(" + message + ")"):
        table.read_trials(csv_file(text))


def test_degrees_are_recognised(csv_file):
    lines = ["subject,trial,set_size,response,target,cue_target"]
    lines += [f"1,{k},1,0.1,0.2,{45 * k}" for k in range(1, 9)]
    with pytest.raises(DataError, match=r"row 2, column cue_target: '45' .* in degrees: multiply by pi / 180"):
        table.read_trials(csv_file("\n".join(lines)))


def test_angles_from_0_to_2_pi_are_recognised(csv_file):
    lines = ["subject,trial,set_size,response,target"] + [f"1,{k},1,{0.7 * k},0.2" for k in range(1, 9)]
    with pytest.raises(DataError, match=r"row 6, column response: .* from 0 to 2 pi: subtract 2 pi"):
        table.read_trials(csv_file("\n".join(lines)))


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(DataError, match="cannot be read .*; expected a CSV file"):
            table.read_trials(path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.integers(1, 3), column=st.integers(0, 9), fault=st.sampled_from(["x", "1;2", "--1", "0,5"]))
def test_any_cell_that_is_not_a_number_is_named(csv_file, row, column, fault):
    cells = [line.split(",") for line in GOOD.splitlines()]
    cells[row][column] = f'"{fault}"'
    path = csv_file("\n".join(",".join(line) for line in cells))
    with pytest.raises(DataError, match=re.escape(f"row {row + 1}, column {cells[0][column]}: {fault!r} is not a")):
        table.read_trials(path)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), cues=st.booleans())
def test_written_trials_read_back_with_the_cued_item_first(tmp_path, seed, cues):
    draw = torch.Generator().manual_seed(seed)
    report = (torch.rand(7, 4, generator=draw, dtype=torch.float64) * 2 - 1) * math.pi
    report[torch.rand(7, 4, generator=draw) < 0.4] = math.nan
    cued = torch.randint(4, (7,), generator=draw)
    report[torch.arange(7), cued] = 0.5
    probe = report / 2 if cues else torch.full_like(report, math.nan)
    subject = torch.randint(1, 3, (7,), generator=draw)
    trials = Trials(Displays(report, probe, cued), report.nan_to_num(1.0)[:, 1], subject)
    table.write_trials(tmp_path / "people.csv", trials)
    read = table.read_trials(tmp_path / "people.csv")
    torch.testing.assert_close(read.displays.cued_report, trials.displays.cued_report, rtol=0, atol=0)
    torch.testing.assert_close(read.response, trials.response, rtol=0, atol=0)
    assert read.subject.equal(subject) and read.displays.set_size.equal(trials.displays.set_size)
    for first, second in zip(read.displays.report, report):
        assert sorted(first[~first.isnan()].tolist()) == sorted(second[~second.isnan()].tolist())
    if cues:
        torch.testing.assert_close(read.displays.probe, read.displays.report / 2, rtol=0, atol=0, equal_nan=True)
    else:
        assert read.displays.probe.isnan().all()


def test_the_folder_is_the_argument_then_the_variable_then_the_cache(tmp_path, monkeypatch):
    def put(place, response):
        folder = tmp_path / place / "bays2009"
        folder.mkdir(parents=True)
        (folder / "bays2009.csv").write_text(GOOD.replace("0.5", str(response)))

    for place, response in [("argument", 0.1), ("variable", 0.2), ("cache", 0.3)]:
        put(place, response)
    monkeypatch.setattr(catalogue, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("SWAPUTILS_DATA", str(tmp_path / "variable"))
    assert catalogue.load("bays2009", tmp_path / "argument").response[0] == 0.1
    assert catalogue.load("bays2009").response[0] == 0.2
    monkeypatch.setenv("SWAPUTILS_DATA", str(tmp_path / "elsewhere"))
    assert catalogue.load("bays2009").response[0] == 0.3
    monkeypatch.delenv("SWAPUTILS_DATA")
    assert catalogue.load("bays2009").response[0] == 0.3
    with pytest.raises(DataError, match="no file bays2009/bays2009.csv in the given folder; run `swaputils fetch bays"):
        catalogue.load("bays2009", tmp_path / "elsewhere")


def test_an_unknown_set_lists_the_known_ones():
    with pytest.raises(DataError, match="unknown data set 'bays'; known are vandenberg2012_color, bays2009, ober"):
        catalogue.load("bays")


@pytest.mark.parametrize("name", PEOPLE)
def test_published_sets_read_whole(data_folder, name):
    trials = catalogue.load(name, data_folder)
    sizes = trials.displays.set_size.unique().tolist()
    assert (len(trials), len(trials.subject.unique()), sizes) == PEOPLE[name]
    assert trials.response.abs().max() <= math.pi
    assert trials.displays.probe.isnan().all() == (name == "mixturer_simulated")


def test_locations_of_the_color_set_are_eight(data_folder):
    probe = catalogue.load("vandenberg2012_color", data_folder).displays.probe
    place = probe[~probe.isnan()] / (math.pi / 4)
    torch.testing.assert_close(place, place.round(), rtol=0, atol=1e-5)
    assert sorted(place.round().int().unique().tolist()) == list(range(-4, 4))
