"""Kinds of misread files: each is refused with a sentence that names the user's columns, and read rightly with the remedy it names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
import torch

from swaputils.data.layout import Layout
from swaputils.data.reading import examine, read
from swaputils.data.table import DataError
from swaputils.trials import Displays, Trials
from tests.library.made_up import angle_columns, made_up

ITEMS = ["target", "nontarget_1", "nontarget_2", "nontarget_3"]
REPORTED = ["response", *ITEMS]
NONTARGETS = ITEMS[1:]


def same(found: Trials, expected: Trials, decimals: float = 1e-3) -> None:
    for one, other in (
        (found.displays.report, expected.displays.report),
        (found.displays.probe, expected.displays.probe),
        (found.response[:, None], expected.response[:, None]),
    ):
        assert one.isnan().equal(other.isnan())
        torch.testing.assert_close((one - other).cos().nan_to_num(1), torch.ones_like(one), rtol=0, atol=decimals)
    assert found.displays.set_size.equal(expected.displays.set_size)


@pytest.fixture
def reads(tmp_path):
    """Write a table and read it by options."""

    def write(table: pd.DataFrame, **options):
        path = tmp_path / "people.csv"
        table.to_csv(path, index=False)
        return examine(path, Layout(**options))

    return write


@dataclass(frozen=True)
class Kind:
    """A way to spoil a clean table, what is said of it, and the options that read it as the clean one."""

    name: str
    spoil: Callable[[pd.DataFrame], pd.DataFrame]
    said: str
    remedy: dict | None
    options: dict = field(default_factory=lambda: {"units": "deg"})
    trust: str | None = None
    close: float = 1e-3


def replaced(names, change) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{name: change(table[name]) for name in names})


def filled(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return replaced(NONTARGETS, lambda column: column.fillna(value))


def codes(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A code in place of every tenth response."""
    return lambda table: table.assign(response=table["response"].where(table.index % 10 != 3, value))


def second_person_in_radians(table: pd.DataFrame) -> pd.DataFrame:
    rows = table["subject"] == 2
    columns = angle_columns(table)
    table.loc[rows, columns] = np.deg2rad(table.loc[rows, columns])
    return table


def target_among_items(table: pd.DataFrame) -> pd.DataFrame:
    """All items in their places, the target in another place in each row, beside the column of targets."""
    values = table[ITEMS].to_numpy()
    size = table["set_size"].to_numpy()
    place = np.arange(len(table)) % size
    mixed = values.copy()
    for row, k in enumerate(place):
        mixed[row, [0, k]] = mixed[row, [k, 0]]
    return table.assign(**{f"nontarget_{k + 1}": mixed[:, k] for k in range(4)})


def unknown_names(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="set_size").rename(
        columns={name: name.replace("nontarget_", "wheel") for name in NONTARGETS}
    )


def long(table: pd.DataFrame) -> pd.DataFrame:
    """A row per item."""
    parts = []
    for number, row in table.iterrows():
        for k, item in enumerate(ITEMS):
            if not np.isnan(row[item]):
                mark = int(k == 0)
                parts.append((int(row["subject"]), number, row[item], row[f"cue_{item}"], mark, row["response"]))
    return pd.DataFrame(parts, columns=["subject", "trial", "colour", "location", "probed", "response"])


def relative(table: pd.DataFrame) -> pd.DataFrame:
    values = {name: (table[name] - table["target"] + 180) % 360 - 180 for name in ["response", *NONTARGETS]}
    return table.assign(**values).drop(columns="target").rename(columns={"response": "dev", "nontarget_1": "col_lure1"})


