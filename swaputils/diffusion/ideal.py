"""The ideal sampler: the network's report period with the exact posterior mean in place of the recurrent drive.

It is the best that any network trained by the diffusion objective can be, at the same number of report steps: what it misses of the
target (swap rate, spread) comes from the finite number of steps, not from a network. Every network is measured beside it.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import distance, to_angle
from swaputils.diffusion.noising import forward_trajectory, kernel_target, posterior_mean
from swaputils.diffusion.schedule import Schedule, report_noise
from swaputils.diffusion.targets import ResponseMixture, Target
from swaputils.errors import SwaputilsError


def sample_path(
    schedule: Schedule, target: Target, start: Float[Tensor, "trials 2"] | None = None, *, generator: torch.Generator
) -> Float[Tensor, "trials times 2"]:
    """Draw paths of the ideal sampler in network time: T + 1 times, the last entry being the end point.

    Each report step draws x_{t-1} ~ N(posterior mean at E[x_0 | x_t, display], noise variance of the schedule).

    Args:
        start: state at the start of the report period; standard normal when None.
    """
    dtype, device = target.like.dtype, target.like.device
    noise = torch.randn((schedule.steps + 1, len(target), 2), generator=generator, dtype=dtype, device=device)
    path = [noise[0] if start is None else start]
    for step, deviation in enumerate(report_noise(schedule).tolist()):
        path.append(_mean_after(schedule, target, step, path[-1]) + deviation * noise[step + 1])
    return torch.stack(path, dim=1)


def silent_end_point(schedule: Schedule, target: Target) -> Float[Tensor, "trials 2"]:
    """End point with all noise off: from the origin, where the sampler starts on average, through the posterior means."""
    state = target.like.new_zeros((len(target), 2))
    for step in range(schedule.steps):
        state = _mean_after(schedule, target, step, state)
    return state


def _mean_after(schedule: Schedule, target: Target, step: int, state: Tensor) -> Tensor:
    """[M, 2] posterior mean of the state after a report step, given the state before it."""
    level, noised = schedule.at_step(step), state[:, None]
    return posterior_mean(level, target.expected_endpoint(level, noised), noised).squeeze(1)


def loss_floor(
    schedule: Schedule, mixture: ResponseMixture, leak: float, *, generator: torch.Generator
) -> Float[Tensor, " steps"]:
    """Smallest possible mean squared error of the plane drive against the sampled kernel target, per report step.

    It is the variance of the kernel target given x_t and the display, averaged over the two dimensions; no network can
    get below it, because the response that was drawn is not yet decided by x_t.
    """
    endpoint = mixture.sample(generator=generator)
    noised = forward_trajectory(schedule, endpoint, generator=generator)[:, :-1]
    sampled = kernel_target(schedule, endpoint[:, None], noised, leak)
    expected = kernel_target(schedule, mixture.expected_endpoint(schedule, noised), noised, leak)
    return (sampled - expected).square().mean(dim=(0, 2))


def eventual_responsibility(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, "trials steps"]:
    """Probability, at the start of each report step, of the item that the path ends nearest to."""
    item = distance(to_angle(path[:, -1])[:, None], mixture.angles).argmin(1)
    given = mixture.responsibilities(schedule, path[:, :-1])
    return given.gather(2, item[:, None, None].expand(-1, schedule.steps, 1)).squeeze(2)


def commitment_step(responsibility: Float[Tensor, "trials steps"], level: float) -> int:
    """First report step at whose start the mean responsibility is at least `level`; SwaputilsError where none is."""
    reached = responsibility.mean(0) >= level
    if not reached.any():
        raise SwaputilsError(
            f"the mean responsibility never reaches {level}; its largest value is {responsibility.mean(0).max():.3f}"
        )
    return int(reached.to(torch.uint8).argmax())
