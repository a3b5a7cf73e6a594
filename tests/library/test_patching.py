"""A trial that goes on from its own state is the same trial; from another one it is the other's, where the input is the same."""

import pytest
import torch

from swaputils.errors import SwaputilsError
from swaputils.network.patching import continued
from swaputils.network.rollout import draw_noise, rollout
from tests.small import INDEX_TASK, PERIODS, seeded, small_rnn


@pytest.fixture(scope="module")
def trial():
    rnn, displays = small_rnn(), INDEX_TASK.sample(5, generator=seeded())
    inputs = INDEX_TASK.encode(displays).to(rnn.readout)
    noise = draw_noise(rnn, inputs, generator=seeded(1))
    run = rollout(rnn, inputs, noise)
    return rnn, displays, inputs, noise, torch.cat((run.preparation, run.report[:, 1:]), dim=1)


@pytest.mark.parametrize("step", [1, 4, PERIODS.preparatory_steps, PERIODS.preparatory_steps + 2])
def test_the_trials_own_state_changes_nothing(trial, step):
    rnn, _, inputs, noise, states = trial
    torch.testing.assert_close(continued(rnn, inputs, noise, step, states[:, step - 1]), states[:, step:])


def test_after_the_last_input_a_trial_becomes_that_of_the_donor(trial):
    rnn, displays, inputs, noise, _ = trial
    order = torch.tensor([1, 2, 3, 4, 0])
    step = PERIODS.preparatory_steps - 1  # the step between cue and report holds no input
    donor = rollout(rnn, INDEX_TASK.encode(displays[order]).to(rnn.readout), noise)
    found = continued(rnn, inputs, noise, step, donor.preparation[:, step - 1])
    torch.testing.assert_close(found[:, 1:], donor.report[:, 1:])


def test_a_step_outside_the_trial_is_refused(trial):
    rnn, _, inputs, noise, states = trial
    with pytest.raises(SwaputilsError, match="allowed are 0 to"):
        continued(rnn, inputs, noise, len(noise.steps), states[:, 0])
