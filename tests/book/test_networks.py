"""Stored networks: trained, read back, and refused where they do not fit. For the surrogates see test_tables."""

import io
import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
import torch

from swapbook import evaluation, measures, networks, scales
from swapbook.conditions import UnknownName
from swapbook.evaluation import evaluate, held_out_displays, refitted
from swapbook.measures import CODE
from swapbook.networks import Network
from swapbook.plan import plan_of
from swapbook.planes import planes
from swapbook.scales import SCALES
from swapbook.tables import FOLDS, posterior_without
from swaputils import surrogate
from swaputils.angles import to_angle
from swaputils.files import StoreError
from swaputils.run_folder import config_hash
from swaputils.training import loop as training
from swaputils.training.loop import SelectionNotLearnt, TrainingDiverged
from swaputils.training.resumable import FILE, Checkpoint, working_folder, write_checkpoint
from tests.small import seeded, swap_posterior

ALL_FOUR = torch.arange(1, 5, dtype=torch.float64) * (torch.pi / 4)
INDEX, PROBE = ("index_swap", "smoke", 0, "simulated"), ("probe_human", "smoke", 0, "simulated")


def store_surrogate(folder, level: float) -> None:
    """What the conditions that learn from people read: posteriors, of which the largest set size counts."""
    surrogate.save(swap_posterior(level), folder / "surrogate" / "simulated" / "set_size_8")
    for fold in range(FOLDS):
        fitted = swap_posterior(level - 1 - 0.1 * fold)
        surrogate.save(fitted, folder / "surrogate" / "simulated" / f"without_fold_{fold}" / "set_size_4")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A results folder with an index-cued and a probe-cued network of the smoke scale."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWAPUTILS_RESULTS", str(folder))
        store_surrogate(folder, level=0.2)
        for which in (INDEX, PROBE):
            Network(*which).train()
    return folder


@pytest.fixture
def stored(trained, tmp_path, monkeypatch):
    """A copy of it that a test may spoil."""
    folder = shutil.copytree(trained, tmp_path / "results")
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(folder))
    return folder


def change_smoke(monkeypatch, **settings) -> None:
    """Other training settings at the smoke scale."""
    smoke = SCALES["smoke"]
    changed = {drive: replace(train, **settings) for drive, train in smoke.train.items()}
    monkeypatch.setitem(scales.SCALES, "smoke", replace(smoke, train=changed))


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed_files(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Names of the files that differ, apart from the provenance and the log's processor time."""

    def timeless(files: dict[str, bytes]) -> dict[str, object]:
        logs = {name: pd.read_csv(io.BytesIO(data)) for name, data in files.items() if name.endswith("log.csv")}
        texts = {name: log.drop(columns="cpu_seconds").to_csv() for name, log in logs.items()}
        return {name: data for name, data in (files | texts).items() if not name.endswith("provenance.json")}

    first, second = timeless(before), timeless(after)
    return {name for name in first | second if first.get(name) != second.get(name)}


@pytest.mark.parametrize("which", [INDEX, PROBE], ids=["index", "probe"])
def test_a_stored_network_behaves_as_when_it_was_trained(stored, which):
    read = Network(*which).load()
    assert read.rnn.readout.dtype == torch.float64 and read.plan.seed == 0
    assert set(read.metrics) == {"network", "ideal", "noise_off", "planes", CODE}
    measured = {name: read.metrics[name] for name in ("network", "ideal", "noise_off")}
    assert evaluate(read.rnn, read.plan) == measured
    assert planes(read.rnn, read.plan) == {"planes": read.metrics["planes"]}
    assert {summary["responses"] for summary in measured.values()} == {SCALES["smoke"].evaluated}
    assert all(("curve" in summary) == (which is PROBE) for summary in measured.values())
    assert read.log["loss"].notna().all() and set(read.log["stage"]) == {0, 1}
    assert read.log["cpu_seconds"].is_monotonic_increasing
    assert ("refit" in read.metrics["network"]) == ("generalisation" in read.metrics["network"]) == (which is PROBE)


def test_a_network_learns_from_the_folder_of_a_fit(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path / "results"))
    surrogate.save(swap_posterior(0.7), tmp_path / "my_fit" / "posterior" / "cue" / "set_size_3")
    plan = Network("probe_human", "smoke", 0, str(tmp_path / "my_fit")).plan
    taught = surrogate.swap_function(swap_posterior(0.7), ALL_FOUR)[0]
    assert plan.config["swap_function"] == pytest.approx(taught.tolist(), abs=1e-6)
    assert re.fullmatch(
        r"probe_human_my_fit-[0-9a-f]{8}_0", Network("probe_human", "smoke", 0, str(tmp_path / "my_fit")).name
    )
    with pytest.raises(StoreError, match="set_size_4.*set_size_3"):
        _ = Network("human_n4", "smoke", 0, str(tmp_path / "my_fit")).plan
    with pytest.raises(UnknownName, match="unknown data set .*elsewhere"):
        Network("probe_human", "smoke", 0, str(tmp_path / "elsewhere"))


