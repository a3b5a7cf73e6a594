"""The network: its equations, its readout plane, its noise, and teacher forcing."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import softplus

from swaputils.diffusion.schedule import linear_schedule, report_noise
from swaputils.errors import SwaputilsError
from swaputils.inputs import TrialInputs
from swaputils.network.rnn import RNN, FactorisedProjection, RNNConfig
from swaputils.network.rollout import TrialNoise, draw_noise, rollout, silent_noise
from tests.small import (
    INDEX_TASK,
    PERIODS,
    PROBE_TASK,
    assert_unbiased,
    seeded,
    short_schedule,
    showing,
    small_inputs,
    small_rnn,
    stepped,
    unchecked,
)

TREE = RNNConfig(units=5, drive="tree", branching=(3, 2))
GATED = RNNConfig(units=6, hidden=10)
BOTH = pytest.mark.parametrize("config", [GATED, TREE], ids=["gated", "tree"])
PREPARATION, REPORT = PERIODS.preparatory_steps, PERIODS.steps("report")


def states(rnn: RNN, trials: int, seed: int = 4) -> torch.Tensor:
    return torch.randn((trials, rnn.config.units), dtype=torch.float64, generator=seeded(seed))


def rescaled(rnn: RNN, state: torch.Tensor, plane: float, outside: float) -> torch.Tensor:
    """The state with its readout-plane part and the rest of it multiplied by a factor each."""
    in_plane = rnn.readout.T @ (rnn.readout @ state)
    return plane * in_plane + outside * (state - in_plane)


def test_gated_drive_by_its_equation():
    rnn, inputs = small_rnn(replace(GATED, leak=0.2, memory_scale=7.0)), small_inputs(3)
    state, drive, clock = states(rnn, 3), rnn.drive, rnn.preparatory_clock
    context = tuple(layer[0] for layer in rnn.contexts(inputs)[0].context)
    for trial, after in enumerate(stepped(rnn, state, context)):
        both = (
            drive.from_state.weight @ rescaled(rnn, state[trial], 1, 1 / 7)
            + drive.from_input.weight @ inputs.shown[0][trial]
            + drive.from_time.weight @ clock
            + drive.from_state.bias
        )
        hidden = both[:10].sigmoid() * both[10:]
        f = rescaled(rnn, drive.output.weight @ hidden + drive.output.bias, 1 / 0.2, 7)
        torch.testing.assert_close(after, 0.8 * state[trial] + 0.2 * f, rtol=0, atol=1e-5)


def test_dendritic_tree_by_its_equation():
    rnn, inputs = small_rnn(replace(TREE, input_scale=3.0)), small_inputs(1)
    cue = inputs.shown[2][0]
    state, tree, clock = states(rnn, 1)[0], rnn.drive, rnn.preparatory_clock
    units, branches, leaves = 5, 3, 2
    somas = []
    for i in range(units):
        soma = tree.soma_time.weight[i] @ clock + tree.soma_time.bias[i]
        for j in range(branches):
            below = j * units + i
            branch = tree.branch_time.weight[below] @ clock + tree.branch_time.bias[below]
            for k in range(leaves):
                node = (k * branches + j) * units + i
                leaf = tree.from_state.weight[node] @ rescaled(rnn, state, 1, 0.1) + tree.from_state.bias[node]
                leaf = leaf + tree.leaf_time.weight[node] @ clock + tree.from_input.weight[node] @ (3 * cue)
                branch = branch + tree.leaf_weight[k, below] * softplus(leaf)
            soma = soma + tree.branch_weight[j, i] * softplus(branch)
        somas.append(softplus(soma))
    context = tuple(layer[0] for layer in rnn.contexts(inputs)[2].context)
    after = stepped(rnn, state[None], context)[0]
    torch.testing.assert_close(after, 0.9 * state + 0.1 * torch.stack(somas), rtol=0, atol=1e-6)


def test_the_tree_s_drive_is_never_negative():
    rnn = small_rnn(TREE)
    context = tuple(layer[0] for layer in rnn.contexts(small_inputs(50))[0].context)
    state = 10 * states(rnn, 50)
    assert (stepped(rnn, state, context) - 0.9 * state >= -1e-12).all()
    run = rollout(rnn, small_inputs(50), silent_noise(rnn, small_inputs(50)))
    assert (run.report >= 0).all()


def test_factorised_projection():
    layer = FactorisedProjection(36, 3).double()
    inputs = torch.randn((4, 36), dtype=torch.float64, generator=seeded())
    expected = torch.einsum("ac,mcd,bd->mab", layer.report.weight, inputs.reshape(4, 6, 6), layer.probe.weight)
    torch.testing.assert_close(layer(inputs), expected.flatten(1))
    with pytest.raises(ValueError, match="needs a square input, not one of length 35"):
        FactorisedProjection(35, 3)


@BOTH
def test_readout_plane_and_null_space_are_orthonormal_and_complementary(config):
    rnn = small_rnn(config)
    basis = torch.cat((rnn.readout, rnn.null_space))
    torch.testing.assert_close(basis @ basis.T, torch.eye(config.units).double(), rtol=0, atol=1e-6)
    state = states(rnn, 20)
    rebuilt = rnn.in_plane(state) @ rnn.readout + rnn.in_null_space(state) @ rnn.null_space
    torch.testing.assert_close(rebuilt, state, rtol=0, atol=1e-5)
    assert not {"readout", "null_space"} & {name for name, _ in rnn.named_parameters()}


@BOTH
def test_a_network_is_determined_by_its_generator(config):
    first, again, other = (small_rnn(config, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    fixed = {"clock_code", "report_noise", "preparatory_clock"}
    assert {name for name in first if torch.equal(first[name], other[name])} == fixed


@pytest.mark.parametrize("config", [GATED, replace(TREE, branching=(4, 7))], ids=["gated", "tree"])
def test_initial_weights_are_scaled_by_fan_in(config):
    rnn = small_rnn(config)
    largest = rnn.drive.from_state.weight.abs().max().item()
    assert 0.9 < largest * config.units**0.5 <= 1
    if config.drive == "tree":
        assert rnn.drive.leaf_weight.std().item() == pytest.approx(math.sqrt(2 / 8), rel=0.2)


@BOTH
def test_teacher_forcing_puts_the_plane_where_the_teacher_is(config):
    """After a forced step the plane holds (1 - leak) x_t + leak U f + U noise, whatever the plane held before it."""
    rnn, inputs = small_rnn(config), small_inputs(8)
    noise = draw_noise(rnn, inputs, generator=seeded(1))
    teacher = 3 * torch.randn((8, REPORT, 2), dtype=torch.float64, generator=seeded(2))
    run = rollout(rnn, inputs, noise, teacher)
    of_noise = rnn.in_plane(noise.steps[PREPARATION:]).transpose(0, 1)
    expected = 0.9 * teacher + 0.1 * run.plane_drive + of_noise
    torch.testing.assert_close(rnn.in_plane(run.report[:, 1:]), expected, rtol=0, atol=1e-5)


def test_teacher_forcing_leaves_no_trace_of_the_plane_before_it():
    """Pushing the last preparatory state along the plane changes nothing after it; pushing it outside does."""
    rnn, inputs = small_rnn(GATED), small_inputs(8)
    noise = draw_noise(rnn, inputs, generator=seeded(1))
    teacher = torch.randn((8, REPORT, 2), dtype=torch.float64, generator=seeded(2))

    def report_after(push: torch.Tensor) -> torch.Tensor:
        steps = noise.steps.clone()
        steps[PREPARATION - 1] += push
        return rollout(rnn, inputs, TrialNoise(noise.initial, steps), teacher).report[:, 1:]

    unpushed = report_after(torch.zeros(6).double())
    torch.testing.assert_close(report_after(rnn.readout[0] - 2 * rnn.readout[1]), unpushed, rtol=0, atol=1e-5)
    assert (report_after(rnn.null_space[0]) - unpushed).abs().max() > 0.1


def test_a_free_network_goes_its_own_way():
    rnn, inputs = small_rnn(GATED), small_inputs(8)
    noise = draw_noise(rnn, inputs, generator=seeded(1))
    free = rollout(rnn, inputs, noise)
    own = rnn.in_plane(free.report[:, :-1])
    torch.testing.assert_close(rollout(rnn, inputs, noise, own).report, free.report, rtol=0, atol=1e-5)


@BOTH
def test_without_noise_a_display_has_one_response(config):
    rnn, inputs = small_rnn(config), small_inputs(3)
    twice = showing(inputs, inputs.shown[0].repeat(2, 1), inputs.shown[2].repeat(2, 1))
    silent = silent_noise(rnn, twice)
    assert (silent.steps == 0).all()
    first, second = (rollout(rnn, twice, silent).report for _ in range(2))
    assert torch.equal(first, second)
    torch.testing.assert_close(first[:3], first[3:])
    noisy = rollout(rnn, twice, draw_noise(rnn, twice, generator=seeded())).report
    assert (noisy[:3] - noisy[3:]).abs().min(dim=0).values.max() > 0.01


@BOTH
def test_trials_do_not_see_one_another(config):
    rnn, inputs = small_rnn(config), small_inputs(6)
    noise = draw_noise(rnn, inputs, generator=seeded())
    stimulus = inputs.shown[0].clone()
    stimulus[2] += 1
    before = rollout(rnn, inputs, noise).report
    after = rollout(rnn, showing(inputs, stimulus), noise).report
    changed = (after - before).abs().amax(dim=(1, 2)) > 1e-9
    assert changed.tolist() == [False, False, True, False, False, False]


def test_louder_noise_is_that_of_one_period_outside_the_plane():
    even, louder = (
        small_rnn(RNNConfig(units=6, hidden=10)),
        small_rnn(RNNConfig(units=6, hidden=10, louder=("cue", 3.0))),
    )
    inputs = small_inputs(8)
    usual, found = (draw_noise(rnn, inputs, generator=seeded(1)).steps for rnn in (even, louder))
    cue = slice(PERIODS.cue_steps[0], PERIODS.cue_steps[1])
    torch.testing.assert_close(even.in_plane(found), even.in_plane(usual))
    torch.testing.assert_close(even.in_null_space(found[cue]), 3 * even.in_null_space(usual[cue]))
    found[cue] = usual[cue]
    torch.testing.assert_close(found, usual)


@pytest.mark.parametrize("louder", [("report", 2.0), ("cue", -1.0), ("cue", math.nan)])
def test_louder_noise_is_refused_where_there_is_none(louder):
    with pytest.raises(SwaputilsError, match="it must name one of stimulus, delay, cue, post_cue_delay and a factor"):
        RNNConfig(louder=louder)


def test_noise_has_the_published_size():
    rnn = RNN(RNNConfig(units=16), INDEX_TASK.input_size, report_noise(linear_schedule()), generator=seeded())
    trials = TrialInputs((torch.zeros(2_000, 6), None, torch.zeros(2_000, 6), None), (2, 15, 2, 1), 40)
    noise = draw_noise(rnn, trials, generator=seeded(1))
    by_step = noise.steps.std(dim=(1, 2))
    preparation = trials.preparation
    torch.testing.assert_close(by_step[:preparation], torch.full((preparation,), 0.548), rtol=0.02, atol=0)
    torch.testing.assert_close(by_step[preparation:], report_noise(linear_schedule()).float(), rtol=0.02, atol=0)
    assert (noise.initial >= 0).all()
    assert_unbiased(noise.initial.flatten(), math.sqrt(2 / math.pi))
    assert_unbiased(noise.initial.flatten().square(), 1.0)
    assert_unbiased(noise.steps[:-1].flatten(1).mean(0)[:, None])
    assert torch.equal(silent_noise(rnn, trials).initial, torch.full((2_000, 16), math.sqrt(2 / math.pi)))


def test_inputs_reach_the_network_in_their_own_period():
    rnn, inputs = small_rnn(GATED), small_inputs(4)
    silent = silent_noise(rnn, inputs)
    other = rollout(rnn, showing(inputs, cue=inputs.shown[2].flip(1)), silent).preparation
    differs = (other - rollout(rnn, inputs, silent).preparation).abs().amax(dim=(0, 2)) > 1e-9
    before_cue = PERIODS.steps("stimulus") + PERIODS.steps("delay")
    assert differs.tolist() == [False] * before_cue + [True] * (PREPARATION - before_cue)


def test_only_the_report_has_a_clock():
    rnn = small_rnn(GATED)
    spans = rnn.contexts(small_inputs(4))
    assert [span.steps for span in spans] == [2, 3, 2, 1, 6]
    assert torch.equal(spans[1].context[0], spans[3].context[0])
    assert len(spans[4].context[0].flatten(1).unique(dim=0)) == REPORT
    assert len(rnn.clock_code.unique(dim=0)) == REPORT


@BOTH
def test_the_network_follows_its_dtype(config):
    double = small_rnn(config)
    single = small_rnn(config).float()
    inputs = small_inputs(4)
    narrow = inputs.to(torch.zeros(1))
    run = rollout(single, narrow, silent_noise(single, narrow))
    assert run.report.dtype == run.plane_drive.dtype == torch.float32
    exact = rollout(double, inputs, silent_noise(double, inputs)).report
    torch.testing.assert_close(run.report.double(), exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("report_steps", "noise_steps", "teacher_steps", "message"),
    [
        (10, 14, None, "report period has 10 steps; the network's has 6"),
        (6, 13, None, "the noise has 13 steps; these trials need 14"),
        (6, 14, 5, "the teacher has 5 steps; the report period has 6"),
        (6, 14, 7, "the teacher has 7 steps; the report period has 6"),
    ],
)
def test_wrong_lengths_are_refused(report_steps, noise_steps, teacher_steps, message):
    rnn, inputs = small_rnn(GATED), small_inputs(4)
    inputs = replace(inputs, report=report_steps)
    noise = TrialNoise(torch.zeros(4, 6).double(), torch.zeros(noise_steps, 4, 6).double())
    teacher = None if teacher_steps is None else torch.zeros(4, teacher_steps, 2).double()
    with pytest.raises(ValueError, match=message):
        rollout(rnn, inputs, noise, teacher)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"drive": "axon"}, "drive is 'axon'; allowed are 'gated', 'tree' and 'rate'"),
        ({"units": 2}, "3 or more units"),
        ({"hidden": 0}, "at least one hidden unit"),
        ({"branching": (5, 0)}, "at least one hidden unit, branch and leaf"),
        ({"leak": 0.0}, r"leak must lie in \(0, 1\]"),
        ({"leak": 1.5}, r"leak must lie in \(0, 1\]"),
        ({"memory_scale": 0.0}, "memory_scale is 0.0; it must be positive"),
        ({"clock": 7}, "clock must be an even number"),
    ],
)
def test_impossible_sizes_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        unchecked(RNNConfig(), **fields).__post_init__()


def test_a_projection_starts_with_the_lowest_harmonics_of_place():
    rnn = small_rnn(replace(GATED, projection=4), PROBE_TASK)
    for layer in (rnn.projection.report, rnn.projection.probe):
        rows = layer.weight.double()
        torch.testing.assert_close(rows @ rows.T, torch.eye(4, dtype=torch.float64), atol=1e-6, rtol=0)
        strength = torch.fft.rfft(rows, dim=1).abs()
        assert strength.argmax(1).tolist() == [1, 1, 2, 2]


def test_a_projection_needs_a_conjunctive_input():
    assert small_rnn(replace(GATED, projection=3), PROBE_TASK).drive.from_input.in_features == 9
    with pytest.raises(ValueError, match="needs a square input, not one of length 6"):
        RNN(replace(GATED, projection=3), INDEX_TASK.input_size, report_noise(short_schedule()), generator=seeded())
