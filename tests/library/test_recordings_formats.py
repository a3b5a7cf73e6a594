"""Planted recordings in every format: read back as they were, understood in the user's words, and measured at their truth."""

import sys

import numpy as np
import pytest
import torch
from scipy.io import savemat

from swaputils.data.table import DataError
from swaputils.recordings.measuring import GeometryConfig, measure
from swaputils.recordings.read_recordings import read_recording
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import together
from tests.library.planted_recording import AFTER, BEFORE, TIME, arrays, planted, write_netcdf, write_npz, write_nwb

FEW = GeometryConfig(draws=4, bootstraps=20)
TRUTH = planted()


def assert_read(recording, truth=TRUTH):
    (session,) = recording.settled().sessions
    for name in ("activity", "colours", "cued", "report"):
        np.testing.assert_allclose(getattr(session, name).numpy(), getattr(truth, name), atol=1e-9)
    np.testing.assert_allclose(recording.time.numpy(), TIME)
    assert recording.cue_time == 0


def alignments(measured, trials="all", measure_name="alignment"):
    table = measured.moments.query("trials == @trials and measure == @measure_name")
    return table[table["planes"].isin(["both items", "selected"])]


def assert_truth(measured, widest):
    for trials in ("all", "correct"):
        rows = alignments(measured, trials)
        assert rows["moment"].tolist() == ["before the cue", "after the cue"]
        for truth, row in zip((BEFORE, AFTER), rows.itertuples()):
            assert row.low <= truth <= row.high and row.high - row.low < widest and row.verdict == "told"


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_netcdf_as_xarray_and_scipy_write_it(tmp_path, engine):
    recording = read_recording(str(write_netcdf(tmp_path / "day.nc", TRUTH, engine)))
    assert_read(recording)
    assert recording.unit == "s"
    said = " ".join(recording.said)
    assert (
        "'rates'" in said and "read as deg" in said and "upper" in said and "400 of 400 trials and 20 neurons" in said
    )


def test_npz_is_read_and_its_alignment_found(tmp_path):
    recording = read_recording(str(write_npz(tmp_path / "day.npz", TRUTH)))
    assert_read(recording)
    measured = measure(recording, FEW)
    assert_truth(measured, 0.15)
    phase = alignments(measured, measure_name="phase").iloc[1]
    assert phase["low"] <= 0 <= phase["high"]
    course = measured.course.query(
        "trials == 'all' and measure == 'alignment' and planes in ['both items', 'selected']"
    )
    assert course["time"].tolist() == TIME.tolist()
    assert measured.separated[1] is False and measured.left_out == ()


def test_matlab_and_other_orders_of_axes(tmp_path):
    held = arrays(TRUTH, activity=TRUTH.activity.transpose(2, 1, 0), cued=TRUTH.cued + 1)
    savemat(tmp_path / "day.mat", {"session": held})
    assert_read(read_recording(str(tmp_path / "day.mat")))
    write_npz(tmp_path / "square.npz", TRUTH, activity=TRUTH.activity.transpose(1, 0, 2))
    assert_read(read_recording(str(tmp_path / "square.npz"), Described(dims=("time", "trials", "neurons"))))


def test_names_that_nobody_would_guess(tmp_path):
    one, other = TRUTH.colours.T
    held = {
        "q": TRUTH.activity,
        "when": TIME,
        "p1": one,
        "p2": other,
        "w": np.where(TRUTH.cued, "B", "A"),
        "z": TRUTH.report,
    }
    np.savez(tmp_path / "day.npz", **held)
    columns = ("activity=q", "time=when", "colour_0=p1", "colour_1=p2", "cued=w", "report=z")
    assert_read(read_recording(str(tmp_path / "day.npz"), Described(columns=columns, items=("A", "B"))))


def test_nwb_is_binned_around_the_cue(tmp_path):
    path = write_nwb(tmp_path / "day.nwb", TRUTH)
    recording = read_recording(str(path), Described(window=(-0.3, 0.3), bin=0.1)).settled()
    assert recording.time.tolist() == pytest.approx((TIME + 0.05).tolist()) and recording.cue_time == 0
    (session,) = recording.sessions
    counts = session.activity * 0.1
    torch.testing.assert_close(counts, counts.round())
    assert counts.mean() == pytest.approx(10, abs=0.5)
    np.testing.assert_array_equal(session.cued.numpy(), TRUTH.cued)
    assert_truth(measure(recording, FEW), 0.5)
    with pytest.raises(DataError, match="has no column 'go' for --align; there are start_time"):
        read_recording(str(path), Described(align="go"))
    with pytest.raises(DataError, match="the time of the cue is not said; --cue-time"):
        read_recording(str(path), Described(align="start_time"))
    assert read_recording(str(path), Described(align="start_time", cue_time=0.5)).cue_time == 0.5


