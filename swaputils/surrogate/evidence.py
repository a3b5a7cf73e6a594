"""The evidence lower bound of a swap model, term by term, as a function of what is optimised."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from swaputils.surrogate.emissions import EMISSIONS, log_density_table
from swaputils.surrogate.joint import LEVEL, prior_scale
from swaputils.surrogate.likelihood import log_likelihood
from swaputils.surrogate.models import SwapModel
from swaputils.surrogate.prepared import FitData

# log-normal priors as (median, SD of the log) and a normal one as (mean, SD): weak, so that no parameter runs away
VARIANCE_PRIOR = (0.5, 1.5)
DECAY_PRIOR = (2.0, 0.7)
UNIFORM_LOGIT_PRIOR = (-2.0, 2.0)


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
