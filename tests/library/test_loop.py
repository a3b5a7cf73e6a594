"""The training loop: reproducible, stops in good order, lengthens the delay only when it may, and learns."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from swaputils.diffusion.schedule import linear_schedule, report_noise, signal_weights
from swaputils.inputs import Periods
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.task import TaskConfig
from swaputils.training import loop as training
from swaputils.training.lessons import Lesson, facts, ladder, make_batch
from swaputils.training.loop import SelectionNotLearnt, TrainConfig, Training, TrainingDiverged, check_selection
from swaputils.training.objectives import diffusion_closed_form, regression
from tests.small import INDEX_TASK, seeded, short_schedule, small_rnn, small_task

TREE = RNNConfig(units=5, drive="tree", branching=(3, 2))
ALL_PASS = {"median_error": 4.0, "wrong_items": 1.1}
TINY = TrainConfig(
    batch=16, selection_updates=12, distribution_updates=10, averaging=0.8, delay_step=1, check_every=2, **ALL_PASS
)
DIFFUSION = partial(diffusion_closed_form, schedule=short_schedule(), weights=signal_weights(short_schedule()))
SELECTION = Lesson(small_task(0.0), DIFFUSION, facts=facts(INDEX_TASK))
RUNGS = ladder(SELECTION, TINY.delay_step)
DISTRIBUTION = Lesson(small_task(0.1), DIFFUSION, facts=facts(INDEX_TASK))


def weights_of(rnn: RNN) -> torch.Tensor:
    """A copy of all weights in one vector."""
    return torch.cat([parameter.detach().flatten().clone() for parameter in rnn.parameters()])


def selection_history(training: Training) -> list:
    """The progress through the selection stage alone."""
    return [progress for progress in training if progress.stage == "selection"]


def poisoned(lesson: Lesson, bad_call: int, poison: float, *, gradient_only: bool = False) -> Lesson:
    """The lesson, except that the objective's value (or only its gradient) is not finite at one call."""
    calls = []

    def objective(rnn, batch, *, generator):
        calls.append(1)
        loss = lesson.loss(rnn, batch, generator=generator)
        if len(calls) != bad_call:
            return loss
        weight = next(rnn.parameters()).flatten()[0]
        return loss + (weight - weight.detach()).abs().sqrt() if gradient_only else loss * poison

    return replace(lesson, loss=objective)


def test_one_seed_gives_one_network():
    def trained(seed: int):
        rnn = small_rnn(seed=seed).float()
        history = list(Training(rnn, RUNGS, DISTRIBUTION, TINY, generator=seeded(seed)))
        return weights_of(rnn), [progress.loss for progress in history]

    first, again, other = trained(1), trained(1), trained(2)
    assert torch.equal(first[0], again[0]) and first[1] == again[1]
    assert not torch.equal(first[0], other[0])


def test_selection_comes_before_the_distribution():
    history = list(Training(small_rnn(), RUNGS, DISTRIBUTION, TINY, generator=seeded()))
    stages = [progress.stage for progress in history]
    assert stages == ["selection"] * 6 + ["distribution"] * 10
    assert [progress.update for progress in history[6:]] == list(range(1, 11))
    assert {progress.facts["delay"] for progress in history[6:]} == {INDEX_TASK.periods.delay}


@pytest.mark.parametrize("gradient_only", [False, True], ids=["loss", "gradient"])
@pytest.mark.parametrize("poison", [math.nan, math.inf])
@pytest.mark.parametrize("stage", ["selection", "distribution"])
def test_a_loss_that_is_not_finite_leaves_the_last_good_weights(stage, poison, gradient_only):
    rnn = small_rnn()
    before = weights_of(rnn)
    lesson = poisoned(SELECTION, 4, poison, gradient_only=gradient_only)
    last_good, updates = before, 0
    with pytest.raises(TrainingDiverged, match=f"with a gradient of norm .* at update 4 of the {stage} stage"):
        rungs = [lesson] if stage == "selection" else []
        for _ in Training(rnn, rungs, lesson, replace(TINY, median_error=1e-9), generator=seeded()):
            last_good, updates = weights_of(rnn), updates + 1
    assert updates == 3
    assert torch.equal(weights_of(rnn), last_good) and not torch.equal(last_good, before)


