"""The ideal sampler: the network's report period with the exact posterior mean in place of the recurrent drive.

It is the best that any network trained by the diffusion objective can be, at the same number of report steps: what it misses of the
target (swap rate, spread) comes from the finite number of steps, not from a network. Every network is measured beside it.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.circular import distance, to_angle
from swaputils.diffusion import (
    Schedule,
    expected_endpoint,
    forward_trajectory,
    kernel_target,
    posterior_mean,
    report_noise,
    responsibilities,
    sample_endpoints,
)
from swaputils.records import ResponseDensity, ResponseMixture


def sample_path(
    schedule: Schedule,
    mixture: ResponseMixture | ResponseDensity,
    start: Float[Tensor, "trials 2"] | None = None,
    *,
    generator: torch.Generator,
) -> Float[Tensor, "trials times 2"]:
    """Draw paths of the exact sampler in network time: T + 1 times, the last entry being the end point.

    Each report step draws x_{t-1} ~ N(posterior mean at E[x_0 | x_t, display], noise variance of the schedule).
    start: state at the start of the report period; standard normal when None.
    """
    noise = torch.randn((schedule.steps + 1, len(mixture), 2), generator=generator, **_like(mixture))
    path = [noise[0] if start is None else start]
    for step, deviation in enumerate(report_noise(schedule).tolist()):
        path.append(_mean_after(schedule, mixture, step, path[-1]) + deviation * noise[step + 1])
    return torch.stack(path, dim=1)


def silent_end_point(schedule: Schedule, mixture: ResponseMixture | ResponseDensity) -> Float[Tensor, "trials 2"]:
    """End point with all noise off: from the origin, where the sampler starts on average, through the posterior means."""
    state = torch.zeros((len(mixture), 2), **_like(mixture))
    for step in range(schedule.steps):
        state = _mean_after(schedule, mixture, step, state)
    return state


def _like(mixture: ResponseMixture | ResponseDensity) -> dict:
    """Type and device of the sampler's numbers."""
    values = mixture.log_density if isinstance(mixture, ResponseDensity) else mixture.angles
    return {"dtype": values.dtype, "device": values.device}


def _mean_after(schedule: Schedule, mixture: ResponseMixture | ResponseDensity, step: int, state: Tensor) -> Tensor:
    """[M, 2] posterior mean of the state after a report step, given the state before it."""
    level, noised = schedule.at_step(step), state[:, None]
    return posterior_mean(level, expected_endpoint(level, mixture, noised), noised).squeeze(1)


def loss_floor(
    schedule: Schedule, mixture: ResponseMixture, leak: float, *, generator: torch.Generator
) -> Float[Tensor, " steps"]:
    """Smallest possible mean squared error of the plane drive against the sampled kernel target, per report step.

    It is the variance of the kernel target given x_t and the display, averaged over the two dimensions; no network can
    get below it, because the response that was drawn is not yet decided by x_t.
    """
    endpoint = sample_endpoints(mixture, generator=generator)
    noised = forward_trajectory(schedule, endpoint, generator=generator)[:, :-1]
    sampled = kernel_target(schedule, endpoint[:, None], noised, leak)
    expected = kernel_target(schedule, expected_endpoint(schedule, mixture, noised), noised, leak)
    return (sampled - expected).square().mean(dim=(0, 2))


def eventual_responsibility(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, "trials steps"]:
    """Probability, at the start of each report step, of the item that the path ends nearest to."""
    item = distance(to_angle(path[:, -1])[:, None], mixture.angles).argmin(1)
    given = responsibilities(schedule, mixture, path[:, :-1])
    return given.gather(2, item[:, None, None].expand(-1, schedule.steps, 1)).squeeze(2)


def commitment_step(responsibility: Float[Tensor, "trials steps"], level: float) -> int:
    """First report step at whose start the mean responsibility is at least `level`; ValueError where none is."""
    reached = responsibility.mean(0) >= level
    if not reached.any():
        raise ValueError(
            f"the mean responsibility never reaches {level}; its largest value is {responsibility.mean(0).max():.3f}"
        )
    return int(reached.to(torch.uint8).argmax())
