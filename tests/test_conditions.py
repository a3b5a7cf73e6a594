"""The named conditions: what they teach, and configs that determine the weights."""

import json
import math
from dataclasses import replace

import pytest
import torch

from swaputils import conditions
from swaputils.conditions import CONDITIONS, SCALES, UnknownName
from swaputils.experiment import experiment
from swaputils.lessons import make_batch
from swaputils.store import config_hash
from swaputils.surrogate import log_weights
from swaputils.task import sample_displays
from tests.small import seeded, swap_posterior

HUMAN = swap_posterior(level=0.2)


def planned(condition: str = "index_swap", scale: str = "smoke", seed: int = 0, human=HUMAN):
    return experiment(condition, scale, seed, human)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_configs_are_json_and_come_back_the_same(condition, scale):
    config = planned(condition, scale).config
    assert json.loads(json.dumps(config, allow_nan=False)) == config


def test_the_hash_tells_apart_whatever_determines_the_weights():
    plans = [planned(condition, scale, seed) for condition in CONDITIONS for scale in SCALES for seed in (0, 1)]
    plans.append(planned("probe_human", human=swap_posterior(level=0.3)))
    hashes = {config_hash(plan.config) for plan in plans}
    assert len(hashes) == len(plans)
    assert config_hash(planned().config) == config_hash(planned().config)


def test_the_hash_follows_the_training_settings(monkeypatch):
    before = config_hash(planned().config)
    smoke = SCALES["smoke"]
    longer = replace(smoke, train={drive: replace(train, batch=65) for drive, train in smoke.train.items()})
    monkeypatch.setitem(conditions.SCALES, "smoke", longer)
    assert config_hash(planned().config) != before


def test_only_conditions_that_learn_from_people_depend_on_them():
    other = swap_posterior(level=-1.0)
    same = [name for name in CONDITIONS if planned(name).config == planned(name, human=other).config]
    assert set(CONDITIONS) - set(same) == {
        name for name, taught in CONDITIONS.items() if taught.swaps.startswith("human")
    }


@pytest.mark.parametrize(
    ("condition", "scale", "message"),
    [
        ("index_swaps", "smoke", "unknown condition 'index_swaps'; known are index_task_optimal, index_swap, "),
        ("index_swap", "huge", "unknown scale 'huge'; known are smoke, laptop, paper"),
    ],
)
def test_unknown_names_list_what_there_is(condition, scale, message):
    with pytest.raises(UnknownName, match=message):
        planned(condition, scale)


def test_people_s_swap_function_must_be_given():
    with pytest.raises(ValueError, match="condition probe_human learns from people's swap function"):
        planned("probe_human", human=None)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_selection_is_taught_without_swaps_and_the_distribution_with_the_condition_s(condition):
    plan, taught = planned(condition), CONDITIONS[condition]
    displays = sample_displays(plan.task, 100, generator=seeded())
    selection, distribution = plan.selection[-1].target(displays), plan.distribution.target(displays)
    assert torch.equal(selection.log_weights.exp(), displays.is_cued.double())
    swap_rate = distribution.log_weights[~displays.is_cued].exp()
    if taught.swaps == "human":
        torch.testing.assert_close(distribution.log_weights, log_weights(HUMAN, displays))
    else:
        torch.testing.assert_close(swap_rate, torch.full((100,), taught.swap_probability, dtype=torch.float64))
    assert (distribution.spread, distribution.radius) == (0.05, 2.5)


def test_the_config_records_the_swap_function_at_the_eight_locations():
    recorded = planned("probe_human").config["swap_function"]
    plan = planned("probe_human")
    displays = sample_displays(plan.task, 500, generator=seeded())
    weights = plan.distribution.target(displays).log_weights
    odds = weights[~displays.is_cued] - weights[displays.is_cued]
    apart = (displays.probe[:, 0] - displays.probe[:, 1]).cos().acos() / (math.pi / 4)
    for trial in range(500):
        assert recorded[round(float(apart[trial])) - 1] == pytest.approx(float(odds[trial]), abs=1e-6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_network_fits_its_task(condition, scale):
    plan = planned(condition, scale)
    rnn = plan.new_rnn(generator=seeded())
    assert len(rnn.report_noise) == plan.schedule.steps == plan.task.periods.steps("report")
    assert plan.schedule.steps == (8 if scale == "smoke" else 40)
    batch = make_batch(plan.distribution, 4, rnn.readout, generator=seeded())
    loss = plan.distribution.objective(rnn, batch, generator=seeded())
    loss.backward()
    assert loss.isfinite()
    if scale == "paper":
        assert sum(parameter.numel() for parameter in rnn.parameters()) == pytest.approx(
            {"index": 53_000, "probe": 101_000}[plan.task.cueing], rel=0.05
        )
