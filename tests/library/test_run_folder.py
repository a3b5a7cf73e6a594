"""Files of a run come back as they were written, and nothing is left half-written."""

import errno
import json
import math
import os
from dataclasses import replace

import pytest
import torch

from swaputils import files, run_folder
from swaputils.files import StoreError
from swaputils.run_folder import Run

RUN = Run(
    config={"steps": 3, "rates": [0.1, 0.2], "name": "index"},
    weights={"recurrent": torch.arange(6.0, dtype=torch.float64).reshape(2, 3).T, "bias": torch.ones(2)},
    log=[{"step": 0, "loss": 1 / 3}, {"step": 1, "loss": 0.1}],
    metrics={"swap_rate": 0.092},
)
FILES = {"config.json", "weights.safetensors", "log.csv", "metrics.json", "provenance.json"}


def names(folder):
    return {path.name for path in folder.iterdir()}


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_run_reads_back_as_it_was_written(tmp_path):
    run_folder.write_run(tmp_path / "runs" / "first", RUN)
    read = run_folder.read_run(tmp_path / "runs" / "first", like=RUN.weights)
    assert names(tmp_path / "runs" / "first") == FILES
    assert (read.config, read.log, read.metrics) == (RUN.config, RUN.log, RUN.metrics)
    assert read.weights.keys() == RUN.weights.keys()
    for name, value in RUN.weights.items():
        torch.testing.assert_close(read.weights[name], value, rtol=0, atol=0)


def test_config_hash_ignores_order_and_notices_every_value():
    assert run_folder.config_hash({"a": 1, "b": [1, 2]}) == run_folder.config_hash({"b": [1, 2], "a": 1})
    others = [{"a": 2, "b": [1, 2]}, {"a": 1, "b": [2, 1]}, {"a": 1.5, "b": [1, 2]}, {"a": 1}]
    assert len({run_folder.config_hash(config) for config in [{"a": 1, "b": [1, 2]}, *others]}) == 5


def test_provenance_says_what_and_not_where():
    described = run_folder.provenance()
    assert described["torch"] == torch.__version__ and described["threads"] == torch.get_num_threads()
    text = json.dumps(described)
    assert os.sep not in text and os.uname().nodename not in text


def test_log_keeps_every_digit(tmp_path):
    rows = [{"loss": math.pi, "swap": float("nan")}, {"loss": 1e-300, "swap": 2.0}]
    run_folder.write_run(tmp_path, replace(RUN, log=rows))
    read = files.read_log(tmp_path / "log.csv")
    assert [row["loss"] for row in read] == [math.pi, 1e-300]
    assert math.isnan(read[0]["swap"])


@pytest.mark.parametrize("keep", [0, 7, 60, -1])
def test_a_cut_weights_file_is_refused(tmp_path, keep):
    run_folder.write_run(tmp_path, RUN)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(StoreError, match="weights.safetensors: is not a whole safetensors file"):
        run_folder.read_run(tmp_path)


@pytest.mark.parametrize(
    ("like", "fault"),
    [
        ({"recurrent": RUN.weights["recurrent"]}, "unknown: .'bias'."),
        (RUN.weights | {"readout": torch.ones(1)}, "missing: .'readout'."),
        (RUN.weights | {"bias": torch.ones(3)}, r"bias is \(2,\) torch.float32, expected \(3,\)"),
        (RUN.weights | {"bias": torch.ones(2).double()}, "bias is .* expected .* torch.float64"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, like, fault):
    run_folder.write_run(tmp_path, RUN)
    with pytest.raises(StoreError, match=f"weights.safetensors: holds foreign weights; .*{fault}"):
        run_folder.read_run(tmp_path, like=like)


def test_weights_of_another_config_are_refused(tmp_path):
    run_folder.write_run(tmp_path / "one", RUN)
    run_folder.write_run(tmp_path / "two", Run(config={"steps": 4}, weights=RUN.weights))
    os.replace(tmp_path / "two" / "weights.safetensors", tmp_path / "one" / "weights.safetensors")
    with pytest.raises(StoreError, match="weights.safetensors: holds foreign weights; they carry the config hash"):
        run_folder.read_run(tmp_path / "one")


def test_safetensors_of_another_program_are_refused(tmp_path):
    from safetensors.torch import save_file

    run_folder.write_run(tmp_path, RUN)
    save_file({"x": torch.ones(1)}, tmp_path / "weights.safetensors", {"format": "pt"})
    with pytest.raises(StoreError, match=r"carry the config hash \(none\)"):
        run_folder.read_run(tmp_path)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named(tmp_path, name):
    run_folder.write_run(tmp_path, RUN)
    (tmp_path / name).unlink()
    with pytest.raises(StoreError, match=name):
        run_folder.read_run(tmp_path)


def test_a_missing_run_lists_the_others(tmp_path):
    run_folder.write_run(tmp_path / "index", RUN)
    with pytest.raises(StoreError, match="probe: there is no such run folder; there are: index"):
        run_folder.read_run(tmp_path / "probe")


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("config.json", "{", "config.json: is not valid JSON"),
        ("config.json", "[]", "config.json: is not a JSON object"),
        ("metrics.json", "\xff", "metrics.json: is not valid JSON"),
        ("log.csv", "step,loss\n0,1\n1,much\n", "log.csv: row 3"),
        ("log.csv", "step,loss\n0\n", "log.csv: row 2"),
    ],
)
def test_damaged_text_is_refused(tmp_path, name, content, fault):
    run_folder.write_run(tmp_path, RUN)
    (tmp_path / name).write_text(content, encoding="latin-1")
    with pytest.raises(StoreError, match=fault):
        run_folder.read_run(tmp_path)


