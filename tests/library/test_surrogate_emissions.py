"""Every emission is the density that it says it is, in the range that the priors allow, and its sampler agrees."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import quad
from scipy.special import gammaln, i0e

from swaputils.surrogate.emissions import EMISSIONS, INTERVALS, log_density_table, table_angles, table_place
from tests.small import seeded

DOUBLE = torch.float64
STABLE = [(0.5, 0.03), (0.5, 1.0), (1.0, 0.03), (1.0, 0.35), (1.6, 0.35), (2.0, 0.03), (2.0, 1.0)]
VARIABLE = [
    (0.5, 0.3),
    (10.0, 0.3),
    (200.0, 0.3),
    (10.0, 3.0),
    (200.0, 3.0),
    (10.0, 50.0),
    (200.0, 50.0),
    (8.0, 1000.0),
]
CASES = [("von_mises", (kappa,)) for kappa in (0.5, 8.0, 200.0)]
CASES += [("wrapped_stable", case) for case in STABLE] + [("variable_precision", case) for case in VARIABLE]
MODERATE = [("von_mises", (8.0,)), ("wrapped_stable", (1.6, 0.35)), ("wrapped_stable", (0.8, 0.2))]
MODERATE += [("variable_precision", (10.0, 3.0)), ("variable_precision", (30.0, 0.7))]
ERRORS = [0.0, 0.1, 0.5, 1.5, 3.0, math.pi]


def log_density(name: str, natural: tuple[float, ...], errors) -> torch.Tensor:
    errors = torch.as_tensor(errors, dtype=DOUBLE)
    return EMISSIONS[name].log_density(errors, torch.tensor([natural], dtype=DOUBLE))


@pytest.mark.parametrize(("name", "natural"), CASES)
def test_density_is_even_unimodal_and_integrates_to_one(name, natural):
    grid = torch.linspace(-math.pi, math.pi, 2**15 + 1, dtype=DOUBLE)[:-1]
    found = log_density(name, natural, grid)
    # interpolation in the tables costs the narrowest stable densities 0.2 % of their mass
    allowed = 2e-3 if name == "wrapped_stable" and natural[1] < 0.1 else 2e-5
    assert found.exp().mean().item() * 2 * math.pi == pytest.approx(1, abs=allowed)
    torch.testing.assert_close(found[1:], found[1:].flip(0))
    falling = found[2**14 :].diff()
    assert (falling < 1e-12).logical_or(found[2**14 + 1 :] < math.log(1e-9)).all()


@pytest.mark.parametrize("kappa", [0.5, 8.0, 200.0])
def test_von_mises_is_that_of_scipy(kappa):
    torch.testing.assert_close(
        log_density("von_mises", (kappa,), ERRORS).numpy(), stats.vonmises.logpdf(ERRORS, kappa), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("natural", VARIABLE)
def test_variable_precision_is_the_integral_over_concentrations(natural):
    mean, shape = natural

    def joint(log_ratio: float, error: float) -> float:
        concentration = mean * math.exp(log_ratio)
        log_gamma = shape * math.log(shape) - gammaln(shape) + shape * (log_ratio - math.exp(log_ratio))
        return math.exp(log_gamma + concentration * (math.cos(error) - 1)) / (2 * math.pi * i0e(concentration))

    edges = np.linspace(-45 / shape - 5, 6, 41)
    for error in ERRORS:
        pieces = (quad(joint, *edge, args=(error,), epsabs=0, epsrel=1e-9)[0] for edge in pairwise(edges))
        assert log_density("variable_precision", natural, [error]).item() == pytest.approx(
            math.log(sum(pieces)), abs=2e-4
        )


def test_much_shape_is_nearly_one_concentration():
    nearly = log_density("variable_precision", (8.0, 1000.0), ERRORS[:4])
    torch.testing.assert_close(nearly, log_density("von_mises", (8.0,), ERRORS[:4]), rtol=0, atol=0.03)


@pytest.mark.parametrize("gamma", [0.1, 0.35, 1.0])
def test_stable_of_alpha_2_is_the_wrapped_normal(gamma):
    turns = 2 * math.pi * np.arange(-20, 21)
    exact = [stats.norm.pdf(error + turns, scale=math.sqrt(2) * gamma).sum() for error in ERRORS]
    found = log_density("wrapped_stable", (2.0, gamma), ERRORS).exp().numpy()
    np.testing.assert_allclose(found, exact, rtol=2e-4, atol=2e-12)


@pytest.mark.parametrize("gamma", [0.1, 0.35, 1.0])
def test_stable_of_alpha_1_is_the_wrapped_cauchy(gamma):
    found = log_density("wrapped_stable", (1.0, gamma), ERRORS).exp().numpy()
    np.testing.assert_allclose(found, stats.wrapcauchy.pdf(ERRORS, math.exp(-gamma)), rtol=3e-4)


@pytest.mark.parametrize("natural", [(1.5, 0.2), (1.8, 0.5)])
def test_stable_is_the_sum_over_wraps(natural):
    alpha, gamma = natural
    turns = 2 * math.pi * np.arange(-40, 41)
    for error in (0.0, 0.3, 2.0):
        exact = stats.levy_stable.pdf((error + turns) / gamma, alpha, 0).sum() / gamma
        found = log_density("wrapped_stable", natural, [error]).exp().item()
        assert found == pytest.approx(exact, rel=2e-3 if error == 2 else 3e-4)


@pytest.mark.parametrize("natural", STABLE)
def test_stable_table_is_the_fourier_series_summed_to_convergence(natural):
    alpha, gamma = natural
    order = np.arange(1, 2**20)
    resultant = np.exp(-((gamma * order) ** alpha))
    half = 2**20 // INTERVALS
    series = np.fft.irfft(np.concatenate(([1.0], resultant, [0.0])), norm="forward") / (2 * math.pi)
    exact = series[: 2**20 + 1 : half]
    found = log_density_table(EMISSIONS["wrapped_stable"], torch.tensor([natural], dtype=DOUBLE))[0].exp().numpy()
    np.testing.assert_allclose(found, np.maximum(exact, 1e-12), rtol=1e-3, atol=1e-4 * (alpha < 1) + 2e-12)


@pytest.mark.parametrize(("name", "natural"), MODERATE)
def test_tables_interpolate_the_density(name, natural):
    emission = EMISSIONS[name]
    table = log_density_table(emission, torch.tensor([natural], dtype=DOUBLE))[0]
    places = table_angles(table)
    torch.testing.assert_close(table, log_density(name, natural, places), rtol=0, atol=1e-12)
    errors = torch.linspace(-4, 4, 1001, dtype=DOUBLE)
    below, rest = table_place(errors)
    assert ((rest >= 0) & (rest <= 1)).all()
    read = table[below] + rest * (table[below + 1] - table[below])
    torch.testing.assert_close(read, log_density(name, natural, errors), rtol=0, atol=1e-4)


@pytest.mark.parametrize("error", [math.pi, -math.pi, 0.0, 3 * math.pi])
def test_the_ends_of_a_table_lie_inside_it(error):
    below, rest = table_place(torch.tensor([error], dtype=DOUBLE))
    assert 0 <= below.item() < INTERVALS
    expected = abs(math.remainder(error, 2 * math.pi)) * INTERVALS / math.pi
    assert below.item() + rest.item() == pytest.approx(expected)


@pytest.mark.parametrize(("name", "natural"), CASES)
def test_samples_follow_the_density(name, natural):
    draws = 20_000
    rows = torch.tensor([natural], dtype=DOUBLE).expand(draws, -1)
    sample = EMISSIONS[name].sample(rows, generator=seeded(3))
    assert ((sample >= -math.pi) & (sample < math.pi)).all()
    edges = torch.linspace(-math.pi, math.pi, 2**15 + 1, dtype=DOUBLE)
    middles = (edges[1:] + edges[:-1]) / 2
    cumulative = log_density(name, natural, middles).exp().cumsum(0) * (edges[1] - edges[0])
    distance = stats.kstest(sample.numpy(), lambda x: np.interp(x, edges[1:], cumulative)).statistic
    assert distance < 1.95 / math.sqrt(draws) + 2e-3 * (name == "wrapped_stable")  # Kolmogorov, p = .001


@pytest.mark.parametrize(("name", "natural"), MODERATE)
def test_tables_have_the_gradient_of_finite_differences(name, natural):
    emission = EMISSIONS[name]
    raw = torch.tensor([emission.start(6.0)], dtype=DOUBLE, requires_grad=True)
    weights = torch.linspace(-1, 1, INTERVALS + 1, dtype=DOUBLE)

    def total(values: torch.Tensor) -> torch.Tensor:
        return (log_density_table(emission, emission.natural(values))[0] * weights).sum()

    torch.autograd.gradcheck(total, (raw,), eps=1e-5, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("name", EMISSIONS)
def test_start_is_about_as_wide_as_the_von_mises(name):
    emission = EMISSIONS[name]
    grid = torch.linspace(-math.pi, math.pi, 4001, dtype=DOUBLE)[:-1]
    for concentration in (1.0, 10.0, 100.0):
        natural = emission.natural(torch.tensor(emission.start(concentration), dtype=DOUBLE))
        density = emission.log_density(grid, natural).exp()
        resultant = (density * grid.cos()).mean().item() * 2 * math.pi
        assert resultant == pytest.approx(stats.vonmises.expect(math.cos, (concentration,)).real, abs=0.06)


@pytest.mark.parametrize("name", EMISSIONS)
def test_natural_parameters_stay_in_their_range(name):
    emission = EMISSIONS[name]
    extremes = torch.tensor([-30.0, 0.0, 10.0], dtype=DOUBLE)[:, None].expand(-1, len(emission.parameters))
    natural = emission.natural(extremes)
    assert (natural > 0).all()
    assert emission.log_density(torch.tensor([0.0, 3.0], dtype=DOUBLE)[:, None], natural[1]).isfinite().all()
    assert len(emission.prior) == len(emission.parameters) == len(emission.start(5.0))
