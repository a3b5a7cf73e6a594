"""Whatever a table is written as, the same table is read; what is none is named."""

import gzip

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from swaputils.data import catalogue
from swaputils.data.layout import Layout
from swaputils.data.reading import examine
from swaputils.data.table import DataError
from swaputils.data.understood import understood
from tests.library.made_up import made_up
from tests.library.test_reading_kinds import NONTARGETS, relative_to_target, same


@pytest.fixture
def table() -> pd.DataFrame:
    return made_up(11, rows=40, cues=8)


@pytest.fixture
def expected(table, tmp_path):
    table.to_csv(tmp_path / "clean.csv", index=False)
    return examine(tmp_path / "clean.csv", Layout(units="deg")).settled()


def text(table: pd.DataFrame, **options) -> str:
    return table.to_csv(index=False, **options)


WRITTEN = {
    "tabs": lambda table: text(table, sep="\t"),
    "semicolons": lambda table: text(table, sep=";"),
    "bars": lambda table: text(table, sep="|"),
    "blanks": lambda table: text(table, sep=" ", na_rep="NA"),
    "aligned columns": lambda table: table.to_string(index=False, na_rep="NA"),
    "decimal commas": lambda table: text(table, sep=";", decimal=","),
    "decimal commas in quotes": lambda table: text(table, decimal=",", quoting=2),
    "byte order mark": lambda table: "\ufeff" + text(table),
    "UTF-16": lambda table: text(table).encode("utf-16"),
    "Windows-1252": lambda table: text(table.assign(Größe="ä")).encode("cp1252"),
    "Windows line ends": lambda table: text(table).replace("\n", "\r\n"),
    "old Macintosh line ends": lambda table: text(table).replace("\n", "\r"),
    "names of rows": lambda table: table.to_csv(),
    "names of rows without a header": lambda table: table.to_csv()[1:],
    "delimiter at the end": lambda table: text(table).replace("\n", ",\n").replace(",\n", "\n", 1),
    "comments above": lambda table: "# written by hand\n% twice\n" + text(table),
    "separator announced": lambda table: "sep=;\n" + text(table, sep=";"),
    "empty rows": lambda table: text(table).replace("\n", "\n\n", 3) + ",,,,\n\n",
    "words for nothing": lambda table: text(table, na_rep="NaN").replace("NaN", "n/a", 4).replace("NaN", "None", 3),
    "capitals and blanks": lambda table: text(table.rename(columns=lambda name: f" {name.replace('_', ' ').title()} ")),
    "upper case": lambda table: text(table.rename(columns=str.upper)),
    "camel case": lambda table: text(table.rename(columns=lambda name: name.title().replace("_", ""))),
    "points": lambda table: text(table.rename(columns=lambda name: name.replace("_", "."))),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_it_reads_the_same(table, expected, tmp_path, written):
    content = WRITTEN[written](table)
    path = tmp_path / "people.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reading = examine(path, Layout(units="deg"))
    same(reading.settled(), expected)
    assert reading.trials.subject.equal(expected.subject)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "is an Excel workbook or an archive; save the sheet as CSV"),
        (gzip.compress(b"subject,response"), "is compressed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "is not a CSV file"),
        (b"", "holds no trials"),
        (b"response,target\n", "holds no trials"),
        (b"1,2,3\n4,5,6\n", "the first row holds numbers .*--header"),
        (b"response,target\n1,2,3,4\n", "row 2: has 4 cells; the header has 2, read with the delimiter comma"),
        (b"response,target\n144,4,165,9\n", "if it has decimal commas, save it with another delimiter"),
        (b"response,target\n1,2\n3\n", "row 3: has 1 cells"),
        (b"response,response,target\n1,1,2\n", "column 'response' occurs twice"),
        (b"response,target\n1,red\n", "row 2, column target: 'red' is not a number"),
        (b"response,target\n1,inf\n", "row 2, column target: 'inf' is not a number"),
        (b"response,target\n1.5;2\n", "row 2: has 1 cells"),
        (b"response;target\n1.5;2,5\n", "'2,5' is not a number.*--decimal , reads decimal commas"),
        (b'response,target\n1,"2\n', "quotes do not close"),
        (b"<html>\n<body>404</body>\n", "misses the columns response, target; found <html>"),
        (b"answer,colour\n1,2\n", "misses the columns response, target|misses the columns target"),
        (b"subject,response,target\n,1,1\n", "row 2, column subject: is empty; every trial needs a person"),
        (
            b"set_size,response,target\nmany,1,1\n",
            "row 2, column set_size: 'many' is not a set size.*--ignore 'set_size'",
        ),
        (b"set_size,response,target\n0,1,1\n", "'0' is not a set size"),
        (b"response,target\n,\n", "holds no trials"),
        (b"response,target,rt\n,1,3\n,1,2\n", "no trial can be used"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, said):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"people\.csv.*(" + said + ")"):
        examine(path, Layout(units="deg")).settled()


