"""Objectives: plain functions `(rnn, batch, *, generator) -> scalar loss`; constants are bound with functools.partial.

A network does not know how it was trained, so comparing objectives compares nothing else.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.circular import to_xy
from swaputils.diffusion import Schedule, expected_endpoint, forward_trajectory, kernel_target, sample_endpoints
from swaputils.records import Batch, ResponseDensity, ResponseMixture, Rollout
from swaputils.rnn import RNN, draw_noise, rollout, silent_noise

PLANE_PENALTY = 1e-3
ACTIVITY_PENALTY = 1e-5
TINY = 1e-12  # least product of two determinants: a square root has no slope at zero
EVEN_SHARE = 0.2  # of the noised responses of the closed-form objective that ignore how rare a swap is


def diffusion_closed_form(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """Diffusion objective that regresses the plane drive on the kernel target at E[x_0 | x_t, display].

    mean over trials, steps and dimensions of  weight_k (U f_k - k_k(E[x_0 | x_t, display], x_t))^2  + penalties, under
    teacher forcing. It has the same minimiser as the sampled target and no floor.

    schedule: the noising process; weights: [T] loss weight of each report step.
    """
    path = _sample_path(balanced(batch.target), schedule, generator)
    expected = expected_endpoint(schedule, batch.target, path[:, :-1])
    return _teacher_forced_error(rnn, batch, path, expected, schedule, weights, generator)


def diffusion_sampled(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """The paper's diffusion objective: the kernel target holds the response x_0 that was drawn. Arguments as above."""
    path = _sample_path(batch.target, schedule, generator)
    return _teacher_forced_error(rnn, batch, path, path[:, -1:], schedule, weights, generator)


def task_optimal(rnn: RNN, batch: Batch, *, generator: torch.Generator) -> Float[Tensor, ""]:
    """Squared distance of the free-running plane state from the cued item's point, mean over report steps, + penalties."""
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    goal = batch.target.radius * to_xy(batch.displays.cued_report).to(run.report)
    error = rnn.in_plane(run.report[:, 1:]) - goal[:, None]
    return error.square().mean() + _penalties(rnn, run)


def mean_regression(rnn: RNN, batch: Batch, *, generator: torch.Generator) -> Float[Tensor, ""]:
    """Squared distance of the free-running plane state from the mean of the target, mean over report steps, + penalties.

    Its minimiser is that of the squared distance from responses drawn from the target: the mean E[x_0 | display].
    """
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    mean, _ = mixture_moments(batch.target)
    error = rnn.in_plane(run.report[:, 1:]) - mean[:, None]
    return error.square().mean() + _penalties(rnn, run)


def moment_matching(rnn: RNN, batch: Batch, *, repeats: int, generator: torch.Generator) -> Float[Tensor, ""]:
    """Squared distance of the mean and covariance of the end points of each display from the target's, free-running, + penalties.

    |m - m*|^2 + tr(C + C* - 2 (C C*)^(1/2)), the squared Frechet distance between the Gaussians with these moments (Dowson &
    Landau 1982, eq. 16). A squared error of C would hardly change while a spread is small, and so hardly teach it. The first term is
    estimated without bias as the product of the errors of two halves of the repetitions, which are independent.

    repeats: times that each display is shown in a row, an even number of 4 or more that divides the batch.
    """
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    end_point = rnn.in_plane(run.report[:, -1]).unflatten(0, (-1, repeats))
    mean, covariance = (moment[::repeats] for moment in mixture_moments(batch.target))
    of_mean = (end_point.unflatten(1, (2, -1)).mean(2) - mean[:, None]).prod(1).sum(-1)
    centred = end_point - end_point.mean(1, keepdim=True)
    found = centred.mT @ centred / (repeats - 1)
    areas = (torch.linalg.det(found) * torch.linalg.det(covariance)).clamp_min(TINY).sqrt()
    overlap = ((found * covariance).sum((-2, -1)) + 2 * areas).sqrt()  # tr (C C*)^(1/2), in two dimensions
    spreads = (found + covariance).diagonal(dim1=-2, dim2=-1).sum(-1)
    return (of_mean + spreads - 2 * overlap).mean() + _penalties(rnn, run)


def energy_score(rnn: RNN, batch: Batch, *, repeats: int, generator: torch.Generator) -> Float[Tensor, ""]:
    """Energy score of the end points of each display, free-running, + penalties: a strictly proper score.

    E|Y - X| - E|Y - Y'| / 2 with Y, Y' the network's end points and X the target's (Gneiting & Raftery 2007, eq. 22); its
    least value is reached by the target's distribution alone.

    repeats: times that each display is shown in a row, 2 or more, dividing the batch.
    """
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    answers = rnn.in_plane(run.report[:, -1]).unflatten(0, (-1, repeats))
    drawn = sample_endpoints(batch.target, generator=generator).unflatten(0, (-1, repeats))
    apart = torch.cdist(answers, answers).sum((1, 2)) / (repeats * (repeats - 1))
    return (torch.cdist(answers, drawn).mean((1, 2)) - apart / 2).mean() + _penalties(rnn, run)