def test_nwb_without_its_extra(tmp_path, monkeypatch):
    (tmp_path / "day.nwb").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(DataError, match=r"needs the extra nwb \(pip install 'swaputils\[nwb\]'\)"):
        read_recording(str(tmp_path / "day.nwb"))


def test_sessions_in_one_file_and_in_several_have_neurons_of_their_own_and_are_pooled(tmp_path):
    days = [planted(seed, trials, neurons) for seed, trials, neurons in ((1, 320, 12), (2, 360, 9))]
    whole = np.full((680, len(TIME), 21), np.nan)
    whole[:320, :, :12], whole[320:, :, 12:] = (day.activity for day in days)
    together_as = {name: np.concatenate([getattr(day, name) for day in days]) for name in ("colours", "cued", "report")}
    path = tmp_path / "days.npz"
    np.savez(path, activity=whole, time=TIME, session=np.repeat(["mon", "tue"], [320, 360]), **together_as)
    one = read_recording(str(path)).settled()
    assert "mon (320 trials, 12 neurons), tue (360 trials, 9 neurons)" in " ".join(one.said)
    several = together(
        [read_recording(str(write_npz(tmp_path / f"{k}.npz", day))).settled() for k, day in enumerate(days)]
    )
    for recording in (one, several):
        assert (recording.trials, recording.neurons) == (680, 21)
        for session, day in zip(recording.sessions, days):
            np.testing.assert_allclose(session.activity.numpy(), day.activity)
    measured = measure(one, FEW)
    assert_truth(measured, 0.15)
    np.testing.assert_allclose(measure(several, FEW).moments["value"], measured.moments["value"])
    assert "not pooled over sessions" in " ".join(measured.left_out)


def test_neurons_may_name_their_session_and_an_attribute_the_time_of_the_cue(tmp_path):
    import xarray

    shown = planted(trials=400, neurons=10)
    held = {
        "rates": (("trial", "t", "unit"), shown.activity),
        "colour": (("trial", "item"), shown.colours, {"units": "rad"}),
        "cue": ("trial", shown.cued),
        "session": ("trial", np.repeat([7, 9], 200)),
        "unit_session": ("unit", np.repeat([7, 9], [4, 6])),
    }
    dataset = xarray.Dataset(
        held, coords={"t": 1000 * (TIME + 2), "unit": list("abcdefghij")}, attrs={"cue_on": 2000.0}
    )
    dataset.to_netcdf(tmp_path / "days.nc")
    recording = read_recording(str(tmp_path / "days.nc")).settled()
    assert recording.cue_time == 2000 and [each.name for each in recording.sessions] == ["7", "9"]
    for session, trials, neurons in zip(recording.sessions, (slice(200), slice(200, None)), (slice(4), slice(4, None))):
        np.testing.assert_allclose(session.activity.numpy(), shown.activity[trials][:, :, neurons])


def test_one_moment_without_cue_and_report(tmp_path):
    path = write_npz(tmp_path / "day.npz", TRUTH, activity=TRUTH.activity[:, 0], time=None, cued=None, report=None)
    recording = read_recording(str(path)).settled()
    measured = measure(recording, FEW)
    (row,) = alignments(measured).itertuples()
    assert row.moment == "at the one moment" and row.low <= BEFORE <= row.high
    assert len(measured.course) == 0 and "all trials count" in " ".join(measured.left_out)
    course = read_recording(str(write_npz(tmp_path / "course.npz", TRUTH, cued=None, report=None))).settled()
    assert course.cue_time is None and course.after is None


def test_bins_average_activity_and_begin_at_the_cue(tmp_path):
    recording = read_recording(str(write_npz(tmp_path / "day.npz", TRUTH)), Described(bin=0.2)).settled()
    assert recording.time.tolist() == pytest.approx([-0.3, -0.15, 0.05, 0.2])
    expected = TRUTH.activity[:, 1:3].mean(1)
    np.testing.assert_allclose(recording.sessions[0].activity[:, 1].numpy(), expected)