def test_fits_whose_folders_have_the_same_name_give_networks_of_different_folders(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path / "results"))
    for place, level in (("here", 0.7), ("there", 0.2), ("again", 0.7)):
        surrogate.save(swap_posterior(level), tmp_path / place / "fit1" / "posterior" / "cue" / "set_size_3")
    here, there, again = (
        Network("probe_human", "smoke", 0, str(tmp_path / place / "fit1")) for place in ("here", "there", "again")
    )
    assert here.folder != there.folder and here.plan.config != there.plan.config
    assert here.folder == again.folder and here.plan.config == again.plan.config  # the same fit, copied
    monkeypatch.chdir(tmp_path / "here")
    assert Network("probe_human", "smoke", 0, "fit1").folder == here.folder
    assert Network("index_swap", "smoke", 0, here.data).folder == Network("index_swap", "smoke", 0, there.data).folder


def test_each_seed_learns_its_own_draw_of_the_people_outside_its_fold(monkeypatch):
    """From the posteriors that the book stores."""
    monkeypatch.delenv("SWAPUTILS_RESULTS", raising=False)
    plans = [Network("human_n4", "smoke", seed, "simulated").plan for seed in (0, 1, FOLDS)]
    means = [plan.human.mean for plan in plans]
    levels = [surrogate.swap_function(plan.human, ALL_FOUR)[0].mean() for plan in plans]
    assert len({tuple(mean.tolist()) for mean in means}) == 3
    assert all(plan.human.cholesky.count_nonzero() == 0 for plan in plans)
    assert levels[0] != levels[2] and posterior_without("simulated", 0, 4).mean.shape == means[0].shape
    again = Network("human_n4", "smoke", 1, "simulated").plan
    assert torch.equal(again.human.mean, means[1]) and again.config == plans[1].config


def test_a_fit_to_the_target_s_responses_finds_what_was_taught():
    plan = plan_of("probe_human", "smoke", 0, swap_posterior(0.5))
    displays = held_out_displays(plan, 3_000)
    response = to_angle(plan.task.target(displays).sample(generator=seeded(0)))
    table = refitted(plan, displays, response, generator=seeded(0))
    taught = surrogate.swap_function(plan.human, ALL_FOUR)[0]
    assert ((table["f"] - taught.numpy()).abs() < 0.3).all()
    assert ((table["low"] < table["f"]) & (table["f"] < table["high"])).all()
    with pytest.raises(ValueError, match="at locations only"):
        refitted(Network(*INDEX).plan, displays, response, generator=seeded(0))


