"""A training that is ended at any moment goes on to the weights that it would have come to."""

import pytest
import torch

from swaputils.files import StoreError
from swaputils.training.lessons import Lesson, facts, ladder
from swaputils.training.loop import TrainConfig, Training
from swaputils.training.objectives import regression
from swaputils.training.resumable import FILE, train
from tests.small import INDEX_TASK, seeded, small_rnn, small_task

CONFIG = TrainConfig(
    batch=8,
    selection_updates=20,
    distribution_updates=8,
    averaging=0.8,
    delay_step=1,
    check_every=2,
    log_every=3,
    median_error=4.0,
    wrong_items=1.1,
)
SETTINGS = {"condition": "small", "seed": 3}
UPDATES = 6 + 8  # three rungs of two updates each, then the distribution


def a_training(end_at: int | None = None, seed: int = 3) -> Training:
    """One whose loss is interrupted in an update, counted from 1."""
    calls = []

    def loss(rnn, batch, *, generator):
        calls.append(1)
        if len(calls) == end_at:
            raise KeyboardInterrupt
        return regression(rnn, batch, generator=generator)

    easy, whole = (Lesson(small_task(p), loss, facts=facts(INDEX_TASK)) for p in (0.0, 0.1))
    rnn = small_rnn(seed=seed).float()
    return Training(rnn, ladder(easy, CONFIG.delay_step), whole, CONFIG, generator=seeded(seed))


def comparable(log: list[dict]) -> str:
    """Rows without the time that they took; as text, where NaN is like NaN."""
    return repr([{name: value for name, value in row.items() if name != "cpu_seconds"} for row in log])


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> tuple[dict[str, torch.Tensor], list[dict]]:
    training, log = a_training(), []
    train(training, SETTINGS, log, tmp_path_factory.mktemp("whole"), "whole")
    return training.rnn.state_dict(), log


@pytest.mark.parametrize("end_at", [2, 4, 6, 7, 11, UPDATES])
def test_it_goes_on_to_the_same_weights_and_log(tmp_path, uninterrupted, end_at):
    with pytest.raises(KeyboardInterrupt):
        train(a_training(end_at), SETTINGS, [], tmp_path, "first")
    assert (tmp_path / FILE).is_file() == (end_at > CONFIG.log_every)
    resumed, log = a_training(seed=99), []  # nothing is left of what it starts with
    if end_at <= CONFIG.log_every:
        resumed = a_training()
    seconds = train(resumed, SETTINGS, log, tmp_path, "second")
    weights, whole = uninterrupted
    assert all(torch.equal(value, weights[name]) for name, value in resumed.rnn.state_dict().items())
    assert comparable(log) == comparable(whole)
    assert [row["stage"] for row in log] == [0, 0, 1, 1] and seconds >= log[-1]["cpu_seconds"] - 0.1


def test_it_may_be_ended_many_times(tmp_path, uninterrupted):
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            train(a_training(5), SETTINGS, [], tmp_path, "again")
    last = a_training()
    train(last, SETTINGS, [], tmp_path, "last")
    weights, _ = uninterrupted
    assert all(torch.equal(value, weights[name]) for name, value in last.rnn.state_dict().items())


@pytest.mark.parametrize("other", [{"seed": 4}, {"condition": "large"}, {"more": 1}])
def test_a_checkpoint_of_another_training_is_refused(tmp_path, other):
    with pytest.raises(KeyboardInterrupt):
        train(a_training(6), SETTINGS, [], tmp_path, "first")
    fresh = a_training()
    before = {name: value.clone() for name, value in fresh.rnn.state_dict().items()}
    with pytest.raises(StoreError, match="holds an unfinished run of another configuration"):
        train(fresh, SETTINGS | other, [], tmp_path, "other")
    assert all(torch.equal(value, before[name]) for name, value in fresh.rnn.state_dict().items())


def test_a_damaged_checkpoint_is_refused(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(a_training(6), SETTINGS, [], tmp_path, "first")
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StoreError, match="is damaged; delete that folder to start anew"):
        train(a_training(), SETTINGS, [], tmp_path, "second")


def test_the_config_of_these_tests_has_all_stages():
    history = list(a_training())
    assert len(history) == UPDATES
    assert [progress.stage for progress in history] == ["selection"] * 6 + ["distribution"] * 8
