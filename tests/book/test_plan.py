"""The named conditions: what they teach, and configs that determine the weights."""

import json
import math
from dataclasses import replace

import pytest
import torch

from swapbook.conditions import CONDITIONS, UnknownName
from swapbook.plan import Plan, plan_of
from swapbook.scales import SCALES
from swaputils.diffusion.targets import circle_nodes
from swaputils.run_folder import config_hash
from swaputils.surrogate import flat, log_weights, response_log_density, similarity
from swaputils.surrogate.network_targets import NODES
from swaputils.task import settled
from swaputils.training.lessons import make_batch
from swaputils.training.recipes import REPEATS
from tests.small import seeded, swap_posterior

HUMAN = swap_posterior(level=0.2)


def planned(condition: str = "index_swap", scale: str = "smoke", seed: int = 0, human=HUMAN) -> Plan:
    return plan_of(condition, scale, seed, human)


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
    monkeypatch.setitem(SCALES, "smoke", longer)
    assert config_hash(planned().config) != before


def test_only_conditions_that_learn_from_people_depend_on_them():
    other = swap_posterior(level=-1.0)
    same = [name for name in CONDITIONS if planned(name).config == planned(name, human=other).config]
    assert set(CONDITIONS) - set(same) == {name for name, taught in CONDITIONS.items() if taught.answers.from_people}


@pytest.mark.parametrize(
    ("condition", "scale", "message"),
    [
        ("index_swaps", "smoke", "unknown condition 'index_swaps'; known are index_untrained, index_task_optimal, "),
        ("index_swap", "huge", "unknown scale 'huge'; known are smoke, laptop, paper"),
    ],
)
def test_unknown_names_list_what_there_is(condition, scale, message):
    with pytest.raises(UnknownName, match=message):
        planned(condition, scale)


def test_people_s_swap_function_must_be_given():
    with pytest.raises(
        ValueError, match="condition probe_human learns from people; pass a posterior over their responses as `human`"
    ):
        planned("probe_human", human=None)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_selection_is_taught_without_swaps_and_the_distribution_with_the_condition_s(condition):
    plan, taught = planned(condition), CONDITIONS[condition]
    displays = plan.task.sample(100, generator=seeded())
    assert bool(plan.selection) == (taught.start is None)
    for lesson in plan.selection[-1:]:
        assert lesson.task.config.items == plan.task.config.items
        assert lesson.task.periods.steps("delay") == plan.task.periods.steps("delay")
        assert torch.equal(lesson.task.target(displays).log_weights.exp(), displays.is_cued.double())
    distribution = plan.distribution.task.target(displays)
    if not taught.answers.narrow:
        return
    expected = {
        "none": lambda: flat(displays, 0.0),
        "flat": lambda: flat(displays, taught.answers.swap_probability),
        "similarity": lambda: similarity(displays, taught.answers.offset),
        "human": lambda: log_weights(HUMAN, displays),
    }[taught.answers.name.removesuffix(", announced")]()
    if taught.answers.name.endswith("announced"):
        expected = settled(
            replace(distribution, log_weights=expected), displays.is_cued, displays.announcement
        ).log_weights
    torch.testing.assert_close(distribution.log_weights, expected)
    assert (distribution.spread, distribution.radius) == (0.05, 2.5)


def test_without_swaps_people_s_responses_are_those_to_the_cued_item_alone():
    plan = planned("human_n4_no_swap")
    displays = plan.task.sample(5, generator=seeded())
    alone = displays.only_cued()
    assert alone.set_size.tolist() == [1] * 5 and torch.equal(alone.cued_report, displays.cued_report)
    log_density = plan.task.target(displays).log_nodes
    torch.testing.assert_close(log_density, plan.task.target(alone).log_nodes)
    nodes = circle_nodes(NODES).double()
    to_cued = (nodes - displays.cued_report[:, None]).cos()
    assert torch.equal(log_density.argmax(1), to_cued.argmax(1)) and (log_density.exp().sum(1) > 0).all()
    with_swaps = planned("human_n4").task.target(displays).log_nodes
    assert not torch.allclose(log_density, with_swaps)


def test_networks_of_all_responses_see_colours_as_people_did():
    """Independent of one another: pairs closer than any other network sees."""
    report = planned("human_n4").task.sample(500, generator=seeded()).report
    gaps = (report[:, :, None] - report[:, None]).abs()[:, *torch.triu_indices(4, 4, 1)]
    assert gaps.min() < 0.05 and planned("n4_task_optimal").task.config.separation > 0.7


def test_people_s_responses_keep_their_precision_and_guesses():
    """At every node the target's density is the posterior's, and it integrates to one."""
    plan = planned("human_n4")
    displays = plan.task.sample(5, generator=seeded())
    density = plan.task.target(displays).log_nodes
    torch.testing.assert_close(density.logsumexp(1), torch.full((5,), math.log(NODES / (2 * math.pi))).double())
    for node in (0, 37, 90):
        expected = response_log_density(HUMAN, displays, circle_nodes(NODES)[node].expand(5))
        torch.testing.assert_close(density[:, node], expected)


def test_four_items_are_reached_by_stages():
    for condition in ("n4_task_optimal", "human_n4"):
        items = [lesson.task.config.items for lesson in planned(condition, "laptop").selection]
        assert items == [2] * 6 + [3, 4]


def test_the_config_records_the_swap_function_at_the_eight_locations():
    recorded = planned("probe_human").config["swap_function"]
    plan = planned("probe_human")
    displays = plan.task.sample(500, generator=seeded())
    weights = plan.task.target(displays).log_weights
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
    if "report" not in CONDITIONS[condition].periods:
        assert plan.schedule.steps == (8 if scale == "smoke" else 40)
    size = max(REPEATS, plan.distribution.repeats)
    batch = make_batch(plan.distribution, size, rnn.readout, generator=seeded())
    loss = plan.distribution.loss(rnn, batch, generator=seeded())
    loss.backward()
    assert loss.isfinite()
    if scale == "paper" and plan.rnn.units == 16:
        assert sum(parameter.numel() for parameter in rnn.parameters()) == pytest.approx(
            {"index": 53_000, "probe": 101_000}[plan.task.config.cueing], rel=0.05
        )