def errors(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(response=(table["response"] - table["target"] + 180) % 360 - 180)


KINDS = [
    Kind("responses in rad", replaced(["response"], np.deg2rad), "'response' never exceeds .* while 'nontarget", {"units_of": ("response=rad",)}),
    Kind("one person in rad", second_person_in_radians, "no reported angle of 2 in 'subject' exceeds", None, trust="units"),
    Kind(
        "colours by number",
        replaced(REPORTED, lambda column: (column // 2) + 1),
        "never exceed .* --units",
        {"units": "180"},
        close=2e-3,
    ),
    Kind("turns", replaced(REPORTED, lambda column: column / 360), "as turns do; say --units 1", {"units": "1"}, {}),
    Kind("turns in a file of degrees", replaced(REPORTED, lambda column: column / 360), "or in turns: --units 1", {"units": "1"}),
    Kind("hues to 255", replaced(REPORTED, lambda column: column / 360 * 255), "of a full turn of 360", {"units": "255"}),
    Kind("half circle", replaced(REPORTED, lambda column: column / 2), "orientations.*--period 180", {"period": 180}),
    Kind("half circle about 0", replaced(REPORTED, lambda column: ((column + 180) % 360 - 180) / 2), "stay within -.* and", {"period": 180}),
    Kind("half circle in rad", replaced(REPORTED, lambda column: np.deg2rad(column / 2)), "--period 180", {"period": 180}, {}),
    Kind("whole circle by half a period", replaced(REPORTED, lambda column: (column + 180) % 360 - 180), "more than one period of 180", {"period": 360}, {"units": "deg", "period": 180}),
    Kind("padded with 0", filled(0), "'nontarget_3' hold 0 in .* rows.*--missing 0", {"missing": (0.0,)}),
    Kind("padded with 999", filled(999), "hold 999 in", {"missing": (999.0,)}),
    Kind("padded, and no set sizes", lambda table: filled(-99)(table).drop(columns="set_size"), "hold -99 in", {"missing": (-99.0,)}),
    Kind("not answered is 999", codes(999), "'response' is 999 in", {"no_response": (999.0,), "drop_unanswered": True}),
    Kind("not answered is -1", codes(-1), "'response' is -1 in 20 rows", {"no_response": (-1.0,), "drop_unanswered": True}),
    Kind("responses are errors", errors, "seems to hold errors; say --errors", {"errors": True}, trust="response"),
    Kind("deviations and lures", relative, "there is no target while 'col_lure1'.* 'dev'.*--relative", {"relative": True}, trust="response"),
    Kind("target among the items", target_among_items, "hold the target itself in 200 of 200", {"items_include_target": True, "trust": ()}),
    Kind("responses are the target", lambda table: table.assign(response=table["target"]), "'response' equals 'target' in 200", None, trust="copies"),
    Kind("mirrored", replaced(["response"], lambda column: 360 - column), "'response' runs against 'target'", None, trust="response"),
    Kind("another zero", replaced(["response"], lambda column: (column + 90) % 360), "on average 9[0-9]°|on average 8[0-9]°", None, trust="response"),
    Kind("non-targets twice", lambda table: table.assign(nontarget_4=table["nontarget_3"], set_size=table["set_size"] + (table["set_size"] > 3)), "'nontarget_3' and 'nontarget_4' hold the same", {"ignore": ("nontarget_4", "set_size")}),
    Kind("rows twice", lambda table: pd.concat([table, table]), "400 of 400 rows stand in the file more than once", None, trust="rows"),
    Kind("names of non-targets that nobody knows", unknown_names, "'wheel1', 'wheel2', 'wheel3' look like angles", {"columns": ("nontarget_1=wheel1", "nontarget_2=wheel2", "nontarget_3=wheel3")}, trust="columns"),
    Kind("one name in two ways", lambda table: table.assign(subject="P" + table["subject"].astype(str).where(table.index != 5, "01")), "'P1' and 'P01'|'P01' and 'P1'", None, trust="names"),
    Kind("set sizes without their items", lambda table: table.assign(set_size=table["set_size"] + 1), "200 rows have fewer items filled than 'set_size' says", {"ignore": ("set_size",)}),
]  # fmt: skip
CUED = [
    Kind("places from 0", replaced([f"cue_{item}" for item in ITEMS], lambda column: column / 45), "--cue-slots 8", {"cue_slots": 8}, trust="cues"),
    Kind("places from 1", replaced([f"cue_{item}" for item in ITEMS], lambda column: column / 45 + 1), "--cue-slots 8", {"cue_slots": 8}, trust="cues"),
    Kind("cues in rad", replaced([f"cue_{item}" for item in ITEMS], np.deg2rad), "say --cue-units rad", {"cue_units": "rad"}, trust="cues"),
    Kind("cues in turns", replaced([f"cue_{item}" for item in ITEMS], lambda column: column / 360), "say --cue-units 1", {"cue_units": "1"}, trust="cues"),
    Kind("cues half round", replaced([f"cue_{item}" for item in ITEMS], lambda column: column / 2), "cues .* go once around 180.*--cue-period 180", {"cue_period": 180}, trust="cues"),
    Kind("cues of items not shown", replaced([f"cue_{item}" for item in NONTARGETS], lambda column: column.fillna(90)), "nontarget_2: is empty, but cue_nontarget_2 is not", {"trust": ("items",)}, trust="items"),
    Kind("items without cues", lambda table: table.assign(cue_nontarget_1=table["cue_nontarget_1"].where(table.index % 3 != 0)), "column cue_nontarget_1: is empty, but nontarget_1 is not.*--no-cues", None),
    Kind("a row per item", long, "repeat the response of the row above.*--long", {"long": True, "columns": ("item=colour", "is_target=probed", "cue=location")}, {"units": "deg", "columns": ("target=colour",)}),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS + CUED, ids=lambda kind: kind.name)
def test_a_kind_is_refused_and_its_remedy_reads_it(reads, kind):
    clean = made_up(7, rows=200, cues=8 if kind in CUED else 0, start=0)
    spoilt = kind.spoil(clean.copy())
    units = {"units": "deg"} if kind.options else {}
    found = reads(spoilt, **kind.options)
    with pytest.raises(DataError, match=re.compile(kind.said, re.DOTALL)) as refused:
        found.settled()
    assert "people.csv" in str(refused.value) and "--" in str(refused.value)
    quoted = set(re.findall(r"'([a-z_]+[0-9]*)'", str(refused.value)))
    assert quoted <= set(spoilt.columns), "a message names a column that the user does not have"
    if kind.remedy is not None:
        expected = reads(clean, units="deg").settled()
        trials = reads(spoilt, **{**units, **kind.remedy}).settled()
        if kind.remedy.get("drop_unanswered"):
            expected = expected[torch.arange(len(expected)) % 10 != 3]
        for option, change in {"relative": relative_to_target, "items_include_target": in_order}.items():
            if kind.remedy.get(option):
                trials, expected = change(trials), change(expected)
        same(trials, expected, kind.close)
    if kind.trust:
        options = {**kind.options, "trust": (kind.trust,)}
        assert len(reads(spoilt, **options).settled()) == len(spoilt)


def relative_to_target(trials: Trials) -> Trials:
    displays = trials.displays
    report = displays.report - displays.report[:, :1]
    moved = Displays(report, displays.probe, displays.cued)
    return Trials(moved, trials.response - displays.cued_report, trials.subject)


def in_order(trials: Trials) -> Trials:
    """Items sorted, the places of those not shown last."""
    displays = trials.displays
    report = displays.report.nan_to_num(9).sort().values
    most = int(displays.set_size.max())
    return replace(
        trials,
        displays=Displays(report.where(report < 9, torch.nan)[:, :most], displays.probe[:, :most], displays.cued),
    )


@pytest.mark.parametrize(
    ("unsigned", "said"),
    [(True, "'error' is never negative"), (False, None)],
)
def test_errors_need_their_sign(reads, unsigned, said):
    table = made_up(3, rows=200)
    error = (table["response"] - table["target"] + 180) % 360 - 180
    spoilt = table.drop(columns="response").assign(error=error.abs() if unsigned else error)
    found = reads(spoilt, units="deg")
    if said:
        with pytest.raises(DataError, match=said):
            found.settled()
    else:
        same(found.settled(), reads(table, units="deg").settled())


def test_errors_in_other_units_are_seen(reads):
    table = made_up(3, rows=200)
    error = np.deg2rad((table["response"] - table["target"] + 180) % 360 - 180)
    spoilt = table.drop(columns="response").assign(error=error)
    with pytest.raises(DataError, match="'error' never exceeds .* --units-of error=rad"):
        reads(spoilt, units="deg").settled()
    same(reads(spoilt, units="deg", units_of=("error=rad",)).settled(), reads(table, units="deg").settled())


def test_items_by_place_with_the_number_of_the_probed_one(reads):
    table = made_up(5, rows=100, cues=8)
    place = np.arange(100) % table["set_size"]
    wide = table[["subject", "response"]].assign(probed_item=place + 1)
    for prefix, header in (("", "colour"), ("cue_", "loc")):
        values = table[[f"{prefix}{item}" for item in ITEMS]].to_numpy(copy=True)
        for row, k in enumerate(place):
            values[row, [0, k]] = values[row, [k, 0]]
        wide = wide.assign(**{f"{header}{k + 1}": values[:, k] for k in range(4)})
    found = reads(wide, units="deg").settled()
    expected = reads(table, units="deg").settled()
    assert found.displays.cued_report.allclose(expected.displays.cued_report)
    assert found.displays.cued_probe.allclose(expected.displays.cued_probe)
    assert (
        found.displays.report.nan_to_num(9).sort().values.allclose(expected.displays.report.nan_to_num(9).sort().values)
    )
    wide.loc[4, "probed_item"] = 7
    with pytest.raises(DataError, match="row 6, column probed_item: '7' is none of the items 1 to 4"):
        reads(wide, units="deg")


@pytest.mark.parametrize("drop", ["nontargets", "option", "count"])
def test_displays_whose_other_items_are_not_on_record(reads, drop):
    table = made_up(5, rows=100, sizes=(1, 2, 4))
    if drop == "nontargets":
        trials = reads(table.drop(columns=NONTARGETS), units="deg").settled()
    elif drop == "option":
        trials = reads(table, units="deg", two_components=True).settled()
    else:
        trials = reads(table.drop(columns="set_size"), units="deg", two_components=True).settled()
    assert trials.displays.set_size.tolist() == table["set_size"].tolist()
    assert trials.displays.recorded.tolist() == (table["set_size"] == 1).tolist()
    assert trials.displays.report.shape[1] == 1


def test_only_some_rows_are_read(reads):
    table = made_up(5, rows=60).assign(practice=["yes", "no", "no"] * 20, block=[1, 2, 3, 4] * 15)
    found = reads(table, units="deg", only=("practice=no", "block=2,3"))
    chosen = table[(table["practice"] == "no") & table["block"].isin([2, 3])]
    same(found.settled(), reads(chosen, units="deg").settled())
    with pytest.raises(DataError, match="no row has practice=maybe; 'practice' holds yes, no"):
        reads(table, only=("practice=maybe",))
    with pytest.raises(DataError, match="no column 'phase' for --only"):
        reads(table, only=("phase=1",))


def test_two_columns_that_could_be_one(reads):
    table = made_up(5).rename(columns={"response": "resp"}).assign(answer=1.0)
    with pytest.raises(
        DataError, match="'resp' and 'answer' could each be the response; name one: --columns response="
    ):
        reads(table, units="deg")
    assert len(reads(table, units="deg", columns=("response=resp",)).settled()) == 60
    assert len(reads(table, units="deg", ignore=("answer",)).settled()) == 60


def test_every_fault_is_said_at_once(reads):
    table = made_up(7, rows=200, cues=8)
    spoilt = filled(-1)(
        replaced(["cue_target"] + [f"cue_{item}" for item in NONTARGETS], lambda column: column / 45)(table)
    )
    spoilt.loc[3, "response"] = np.nan
    with pytest.raises(DataError) as refused:
        reads(spoilt, units="deg").settled()
    for part in ("--missing -1", "--cue-slots 8", "--drop-unanswered"):
        assert part in str(refused.value)
    trials = reads(spoilt, units="deg", missing=(-1.0,), cue_slots=8, drop_unanswered=True).settled()
    assert len(trials) == 199


def test_read_is_examine_and_settled(tmp_path):
    made_up(1).to_csv(tmp_path / "people.csv", index=False)
    assert len(read(tmp_path / "people.csv", Layout(units="deg"))) == 60
    with pytest.raises(DataError, match="in degrees: name --units deg"):
        read(tmp_path / "people.csv")


def test_responses_of_0_stay_where_items_not_shown_are_0(reads):
    table = made_up(7, rows=200, cues=8, decimals=0)
    table.loc[:9, "response"] = 0.0
    expected = reads(table, units="deg").settled()
    table[NONTARGETS + [f"cue_{item}" for item in NONTARGETS]] = table[
        NONTARGETS + [f"cue_{item}" for item in NONTARGETS]
    ].fillna(0)
    assert (table["nontarget_3"] == 0).any() and (table["cue_nontarget_1"] == 0).any()
    same(reads(table, units="deg", missing=(0.0,)).settled(), expected)
