"""Hamiltonian Monte Carlo draws from the posterior that quadrature gives."""

import math

import pytest
import torch
from torch.distributions import Normal

from swapbook.studies.model_checks import sample_weights
from swaputils.surrogate import LADDER, BnsConfig, SwapModel, fit_bns
from swaputils.surrogate.fit_data import prepare
from swaputils.surrogate.joint import cell
from swaputils.surrogate.predicted_responses import response_log_density
from tests.small import answered, located_displays, observer, seeded

DOUBLE = torch.float64


def test_draws_have_the_moments_of_the_exact_posterior():
    trials = answered(observer(-1.0), located_displays(40, 3, seed=0), seed=0)
    fit = fit_bns(trials, SwapModel(LADDER["none"]), BnsConfig(steps=100), generator=seeded(0))
    assert prepare(trials, fit.model).design.shape[1] == 1
    before = torch.random.get_rng_state()
    draws = sample_weights(fit, trials, draws=400, warmup=100, seed=0)
    assert torch.random.get_rng_state().equal(before)
    assert draws.shape == (400, 1)

    axis = torch.linspace(-2, 3, 401, dtype=DOUBLE)
    posterior = cell(fit, set_size=3)
    level = fit.variances.sqrt().item()
    log_joint = []
    for weight in axis.tolist():
        here = torch.tensor([-2 + level * weight], dtype=DOUBLE)
        one = type(posterior)(**vars(posterior) | {"mean": here, "cholesky": torch.zeros(1, 1, dtype=DOUBLE)})
        log_joint.append(response_log_density(one, trials.displays, trials.response).sum().item())
    weight = (torch.tensor(log_joint, dtype=DOUBLE) + Normal(0.0, 1.0).log_prob(axis)).softmax(0)
    mean = (weight * axis).sum().item()
    deviation = math.sqrt((weight * (axis - mean) ** 2).sum().item())
    effective = 100  # at least, of 400 draws that are correlated
    assert draws.mean().item() == pytest.approx(mean, abs=4 * deviation / math.sqrt(effective))
    assert draws.std().item() == pytest.approx(deviation, rel=4 / math.sqrt(2 * effective))
    assert fit.cholesky.item() == pytest.approx(deviation, rel=0.2)
