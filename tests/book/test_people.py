"""Networks scored on held-out people: densities from draws against the one they were drawn from, and a table of the people alone."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from swapbook import people
from swapbook.conditions import UnknownName
from swapbook.measures import CODE, MEASURES, measure_hash
from swapbook.networks import Network
from swaputils import behaviour, surrogate
from swaputils.angles import sample_von_mises, von_mises_log_density, wrap
from swaputils.data.simulated import simulated_trials
from swaputils.files import NotStored, StoreError
from swaputils.run_folder import Run, write_run
from swaputils.surrogate import SwapPosterior
from tests.small import seeded, swap_posterior


def draws(kappa: float, centres: torch.Tensor, count: int) -> torch.Tensor:
    """[M, count] von Mises draws around each centre."""
    noise = sample_von_mises(torch.full((len(centres), count), kappa, dtype=torch.float64), generator=seeded())
    return wrap(centres[:, None] + noise)


def test_kernels_around_draws_give_back_their_density():
    centres = 2 * math.pi * torch.rand(400, dtype=torch.float64, generator=seeded()) - math.pi
    drawn = draws(8.0, centres, 2_001)
    response, answers = drawn[:, 0], drawn[:, 1:]
    exact = von_mises_log_density(wrap(response - centres), torch.tensor(8.0).double())
    found = people.kernel_log_density(answers, response)
    assert float((found - exact).mean()) == pytest.approx(0, abs=0.02)
    assert float((found - exact).abs().max()) < 1.0


def test_kernels_are_chosen_on_the_other_half_of_the_trials(monkeypatch):
    """Even trials are narrow, odd ones wide: each half has to take the width that suits the other."""
    monkeypatch.setattr(people, "KERNELS", (2.0, 256.0))
    response, answers = torch.zeros(10, dtype=torch.float64), torch.zeros((10, 30), dtype=torch.float64)
    answers[1::2] = torch.linspace(-3, 3, 30, dtype=torch.float64)
    found = people.kernel_log_density(answers, response)
    wide, narrow = (von_mises_log_density(torch.zeros(1).double(), torch.tensor(k).double()) for k in (2.0, 256.0))
    assert found[0] == pytest.approx(float(wide)) and found[0] < float(narrow)
    errors = answers[1]
    expected = von_mises_log_density(errors, torch.tensor(256.0).double()).logsumexp(0) - math.log(30)
    assert found[1] == pytest.approx(float(expected))


def test_one_trial_is_too_few_for_a_width():
    with pytest.raises(ValueError, match="1 trials were given"):
        people.kernel_log_density(torch.zeros((1, 5)), torch.zeros(1))


def store_untrained(condition: str, seed: int, shift: float = 0.0) -> None:
    """An untrained network as if it had been trained and measured; `shift` of one of its weights makes it another."""
    network = Network(condition, "smoke", seed, "simulated")
    rnn = network.plan.new_rnn(generator=seeded())
    rnn.drive.output.bias.data += shift
    metrics = {CODE: {name: measure_hash(name, network.plan.taught) for name in MEASURES}}
    write_run(network.folder, Run(network.plan.config, dict(rnn.state_dict()), metrics=metrics))


@pytest.fixture
def model(tmp_path, monkeypatch) -> SwapPosterior:
    """What was fitted to the people outside of the second fold, in a results folder of its own; uncertain, so that draws differ."""
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    certain = swap_posterior(-1.0)
    model = replace(certain, cholesky=0.5 * torch.eye(len(certain.mean), dtype=torch.float64))
    surrogate.save(model, tmp_path / "surrogate" / "simulated" / "without_fold_1" / "set_size_4")
    return model


@pytest.fixture
def scored(model, monkeypatch):
    """Five people of four items, and untrained networks of seeds 1 and 6, both of the second fold."""
    observed = simulated_trials(0, people=5, trials_per_set_size=8)
    monkeypatch.setattr(people, "trials", lambda name: observed)
    for condition, seed in ((people.TAUGHT, 1), (people.TAUGHT, 6), (f"{people.TAUGHT}_no_swap", 6)):
        store_untrained(condition, seed)
    people.recompute_people("smoke", "simulated")
    return observed[(observed.displays.set_size == 4) & (observed.subject == 2)]


def test_only_the_people_of_the_fold_are_scored(scored, model):
    table = people.people_scores("smoke", "simulated")
    assert set(table["subject"]) == {2} and set(table["fold"]) == {1} and set(table["trials"]) == {8}
    assert set(table.loc[table["seed"] == 1, "model"]) == {
        "uniform",
        "mixture",
        "surrogate",
        "without",
        "drawn",
        "ideal",
        "network",
    }
    assert set(table.loc[table["seed"] == 6, "model"]) - set(table.loc[table["seed"] == 1, "model"]) == {"no_swap"}
    by_model = table[table["seed"] == 1].set_index("model")["log_density"]
    assert by_model["uniform"] == pytest.approx(-math.log(2 * math.pi), abs=1e-5)
    taught = Network(people.TAUGHT, "smoke", 1, "simulated").plan.human
    for name, known in (("surrogate", model), ("drawn", taught)):
        exact = surrogate.response_log_density(known, scored.displays, scored.response)
        assert by_model[name] == pytest.approx(float(exact.mean()), abs=1e-5)
    assert abs(by_model["surrogate"] - by_model["drawn"]) > 1e-3
    assert by_model["network"] < by_model["surrogate"]  # an untrained network is worse


def test_a_table_serves_as_long_as_its_network_is_the_stored_one(scored, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(people, "_score", lambda *_: pytest.fail("scored again"))
        people.recompute_people("smoke", "simulated")
    store_untrained(people.TAUGHT, 1, shift=1e-3)
    with pytest.raises(
        StoreError,
        match="human_n4_simulated_1.csv: comes from other networks, or was changed; run `python -m swapbook score networks",
    ):
        people.people_scores("smoke", "simulated")


def test_what_was_not_scored_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPUTILS_RESULTS", str(tmp_path))
    with pytest.raises(
        NotStored,
        match="human_n4_simulated_0.csv: not computed yet; run `python -m swapbook score networks --scale smoke",
    ):
        people.people_scores("smoke", "simulated")
    with pytest.raises(StoreError, match="no network of human_n4 is stored at scale 'smoke'"):
        people.recompute_people("smoke", "simulated")


def test_trials_of_four_items_lose_the_columns_of_others(monkeypatch):
    observed = simulated_trials(0, people=1, trials_per_set_size=4)
    monkeypatch.setattr(people, "trials", lambda name: observed)
    four = people.of_set_size("simulated", 4)
    assert four.displays.report.shape == (4, 4) and four.response.dtype == torch.float64
    kept = observed.displays[observed.displays.set_size == 4]
    assert torch.equal(four.displays.cued_report, kept.cued_report.double())
    with pytest.raises(UnknownName, match="unknown data set 'nobody'"):
        people.recompute_people("smoke", "nobody")


def table_of(**by_model: list[float]) -> pd.DataFrame:
    """Scores of one seed: a model's values by person."""
    rows = [(0, person, model, value) for model, values in by_model.items() for person, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["seed", "subject", "model", "log_density"])


