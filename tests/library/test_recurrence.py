"""The recurrence and its hand-derived adjoint, against automatic differentiation of a plain loop."""

import copy
import gc
import weakref
from types import SimpleNamespace

import pytest
import torch

from swaputils.inputs import TrialInputs
from swaputils.network import recurrence
from swaputils.network.drives import GatedDrive
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.network.rollout import Rollout, TrialNoise, draw_noise, rollout
from tests.small import INDEX_TASK, PERIODS, PROBE_TASK, seeded, showing, small_inputs, small_rnn, stepped

TRIALS = 5
NETWORKS = {
    "gated": (RNNConfig(units=6, hidden=10), INDEX_TASK),
    "tree": (RNNConfig(units=5, drive="tree", branching=(3, 2)), INDEX_TASK),
    "bounded": (RNNConfig(units=6, hidden=10, memory_bound=3.0), INDEX_TASK),
    "rate": (RNNConfig(units=6, drive="rate", memory_scale=3.0), INDEX_TASK),
    "gated with projection": (RNNConfig(units=6, hidden=10, projection=3, leak=0.3), PROBE_TASK),
    "tree with projection": (RNNConfig(units=5, drive="tree", branching=(2, 3), projection=3), PROBE_TASK),
}


def run_by_loop(rnn: RNN, inputs: TrialInputs, noise: TrialNoise, teacher: torch.Tensor | None) -> Rollout:
    """The same trials as a plain loop over steps, whose gradient is left to torch."""
    leak, start = rnn.config.leak, inputs.preparation
    contexts = [
        tuple(layer[step if len(layer) > 1 else 0] for layer in span.context)
        for span in rnn.contexts(inputs)
        for step in range(span.steps)
    ]
    state, states, plane_drives = noise.initial, [], []
    for step, context in enumerate(contexts):
        if teacher is not None and step >= start:
            state = state - rnn.in_plane(state) @ rnn.readout + teacher[:, step - start] @ rnn.readout
        after = stepped(rnn, state, context)
        plane_drives.append(rnn.in_plane(after - (1 - leak) * state) / leak)
        state = after + noise.steps[step]
        states.append(state)
    states = torch.stack(states, dim=1)
    return Rollout(states[:, :start], states[:, start - 1 :], torch.stack(plane_drives[start:], dim=1))


def a_trial(name: str, forced: bool) -> tuple[RNN, TrialInputs, TrialNoise, torch.Tensor | None]:
    config, task = NETWORKS[name]
    rnn, inputs = small_rnn(config, task), small_inputs(TRIALS, task)
    report_steps = PERIODS.steps("report")
    teacher = torch.randn((TRIALS, report_steps, 2), dtype=torch.float64, generator=seeded(1)) if forced else None
    return rnn, inputs, draw_noise(rnn, inputs, generator=seeded(2)), teacher


def functional(run: Rollout) -> torch.Tensor:
    """A scalar in which every entry of a rollout has a weight of its own, and that is not linear in any."""
    total = 0
    for index, part in enumerate((run.preparation, run.report, run.plane_drive)):
        weight = torch.randn(part.shape, dtype=part.dtype, generator=seeded(10 + index))
        total = total + (weight * part).sum() + (weight * part).square().sum()
    return total


def gradients(rnn: RNN, run: Rollout) -> dict[str, torch.Tensor]:
    names, parameters = zip(*rnn.named_parameters())
    return dict(zip(names, torch.autograd.grad(functional(run), parameters)))


