"""What a posterior says about displays: brute force, symmetries, its three readings, and its support."""

import math
from dataclasses import replace

import pytest
import torch

from swaputils.angles import wrap
from swaputils.surrogate import (
    EMISSIONS,
    Basis,
    MixtureFit,
    OutsideSupport,
    SurrogateError,
    SwapPosterior,
    averaged_probabilities,
    component_probabilities,
    drawn,
    inside_support,
    log_weights,
    mixture_log_density,
    report_function,
    response_log_density,
    responsibilities,
    sample_responses,
    swap_function,
    swap_function_draws,
    swap_surface,
)
from swaputils.trials import Displays
from tests.small import (
    assert_unbiased,
    certain,
    continuous_displays,
    located_displays,
    observer,
    of_sizes,
    seeded,
    swap_posterior,
)

DOUBLE = torch.float64
TRUTH = observer(-2.45, (0.9, 0.8))
FULL = certain(  # level, two cue, one report and 2 x 1 interaction coefficients
    torch.tensor([-1.5, 0.6, 0.3, -0.5, 0.4, -0.2], dtype=DOUBLE),
    Basis(2, 1, 2),
    ("level", "cue", "report", "interaction"),
    torch.tensor([0.3, math.pi], dtype=DOUBLE),
    concentration=5.0,
)
UNSURE = replace(FULL, cholesky=0.5 * torch.ones(6, 6, dtype=DOUBLE).tril())


def full_function(cue: float, report: float) -> float:
    first = -1.5 + 0.6 * math.cos(cue) + 0.3 * math.cos(2 * cue) - 0.5 * math.cos(report)
    return first + (0.4 * math.cos(cue) - 0.2 * math.cos(2 * cue)) * math.cos(report)


def responses(count: int) -> torch.Tensor:
    return torch.linspace(-3, 3, count, dtype=DOUBLE)


def test_density_equals_brute_force():
    displays = continuous_displays(10, 3, seed=0)
    found = response_log_density(FULL, displays, responses(10)).exp()
    bessel = torch.special.i0(torch.tensor(5.0, dtype=DOUBLE)).item()
    for row in range(10):
        cued = displays.cued[row].item()
        weighted, total = math.exp(-2) / (2 * math.pi), math.exp(-2)
        for item in range(3):
            cue, report = (
                (values[row, item] - values[row, cued]).item() for values in (displays.probe, displays.report)
            )
            weight = 1 if item == cued else math.exp(full_function(cue, report))
            error = (responses(10)[row] - displays.report[row, item]).item()
            weighted += weight * math.exp(5 * math.cos(error)) / (2 * math.pi * bessel)
            total += weight
        assert found[row].item() == pytest.approx(weighted / total, rel=1e-10)


@pytest.mark.parametrize(
    ("emission", "natural"), [("von_mises", [5.0]), ("wrapped_stable", [1.4, 0.3]), ("variable_precision", [9.0, 2.0])]
)
@pytest.mark.parametrize("uniform_logit", [-1.0, -math.inf])
def test_density_integrates_to_one(emission, natural, uniform_logit):
    parameters = torch.tensor(natural, dtype=DOUBLE)
    posterior = replace(FULL, emission=emission, emission_parameters=parameters, uniform_logit=uniform_logit)
    grid = torch.linspace(-math.pi, math.pi, 2001, dtype=DOUBLE)[:-1]
    repeated = continuous_displays(1, 6, seed=1)[torch.zeros(2000, dtype=torch.long)]
    total = response_log_density(posterior, repeated, grid).exp().mean() * 2 * math.pi
    assert total.item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("turn", [0.7, -2.9])
def test_rotating_features_rotates_responses(turn):
    displays = continuous_displays(50, 4, seed=2)
    density = response_log_density(FULL, displays, responses(50))
    reports_turned = Displays(wrap(displays.report + turn), displays.probe, displays.cued)
    torch.testing.assert_close(response_log_density(FULL, reports_turned, wrap(responses(50) + turn)), density)
    probes_turned = Displays(displays.report, wrap(displays.probe + turn), displays.cued)
    torch.testing.assert_close(response_log_density(FULL, probes_turned, responses(50)), density)


def test_permuting_items_permutes_components():
    displays = continuous_displays(50, 4, seed=3)
    order = torch.tensor([2, 0, 3, 1])
    moved = Displays(displays.report[:, order], displays.probe[:, order], order.argsort()[displays.cued])
    torch.testing.assert_close(log_weights(FULL, moved), log_weights(FULL, displays)[:, order])
    density = response_log_density(FULL, displays, responses(50))
    torch.testing.assert_close(response_log_density(FULL, moved, responses(50)), density)