def test_a_file_without_a_header_and_lines_above(table, expected, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("Experiment 1\nexported on Monday\n" + text(table, header=False))
    same(examine(path, Layout(units="deg", skip=2, header=tuple(table))).settled(), expected)


def test_delimiter_and_decimal_may_be_named(table, expected, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(text(table, sep="_", decimal=",").replace("set_size", "size").replace("cue_target", "cue"))
    header = tuple(name.replace("_", "") for name in table)
    path.write_text("\n".join([*text(table, sep="_", decimal=",", header=False).splitlines()]))
    found = examine(path, Layout(units="deg", delimiter="_", decimal=",", header=header))
    same(found.settled(), expected)
    with pytest.raises(DataError, match="delimiter is '__'"):
        examine(path, Layout(delimiter="__"))


def test_rows_are_counted_as_an_editor_does(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("# a comment\nresponse,target\n1,2\n\n3,x\n")
    with pytest.raises(DataError, match="row 5, column target: 'x'"):
        examine(path)


def as_struct(table: pd.DataFrame) -> dict:
    """What MemToolbox takes: errors, distractors from the target, a row each, and set sizes."""
    around = {
        name: ((table[name] - table["target"] + 180) % 360 - 180).to_numpy() for name in ["response", *NONTARGETS]
    }
    return {
        "errors": around["response"],
        "distractors": np.stack([around[name] for name in NONTARGETS]),
        "n": table["set_size"],
    }


@pytest.mark.parametrize("nested", ["variables", "struct", "people"])
def test_files_of_memtoolbox(table, expected, tmp_path, nested):
    path = tmp_path / "people.mat"
    struct = {name: np.asarray(value) for name, value in as_struct(table).items()}
    content = {"variables": struct, "struct": {"data": struct}}.get(nested)
    if nested == "people":
        people = np.empty(2, dtype=object)
        people[0] = {name: value[..., :20] for name, value in struct.items()}
        people[1] = {name: value[..., 20:] for name, value in struct.items()}
        content = {"data": people}
    savemat(path, content)
    reading = examine(path, Layout(units="deg"))
    found = relative_to_target(expected)
    assert (
        reading.settled()
        .displays.report.nan_to_num(0)
        .cos()
        .allclose(found.displays.report.nan_to_num(0).cos(), atol=1e-5)
    )
    assert reading.trials.response.cos().allclose(found.response.cos(), atol=1e-5)
    assert sorted(reading.people.values()) == (["1", "2"] if nested == "people" else ["1"])
    assert any(
        "distractors(1,:)" in sentence and "relative to the target" in sentence for sentence in understood(reading)
    )


def test_matrices_and_people_of_a_matlab_file(table, expected, tmp_path):
    path = tmp_path / "people.mat"
    fields = {
        "resp": table["response"],
        "target": table["target"],
        "nontarget": table[NONTARGETS],
        "title": "experiment",
    }
    savemat(path, {name: np.asarray(value) for name, value in fields.items()} | {"fs": np.zeros((3, 3))})
    reading = examine(path, Layout(units="deg", no_cues=True))
    assert reading.settled().displays.report.allclose(expected.displays.report, equal_nan=True)
    assert "'nontarget(:,2)' (nontarget 2)" in " ".join(understood(reading))
    assert "not vectors over trials: fs" in understood(reading)[0]


@pytest.mark.parametrize(
    "content", [b"MATLAB 5.0 MAT-file\x00\x00\x01", b"\x89HDF\r\n\x1a\n and nothing more", b"no MATLAB"]
)
def test_a_damaged_matlab_file(tmp_path, content):
    path = tmp_path / "people.mat"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"people\.mat: is (not a whole MATLAB file|a MATLAB file of version 7.3, which)"
    ):
        examine(path)


def test_files_of_version_7_3(table, expected, tmp_path):
    """Written as MATLAB does: axes in reverse, structs as groups, cells as references."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "people.mat"
    struct = as_struct(table)
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("data")
        group["errors"] = np.asarray(struct["errors"])[:, None]
        group["distractors"] = struct["distractors"].T
        group["n"] = np.asarray(struct["n"], dtype=float)[:, None]
        letters = group.create_dataset("who", data=np.array([[80], [49]], dtype="uint16"))
        letters.attrs["MATLAB_class"] = np.bytes_("char")
    reading = examine(path, Layout(units="deg", columns=("subject=who",)))
    assert reading.trials.response.cos().allclose(relative_to_target(expected).response.cos(), atol=1e-5)
    assert reading.people == {1: "P1"}
    with h5py.File(path, "w") as file:
        parts = file.create_group("#refs#")
        cells = []
        for k, rows in enumerate((slice(0, 20), slice(20, 40))):
            one = parts.create_group(str(k))
            one["errors"] = np.asarray(struct["errors"])[rows, None]
            one["n"] = np.asarray(struct["n"], dtype=float)[rows, None]
            cells.append(one.ref)
        file.create_dataset("data", data=np.array(cells, dtype=h5py.ref_dtype)[:, None]).attrs["MATLAB_class"] = (
            np.bytes_("cell")
        )
    people = examine(path, Layout(units="deg"))
    assert len(people.settled()) == 40 and list(people.people.values()) == ["1", "2"]


def test_the_original_file_of_a_published_set(data_folder):
    """Its places went through degrees to rad twice, and it has no trial numbers."""
    path = data_folder / "bays2009" / "raw" / "bays_data.mat"
    with pytest.raises(
        DataError, match="no cue in 'target_pos'.* exceeds 0.09595 of a full turn of 6.283 rad; say with --cue-units"
    ):
        examine(path).settled()
    reading = examine(path, Layout(cue_units=str(np.pi**2 / 90)))
    same(reading.settled(), catalogue.load("bays2009", data_folder), 1e-4)


def test_the_original_text_of_another_published_set(data_folder):
    """Blanks between cells, no header, colours and places in turn, items beyond the set size filled."""
    path = data_folder / "oberauer_lin2017_e2" / "raw" / "colorwheel3.dat"
    items = [f"{kind}nontarget_{k}" for k in range(1, 8) for kind in ("", "cue_")]
    header = (
        "subject",
        "session",
        "a",
        "b",
        "c",
        "set_size",
        "cue",
        "retrocue",
        "target",
        "cue_target",
        *items,
        "response",
    )
    layout = Layout(units="deg", header=header, cue_slots=13, trust=("set-size",))
    reading = examine(path, layout)
    same(reading.settled(), catalogue.load("oberauer_lin2017_e2", data_folder), 1e-4)