def test_the_delay_grows_by_its_step_after_each_passed_check(monkeypatch):
    """With scripted checks: fail, pass, fail on the wrong items, pass, fail on the error, pass."""
    task = replace(INDEX_TASK, periods=replace(INDEX_TASK.periods, delay=0.3))
    verdicts = iter([(0.3, 0.0), (0.1, 0.05), (0.1, 0.2), (0.2, 0.09), (0.26, 0.0), (0.1, 0.0)])
    monkeypatch.setattr(training, "check_selection", lambda *_, **__: next(verdicts))
    config = replace(TINY, selection_updates=50, check_every=3, delay_step=4, median_error=0.25, wrong_items=0.1)
    rungs = ladder(replace(SELECTION, task=small_task(0.0, task)), config.delay_step)
    history = selection_history(Training(small_rnn(), rungs, DISTRIBUTION, config, generator=seeded()))
    steps = [round(progress.facts["delay"] / 0.05) for progress in history]
    assert steps == [1] * 6 + [5] * 6 + [6] * 6


@pytest.mark.parametrize("strict", [{"median_error": 1e-6}, {"wrong_items": 1e-9}], ids=["error", "wrong items"])
def test_a_network_that_does_not_pass_is_reported(strict):
    rnn = small_rnn()
    config = replace(TINY, **strict)
    delays = []
    with pytest.raises(
        SelectionNotLearnt,
        match=r"after 12 updates the network is at items 2 of 2, delay 0.05 of 0.15, the median error \d",
    ):
        for progress in Training(rnn, RUNGS, DISTRIBUTION, config, generator=seeded()):
            delays.append(progress.facts["delay"])
    assert delays == [0.05] * 12
    assert weights_of(rnn).isfinite().all()


def test_an_update_is_adam_on_the_clipped_gradient_of_its_own_batch():
    """By hand, on a twin that draws the same batches: nothing of earlier gradients but Adam's moments, a cosine decay."""
    rnn, twin, generator = small_rnn(), small_rnn(), seeded()
    config = replace(TINY, clip=0.5)
    parameters = list(twin.parameters())
    adam = torch.optim.Adam(parameters, betas=(0.9, 0.99))
    for progress in Training(rnn, [], DISTRIBUTION, config, generator=seeded()):
        batch = make_batch(DISTRIBUTION, config.batch, twin.readout, generator=generator)
        gradients = torch.autograd.grad(DIFFUSION(twin, batch, generator=generator), parameters)
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        assert norm > config.clip
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient * config.clip / norm
        decay = (1 + math.cos(math.pi * (progress.update - 1) / config.distribution_updates)) / 2
        adam.param_groups[0]["lr"] = config.distribution_rate * decay
        adam.step()
        if progress.update < config.distribution_updates:  # after the last, the network holds the average
            torch.testing.assert_close(weights_of(rnn), weights_of(twin), rtol=0, atol=1e-6)


def test_the_distribution_stage_ends_with_the_average_of_its_weights(monkeypatch):
    rnn, seen = small_rnn(), []
    training = Training(rnn, [], DISTRIBUTION, TINY, generator=seeded())
    update = training.average.update_parameters
    monkeypatch.setattr(training.average, "update_parameters", lambda net: seen.append(weights_of(net)) or update(net))
    assert len(list(training)) == len(seen) == TINY.distribution_updates
    average = seen[0]
    for weights in seen[1:]:
        average = 0.8 * average + 0.2 * weights
    torch.testing.assert_close(weights_of(rnn), average)
    assert not torch.equal(weights_of(rnn), seen[-1])


