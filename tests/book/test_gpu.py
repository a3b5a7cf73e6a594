"""The package on a GPU, with the CPU beside it; skipped where there is none."""

from dataclasses import replace

import pytest
import torch

from swapbook.networks import Network
from swapbook.plan import plan_of
from swaputils.diffusion.noising import forward_trajectory
from swaputils.network.rollout import draw_noise, rollout
from swaputils.training.lessons import make_batch
from swaputils.training.loop import FINISHED, Training
from tests.small import seeded

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
CONDITIONS = (
    "index_swap",
    "index_swap_tree",
    "probe_similarity_00",
    "probe_human",
    "probe_mean_regression",
    "probe_moment_matching",
    "probe_energy_score",
    "probe_mixture_density",
    "human_n4",
)


@pytest.mark.parametrize(
    ("condition", "scale"),
    [("index_swap", "laptop"), ("probe_similarity_00_tree", "laptop"), ("probe_similarity_00", "paper")],
)
def test_activity_and_gradients_are_those_of_the_cpu(condition, scale):
    plan = plan_of(condition, scale, 0)
    rnn = plan.new_rnn(generator=seeded()).double()
    batch = make_batch(plan.distribution, 16, rnn.readout, generator=seeded())
    noise = draw_noise(rnn, batch.inputs, generator=seeded())
    teacher = forward_trajectory(
        plan.schedule, 2.5 * torch.randn(16, 2, generator=seeded()).double(), generator=seeded()
    )
    found = {}
    for device in ("cpu", "cuda"):
        on = plan.new_rnn(generator=seeded()).double().to(device)
        run = rollout(on, batch.inputs.to(device), noise.to(device), teacher[:, :-1].to(device))
        (run.plane_drive.square().mean() + run.report.square().mean()).backward()
        gradients = [parameter.grad for parameter in on.parameters() if parameter.grad is not None]
        found[device] = [part.detach().cpu() for part in (run.preparation, run.report, run.plane_drive, *gradients)]
    torch.testing.assert_close(found["cuda"], found["cpu"], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_kind_of_condition_trains_and_resumes(condition):
    """Training stopped half-way and taken up again ends with the same weights, to rounding: a GPU sums in no fixed order."""

    def training() -> Training:
        rnn = plan.new_rnn(generator=seeded()).to("cuda")
        generator = torch.Generator("cuda").manual_seed(0)
        return Training(rnn, plan.selection[:1], plan.distribution, train, generator=generator)

    plan = Network(condition, "smoke").plan
    train = replace(plan.train, distribution_updates=8)
    whole, left = training(), None
    for progress in whole:
        if (progress.stage, progress.update) == ("distribution", 4):
            left = {name: value.clone() for name, value in whole.tensors().items()}, whole.position()
    resumed = training()
    resumed.resume(*left)
    for _ in resumed:
        pass
    assert whole.stage == resumed.stage == FINISHED
    assert {parameter.device.type for parameter in whole.rnn.parameters()} == {"cuda"}
    for one, other in zip(whole.rnn.parameters(), resumed.rnn.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