@pytest.mark.parametrize("outdated", [{}, {CODE: {"evaluation": "of other code"}, "network": {"swap_rate": 7.0}}])
def test_measures_of_other_code_are_refused_until_they_are_taken_anew(stored, outdated):
    folder = Network(*INDEX).folder
    before = contents(folder)
    (folder / "metrics.json").write_text(json.dumps(outdated))
    with pytest.raises(
        StoreError, match="evaluation, planes was measured with other code; `python -m swapbook measure` measures"
    ):
        Network(*INDEX).load()
    assert Network(*INDEX).is_current()  # it need not be trained again
    Network(*INDEX).measure()
    assert not changed_files(before, contents(folder))
    assert json.loads((folder / "provenance.json").read_text())["date"] in before["provenance.json"].decode()
    assert Network(*INDEX).load().metrics == json.loads(before["metrics.json"])


def test_what_is_current_is_not_measured_anew(stored, monkeypatch):
    monkeypatch.setattr(evaluation, "held_out_displays", lambda *_: pytest.fail("measured again"))
    before = contents(Network(*INDEX).folder)
    Network(*INDEX).measure()
    assert not changed_files(before, contents(Network(*INDEX).folder))


def test_a_network_is_tried_at_every_number_of_items(stored):
    found = Network(*PROBE).load().metrics["network"]["generalisation"]
    assert found["items"] == [1, 2, 3, 4, 5, 6]
    assert found["swap_rate"][0] == 0 and all(0 <= rate <= 1 for rate in found["swap_rate"])
    assert all(0 < error < torch.pi for error in found["median_error"])


def test_training_again_gives_the_same_files_apart_from_the_provenance(stored):
    before = contents(Network(*INDEX).folder)
    Network(*INDEX).train()
    assert not changed_files(before, contents(Network(*INDEX).folder))


def test_a_stored_network_is_the_trained_one_and_not_a_fresh_one(stored):
    read, fresh = (
        Network(*INDEX).load().rnn,
        Network(*INDEX).plan.new_rnn(generator=torch.Generator().manual_seed(0)).double(),
    )
    assert torch.equal(read.readout, fresh.readout)  # the seed's plane, which training does not touch
    assert not torch.equal(read.drive.output.weight, fresh.drive.output.weight)


def test_a_network_that_was_not_trained(stored):
    with pytest.raises(StoreError, match="index_swap_7: not trained yet; run chapter 3 with recompute=True"):
        Network("index_swap", "smoke", 7, "simulated").load()


def test_the_weights_of_another_network_are_refused(stored):
    index, probe = Network(*INDEX).folder, Network(*PROBE).folder
    shutil.copy(probe / "weights.safetensors", index / "weights.safetensors")
    with pytest.raises(StoreError, match=r"index_swap_0.weights.safetensors: holds foreign weights; drive.from_input"):
        Network(*INDEX).load()


def test_weights_of_the_same_shape_but_another_run_are_refused(stored):
    Network("index_swap", "smoke", 1, "simulated").train()
    other = Network("index_swap", "smoke", 1, "simulated").folder
    shutil.copy(other / "weights.safetensors", Network(*INDEX).folder / "weights.safetensors")
    with pytest.raises(StoreError, match="foreign weights; they carry the config hash"):
        Network(*INDEX).load()


def test_a_network_of_other_training_settings_is_refused(stored, monkeypatch):
    change_smoke(monkeypatch, distribution_rate=1e-4)
    with pytest.raises(StoreError, match="index_swap_0: was trained with another train; run with recompute=True"):
        Network(*INDEX).load()


def test_a_network_of_another_seed_or_with_a_setting_of_its_own_is_refused(stored):
    folder = Network(*INDEX).folder
    shutil.copytree(folder, Network("index_swap", "smoke", 3, "simulated").folder)
    with pytest.raises(StoreError, match="index_swap_3: was trained with another seed"):
        Network("index_swap", "smoke", 3, "simulated").load()


def test_a_network_of_another_swap_function_is_refused(stored):
    store_surrogate(stored, level=0.7)
    with pytest.raises(StoreError, match="probe_human_simulated_0: was trained with another swap_function"):
        Network(*PROBE).load()


