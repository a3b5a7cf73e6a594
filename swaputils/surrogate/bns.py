"""Fit of the Bayesian non-parametric swap model (Radmard, Bays & Lengyel 2025) with the cue dimension."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from swaputils.circular import von_mises_log_density
from swaputils.records import Trials
from swaputils.surrogate.geometry import SurrogateError, cue_distances, cued_first, response_errors, single_set_size
from swaputils.surrogate.mixture import MixtureFit, fit_mixture
from swaputils.surrogate.posterior import (
    LEVEL,
    SPREAD,
    TOLERANCE,
    SwapPosterior,
    cosines,
    mixture_log_density,
    prior_scale,
)

MOST_HARMONICS = 8  # keeps 99.5 % of the prior variance or more up to tau = 6
MOST_PLACES = 32  # distinct cue distances above this count as a continuous range
SMALLEST_SHARE = 1e-3  # keeps the logits that start the fit finite where a share of the parametric mixture is 0
STARTING_SD = 0.2
FINAL_DRAWS = 512
# log-normal priors as (median, SD of the log) and a normal one as (mean, SD): weak, so that no parameter runs away
AMPLITUDE_PRIOR = (0.5, 1.5)
DECAY_PRIOR = (2.0, 0.7)
CONCENTRATION_PRIOR = (8.0, 1.0)
UNIFORM_LOGIT_PRIOR = (-2.0, 2.0)


@dataclass(frozen=True)
class BnsConfig:
    """How a swap function is fitted.

    harmonics:     J, cosines in the swap function; 0 fits one weight for all non-targets. None takes as many as there are
                   distinct cue distances, at most 8.
    draws:         antithetic draws of the function per step, an even number.
    steps:         Adam steps with cosine decay.
    learning_rate: the first one.
    averaged:      last share of the steps whose parameters are averaged.
    """

    harmonics: int | None = None
    draws: int = 8
    steps: int = 400
    learning_rate: float = 0.03
    averaged: float = 0.3

    def __post_init__(self):
        if self.harmonics is not None and not 0 <= self.harmonics <= MOST_HARMONICS:
            raise ValueError(f"BnsConfig.harmonics is {self.harmonics}; allowed are None and 0 to {MOST_HARMONICS}")
        if self.draws < 2 or self.draws % 2:
            raise ValueError(f"BnsConfig.draws is {self.draws}; antithetic draws need an even number of 2 or more")
        if self.steps < 1:
            raise ValueError(f"BnsConfig.steps is {self.steps}; at least 1 is needed")
        if not self.learning_rate > 0:
            raise ValueError(f"BnsConfig.learning_rate is {self.learning_rate}; it must be above 0")
        if not 0 < self.averaged <= 1:
            raise ValueError(f"BnsConfig.averaged is {self.averaged}; it must be above 0 and at most 1")


@dataclass(frozen=True)
class FitData:
    """Trials of one set size N as the objective needs them.

    errors:    [N, M] response minus report feature, the cued item first (rad).
    distances: [P] the distinct cue distances of the non-targets (rad).
    places:    [N - 1, M] which of them each non-target has.
    """

    errors: Tensor
    distances: Tensor
    places: Tensor


@dataclass(frozen=True)
class Parameters:
    """What is optimised: q over the whitened weights, and point estimates of the rest.

    mean: [1 + J]. triangle: [1 + J, 1 + J], Cholesky factor of q with the log of its diagonal on the diagonal.
    log_amplitude, log_decay, log_concentration, uniform_logit: scalars.
    """

    mean: Tensor
    triangle: Tensor
    log_amplitude: Tensor
    log_decay: Tensor
    log_concentration: Tensor
    uniform_logit: Tensor

    @property
    def cholesky(self) -> Tensor:
        """Lower triangular, with a positive diagonal."""
        return self.triangle.tril(-1) + self.triangle.diagonal().exp().diag()


def fit_bns(trials: Trials, config: BnsConfig, *, generator: torch.Generator) -> SwapPosterior:
    """Fit the swap function of cue distance by maximising the evidence lower bound (ELBO; Jordan et al. 1999),

    E_q[sum_m log p(y_m | f)] - KL(q || N(0, I)) + log hyper-priors,

    from the parametric mixture as the start. Takes trials of one set size above 1, every item with a probe feature and
    no non-target at the cued probe; anything else is a SurrogateError. All in float64, on the device of the trials.
    """
    data = prepare(trials)
    harmonics = min(MOST_HARMONICS, len(data.distances)) if config.harmonics is None else config.harmonics
    parameters, trace = _ascend(_start(fit_mixture(trials), data, harmonics), data, config, generator)
    continuous = len(data.distances) > MOST_PLACES
    ends = torch.stack((data.distances.min(), data.distances.new_tensor(math.pi)))
    return SwapPosterior(
        mean=parameters.mean,
        cholesky=parameters.cholesky,
        amplitude=parameters.log_amplitude.exp().item(),
        decay=parameters.log_decay.exp().item(),
        concentration=parameters.log_concentration.exp().item(),
        uniform_logit=parameters.uniform_logit.item(),
        distances=ends if continuous else data.distances,
        continuous=continuous,
        set_size=trials.displays.set_size[0].item(),
        trials=len(trials),
        elbo=_final_bound(parameters, data, config.draws, generator),
        elbo_trace=trace,
    )


def prepare(trials: Trials) -> FitData:
    """Errors and cue distances of the trials, after the checks that `fit_bns` promises."""
    displays = trials.displays
    if single_set_size(displays) < 2:
        raise SurrogateError("displays of one item have no non-target to swap with; fit set sizes of 2 and above")
    errors = cued_first(displays, response_errors(displays, trials.response).double())
    distances = cued_first(displays, cue_distances(displays).double())[1:]
    if (distances <= TOLERANCE).any():
        row = int((distances <= TOLERANCE).any(0).nonzero()[0])
        raise SurrogateError(f"display {row} has a non-target at the cued probe; leave such trials out")
    return FitData(errors, *_distinct(distances))


def antithetic(draws: int, parameters: Parameters, *, generator: torch.Generator) -> Tensor:
    """[draws, 1 + J] weights from q, in pairs that mirror each other about its mean."""
    mean = parameters.mean
    noise = torch.randn(draws // 2, len(mean), dtype=mean.dtype, device=mean.device, generator=generator)
    return mean + torch.cat((noise, -noise)) @ parameters.cholesky.T


def log_likelihood(parameters: Parameters, weights: Tensor, data: FitData) -> Tensor:
    """[draws] log likelihood of all trials under the swap function of each row of whitened weights [draws, 1 + J]."""
    harmonics = weights.shape[1] - 1
    scale = prior_scale(parameters.log_amplitude.exp(), parameters.log_decay.exp(), harmonics)
    swap = LEVEL + cosines(data.distances, harmonics) @ (scale * weights).T
    swap = swap[data.places]
    cued = torch.zeros_like(swap[:1])
    logits = torch.cat((cued, swap, parameters.uniform_logit.expand_as(cued)))
    emission = von_mises_log_density(data.errors, parameters.log_concentration.exp())
    guess = torch.full_like(emission[:1], -math.log(2 * math.pi))
    return mixture_log_density(logits, torch.cat((emission, guess))[:, :, None]).sum(0)


def divergence(parameters: Parameters) -> Tensor:
    """KL(q || N(0, I)) = (||L||^2 + ||m||^2 - D) / 2 - sum_i log L_ii over the D whitened weights."""
    squares = parameters.cholesky.square().sum() + parameters.mean.square().sum() - len(parameters.mean)
    return squares / 2 - parameters.triangle.diagonal().sum()


def log_hyper_prior(parameters: Parameters) -> Tensor:
    """Log prior of the point estimates relative to its maximum, so that one the data say nothing about costs nothing."""
    deviations = (
        (parameters.log_amplitude - math.log(AMPLITUDE_PRIOR[0])) / AMPLITUDE_PRIOR[1],
        (parameters.log_decay - math.log(DECAY_PRIOR[0])) / DECAY_PRIOR[1],
        (parameters.log_concentration - math.log(CONCENTRATION_PRIOR[0])) / CONCENTRATION_PRIOR[1],
        (parameters.uniform_logit - UNIFORM_LOGIT_PRIOR[0]) / UNIFORM_LOGIT_PRIOR[1],
    )
    return -torch.stack(deviations).square().sum() / 2


def evidence_bound(parameters: Parameters, weights: Tensor, data: FitData) -> Tensor:
    """The ELBO, its expectation taken over the given draws of the weights from q."""
    return log_likelihood(parameters, weights, data).mean() - divergence(parameters) + log_hyper_prior(parameters)


def _start(fit: MixtureFit, data: FitData, harmonics: int) -> Parameters:
    """No modulation, the parametric mixture's shares and concentration, hyper-priors at their maximum."""
    target, uniform = max(fit.p_target, SMALLEST_SHARE), max(fit.p_uniform, SMALLEST_SHARE)
    each_nontarget = max(fit.p_nontarget / len(data.places), SMALLEST_SHARE)
    mean = data.errors.new_zeros(harmonics + 1)
    mean[0] = (math.log(each_nontarget / target) - LEVEL) / SPREAD
    return Parameters(
        mean=mean,
        triangle=math.log(STARTING_SD) * torch.eye(len(mean), dtype=mean.dtype, device=mean.device),
        log_amplitude=mean.new_tensor(math.log(AMPLITUDE_PRIOR[0])),
        log_decay=mean.new_tensor(math.log(DECAY_PRIOR[0])),
        log_concentration=mean.new_tensor(math.log(max(fit.concentration, 0.1))),
        uniform_logit=mean.new_tensor(math.log(uniform / target)),
    )


