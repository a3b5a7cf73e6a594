"""Features and prior of random functions on the torus."""

import math

import pytest
import torch
from scipy.integrate import quad

from swaputils.surrogate.torus import KINDS, Basis, features, prior_deviation, spectrum
from tests.small import seeded

DOUBLE = torch.float64
DECAYS = torch.tensor([1.0, 3.0], dtype=DOUBLE)


def angles(seed: int, count: int = 40) -> torch.Tensor:
    return (torch.rand(count, dtype=DOUBLE, generator=seeded(seed)) * 2 - 1) * math.pi


def all_features(basis: Basis, cue: torch.Tensor, report: torch.Tensor) -> torch.Tensor:
    return torch.cat([features(kind, basis, cue, report) for kind in KINDS], dim=-1)


@pytest.mark.parametrize("decay", [0.0, 0.5, 2.0, 5.0])
def test_spectrum_is_that_of_the_wendland_correlation(decay):
    found = spectrum(torch.tensor(decay, dtype=DOUBLE), 8)
    tau = 4 + decay

    def coefficient(order: int) -> float:
        return quad(lambda x: (1 + tau * x) * (1 - x) ** tau * math.cos(math.pi * order * x), 0, 1)[0]

    exact = torch.tensor([coefficient(order) for order in range(1, 9)], dtype=DOUBLE)
    assert (exact > 0).all()
    torch.testing.assert_close(found, exact / exact.sum(), rtol=1e-3, atol=1e-6)
    assert found.sum().item() == pytest.approx(1, abs=1e-14)
    assert (found.diff() < 0).all()


@pytest.mark.parametrize("symmetry", ["even", "point", "none"])
def test_functions_have_their_symmetry_and_no_other(symmetry):
    basis = Basis(4, 3, 2, symmetry)
    cue, report = angles(0), angles(1)
    weights = torch.randn(all_features(basis, cue, report).shape[1], dtype=DOUBLE, generator=seeded(2))

    def same(first: float, second: float) -> bool:
        turned = all_features(basis, first * cue, second * report) @ weights
        return torch.allclose(turned, all_features(basis, cue, report) @ weights)

    found = (same(-1, 1), same(1, -1), same(-1, -1))
    assert found == {"even": (True, True, True), "point": (False, False, True), "none": (False,) * 3}[symmetry]


@pytest.mark.parametrize("symmetry", ["even", "point", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_features_are_orthogonal_and_as_many_as_their_prior(kind, symmetry):
    basis = Basis(4, 3, 2, symmetry)
    circle = torch.arange(16, dtype=DOUBLE) * (2 * math.pi / 16)
    cue, report = (values.flatten() for values in torch.meshgrid(circle, circle, indexing="ij"))
    values = features(kind, basis, cue, report)
    gram = values.T @ values / len(values)
    size = 1.0 if kind == "level" else 0.25 if kind == "interaction" else 0.5
    torch.testing.assert_close(gram, size * torch.eye(len(gram), dtype=DOUBLE), rtol=0, atol=1e-12)
    assert prior_deviation(kind, basis, DECAYS).shape == values.shape[1:]


@pytest.mark.parametrize(
    ("kind", "at_origin", "average"), [("level", 1, 1), ("cue", 2, 1), ("report", 2, 1), ("interaction", 4, 1)]
)
def test_prior_variance_at_the_origin_and_on_average(kind, at_origin, average):
    variance = prior_deviation(kind, Basis(), DECAYS).square()
    zero = torch.zeros(1, dtype=DOUBLE)
    assert (features(kind, Basis(), zero, zero).square() @ variance).item() == pytest.approx(at_origin)
    circle = torch.arange(32, dtype=DOUBLE) * (2 * math.pi / 32)
    cue, report = (values.flatten() for values in torch.meshgrid(circle, circle, indexing="ij"))
    assert (features(kind, Basis(), cue, report).square() @ variance).mean().item() == pytest.approx(average)


def test_without_symmetry_the_prior_is_stationary():
    basis = Basis(symmetry="none")
    for kind, expected in (("cue", 2), ("interaction", 4)):
        variance = prior_deviation(kind, basis, DECAYS).square()
        at = features(kind, basis, angles(3), angles(4)).square() @ variance
        torch.testing.assert_close(at, torch.full_like(at, expected))


def test_prior_correlation_is_the_wendland_function_up_to_its_mean():
    basis = Basis(symmetry="none")
    scale = prior_deviation("cue", basis, DECAYS)
    gap = torch.linspace(0, math.pi, 20, dtype=DOUBLE)
    here = features("cue", basis, torch.zeros_like(gap), gap) * scale
    found = (here * features("cue", basis, gap, gap) * scale).sum(1)
    position, tau = gap / math.pi, 5.0
    wendland = (1 + tau * position) * (1 - position) ** tau
    mean = quad(lambda x: (1 + tau * x) * (1 - x) ** tau, 0, 1)[0]
    torch.testing.assert_close(found, 2 * (wendland - mean) / (1 - mean), rtol=0, atol=0.02)  # 8 harmonics


def test_the_interaction_has_no_more_harmonics_than_the_main_effects():
    assert Basis(cue=4).pair == (4, 5)
    assert features("interaction", Basis(2, 3, 5), angles(5), angles(6)).shape[1] == 6


@pytest.mark.parametrize(("name", "value"), [("cue", 0), ("report", 9), ("interaction", -1)])
def test_a_basis_says_what_is_allowed(name, value):
    with pytest.raises(ValueError, match=f"Basis.{name} is {value}; allowed are 1 to 8"):
        Basis(**{name: value})
