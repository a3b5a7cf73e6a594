"""Losses: plain functions `(rnn, batch, *, generator) -> scalar`; constants are bound with functools.partial.

A network does not know how it was trained, so comparing objectives compares nothing else. Penalties pull the state in
the plane before the report to the origin, and all activity down. A loss for narrow clusters refuses other targets.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.diffusion.noising import forward_trajectory, kernel_target
from swaputils.diffusion.schedule import Schedule, normal_log_density, with_last_noise
from swaputils.diffusion.targets import ResponseMixture, Target
from swaputils.errors import SwaputilsError
from swaputils.inputs import TrialInputs
from swaputils.network.rnn import RNN
from swaputils.network.rollout import Rollout, TrialNoise, draw_noise, rollout, silent_noise
from swaputils.task import settled
from swaputils.training.lessons import Batch

PLANE_PENALTY = 1e-3
ACTIVITY_PENALTY = 1e-5
TINY = 1e-12  # least product of two determinants: a square root has no slope at zero


def diffusion_closed_form(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """Diffusion objective that regresses the plane drive on the kernel target at E[x_0 | x_t, display].

    mean over trials, steps and dimensions of  weight_k (U f_k - k_k(E[x_0 | x_t, display], x_t))^2  + penalties, under
    teacher forcing. It has the same minimiser as the sampled target and no floor.

    Args:
        schedule: the noising process.
        weights: [T] loss weight of each report step.
    """
    return _closed_form(rnn, batch, batch.target.practised(), schedule, weights, generator)


def diffusion_as_often(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """The closed-form objective on noised responses as the target has them, rare swaps and all. Arguments as above."""
    return _closed_form(rnn, batch, batch.target, schedule, weights, generator)


def diffusion_unbounded(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """The closed-form objective with nothing that pulls activity down, so that memories outgrow the noise. Arguments as above."""
    return _closed_form(rnn, batch, batch.target.practised(), schedule, weights, generator, activity=0.0)


def diffusion_own_noise(
    rnn: RNN,
    batch: Batch,
    *,
    period: str,
    schedule: Schedule,
    weights: Float[Tensor, " steps"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """The closed-form objective where the network's own noise of a period settles the item: see `own_number` and `task.settled`.

    Args:
        period: of the preparation, see `inputs.PREPARATION`.
    """
    noise = draw_noise(rnn, batch.inputs, generator=generator)
    target = batch.target
    if not isinstance(target, ResponseMixture):
        raise SwaputilsError(f"noise settles which cluster is reported; the target is a {type(target).__name__}")
    target = settled(target, batch.displays.is_cued, own_number(rnn, batch.inputs, noise, period))
    path = _sample_path(target, schedule, generator)
    expected = target.expected_endpoint(schedule, path[:, :-1])
    return _teacher_forced_error(rnn, batch, path, expected, schedule, weights, noise)


def own_number(rnn: RNN, inputs: TrialInputs, noise: TrialNoise, period: str) -> Float[Tensor, " trials"]:
    """The noise of a period along the first null-space direction, summed over its steps, as a standard normal number."""
    steps = noise.steps[inputs.during(period)]
    return (steps @ rnn.null_space[0]).sum(0) / (rnn.report_noise[0] * len(steps) ** 0.5)


def diffusion_sampled(
    rnn: RNN, batch: Batch, *, schedule: Schedule, weights: Float[Tensor, " steps"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """The paper's loss (Radmard, Bays & Lengyel 2026): the kernel target holds a drawn x_0. Arguments as above."""
    path = _sample_path(batch.target, schedule, generator)
    noise = draw_noise(rnn, batch.inputs, generator=generator)
    return _teacher_forced_error(rnn, batch, path, path[:, -1:], schedule, weights, noise)


def diffusion_rollouts(
    rnn: RNN, batch: Batch, *, rollouts: int, schedule: Schedule, generator: torch.Generator
) -> Float[Tensor, ""]:
    """Minus the importance-weighted bound (Burda, Grosse & Salakhutdinov 2016), up to a constant, per step and dimension, + penalties.

    -log (1/K) sum_k w_k with one noised response and the `rollout_log_weights` of K rollouts of the null space along it. K = 1 has the
    minimiser of the objectives above.

    Args:
        rollouts: K, times that each display is shown in a row, dividing the batch.
    """
    target = batch.target
    if not isinstance(target, ResponseMixture):
        raise SwaputilsError(f"the bound is for narrow clusters; the target is a {type(target).__name__}")
    path = _sample_path(target, schedule, generator)[::rollouts].repeat_interleave(rollouts, dim=0)
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator), teacher=path[:, :-1])
    means = torch.lerp(path[:, :-1], run.plane_drive, rnn.config.leak)
    log_weights = rollout_log_weights(schedule, target, path, means).unflatten(0, (-1, rollouts))
    bound = log_weights.logsumexp(1) - math.log(rollouts)
    return -bound.mean() / means[0].numel() + _penalties(rnn, run)