def _ascend(
    start: Parameters, data: FitData, config: BnsConfig, generator: torch.Generator
) -> tuple[Parameters, Tensor]:
    """Adam on the ELBO: the average of the late iterates, and the trace of the bound [steps]."""
    leaves = {name: value.requires_grad_() for name, value in vars(start).items()}
    totals = {name: torch.zeros_like(value) for name, value in leaves.items()}
    optimiser = torch.optim.Adam(leaves.values(), lr=config.learning_rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.steps)
    averaged = math.ceil(config.averaged * config.steps)
    trace = torch.zeros(config.steps, dtype=start.mean.dtype)
    for step in tqdm(range(config.steps), desc=f"swap function, set size {len(data.errors)}"):
        optimiser.zero_grad()
        bound = evidence_bound(start, antithetic(config.draws, start, generator=generator), data)
        (-bound).backward()
        optimiser.step()
        schedule.step()
        trace[step] = bound.item()
        if step >= config.steps - averaged:
            for name, value in leaves.items():
                totals[name] += value.detach() / averaged
    return Parameters(**totals), trace


def _final_bound(parameters: Parameters, data: FitData, draws: int, generator: torch.Generator) -> float:
    """The ELBO over many draws, taken `draws` at a time to spare memory."""
    rounds = math.ceil(FINAL_DRAWS / draws)
    bounds = [
        evidence_bound(parameters, antithetic(draws, parameters, generator=generator), data) for _ in range(rounds)
    ]
    return torch.stack(bounds).mean().item()


def _distinct(distances: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct distances [P], those of a few fixed places freed from rounding, and which one each entry has."""
    values, places = distances.unique(return_inverse=True)
    group = torch.cat((values.new_zeros(1), (values.diff() > TOLERANCE).cumsum(0))).long()
    centres = values.new_zeros(int(group[-1]) + 1).index_add(0, group, values) / group.bincount()
    is_rounding = (values - centres[group]).abs().max() <= TOLERANCE
    return (centres, group[places]) if len(centres) <= MOST_PLACES and is_rounding else (values, places)
