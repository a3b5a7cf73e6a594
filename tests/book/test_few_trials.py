"""Trials drawn anew keep what chapter 1's model keeps, with their responses; and training stops where it should."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from swapbook.few_trials import ObservedAnew, drawn_anew, kept_where_likeliest
from swaputils.angles import distance, wrap
from swaputils.surrogate import response_log_density
from swaputils.task import DelayedEstimation, TaskConfig, probe_distance
from swaputils.training.lessons import Lesson, make_batch
from swaputils.training.objectives import regression
from swaputils.trials import Trials
from tests.small import answered, located_displays, seeded, swap_posterior

TRUTH = swap_posterior(-0.5)
ONE = answered(TRUTH, located_displays(20, 4, 3), 4)[7:8]
DRAWN = drawn_anew(ONE, 400, 0.0, generator=seeded())


def distances(trials: Trials) -> torch.Tensor:
    """[M, items, 3] distance of each item's colour from the response and from the cued colour, and of its place, in order of the first."""
    shown = trials.displays
    to_cued = distance(shown.report, shown.cued_report[:, None])
    found = torch.stack((distance(shown.report, trials.response[:, None]), to_cued, probe_distance(shown)), dim=-1)
    return found.gather(1, found[..., :1].argsort(1).expand_as(found))


def test_a_trial_drawn_anew_keeps_its_distances_and_its_density():
    torch.testing.assert_close(distances(DRAWN), distances(ONE).expand(400, -1, -1), rtol=0, atol=1e-6)
    density = response_log_density(TRUTH, ONE.displays, ONE.response)
    anew = response_log_density(TRUTH, DRAWN.displays, DRAWN.response)
    torch.testing.assert_close(anew, density.expand(400), rtol=0, atol=1e-5)
    left = response_log_density(TRUTH, DRAWN.displays, ONE.response.expand(400))
    assert float((left - density).std()) > 0.5  # that of a response which did not go with its colours


def test_every_turn_mirror_place_and_order_is_drawn():
    shown = DRAWN.displays
    turned, places = shown.cued_report, shown.cued_probe
    assert torch.histc(turned, 4, -math.pi, math.pi).min() > 60
    assert len((places / (math.pi / 4)).round().remainder(8).unique()) == 8
    assert shown.cued.bincount(minlength=4).min() > 60
    before, after = (wrap(each.response - each.displays.cued_report) for each in (ONE, DRAWN))
    assert 150 < int((after.sign() == before.sign()).sum()) < 250
    second = distance(ONE.displays.report, ONE.displays.cued_report[:, None]).argmax()
    moved = distance(shown.report, turned[:, None]).argmax(1, keepdim=True)
    side = wrap(shown.probe.gather(1, moved).squeeze(1) - places)
    expected = wrap(ONE.displays.probe[0, second] - ONE.displays.cued_probe[0])
    assert {round(value, 4) for value in side.tolist()} <= {round(float(sign * expected), 4) for sign in (1, -1)}


def test_noise_widens_responses_alone():
    off_by_one = replace(ONE, response=wrap(ONE.displays.cued_report + 1))
    noisy = drawn_anew(off_by_one, 4_000, 0.2, generator=seeded())
    error = distance(noisy.response, noisy.displays.cued_report)
    assert float(error.std()) == pytest.approx(0.2, rel=0.05) and float(error.mean()) == pytest.approx(1, abs=0.02)


def test_a_network_is_given_the_response_that_goes_with_what_it_is_shown():
    config = TaskConfig(cueing="probe", probes="locations", items=4)
    observed = answered(TRUTH, located_displays(30, 4, 1), 2)
    task = ObservedAnew(DelayedEstimation(config, lambda displays: None), observed, 0.0)
    batch = make_batch(Lesson(task, regression), 50, torch.zeros(1, dtype=torch.float64), generator=seeded())
    torch.testing.assert_close(batch.target.angles[:, 0], batch.displays.response)
    torch.testing.assert_close(batch.inputs.shown[0], config.encode(batch.displays.displays).shown[0])
    errors = distance(batch.displays.response, batch.displays.displays.cued_report)
    known = distance(observed.response, observed.displays.cued_report)
    assert float((errors[:, None] - known).abs().min(1).values.max()) < 1e-6


def test_training_ends_after_checks_without_a_better_one_and_goes_back_to_the_best():
    network, seen = nn.Linear(1, 1), []

    def checks():
        for density in (-3.0, -1.0, -2.0, -1.5, -0.5):
            seen.append(density)
            nn.init.constant_(network.weight, density)
            yield density

    assert kept_where_likeliest(network, checks(), patience=2) == -1.0
    assert seen == [-3.0, -1.0, -2.0, -1.5] and network.weight.item() == -1.0
