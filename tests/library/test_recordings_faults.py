"""Each fault of a recording is one sentence that names what the user wrote and what is allowed, and its option settles it."""

import numpy as np
import pytest
from scipy.io import savemat

from swaputils.__main__ import main
from swaputils.data.table import DataError
from swaputils.errors import SwaputilsError
from swaputils.recordings.read_recordings import read_recording
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import together
from tests.library.planted_recording import TIME, planted, write_npz

TRUTH = planted(trials=400, neurons=6)
DEGREES = np.degrees(TRUTH.colours) % 360


def with_value(values, place, value):
    changed = np.array(values, dtype=float)
    changed[place] = value
    return changed


STUCK = with_value(with_value(TRUTH.activity, (..., 2), 1.0), (..., 4), 0.0)
NAN = with_value(TRUTH.activity, (7, 2, 3), np.nan)
FAULTS = {  # what is changed in the file, and what is said
    "no activity": ({"activity": None}, "no variable is recognised as activity; name it by --columns activity=NAME"),
    "two activities": ({"rates": TRUTH.activity}, "'activity' and 'rates' could each be the activity; name one: --columns"),
    "one colour": ({"colours": None, "colour_1": TRUTH.colours[:, 0]}, "'colour_1' is the colour of one item only; two are needed"),
    "two sets of colours": ({"hue1": TRUTH.cued, "hue2": TRUTH.cued}, "'colours' and 'hue1' with 'hue2' could each be the two"),
    "two colours of few values": (
        {"colours": np.stack((TRUTH.cued * 3.0, TRUTH.colours[:, 1]), 1)},
        "2 distinct colours; a plane needs 3 or more",
    ),
    "same distance": ({"colours": TRUTH.colours[:, :1] + [0, 1.0]}, "always at the same distance"),
    "wrong shape": ({"activity": TRUTH.activity[:-1]}, "which does not go with colours of 400 trials and a time axis of 6 steps"),
    "four axes": ({"activity": TRUTH.activity[..., None]}, r"allowed are \[trials, neurons\] and \[trials, time, neurons\]"),
    "text": ({"activity": TRUTH.activity.astype(str)}, "'activity' holds no numbers"),
    "cue of another length": ({"cued": TRUTH.cued[:-2]}, r"'cued' has the shape \[398\], but there are 400 trials"),
    "report of another length": ({"report": TRUTH.report[:-2]}, "'report' has 398 entries, but there are 400 trials"),
    "no time": ({"time": None}, "there is no time axis; --columns time=NAME names it, or --times FIRST STEP gives it"),
    "time goes back": ({"time": TIME[[0, 2, 1, 3, 4, 5]]}, r"'time' does not increase: -0.2 follows -0.1 \(entry 2"),
    "time with a gap": ({"time": with_value(TIME, 1, np.nan)}, "'time' is no time axis"),
    "no time of the cue": ({"time": TIME + 1}, "the time of the cue is not said; --cue-time gives it .* from 0.7 to 1.2"),
    "cue outside": ({"cue_onset": 4.0}, "'cue_onset' is 4, outside of the time axis, which runs from -0.3 to 0.2"),
    "cue at various times": ({"cue_onset": np.arange(400.0)}, "'cue_onset' differs between trials"),
    "third cue": ({"cued": TRUTH.cued.astype(float) + (np.arange(400) == 3)}, "it has to name one of two items"),
    "cue by unknown names": ({"cued": np.where(TRUTH.cued, "k", "m")}, "'cued' holds k, m; .* --items FIRST SECOND"),
    "one item cued": ({"cued": 0 * TRUTH.cued}, r"'cued' cues one item only \(0\)"),
    "units differ": ({"colours": DEGREES}, "'colours.0.' looks like deg .* and 'report' like rad .*; give both in one unit"),
    "past a turn": ({"colours": 2 * DEGREES}, "past a full turn of 360 degrees; --units says"),
    "numbered colours": ({"colours": np.arange(800).reshape(400, 2) ** 2 % 5}, "whole numbers 0 to 4; --units 3 if they number 3"),
    "constant neurons": ({"activity": STUCK}, r"activity is constant in neurons 2, 4 \(counted from 0\); --drop-neurons constant"),
    "named constant neurons": ({"activity": STUCK, "unit_id": np.array(list("abcdef"))}, "constant in neurons c, e; --drop"),
    "nan": ({"activity": NAN}, r"NaN or infinite in neuron 3 \(counted from 0\); --drop-neurons nan leaves it out"),
    "no report in some": ({"report": with_value(TRUTH.report, [3, 9], np.nan)}, "of 400 trials 2 lack a report; --drop-unanswered"),
}  # fmt: skip
SETTLED = {
    "no time": {"times": (-0.3, 0.1)},
    "no time of the cue": {"cue_time": 1.0},
    "cue at various times": {"cue_time": 0.0},
    "cue by unknown names": {"items": ("m", "k")},
    "two activities": {"columns": ("activity=rates",)},
    "constant neurons": {"drop_neurons": ("constant",)},
    "nan": {"drop_neurons": ("nan",)},
    "no report in some": {"drop_unanswered": True},
    "two sets of colours": {"columns": ("colours=colours",)},
}
OPTIONS = {  # what is asked for, and what is said
    "unknown part": ({"columns": ("activities=a",)}, "'activities' is no part of a recording"),
    "unknown name": ({"columns": ("cued=side",)}, "has no 'side', to be read as cued; it holds activity, time"),
    "unknown axis": ({"dims": ("trials", "cells")}, "--dims takes trials, time"),
    "too few axes": (
        {"dims": ("trials", "neurons")},
        r"--dims names 2 axes, but 'activity' has the shape \[400, 6, 6\]",
    ),
    "axes exchanged": (
        {"dims": ("time", "trials", "neurons")},
        "'activity' has 6 trials, but other variables have 400",
    ),
    "cue outside": ({"cue_time": -0.3}, "--cue-time is -0.3, outside of the time axis"),
    "window past the cue": ({"before": (-0.2, 0.1)}, "--before -0.2 0.1 holds no step or leaves its side of the cue"),
    "window backwards": ({"after": (0.2, 0.1)}, "it has to end after it begins"),
    "units": ({"units": "turns"}, "units are 'turns'"),
    "small units": ({"units": "1"}, "but a full turn is 1 in 1"),
    "no such session": ({"without": ("monday",)}, "--without names 'monday', which is no session; there are day"),
}


