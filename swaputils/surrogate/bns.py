"""Fit of the Bayesian non-parametric swap model (Radmard, Bays & Lengyel 2025) in weight space, and its evidence lower bound."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.surrogate.emissions import EMISSIONS, log_density_table
from swaputils.surrogate.fit_data import FitData, prepare
from swaputils.surrogate.joint import LEVEL, SwapFit, prior_scale
from swaputils.surrogate.likelihood import log_likelihood
from swaputils.surrogate.mixture import fit_mixture
from swaputils.surrogate.swap_models import SwapModel
from swaputils.surrogate.torus import prior_deviation
from swaputils.trials import Trials

SMALLEST_SHARE = 1e-3  # keeps the logits that start the fit finite where a share of the parametric mixture is 0
STARTING_SD = 0.2
START_TRIALS = 600  # of each set size give the start
# log-normal priors as (median, SD of the log) and a normal one as (mean, SD): weak, so that no parameter runs away
VARIANCE_PRIOR = (0.5, 1.5)
DECAY_PRIOR = (2.0, 0.7)
UNIFORM_LOGIT_PRIOR = (-2.0, 2.0)


@dataclass(frozen=True)
class BnsConfig:
    """How a swap model is fitted.

    Attributes:
        draws: antithetic draws of all swap functions per step, an even number.
        steps: Adam steps with cosine decay.
        learning_rate: the first one.
        averaged: last share of the steps whose parameters are averaged.
        final_draws: of all swap functions, for the bound that is reported.
    """

    draws: int = 8
    steps: int = 500
    learning_rate: float = 0.06
    averaged: float = 0.3
    final_draws: int = 512

    def __post_init__(self):
        if self.draws < 2 or self.draws % 2:
            raise SwaputilsError(f"BnsConfig.draws is {self.draws}; antithetic draws need an even number of 2 or more")
        if self.final_draws < self.draws:
            raise SwaputilsError(
                f"BnsConfig.final_draws is {self.final_draws}; allowed are {self.draws} (draws) and more"
            )
        if self.steps < 1:
            raise SwaputilsError(f"BnsConfig.steps is {self.steps}; at least 1 is needed")
        if not self.learning_rate > 0:
            raise SwaputilsError(f"BnsConfig.learning_rate is {self.learning_rate}; it must be above 0")
        if not 0 < self.averaged <= 1:
            raise SwaputilsError(f"BnsConfig.averaged is {self.averaged}; it must be above 0 and at most 1")


@dataclass(frozen=True)
class Parameters:
    """What is optimised: q over the whitened weights, and point estimates of the rest, unconstrained.

    Attributes:
        mean: [D].
        triangle: [D, D] Cholesky factor of q with the log of its diagonal on the diagonal.
        log_variances: [T] of the terms; those that are given do not move.
        log_decays: [2] over cue and report distance.
        emission: [G, P].
        uniform_logits: [G]; -inf, and not optimised, without guesses.
    """

    mean: Tensor
    triangle: Tensor
    log_variances: Tensor
    log_decays: Tensor
    emission: Tensor
    uniform_logits: Tensor

    @property
    def cholesky(self) -> Tensor:
        """Lower triangular, with a positive diagonal."""
        return self.triangle.tril(-1) + self.triangle.diagonal().exp().diag()


def fit_bns(
    trials: Trials, model: SwapModel, config: BnsConfig | None = None, *, generator: torch.Generator
) -> SwapFit:
    """Fit a swap model by maximising the evidence lower bound (ELBO; Jordan et al. 1999),

    E_q[sum_m log p(y_m | f)] - KL(q || N(0, I)) + log hyper-priors,

    from the parametric mixture as the start. Set sizes may be mixed. Where swaps depend on cue distance every item needs a
    probe feature and no non-target may be at the cued probe; anything else is a SurrogateError. All in float64, on the
    device of the trials.

    >>> from swaputils.data.simulated import simulated_trials
    >>> from swaputils.surrogate import LADDER
    >>> trials = simulated_trials(seed=0, people=1, trials_per_set_size=50)
    >>> some = trials[trials.displays.set_size == 4]
    >>> config = BnsConfig(draws=4, steps=5, final_draws=8)
    >>> fit = fit_bns(some, SwapModel(LADDER["cue"]), config, generator=torch.Generator().manual_seed(0))
    >>> fit.trials, fit.elbo < 0
    (50, True)
    """
    config = config or BnsConfig()
    data = prepare(trials, model)
    parameters, trace = _ascend(_start(trials, data), data, config, generator)
    natural = EMISSIONS[model.emission].natural(parameters.emission)
    return SwapFit(
        model=data.model,
        layout=data.layout,
        mean=parameters.mean,
        cholesky=parameters.cholesky,
        variances=parameters.log_variances.exp(),
        decays=parameters.log_decays.exp(),
        emission_parameters=natural,
        uniform_logits=parameters.uniform_logits,
        cue_distances=data.cue_distances,
        report_distances=data.report_distances,
        continuous=data.continuous,
        trials=len(trials),
        elbo=_final_bound(parameters, data, config, generator),
        elbo_trace=trace,
    )


def _start(trials: Trials, data: FitData) -> Parameters:
    """No modulation, the shares and concentration of parametric mixtures, hyper-priors at their maximum."""
    model, layout = data.model, data.layout
    emission = EMISSIONS[model.emission]
    sizes = trials.displays.set_size
    of_trial = torch.zeros(len(trials), 2 + len(emission.parameters), dtype=torch.float64, device=sizes.device)
    for size in sizes.unique().tolist():
        chosen = trials[sizes == size]
        fit = fit_mixture(chosen[:: max(1, len(chosen) // START_TRIALS)])
        target = max(fit.p_target, SMALLEST_SHARE)
        level = math.log(max(fit.p_nontarget / max(size - 1, 1), SMALLEST_SHARE) / target)
        uniform = math.log(max(fit.p_uniform, SMALLEST_SHARE) / target)
        raw = emission.start(min(max(fit.concentration, 0.5), 200.0))
        of_trial[sizes == size] = of_trial.new_tensor([level, uniform, *raw])
    groups = data.responses.groups
    counts = groups.bincount().to(of_trial)
    of_group = of_trial.new_zeros(len(counts), of_trial.shape[1]).index_add(0, groups, of_trial) / counts[:, None]
    free_level = of_trial[:, 0].mean() - LEVEL
    means = [of_trial.new_zeros(0)]
    for term, copies in zip(model.terms, layout.terms):
        size = len(prior_deviation(term.kind, model.basis, of_trial.new_ones(2)))
        start = of_trial.new_zeros(len(copies.levels), size)
        if term.kind == "level" and term.variance is not None:
            start += free_level / term.variance**0.5
        means.append(start.flatten())
    mean = torch.cat(means)
    variances = [VARIANCE_PRIOR[0] if term.variance is None else term.variance for term in model.terms]
    return Parameters(
        mean=mean,
        triangle=math.log(STARTING_SD) * torch.eye(len(mean), dtype=mean.dtype, device=mean.device),
        log_variances=mean.new_tensor(variances).log(),
        log_decays=mean.new_full((2,), math.log(DECAY_PRIOR[0])),
        emission=of_group[:, 2:].clone(),
        uniform_logits=of_group[:, 1].clone() if model.guesses else mean.new_full((len(counts),), -math.inf),
    )


def _ascend(
    start: Parameters, data: FitData, config: BnsConfig, generator: torch.Generator
) -> tuple[Parameters, Tensor]:
    """Adam on the ELBO: the average of the late iterates, and the trace of the bound [steps]."""
    fixed = {} if data.model.guesses else {"uniform_logits": start.uniform_logits}
    leaves = {name: value.requires_grad_() for name, value in vars(start).items() if name not in fixed}
    totals = {name: torch.zeros_like(value) for name, value in leaves.items()}
    learned = torch.tensor([term.variance is None for term in data.model.terms], dtype=torch.bool)
    optimiser = torch.optim.Adam(leaves.values(), lr=config.learning_rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.steps)
    averaged = math.ceil(config.averaged * config.steps)
    trace = torch.zeros(config.steps, dtype=start.mean.dtype)
    for step in range(config.steps):
        optimiser.zero_grad()
        bound = evidence_bound(start, antithetic(config.draws, start, generator=generator), data)
        (-bound).backward()
        gradient = start.log_variances.grad
        if gradient is not None:
            gradient[~learned] = 0.0
        optimiser.step()
        schedule.step()
        trace[step] = bound.item()
        if step >= config.steps - averaged:
            for name, value in leaves.items():
                totals[name] += value.detach() / averaged
    return Parameters(**totals, **fixed), trace


def _final_bound(parameters: Parameters, data: FitData, config: BnsConfig, generator: torch.Generator) -> float:
    """The ELBO over many draws, taken a few at a time to spare memory."""
    weights = [
        antithetic(config.draws, parameters, generator=generator)
        for _ in range(math.ceil(config.final_draws / config.draws))
    ]
    bounds = [evidence_bound(parameters, each, data) for each in weights]
    return torch.stack(bounds).mean().item()


def antithetic(draws: int, parameters: Parameters, *, generator: torch.Generator) -> Tensor:
    """[draws, D] weights from q, in pairs that mirror each other about its mean."""
    mean = parameters.mean
    noise = torch.randn(draws // 2, len(mean), dtype=mean.dtype, device=mean.device, generator=generator)
    return mean + torch.cat((noise, -noise)) @ parameters.cholesky.T


def expected_log_likelihood(parameters: Parameters, weights: Tensor, data: FitData) -> Tensor:
    """Log likelihood of all trials, mean over rows of whitened weights [draws, D]."""
    scale = prior_scale(data.model, data.layout, parameters.log_variances.exp(), parameters.log_decays.exp())
    logits = LEVEL + data.design @ (scale * weights).T
    emission = EMISSIONS[data.model.emission]
    tables = log_density_table(emission, emission.natural(parameters.emission))
    return log_likelihood(logits, parameters.uniform_logits, tables, data.responses)


def divergence(parameters: Parameters) -> Tensor:
    """KL(q || N(0, I)) = (||L||^2 + ||m||^2 - D) / 2 - sum_i log L_ii over the D whitened weights."""
    squares = parameters.cholesky.square().sum() + parameters.mean.square().sum() - len(parameters.mean)
    return squares / 2 - parameters.triangle.diagonal().sum()


def log_hyper_prior(parameters: Parameters, model: SwapModel) -> Tensor:
    """Log prior of the point estimates relative to its maximum, so that one the data say nothing about costs nothing."""
    learned = torch.tensor([term.variance is None for term in model.terms], dtype=torch.bool)
    priors = torch.tensor(EMISSIONS[model.emission].prior).to(parameters.emission)
    deviations = [
        (parameters.log_variances[learned] - math.log(VARIANCE_PRIOR[0])) / VARIANCE_PRIOR[1],
        (parameters.log_decays - math.log(DECAY_PRIOR[0])) / DECAY_PRIOR[1],
        (parameters.emission - priors[:, 0]) / priors[:, 1],
    ]
    if model.guesses:
        deviations.append((parameters.uniform_logits - UNIFORM_LOGIT_PRIOR[0]) / UNIFORM_LOGIT_PRIOR[1])
    return -torch.cat([each.flatten() for each in deviations]).square().sum() / 2


def evidence_bound(parameters: Parameters, weights: Tensor, data: FitData) -> Tensor:
    """The ELBO, its expectation taken over the given draws of the weights from q."""
    prior = log_hyper_prior(parameters, data.model)
    return expected_log_likelihood(parameters, weights, data) - divergence(parameters) + prior
