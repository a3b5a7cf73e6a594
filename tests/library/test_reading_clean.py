"""No false alarms: clean files of every make, and the published data in rad and degrees, pass unquestioned."""

import numpy as np
import pandas as pd
import pytest

from swaputils.data import catalogue
from swaputils.data.layout import Layout
from swaputils.data.reading import examine
from tests.library.made_up import in_radians, made_up

PUBLISHED = ("vandenberg2012_color", "bays2009", "oberauer_lin2017_e2", "oberauer_lin2017_e3", "mixturer_simulated")
OTHER_COLUMNS = ("subject", "trial", "set_size", "session", "response_mode", "rt_ms", "duration_ms", "cue_condition")


@pytest.fixture
def problems(tmp_path):
    """Why a table, written as a file, would be refused."""

    def found(table: pd.DataFrame, **options) -> list[str]:
        path = tmp_path / "people.csv"
        table.to_csv(path, index=False)
        reading = examine(path, Layout(**options))
        if not reading.problems:
            assert len(reading.settled()) == len(table)
        return [str(problem) for problem in reading.problems]

    return found


def anything(seed: int) -> pd.DataFrame:
    """A clean file with features of its own."""
    draw = np.random.default_rng(seed)
    table = made_up(
        seed,
        rows=int(draw.choice([20, 21, 30, 60, 100, 400])),
        sizes=[(1,), (2,), (1, 2), (2, 4), (1, 2, 4, 6), (8,), (3,)][draw.integers(7)],
        cues=int(draw.choice([0, 6, 8, 12, 13])),
        values=int(draw.choice([0, 0, 180, 360, 12, 8])),
        people=int(draw.choice([1, 3, 20])),
        start=float(draw.choice([0.0, -180.0])),
        spread=float(draw.choice([3.0, 10.0, 25.0, 60.0])),
        decimals=int(draw.choice([0, 1, 6])),
        mixed=[(0.0, 0.0), (0.1, 0.1), (0.3, 0.4)][draw.integers(3)],
    )
    if draw.uniform() < 0.5:
        table = table.drop(columns="set_size")
    if draw.uniform() < 0.3:
        table = table.drop(columns="subject")
    if draw.uniform() < 0.5:
        table = table.assign(rt=draw.uniform(200, 3000, len(table)).round(), trial=np.arange(len(table)) % 17 + 1)
    return table


@pytest.mark.parametrize("seed", range(40))
def test_clean_files_pass(problems, seed):
    table = anything(seed)
    assert problems(table, units="deg") == []
    assert problems(in_radians(table) if "set_size" in table else _radians(table)) == []


def _radians(table: pd.DataFrame) -> pd.DataFrame:
    angles = [name for name in table if name not in (*OTHER_COLUMNS, "rt")]
    return table.assign(**np.deg2rad(table[angles]).round(6))


@pytest.mark.parametrize("rows", [1000, 5000])
@pytest.mark.parametrize("values", [0, 8, 180])
def test_long_clean_files_pass(problems, rows, values):
    assert (
        problems(made_up(rows + values, rows=rows, sizes=(1, 2, 4, 8), cues=8, values=values, decimals=0), units="deg")
        == []
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sets_pass_whole(data_folder, name):
    reading = examine(catalogue.find(name, data_folder))
    assert reading.problems == () and len(reading.trials) == reading.rows


@pytest.mark.parametrize("name", PUBLISHED)
def test_parts_of_published_sets_pass(data_folder, problems, name):
    table = pd.read_csv(catalogue.find(name, data_folder))
    angles = [column for column in table if column not in OTHER_COLUMNS]
    degrees = table.assign(**np.rad2deg(table[angles]).round(3))
    around = table.assign(**(np.rad2deg(table[angles]) % 360).round(2))
    for seed in range(4):
        draw = np.random.default_rng(seed)
        rows = int(draw.choice([20, 20, 50, 500]))
        first = int(draw.integers(len(table) - rows))
        chosen = table.sample(rows, random_state=seed).index
        for part in (chosen, table.index[first : first + rows]):
            assert problems(table.loc[part]) == []
            assert problems(degrees.loc[part], units="deg") == []
            assert problems(around.loc[part], units="deg") == []


@pytest.mark.parametrize("period", [180, 360])
def test_orientations_said_to_be_so_pass(problems, period):
    table = made_up(4, rows=100)
    reported = [name for name in table if name not in ("subject", "set_size")]
    table[reported] /= 360 / period
    assert problems(table, units="deg", period=period) == []


def test_relative_files_and_errors_alone_pass(problems):
    table = made_up(4, rows=100, spread=5, mixed=(0.0, 0.0))
    error = (table["response"] - table["target"] + 180) % 360 - 180
    assert problems(pd.DataFrame({"participant": table["subject"], "error": error}), units="deg") == []
    assert problems(pd.DataFrame({"error": np.deg2rad(error)})) == []
    lures = {f"lure{k}": (table[f"nontarget_{k}"] - table["target"]) % 360 for k in (1, 2, 3)}
    assert problems(pd.DataFrame({"error": error, **lures}), units="deg", relative=True) == []


def test_items_on_half_a_circle_of_places_pass(problems):
    """Cues are not taken for orientations because they lie on one side of the screen."""
    table = made_up(4, rows=100, sizes=(2, 4), cues=8)
    cues = [name for name in table if name.startswith("cue_")]
    table[cues] = table[cues] / 2 - 78.75
    assert problems(table, units="deg") == []


def test_responses_may_run_past_a_turn_with_their_target(problems):
    table = made_up(4, rows=100)
    error = (table["response"] - table["target"] + 180) % 360 - 180
    table["response"] = table["target"] + error
    assert table["response"].max() > 360 and table["response"].min() < 0
    assert problems(table, units="deg") == []


@pytest.mark.parametrize("extra", ["start_angle", "previous_target", "wheel_rotation", "confidence1"])
def test_other_columns_do_not_matter(problems, extra):
    table = made_up(4, rows=100, sizes=(1,)).drop(columns="set_size")
    assert problems(table.assign(**{extra: np.random.default_rng(1).uniform(0, 360, 100)}), units="deg") == []