def test_what_json_lacks_is_refused(tmp_path):
    for value in (float("nan"), float("inf"), torch.ones(1)):
        with pytest.raises(StoreError, match="metrics.json: holds a value that JSON cannot store"):
            run_folder.write_run(tmp_path, replace(RUN, metrics={"loss": value}))
    assert not names(tmp_path)


def test_rows_of_a_log_have_the_same_columns(tmp_path):
    with pytest.raises(StoreError, match="every row needs the columns step, loss"):
        run_folder.write_run(tmp_path, replace(RUN, log=[{"step": 0, "loss": 1.0}, {"step": 1}]))


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, step):
    monkeypatch.setattr(files.os, step, full_disk)
    with pytest.raises(StoreError, match="the disk is full, nothing was written"):
        run_folder.write_run(tmp_path / "runs" / "first", RUN)
    assert not names(tmp_path)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_interruption_leaves_the_old_run(tmp_path, monkeypatch, step):
    run_folder.write_run(tmp_path, RUN)
    before = {name: (tmp_path / name).read_bytes() for name in FILES}

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_folder.write_run(tmp_path, Run(config={"steps": 9}, weights={"other": torch.ones(5)}))
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


@pytest.mark.parametrize("replaced", range(5))
def test_files_of_two_runs_are_never_mixed(tmp_path, monkeypatch, replaced):
    run_folder.write_run(tmp_path, RUN)
    new = Run(config={"steps": 9}, weights={"other": torch.ones(5)}, metrics={"swap_rate": 0.5})
    put, calls = os.replace, iter(range(5))

    def interrupted(*paths):
        if next(calls) == replaced:
            raise KeyboardInterrupt
        put(*paths)

    monkeypatch.setattr(files.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_folder.write_run(tmp_path, new)
    assert names(tmp_path) == FILES
    assert run_folder.holds_run(tmp_path, RUN.config) == (replaced == 0) and not run_folder.holds_run(
        tmp_path, new.config
    )
    if replaced == 0:
        assert run_folder.read_run(tmp_path).metrics == RUN.metrics
    else:
        with pytest.raises(StoreError, match="foreign weights"):
            run_folder.read_run(tmp_path)


def test_a_run_that_lacks_its_weights_or_is_damaged_is_not_held(tmp_path):
    run_folder.write_run(tmp_path, RUN)
    assert run_folder.holds_run(tmp_path, RUN.config)
    config = (tmp_path / "config.json").read_text()
    for name, content in (("config.json", "{"), ("weights.safetensors", "junk")):
        (tmp_path / name).write_text(content)
        assert not run_folder.holds_run(tmp_path, RUN.config)
        (tmp_path / name).unlink()
        assert not run_folder.holds_run(tmp_path, RUN.config)
        (tmp_path / "config.json").write_text(config)


def test_a_text_keeps_what_it_depends_on_and_is_known_when_it_was_changed(tmp_path):
    path, made_by = tmp_path / "table.csv", tmp_path / "table.provenance.json"
    assert not run_folder.has_settings(path, {})
    run_folder.write_with_provenance(path, "a\n1\n", {"count": 3})
    assert run_folder.has_settings(path, {"count": 3}) and not run_folder.has_settings(path, {"count": 4})
    path.write_text("a\n2\n")
    assert not run_folder.has_settings(path, {"count": 3})
    run_folder.write_with_provenance(path, "a\n1\n", {"count": 3})
    for damage in ("[]", "{}", "{"):
        made_by.write_text(damage)
        assert not run_folder.has_settings(path, {"count": 3})