def test_a_config_is_stored_as_before_where_nothing_is_rotated():
    assert "rotated" not in TrainConfig().stored() and TrainConfig(rotated=True).stored()["rotated"] is True
    assert TrainConfig(**TrainConfig(batch=8, rotated=True).stored()) == TrainConfig(batch=8, rotated=True)


def test_only_trees_are_rotated():
    with pytest.raises(ValueError, match="rotated is for dendritic trees; this drive is 'gated'"):
        Training(small_rnn(), RUNGS, DISTRIBUTION, replace(TINY, rotated=True), generator=seeded())


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize("stop", [1, 5, 6, 9, 16])
def test_a_resumed_training_is_the_uninterrupted_one(stop, rotated):
    """Stopped in either stage, at its switch or at the end, and taken up by objects that were made anew."""

    def a_training(seed: int) -> Training:
        rnn = small_rnn(TREE) if rotated else small_rnn()
        return Training(rnn.float(), RUNGS, DISTRIBUTION, replace(TINY, rotated=rotated), generator=seeded(seed))

    whole, first = a_training(3), a_training(3)
    history = list(whole)
    begun = [progress for _, progress in zip(range(stop), first)]
    tensors, position = {name: value.clone() for name, value in first.tensors().items()}, first.position()
    second = a_training(99)
    second.resume(tensors, position)
    assert repr(begun + list(second)) == repr(history)
    last, resumed = whole.tensors(), second.tensors()
    assert last.keys() == resumed.keys() and all(torch.equal(last[name], resumed[name]) for name in last)


def test_a_large_update_is_the_mean_over_its_parts(monkeypatch):
    """Parts of 8 and 8 sequences, of 6, 6 and 4, or one of 16: the gradient is that of the mean over all 16."""
    batch = make_batch(DISTRIBUTION, 16, small_rnn().readout, generator=seeded())
    weight = torch.rand(16, dtype=torch.float64, generator=seeded(1))
    drawn = iter(())

    def drawn_in_parts(lesson, size, like, *, generator):
        return [next(drawn) for _ in range(size)]

    def objective(rnn, part, *, generator):
        state = rnn.drive.output.weight.sum()
        return torch.stack([weight[trial] * state for trial in part]).mean()

    monkeypatch.setattr(training, "make_batch", drawn_in_parts)
    losses = []
    for in_flight in (16, 8, 6):
        drawn, rnn = iter(range(len(batch))), small_rnn()
        lesson = replace(DISTRIBUTION, loss=objective)
        in_parts = Training(rnn, [], lesson, TINY, generator=seeded(), in_flight=in_flight)
        losses.append(next(iter(in_parts)).loss)
        torch.testing.assert_close(rnn.drive.output.weight.grad, rnn.drive.output.weight.grad[:1, :1].expand(6, 10))
    expected = (weight.mean() * small_rnn().drive.output.weight.sum()).item()
    assert losses == pytest.approx([expected] * 3)


def test_the_ladder_lengthens_the_delay_and_then_adds_items():
    def rungs(cueing: str, items: int) -> list[tuple[int, int]]:
        task = TaskConfig(cueing=cueing, items=items, separation=0.4, periods=Periods(delay=0.4))
        return [
            (lesson.task.config.items, lesson.task.periods.steps("delay"))
            for lesson in ladder(replace(SELECTION, task=small_task(0.0, task)), delay_step=3)
        ]

    delays = [1, 4, 7, 8]
    assert rungs("probe", 2) == [(2, delay) for delay in delays]
    assert rungs("probe", 5) == [(2, delay) for delay in delays] + [(3, 8), (4, 8), (5, 8)]
    assert rungs("probe", 1) == [(1, delay) for delay in delays]
    assert rungs("index", 6) == [(6, delay) for delay in delays]