@pytest.mark.parametrize("forced", [False, True], ids=["free", "forced"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_adjoint_is_the_gradient_of_a_plain_loop(name, forced):
    rnn, inputs, noise, teacher = a_trial(name, forced)
    run, loop = rollout(rnn, inputs, noise, teacher), run_by_loop(rnn, inputs, noise, teacher)
    for part in ("preparation", "report", "plane_drive"):
        torch.testing.assert_close(getattr(run, part), getattr(loop, part), rtol=1e-9, atol=1e-10)
    by_hand, by_loop = gradients(rnn, run), gradients(rnn, loop)
    for parameter, gradient in by_loop.items():
        assert gradient.abs().max() > 1e-3, f"the functional does not depend on {parameter}"
        scale = float(gradient.abs().max())
        torch.testing.assert_close(by_hand[parameter], gradient, rtol=1e-9, atol=1e-9 * scale, msg=parameter)


@pytest.mark.parametrize("forced", [False, True], ids=["free", "forced"])
@pytest.mark.parametrize("trials", [1, 5])
@pytest.mark.parametrize("name", ["tree", "tree with projection"])
def test_the_compiled_loops_of_a_tree_are_its_steps(name, trials, forced, monkeypatch):
    """In single precision they run, in double precision they do not; the two agree, for one trial and for more."""
    rnn, inputs, noise, teacher = a_trial(name, forced)
    inputs = showing(inputs, inputs.shown[0][:trials], inputs.shown[2][:trials])
    noise = TrialNoise(noise.initial[:trials], noise.steps[:, :trials])
    teacher = teacher[:trials] if forced else None
    exact = rollout(rnn, inputs, noise, teacher)
    by_steps = gradients(rnn, exact)
    single = copy.deepcopy(rnn).float()
    inputs = inputs.to(torch.zeros(1))
    noise = TrialNoise(noise.initial.float(), noise.steps.float())
    monkeypatch.setattr(recurrence, "_Recurrence", None)
    run = rollout(single, inputs, noise, teacher)
    for part in ("preparation", "report", "plane_drive"):
        assert getattr(run, part).dtype == torch.float32
        torch.testing.assert_close(getattr(run, part).double(), getattr(exact, part), rtol=1e-4, atol=1e-4)
    in_double = Rollout(run.preparation.double(), run.report.double(), run.plane_drive.double())
    for parameter, gradient in gradients(single, in_double).items():
        scale = float(by_steps[parameter].abs().max())
        torch.testing.assert_close(gradient.double(), by_steps[parameter], rtol=1e-4, atol=1e-4 * scale, msg=parameter)


def test_the_adjoint_of_one_trial_and_of_one_output_alone():
    """A single trial is a batch axis of length 1, like a shared context; unused outputs must not matter."""
    rnn, inputs, noise, teacher = a_trial("gated", True)
    one = showing(inputs, inputs.shown[0][:1], inputs.shown[2][:1])
    silent = TrialNoise(noise.initial[:1], noise.steps[:, :1])
    losses = [run(rnn, one, silent, teacher[:1]).plane_drive.square().sum() for run in (rollout, run_by_loop)]
    by_hand, by_loop = (torch.autograd.grad(loss, list(rnn.parameters())) for loss in losses)
    for first, second in zip(by_hand, by_loop):
        torch.testing.assert_close(first, second, rtol=1e-9, atol=1e-10)


def test_a_second_backward_pass_gives_the_same_gradient():
    rnn, inputs, noise, teacher = a_trial("tree", True)
    loss = functional(rollout(rnn, inputs, noise, teacher))
    first, second = (torch.autograd.grad(loss, list(rnn.parameters()), retain_graph=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second))


@pytest.mark.parametrize("trained", [True, False], ids=["after a backward pass", "without one"])
def test_the_tape_is_freed_with_the_outputs(trained):
    rnn, inputs, noise, _ = a_trial("gated", False)
    saved = []

    def evaluate(weights, state, context):
        drive, tape = GatedDrive.evaluate(weights, state, context)
        saved.extend(weakref.ref(tensor) for tensor in tape)
        return drive, tape

    watched = SimpleNamespace(evaluate=evaluate, pull_back=GatedDrive.pull_back)
    spans = rnn.contexts(inputs)
    states, drives = recurrence.run(
        watched, rnn.drive.weights(), spans, noise.initial, noise.steps, rnn.config.leak, None
    )
    assert all(tensor() is not None for tensor in saved)
    loss = states.sum() + drives.sum()
    if trained:
        loss.backward()
    del states, drives, loss, spans
    gc.collect()
    held = [tensor for tensor in saved if tensor() is not None and tensor() is not noise.initial]
    assert len(saved) == 3 * len(noise.steps) and not held