@pytest.mark.parametrize("earlier", [False, True], ids=["first run", "over an earlier run"])
@pytest.mark.parametrize(
    ("error", "settings"),
    [(SelectionNotLearnt, {"median_error": 1e-9}), (TrainingDiverged, {"selection_rate": 1e30, "clip": 1e30})],
)
def test_a_run_that_stops_early_is_kept_apart(stored, monkeypatch, error, settings, earlier):
    folder = Network(*INDEX).folder
    if not earlier:
        shutil.rmtree(folder)
    before = contents(stored)
    change_smoke(monkeypatch, **settings)
    with pytest.raises(error) as raised:
        Network(*INDEX).train()
    stopped = folder.with_name("index_swap_0_stopped")
    assert json.loads((stopped / "metrics.json").read_text()) == {"stopped": str(raised.value)}
    assert json.loads((stopped / "config.json").read_text())["train"] | settings == Network(*INDEX).plan.config["train"]
    after = contents(stored)
    assert {name: after.get(name) for name in before} == before and folder.exists() == earlier
    assert {name.split("/")[2] for name in after.keys() - before.keys()} == {stopped.name}


def test_a_network_that_lost_its_selection_is_reported(stored, monkeypatch):
    shutil.rmtree(Network(*INDEX).folder)
    change_smoke(monkeypatch, wrong_items=0.1, median_error=4.0, selection_updates=1_000)
    monkeypatch.setattr(training, "check_selection", lambda *_, **__: (0.1, 0.05))
    metrics = {"network": {"swap_rate": 0.31}, "ideal": {"swap_rate": 0.2}}
    monkeypatch.setattr(measures, "MEASURES", {"evaluation": lambda *_: metrics})
    monkeypatch.setattr(measures, "measure_hash", lambda *_: "of this test")
    with pytest.raises(SelectionNotLearnt, match="lost in the distribution stage: swap rate 0.31, ideal sampler 0.20"):
        Network(*INDEX).train()
    assert not Network(*INDEX).folder.exists()
    untrained = ("index_untrained", *INDEX[1:])
    Network(*untrained).train()  # has no selection to lose
    assert Network(*untrained).load().metrics == metrics | {CODE: {"evaluation": "of this test"}}
    metrics["network"]["swap_rate"] = 0.29
    Network(*INDEX).train()
    assert Network(*INDEX).load().metrics == metrics | {CODE: {"evaluation": "of this test"}}


KILLED = """
import os, signal, sys
from swaputils import files
from swapbook import measures, networks

calls = 0

def die_at(call, function):
    def counted(*arguments, **keywords):
        global calls
        calls += 1
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **keywords)
    return counted

where, call = sys.argv[1], int(sys.argv[2])
if where == "update":
    networks.Training._learn = die_at(call, networks.Training._learn)
if where == "write":
    files.os.replace = die_at(call, files.os.replace)
if where == "evaluation":
    networks.measured = die_at(call, networks.measured)
networks.Network("index_swap", "smoke", 0, "simulated").train()
"""


def recompute_apart(*arguments: str) -> int:
    """Train the index-cued network in a process of its own, which kills itself where it is told to; its exit status."""
    return subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False).returncode


def test_a_killed_run_ends_with_the_same_files(stored):
    """Killed with no way to clean up: in either stage, while a checkpoint is being replaced, and during the evaluation."""
    folder = Network(*INDEX).folder
    shutil.rmtree(folder)
    assert recompute_apart("none", "0") == 0
    before = contents(folder)
    shutil.rmtree(folder)
    for where, call in (("update", "8"), ("write", "2"), ("update", "13"), ("evaluation", "1")):
        assert recompute_apart(where, call) == -signal.SIGKILL
        assert not folder.exists() and (folder.with_name("index_swap_0_unfinished") / FILE).is_file()
    assert recompute_apart("none", "0") == 0
    assert not changed_files(before, contents(folder))
    assert not folder.with_name("index_swap_0_unfinished").exists()