def test_repeated_displays_come_in_rows():
    lesson, like = replace(DISTRIBUTION, repeats=4), small_rnn().readout
    batch = make_batch(lesson, 12, like, generator=seeded())
    report = batch.displays.report
    assert len(batch) == 12 and torch.equal(report[:4], report[:1].expand(4, -1))
    assert torch.equal(report[8], report[9]) and not torch.equal(report[3], report[4])
    with pytest.raises(ValueError, match="a batch of 10 cannot show each display 4 times"):
        make_batch(lesson, 10, like, generator=seeded())


def test_a_batch_follows_the_network_s_dtype():
    batch = make_batch(DISTRIBUTION, 8, small_rnn().float().readout, generator=seeded())
    assert len(batch) == 8
    for tensor in (batch.inputs.shown[0], batch.inputs.shown[2], batch.target.angles, batch.target.log_weights):
        assert tensor.dtype == torch.float32
    torch.testing.assert_close(batch.target.angles, batch.displays.report.float())


def test_checks_of_known_answers(monkeypatch):
    """Every answer lies 0.1 rad from an item: the cued one in the first three quarters of the displays."""
    drawn = []
    make = training.make_batch

    def answered(rnn, inputs, noise):
        displays = drawn[-1].displays
        item = displays.cued.clone()
        item[750:] = 1 - item[750:]
        answer = displays.report.gather(1, item[:, None]).squeeze(1) + 0.1
        plane = torch.stack((answer.cos(), answer.sin()), dim=1)[:, None]
        return type("Answers", (), {"report": plane @ rnn.readout})

    monkeypatch.setattr(
        training, "make_batch", lambda *args, **kwargs: drawn.append(make(*args, **kwargs)) or drawn[-1]
    )
    monkeypatch.setattr(training, "rollout", answered)
    median_error, wrong_items = check_selection(small_rnn(), SELECTION, generator=seeded())
    assert median_error == pytest.approx(0.1, abs=1e-5)
    assert wrong_items == 0.25


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"batch": 0}, "TrainConfig.batch is 0; it must be positive"),
        ({"distribution_rate": -1e-3}, "TrainConfig.distribution_rate is -0.001; it must be positive"),
        ({"clip": math.nan}, "TrainConfig.clip is nan; it must be positive"),
        ({"averaging": 1.0}, "TrainConfig.averaging is 1.0; it must be 0 or more and below 1"),
    ],
)
def test_impossible_settings_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**fields)


def test_a_small_network_learns_to_select_the_cued_item():
    """It leaves the plateau between the items at a delay of one step and masters the full delay."""
    periods = Periods(stimulus=0.15, delay=0.15, cue=0.15, post_cue_delay=0.05, report=0.2)
    task, schedule = TaskConfig(periods=periods), linear_schedule(periods.steps("report"))
    lesson = Lesson(small_task(0.0, task), regression, facts=facts(task))
    generator = seeded()
    rnn = RNN(RNNConfig(hidden=48), task.input_size, report_noise(schedule), generator=generator)
    config = TrainConfig(batch=128, selection_updates=1_500, selection_rate=2e-2, check_every=50, delay_step=1)
    assert check_selection(rnn, lesson, generator=seeded(1))[1] == pytest.approx(0.5, abs=0.1)
    rungs = ladder(lesson, config.delay_step)
    history = selection_history(
        Training(rnn, rungs, lesson, replace(config, distribution_updates=1), generator=generator)
    )
    assert sorted({progress.facts["delay"] for progress in history}) == pytest.approx([0.05, 0.10, 0.15])
    median_error, wrong_items = check_selection(rnn, lesson, generator=seeded(1))
    assert median_error < 0.25 and wrong_items < 0.05


def test_selection_is_checked_whatever_a_lesson_repeats():
    lesson = replace(SELECTION, repeats=16)
    assert check_selection(small_rnn(), lesson, 100, generator=seeded()) == check_selection(
        small_rnn(), SELECTION, 100, generator=seeded()
    )