def test_absent_items_change_nothing():
    displays = continuous_displays(20, 3, seed=4)
    gap = torch.full((20, 2), math.nan, dtype=DOUBLE)
    padded = Displays(torch.cat((gap, displays.report), 1), torch.cat((gap, displays.probe), 1), displays.cued + 2)
    assert (log_weights(FULL, padded)[:, :2] == -math.inf).all()
    torch.testing.assert_close(log_weights(FULL, padded)[:, 2:], log_weights(FULL, displays))
    expected = response_log_density(FULL, displays, responses(20))
    torch.testing.assert_close(response_log_density(FULL, padded, responses(20)), expected)


def test_flat_swap_function_is_the_parametric_mixture():
    flat = observer(-1.2, concentration=7.0, uniform_logit=-0.8)
    total = 1 + 3 * math.exp(-1.2) + math.exp(-0.8)
    mixture = MixtureFit(7.0, 1 / total, 3 * math.exp(-1.2) / total, math.exp(-0.8) / total, 0.0, 0)
    displays = continuous_displays(50, 4, seed=5)
    expected = mixture_log_density(mixture, displays, responses(50))
    torch.testing.assert_close(response_log_density(flat, displays, responses(50)), expected)


def test_two_item_weights_are_the_sigmoid_of_the_swap_function():
    displays = continuous_displays(50, 2, seed=6)
    gap = (displays.probe[:, 0] - displays.probe[:, 1]).cos().acos()
    swapped = log_weights(TRUTH, displays)[~displays.is_cued].exp()
    torch.testing.assert_close(swapped, swap_function(TRUTH, gap)[0].sigmoid())
    torch.testing.assert_close(swapped, (-2.45 + 0.9 * gap.cos() + 0.8 * (2 * gap).cos()).sigmoid())


def test_without_swaps_only_the_cued_item_and_guesses_are_left():
    never = certain(torch.zeros(0, dtype=DOUBLE), Basis(), (), torch.tensor([0.3, math.pi], dtype=DOUBLE))
    displays = of_sizes(located_displays(9, 4, seed=7), (1, 2, 4))
    found = component_probabilities(never, displays)
    expected = torch.zeros(9, 5, dtype=DOUBLE)
    expected[:, 0], expected[:, 4] = 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))
    torch.testing.assert_close(found, expected)


def test_weights_follow_the_dtype_of_the_displays():
    displays = continuous_displays(5, 3, seed=7)
    single = Displays(displays.report.float(), displays.probe.float(), displays.cued)
    assert log_weights(TRUTH, single).dtype == torch.float32
    assert sample_responses(TRUTH, single, generator=seeded(0))[0].dtype == torch.float32
    assert response_log_density(TRUTH, single, single.cued_report).dtype == DOUBLE


# --- three readings of one posterior --------------------------------------------------------------------------------


def readings(displays: Displays) -> dict[str, tuple[SwapPosterior, torch.Tensor]]:
    """Each reading as the posterior and the component probabilities that it takes for the displays."""
    one = drawn(UNSURE, generator=seeded(1))
    return {
        "mean": (UNSURE, component_probabilities(UNSURE, displays)),
        "averaged": (UNSURE, averaged_probabilities(UNSURE, displays, generator=seeded(1))),
        "drawn": (one, component_probabilities(one, displays)),
    }


@pytest.mark.parametrize("reading", ["mean", "averaged", "drawn"])
def test_sampled_responses_follow_the_density(reading):
    display = continuous_displays(1, 3, seed=8)
    posterior, probabilities = readings(display)[reading]
    count, cells = 40_000, 800
    many = display[torch.zeros(count, dtype=torch.long)]
    response, component = sample_responses(posterior, many, probabilities.expand(count, -1), generator=seeded(2))
    assert ((response >= -math.pi) & (response < math.pi)).all()
    frequency = torch.bincount(component, minlength=4) / count
    assert ((frequency - probabilities[0]).abs() < 4 * (probabilities[0] / count).sqrt()).all()

    edges = torch.linspace(-math.pi, math.pi, cells + 1, dtype=DOUBLE)
    middles = (edges[:-1] + edges[1:]) / 2
    density = response_log_density(posterior, many[:cells], middles, probabilities.expand(cells, -1)).exp()
    cumulative = density.cumsum(0) * (edges[1] - edges[0])
    empirical = (response[:, None] <= edges[1::40]).double().mean(0)
    assert (empirical - cumulative[::40]).abs().max() < 1.95 / math.sqrt(count)  # Kolmogorov, p = .001


def test_the_three_readings_differ_where_the_posterior_is_unsure():
    display = continuous_displays(1, 3, seed=8)
    found = [probabilities for _, probabilities in readings(display).values()]
    assert all((one - other).abs().max() > 0.01 for one, other in zip(found, found[1:] + found[:1]))
    certainly = averaged_probabilities(FULL, display, 3, generator=seeded(0))
    torch.testing.assert_close(certainly, component_probabilities(FULL, display))