def rollout_log_weights(
    schedule: Schedule,
    target: ResponseMixture,
    path: Float[Tensor, "trials times 2"],
    means: Float[Tensor, "trials steps 2"],
) -> Float[Tensor, " trials"]:
    """sum_t log N(x_{t-1}; mean_t, sigma_t^2 I) of noised responses (nats), given where the network would step to from each x_t.

    The last step counts as if it had the noise that leaves a cluster its spread. The start of the report is left out: penalties pull it
    to the law of the noised responses.
    """
    variance = with_last_noise(schedule, (target.spread * target.radius) ** 2).noise_variance.flip(0)
    return normal_log_density(path[:, 1:] - means, variance).sum(1)


def regression(rnn: RNN, batch: Batch, *, generator: torch.Generator) -> Float[Tensor, ""]:
    """Squared distance of the free-running plane state from the mean of the target, mean over report steps, + penalties.

    Its minimiser is that of the squared distance from responses drawn from the target: the mean E[x_0 | display]. With a target without
    swaps this is the point of the cued item, and the loss the usual one of a network that is trained to be right.
    """
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    mean, _ = batch.target.moments()
    error = rnn.in_plane(run.report[:, 1:]) - mean[:, None]
    return error.square().mean() + _penalties(rnn, run)


def moment_matching(rnn: RNN, batch: Batch, *, repeats: int, generator: torch.Generator) -> Float[Tensor, ""]:
    """Squared distance of the mean and covariance of the end points of each display from the target's, free-running, + penalties.

    |m - m*|^2 + tr(C + C* - 2 (C C*)^(1/2)), the squared Frechet distance between the Gaussians with these moments (Dowson &
    Landau 1982, eq. 16). A squared error of C would hardly change while a spread is small, and so hardly teach it. The first term is
    estimated without bias as the product of the errors of two halves of the repetitions, which are independent.

    Args:
        repeats: times that each display is shown in a row, an even number of 4 or more that divides the batch.
    """
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    end_point = rnn.in_plane(run.report[:, -1]).unflatten(0, (-1, repeats))
    mean, covariance = (moment[::repeats] for moment in batch.target.moments())
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

    Args:
        repeats: times that each display is shown in a row, 2 or more, dividing the batch.
    """
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator))
    answers = rnn.in_plane(run.report[:, -1]).unflatten(0, (-1, repeats))
    drawn = batch.target.sample(generator=generator).unflatten(0, (-1, repeats))
    apart = torch.cdist(answers, answers).sum((1, 2)) / (repeats * (repeats - 1))
    return (torch.cdist(answers, drawn).mean((1, 2)) - apart / 2).mean() + _penalties(rnn, run)


def mixture_density(rnn: RNN, batch: Batch, *, generator: torch.Generator) -> Float[Tensor, ""]:
    """Minus the log density of drawn responses under `mixture_readout` of the last state, without noise, + penalties.

    The same network with noise at its output only. Clusters have the spread of the target's.
    """
    run = rollout(rnn, batch.inputs, silent_noise(rnn, batch.inputs))
    centres, log_weights = mixture_readout(rnn, run.report[:, -1])
    if not isinstance(batch.target, ResponseMixture):
        raise SwaputilsError(
            f"the mixture density is for narrow clusters; the target is a {type(batch.target).__name__}"
        )
    variance = (batch.target.spread * batch.target.radius) ** 2
    drawn = batch.target.sample(generator=generator)
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


def _closed_form(
    rnn: RNN,
    batch: Batch,
    drawn_from: Target,
    schedule: Schedule,
    weights: Tensor,
    generator: torch.Generator,
    activity: float = ACTIVITY_PENALTY,
) -> Tensor:
    """The closed-form objective on noised responses that are drawn from another distribution than the target, or from it."""
    path = _sample_path(drawn_from, schedule, generator)
    expected = batch.target.expected_endpoint(schedule, path[:, :-1])
    noise = draw_noise(rnn, batch.inputs, generator=generator)
    return _teacher_forced_error(rnn, batch, path, expected, schedule, weights, noise, activity)


def _sample_path(target: Target, schedule: Schedule, generator: torch.Generator) -> Tensor:
    """[M, T + 1, 2] noised responses drawn from the target, in network time."""
    return forward_trajectory(schedule, target.sample(generator=generator), generator=generator)


def _teacher_forced_error(
    rnn: RNN,
    batch: Batch,
    path: Tensor,
    endpoint: Tensor,
    schedule: Schedule,
    weights: Tensor,
    noise: TrialNoise,
    activity: float = ACTIVITY_PENALTY,
) -> Tensor:
    """Weighted squared error of the plane drive under teacher forcing with `path`, plus penalties."""
    noised = path[:, :-1]
    run = rollout(rnn, batch.inputs, noise, teacher=noised)
    error = run.plane_drive - kernel_target(schedule, endpoint, noised, rnn.config.leak)
    return (weights.to(error)[:, None] * error.square()).mean() + _penalties(rnn, run, activity)


def _penalties(rnn: RNN, run: Rollout, activity: float = ACTIVITY_PENALTY) -> Tensor:
    """Pulls the plane state at the end of preparation to the origin, and all activity down by the weight that is given.

    The noising process ends near a standard normal, so the report period must not start at an answer.
    """
    plane = rnn.in_plane(run.report[:, 0]).square().mean()
    length = run.preparation.norm(dim=-1).mean() + rnn.in_null_space(run.report).norm(dim=-1).mean()
    return PLANE_PENALTY * plane + activity * length