def test_an_interrupted_run_is_taken_up_again(stored, monkeypatch):
    """Not from the start: the second call makes only the updates that were missing."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    before, folder = contents(Network(*INDEX).folder), Network(*INDEX).folder
    shutil.rmtree(folder)
    with monkeypatch.context() as patch:
        patch.setattr(networks, "measured", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Network(*INDEX).train()
    assert not folder.exists()
    monkeypatch.setattr(networks.Training, "_learn", lambda *_: pytest.fail("an update was made twice"))
    Network(*INDEX).train()
    assert contents(folder)["weights.safetensors"] == before["weights.safetensors"]


def test_two_runs_into_one_folder_are_refused(stored):
    refused = pytest.raises(StoreError, match="index_swap_0_unfinished: another process is working on this run")
    with working_folder(Network(*INDEX).folder.with_name("index_swap_0_unfinished")), refused:
        Network(*INDEX).train()
    Network(*INDEX).train()


def test_an_unfinished_run_of_another_configuration_is_refused(stored, monkeypatch):
    plan, folder = Network(*INDEX).plan, Network(*INDEX).folder.with_name("index_swap_0_unfinished")
    write_checkpoint(folder, Checkpoint(plan.config | {"seed": 8}, {}, {}, [], 0.0))
    with pytest.raises(StoreError, match="holds an unfinished run of another configuration; delete that folder"):
        Network(*INDEX).train()
    assert (folder / FILE).is_file()
    for damage in (b"junk", (Network(*INDEX).folder / "weights.safetensors").read_bytes()):
        (folder / FILE).write_bytes(damage)
        with pytest.raises(StoreError, match="checkpoint.safetensors: is damaged; delete that folder to start anew"):
            Network(*INDEX).train()


def test_a_seed_that_torch_does_not_take_is_refused(stored):
    for seed in (-1, 2**63):
        with pytest.raises(UnknownName, match="it is a whole number from 0"):
            Network("index_swap", "smoke", seed, "simulated")


def test_unknown_names_are_refused_before_anything_runs(stored, monkeypatch):
    before = contents(stored)
    with pytest.raises(UnknownName, match="unknown condition 'index'; known are index_untrained"):
        Network("index", "smoke", 0, "simulated")
    with pytest.raises(UnknownName, match="unknown scale 'tiny'; known are smoke"):
        Network("index_swap", "tiny", 0, "simulated")
    with pytest.raises(UnknownName, match="unknown data set 'bays'"):
        Network("probe_human", "smoke", 0, "bays")
    with pytest.raises(UnknownName, match="device 'gpu' cannot be used; torch has cpu"):
        Network("index_swap", "smoke", 0, "simulated").train("gpu")
    monkeypatch.setenv(networks.DEVICE, "tpu")
    with pytest.raises(UnknownName, match="device 'tpu' cannot be used"):
        Network("index_swap", "smoke", 0, "simulated").train()
    assert contents(stored) == before


def test_the_folder_names_the_people_only_where_they_matter(stored):
    assert Network(*INDEX).folder == stored / "networks" / "smoke" / "index_swap_0"
    assert Network(*PROBE).folder == stored / "networks" / "smoke" / "probe_human_simulated_0"
    assert config_hash(Network(*PROBE).plan.config) != config_hash(Network(*INDEX).plan.config)


def test_networks_of_six_items_learn_from_the_people_that_saw_them_whatever_data_are_named():
    network = Network("human_n6", "smoke", 2, "simulated")
    assert network.people == "bays2009" and network.name == "human_n6_bays2009_2"
    fitted = posterior_without("bays2009", 2, 6)
    assert torch.equal(network.plan.human.distances, fitted.distances)
    assert len(network.plan.config["response_density"]) > 8 and network.plan.task.config.items == 6
    with pytest.raises(StoreError, match="without_fold_0/set_size_4"):
        posterior_without("bays2009", 0, 4)