def test_averaged_probabilities_are_the_mean_over_draws():
    displays = continuous_displays(4, 3, seed=9)
    generator = seeded(3)
    each = torch.stack([component_probabilities(drawn(UNSURE, generator=generator), displays) for _ in range(400)])
    averaged = averaged_probabilities(UNSURE, displays, 4000, generator=seeded(4))
    assert_unbiased(each, averaged, limit=4.5 * math.sqrt(1 + 400 / 4000))


def test_draws_have_the_mean_and_sd_of_the_swap_function():
    distance = torch.linspace(0.3, 3.1, 5, dtype=DOUBLE)
    mean, deviation = swap_function(UNSURE, distance)
    draws = swap_function_draws(UNSURE, distance, 20_000, generator=seeded(1))
    assert_unbiased(draws, mean)
    torch.testing.assert_close(draws.std(0), deviation, rtol=0.03, atol=0)


def test_functions_of_one_distance_are_averages_of_the_surface():
    posterior = replace(UNSURE, distances=torch.tensor([0.0, math.pi]), report_distances=torch.tensor([0.0, math.pi]))
    circle = torch.arange(16, dtype=DOUBLE) * (2 * math.pi / 16)
    for angle in (0.4, 2.0):
        same = torch.full((16,), angle, dtype=DOUBLE)
        over_report, over_cue = swap_surface(posterior, same, circle)[0], swap_surface(posterior, circle, same)[0]
        torch.testing.assert_close(swap_function(posterior, same[:1])[0][0], over_report.mean())
        torch.testing.assert_close(report_function(posterior, same[:1])[0][0], over_cue.mean())
        expected = [full_function(angle, report) for report in circle.tolist()]
        torch.testing.assert_close(over_report, torch.tensor(expected, dtype=DOUBLE))


# --- support --------------------------------------------------------------------------------------------------------


def test_distances_outside_the_support_are_refused():
    locations = torch.arange(1, 5) * (math.pi / 4)
    on_places = swap_posterior(0.0)
    swap_function(on_places, locations)
    for distance in (0.0, 0.5, math.pi / 3):
        with pytest.raises(OutsideSupport, match="cue distance .* 0.785, 1.571, 2.356, 3.142 rad"):
            swap_function(on_places, torch.tensor([math.pi / 2, distance], dtype=DOUBLE))
    with pytest.raises(OutsideSupport, match="cue distance 0.200 rad .* from 0.300 to 3.142 rad"):
        swap_function(TRUTH, torch.tensor([-0.2], dtype=DOUBLE))
    with pytest.raises(OutsideSupport, match="report distance 0.200 rad"):
        report_function(FULL, torch.tensor([1.0, 0.2], dtype=DOUBLE))
    with pytest.raises(OutsideSupport):
        log_weights(on_places, continuous_displays(5, 3, seed=22))


def test_displays_outside_the_support_are_flagged():
    near = Displays(
        torch.tensor([[0.0, 1.0], [0.0, 0.1], [0.0, 1.0], [0.0, math.nan]], dtype=DOUBLE),
        torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 0.1], [0.0, math.nan]], dtype=DOUBLE),
        torch.zeros(4, dtype=torch.long),
    )
    assert inside_support(FULL, near).tolist() == [True, False, False, True]
    assert inside_support(TRUTH, near).tolist() == [True, True, False, True]
    assert inside_support(observer(-1.0), near).all()
    component_probabilities(FULL, near[inside_support(FULL, near)])


def test_items_without_probe_feature_are_refused_only_where_it_matters():
    displays = continuous_displays(3, 3, seed=10)
    blind = Displays(displays.report, torch.full_like(displays.probe, math.nan), displays.cued)
    with pytest.raises(SurrogateError, match="display 0 has an item without probe feature"):
        log_weights(TRUTH, blind)
    flat = observer(-1.0)
    torch.testing.assert_close(log_weights(flat, blind), log_weights(flat, displays))


def test_only_a_von_mises_has_a_concentration():
    assert TRUTH.concentration == 10
    with pytest.raises(SurrogateError, match="emission is wrapped_stable, which has no single concentration"):
        _ = replace(TRUTH, emission="wrapped_stable").concentration
    assert set(EMISSIONS) == {"von_mises", "wrapped_stable", "variable_precision"}


def test_responsibilities_average_to_the_probabilities_of_the_components():
    truth, displays = observer(-0.5, (0.8,), uniform_logit=-1.0), continuous_displays(1, 4, 0)
    many = displays[torch.zeros(20_000, dtype=torch.long)]
    response, _ = sample_responses(truth, many, generator=seeded(1))
    found = responsibilities(truth, many, response)
    torch.testing.assert_close(found.sum(1), torch.ones(20_000, dtype=torch.float64))
    assert_unbiased(found, component_probabilities(truth, displays))


def test_an_absent_item_is_responsible_for_nothing():
    truth, displays = observer(-0.5), of_sizes(continuous_displays(10, 4, 0), (2, 4))
    found = responsibilities(truth, displays, displays.cued_report)
    assert (found[:, :-1][~displays.present] == 0).all() and (found[:, :-1][displays.present] > 0).all()