def test_means_are_over_people_and_differences_are_paired():
    table = table_of(network=[-1.0, -2.0, -3.0], surrogate=[-0.5, -1.0, -2.7])
    found = people.model_means(pd.concat((table, table.assign(seed=1)))).set_index("model")
    assert found.loc["network", "log_density"] == -2 and set(found["people"]) == {3}
    reach = 4.3027 * math.sqrt(0.13 / 3)
    expected = (-0.6, -0.6 - reach, -0.6 + reach)
    assert tuple(found.loc["network", ["difference", "low", "high"]]) == pytest.approx(expected, abs=1e-4)
    assert tuple(found.loc["surrogate", ["difference", "low", "high"]]) == (0, 0, 0)
    one = people.model_means(table_of(network=[-1.0], surrogate=[-2.0]))
    assert one["low"].isna().all() and one["difference"].tolist() == [1.0, 0.0]


def test_the_gap_that_is_closed():
    """Every person half way, whatever the size of the gap: no interval; people of whom two have none: a wide one.

    The second interval is that of a mean, because the gap is the same for all; a gap that may be none bounds nothing.
    """
    table = table_of(no_swap=[-2.0, -3.0, -2.5], network=[-1.5, -2.4, -2.0], surrogate=[-1.0, -1.8, -1.5])
    assert people.gap_closed(table) == pytest.approx((0.5, 0.5, 0.5))
    uneven = table_of(no_swap=[-2.0] * 4, network=[-2.0, -2.0, -1.0, -1.0], surrogate=[-1.0] * 4)
    assert people.gap_closed(uneven) == pytest.approx(behaviour.mean_interval(np.array([0.0, 0.0, 1.0, 1.0])))
    unsure = table_of(no_swap=[-2.0, -1.0, -2.0], network=[-1.0, -1.0, -1.0], surrogate=[-1.0, -2.0, -1.0])
    assert people.gap_closed(unsure) == pytest.approx((2.0, -math.inf, math.inf))
    assert all(map(math.isnan, people.gap_closed(table_of(network=[-1.0, -2.0]))))


def test_the_interval_of_the_gap_covers_the_share():
    """Of 500 samples of 8 people, .95 of the intervals hold the share that the means were drawn with."""
    random, covered = np.random.default_rng(3), 0
    for _ in range(500):
        way = 1 + 0.5 * random.standard_normal(8)
        gone = 0.6 + 0.3 * (way - 1) + 0.3 * random.standard_normal(8)
        _, low, high = people.gap_closed(table_of(no_swap=np.zeros(8), network=gone, surrogate=way))
        covered += low <= 0.6 <= high
    assert 0.92 <= covered / 500 <= 0.98