def mixture_density(rnn: RNN, batch: Batch, *, generator: torch.Generator) -> Float[Tensor, ""]:
    """Minus the log density of drawn responses under `mixture_readout` of the last state, without noise, + penalties.

    The same network with noise at its output only. Clusters have the spread of the target's.
    """
    run = rollout(rnn, batch.inputs, silent_noise(rnn, batch.inputs))
    centres, log_weights = mixture_readout(rnn, run.report[:, -1])
    variance = (batch.target.spread * batch.target.radius) ** 2
    drawn = sample_endpoints(batch.target, generator=generator)
    log_density = -(drawn[:, None] - centres).square().sum(-1) / (2 * variance)
    return -(log_weights + log_density).logsumexp(-1).mean() + _penalties(rnn, run)


def mixture_readout(
    rnn: RNN, state: Float[Tensor, "trials units"]
) -> tuple[Float[Tensor, "trials 2 2"], Float[Tensor, "trials 2"]]:
    """Centres and log weights of the two clusters that a state parametrises.

    One centre is the readout U z, the other the first two null-space coordinates in units of the memory scale; the third is the
    logit of the latter.
    """
    hidden = rnn.in_null_space(state) / rnn.config.memory_scale
    centres = torch.stack((rnn.in_plane(state), hidden[:, :2]), dim=1)
    return centres, torch.stack((torch.zeros_like(hidden[:, 2]), hidden[:, 2]), dim=1).log_softmax(-1)


def mixture_moments(mixture: ResponseMixture) -> tuple[Float[Tensor, "trials 2"], Float[Tensor, "trials 2 2"]]:
    """Mean and covariance of the end point: m = sum pi_n c_n and sum pi_n c_n c_n^T + s^2 I - m m^T."""
    centres, weight = mixture.radius * to_xy(mixture.angles), mixture.log_weights.exp()
    mean = torch.einsum("mn,mnd->md", weight, centres)
    second = torch.einsum("mn,mnd,mne->mde", weight, centres, centres)
    within = (mixture.radius * mixture.spread) ** 2 * torch.eye(2).to(mean)
    return mean, second + within - mean[:, :, None] * mean[:, None]


def balanced(mixture: ResponseMixture | ResponseDensity) -> ResponseMixture | ResponseDensity:
    """The mixture with a fifth of its weight spread evenly over the items that it can report.

    A target in closed form is right wherever the noised responses come from, so they can be drawn such that rare swaps are
    practised more often than they occur. A density on the circle stays as it is.
    """
    if isinstance(mixture, ResponseDensity):
        return mixture
    possible = mixture.log_weights > -torch.inf
    even = possible.to(mixture.log_weights) / possible.sum(dim=1, keepdim=True)
    return replace(mixture, log_weights=mixture.log_weights.exp().lerp(even, EVEN_SHARE).log())


def _sample_path(mixture: ResponseMixture | ResponseDensity, schedule: Schedule, generator: torch.Generator) -> Tensor:
    """[M, T + 1, 2] noised responses drawn from the mixture, in network time."""
    return forward_trajectory(schedule, sample_endpoints(mixture, generator=generator), generator=generator)


def _teacher_forced_error(
    rnn: RNN,
    batch: Batch,
    path: Tensor,
    endpoint: Tensor,
    schedule: Schedule,
    weights: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """Weighted squared error of the plane drive under teacher forcing with `path`, plus penalties."""
    noised = path[:, :-1]
    noise = draw_noise(rnn, batch.inputs, generator=generator)
    run = rollout(rnn, batch.inputs, noise, teacher=noised)
    error = run.plane_drive - kernel_target(schedule, endpoint, noised, rnn.config.leak)
    return (weights.to(error)[:, None] * error.square()).mean() + _penalties(rnn, run)


def _penalties(rnn: RNN, run: Rollout) -> Tensor:
    """Pulls the plane state at the end of preparation to the origin, and all activity down.

    The noising process ends near a standard normal, so the report period must not start at an answer.
    """
    plane = rnn.in_plane(run.report[:, 0]).square().mean()
    activity = run.preparation.norm(dim=-1).mean() + rnn.in_null_space(run.report).norm(dim=-1).mean()
    return PLANE_PENALTY * plane + ACTIVITY_PENALTY * activity