def said_of(tmp_path, changed, **options):
    """The sentence about a file with a fault."""
    with pytest.raises(SwaputilsError) as fault:
        read_recording(str(write_npz(tmp_path / "day.npz", TRUTH, **changed)), Described(**options)).settled()
    said = str(fault.value)
    assert "\n" not in said and not said.endswith(".")
    return said


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_in_one_sentence(tmp_path, fault):
    changed, message = FAULTS[fault]
    assert_matches(said_of(tmp_path, changed), message)


def assert_matches(said, message):
    with pytest.raises(DataError, match=message):
        raise DataError(said)


@pytest.mark.parametrize("fault", SETTLED)
def test_the_option_that_is_named_settles_it(tmp_path, fault):
    path = write_npz(tmp_path / "day.npz", TRUTH, **FAULTS[fault][0])
    recording = read_recording(str(path), Described(**SETTLED[fault])).settled()
    left_out = {"no report in some": (2, 0), "constant neurons": (0, 2), "nan": (0, 1)}.get(fault, (0, 0))
    assert (400 - recording.trials, 6 - recording.neurons) == left_out


@pytest.mark.parametrize("fault", OPTIONS)
def test_options_that_do_not_fit(tmp_path, fault):
    options, message = OPTIONS[fault]
    assert_matches(said_of(tmp_path, {}, **options), message)


def test_fewer_trials_than_parameters(tmp_path):
    few = planted(trials=60, neurons=6)
    with pytest.raises(
        SwaputilsError, match="are 60, too few for four regressions with 13 parameters each; give 90 or more"
    ):
        read_recording(str(write_npz(tmp_path / "day.npz", few))).settled()
    enough_for_one = read_recording(str(write_npz(tmp_path / "one.npz", planted(trials=240, neurons=6))))
    assert enough_for_one.settled().trials == 240


def test_sessions_that_cannot_be_pooled(tmp_path):
    day = read_recording(str(write_npz(tmp_path / "day.npz", TRUTH)))
    later = read_recording(str(write_npz(tmp_path / "later.npz", TRUTH, time=TIME + 0.05)))
    mute = read_recording(str(write_npz(tmp_path / "mute.npz", TRUTH, report=None)))
    with pytest.raises(DataError, match="differ in their time axis"):
        together([day, later])
    with pytest.raises(DataError, match="day.npz has a report and .*mute.npz has none"):
        together([mute, day])
    sizes = np.repeat(["mon", "tue"], [340, 60])
    with pytest.raises(SwaputilsError, match="session tue: all trials are 60, too few .*; --without tue leaves it out"):
        read_recording(str(write_npz(tmp_path / "two.npz", TRUTH, session=sizes))).settled()
    left = read_recording(str(tmp_path / "two.npz"), Described(without=("tue",))).settled()
    assert left.trials == 340


MEANS = np.random.default_rng(0).normal(size=(8, 40))


@pytest.mark.parametrize(
    ("means", "message"),
    [
        (MEANS.T, "--dims neurons conditions turns a matrix"),
        (MEANS[:7], r"condition means are \[2 items, colours, neurons\]"),
        (MEANS[:4], "2 items, 2 colours and 40 neurons; allowed are 2 items, 3 or more colours"),
        (with_value(MEANS, (3, 5), np.nan), "the means of 1 neurons are NaN"),
    ],
)
def test_condition_means_that_cannot_be_read(tmp_path, means, message):
    savemat(tmp_path / "means.mat", {"dat": means})
    with pytest.raises(DataError, match=message):
        read_recording(str(tmp_path / "means.mat"))


@pytest.mark.parametrize("name", ["day.nc", "day.npz", "day.mat", "day.nwb", "day.csv", "day.h5"])
def test_files_that_are_not_what_their_name_says(tmp_path, name, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"CDF nothing of the kind \x00\x01")
    assert main(["geometry", name]) == 1
    said = capfd.readouterr().err
    assert said.startswith(f"swaputils: {name}: ") and "Traceback" not in said and len(said.splitlines()) == 1
    assert main(["geometry", f"missing_{name}"]) == 1
    assert len(capfd.readouterr().err.splitlines()) == 1
