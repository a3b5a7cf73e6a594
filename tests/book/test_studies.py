"""The studies of the surrogate on few trials: what each table holds, and that it says what it claims to say."""

import math

import numpy as np
import pytest
import torch

from swapbook.studies import model_checks, observers, recovery, swap_functions
from swapbook.studies.observers import OBSERVERS
from swaputils import surrogate
from swaputils.angles import wrap
from swaputils.data.simulated import simulated_trials
from swaputils.surrogate import (
    LADDER,
    BnsConfig,
    SwapModel,
    component_probabilities,
    drawn,
    swap_function,
    swap_surface,
)
from swaputils.trials import Displays, Trials
from tests.small import seeded

FEW = BnsConfig(draws=2, steps=15, final_draws=8)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """Fits of 15 steps and few draws: enough for every table to be filled."""
    monkeypatch.setattr(swap_functions, "SHARE_DRAWS", 5)
    monkeypatch.setattr(model_checks, "RESAMPLES", 5)
    monkeypatch.setattr(model_checks, "SIMULATED_PER_DISPLAY", 3)
    fit = surrogate.fit_bns

    def quick(trials, model, config=None, *, generator):
        return fit(trials, model, FEW, generator=generator)

    for place in ("swaputils.surrogate", "swaputils.surrogate.comparison", "swapbook.studies.swap_worth"):
        monkeypatch.setattr(f"{place}.fit_bns", quick)


@pytest.fixture(scope="module")
def people() -> Trials:
    """Two simulated people who see two or three items."""
    everything = simulated_trials(0, people=2, trials_per_set_size=40)
    sizes = everything.displays.set_size
    return everything[(sizes >= 2) & (sizes <= 3)]


def with_conditions(people: Trials) -> Trials:
    return Trials(people.displays, people.response, people.subject, torch.arange(len(people)) % 2)


@pytest.mark.parametrize("name", OBSERVERS)
def test_observers_depend_on_what_their_name_says(name):
    grid = torch.linspace(0.3, math.pi, 9, dtype=torch.float64)
    cue, report = (axis.flatten() for axis in torch.meshgrid(grid, grid, indexing="ij"))
    surface = swap_surface(OBSERVERS[name], cue, report)[0].view(9, 9)
    over_cue, over_report = surface.std(0).max() > 0.1, surface.std(1).max() > 0.1
    residual = surface - surface.mean(0) - surface.mean(1, keepdim=True) + surface.mean()
    expected = {"none": (False, False), "cue": (True, False), "report": (False, True)}.get(name, (True, True))
    assert (over_cue, over_report) == expected
    assert (residual.abs().max() > 0.1) == (name == "full")


def test_recovery_has_every_pair_of_observer_and_model():
    table = recovery.recovery(replicates=1, trials=60, items=3, fresh_trials=20)
    counts = table.groupby(["observer", "model"]).size()
    assert counts.to_dict() == {(observer, model): 1 for observer in OBSERVERS for model in LADDER}
    assert np.isfinite(table[["elbo", "training", "gain"]]).all().all()


def test_calibration_measures_coverage():
    table = recovery.calibration(replicates=2, trials=60, items=3)
    assert table["covered"].between(0, 1).all() and set(table["model"]) == {"cue", "full"}
    assert table["level"].between(-6, 2).all() and table["level"].nunique() == 2


def test_the_confound_has_no_modulation_to_find():
    known = observers.observer((-2.4, 0.0, 0.0, 0.0, 0.0, 0.0), **recovery.VARYING)
    distances = torch.linspace(0.3, math.pi, 5, dtype=torch.float64)
    torch.testing.assert_close(swap_function(known, distances)[0], torch.full_like(distances, -2.4))
    table = recovery.confound(replicates={60: 1}, items=3)
    assert table.groupby("emission").size().to_dict() == dict.fromkeys(recovery.EMISSION_CHOICES, 12)


def test_shares_are_recovered_better_with_more_trials():
    table = recovery.share_power(replicates=6, sizes=(50, 400))
    spread = table.query("true == 0.3").groupby("trials")["share"].std()
    assert spread[400] < spread[50]
    centre = table.query("trials == 400").groupby("true")["share"].mean()
    np.testing.assert_allclose(centre, centre.index, atol=0.04)


def test_gradient_power_knows_the_true_ratio():
    for ratio in (1.0, 4.0):
        slope = math.log(ratio) / (math.cos(recovery.NEAR) - math.cos(recovery.FAR))
        ends = torch.tensor([recovery.NEAR, recovery.FAR], dtype=torch.float64)
        near, far = swap_function(observers.observer((-2.2, slope, 0.0, 0.0, 0.0, 0.0)), ends)[0].exp().tolist()
        assert near / far == pytest.approx(ratio)


def test_functions_are_tabled_where_the_displays_had_distances(people):
    table = swap_functions.function_table(people)
    cue = table.query("dimension == 'cue' and model == 'cue'")
    assert np.allclose(np.sort(cue["distance"].unique()), np.arange(1, 5) * math.pi / 4)
    assert (table["low"] < table["f"]).all() and (table["f"] < table["high"]).all()
    assert set(table["emission"]) == set(swap_functions.BRACKET)
    assert table.query("model == 'full'")["set_size"].unique().tolist() == [3]


def test_conditions_have_functions_of_their_own(people):
    table = swap_functions.share_table(with_conditions(people))
    assert table.groupby(["condition", "set_size"]).size().to_dict() == {(c, s): 3 for c in (0, 1) for s in (2, 3)}
    assert (table["swaps_low"] <= table["swaps_high"]).all()


def test_the_excess_is_what_exceeds_the_farthest_distance(people):
    chosen = people[people.displays.set_size == 3]
    fitted = swap_functions.fitted_cell(chosen, "cue", swap_functions.BRACKET[0])
    certain = drawn(fitted, generator=seeded(0))
    found = swap_functions._shares(certain, chosen)
    probabilities = component_probabilities(certain, chosen.displays)
    swaps = 1 - probabilities[:, -1] - probabilities.gather(1, chosen.displays.cued[:, None]).squeeze(1)
    far = swap_function(certain, torch.tensor([math.pi], dtype=torch.float64))[0].exp()
    level = 2 * far / (1 + 2 * far + math.exp(certain.uniform_logit))
    assert found["swaps"] == pytest.approx(swaps.mean().item())
    assert found["excess"] == pytest.approx((swaps.mean() - level).item())


def test_people_and_their_group(people):
    table = swap_functions.person_table(people)
    assert table.groupby("subject").size().to_dict() == {0: 4, 1: 4, 2: 4}


@pytest.mark.parametrize("conditions", [False, True])
def test_contrasts_are_differences(people, conditions):
    table = swap_functions.contrast_table(with_conditions(people) if conditions else people)
    f = table[table["quantity"] == "gradient"].set_index("contrast")["f"]
    first, second = ("condition 0", "condition 1") if conditions else ("set_size 2", "set_size 3")
    difference = f[f"{second} - {first.split()[1]}"]
    assert difference == pytest.approx(f[second] - f[first], abs=0.1)


def test_errors_are_sorted_by_the_nearest_non_target():
    report = torch.tensor([[0.0, 0.1, math.nan], [1.0, -2.0, 1.4]], dtype=torch.float64)
    probe = torch.tensor([[0.0, math.pi / 2, math.nan], [0.0, -math.pi / 4, 3.0]], dtype=torch.float64)
    displays = Displays(report, probe, torch.zeros(2, dtype=torch.long))
    chosen = Trials(displays, torch.tensor([0.5, 0.5], dtype=torch.float64), torch.ones(2, dtype=torch.long))
    nearest = model_checks._nearest(chosen)
    torch.testing.assert_close(nearest["cue"], torch.tensor([math.pi / 2, math.pi / 4]).double(), atol=1e-3, rtol=0)
    torch.testing.assert_close(nearest["report"], torch.tensor([5.0, 25.0]).double().deg2rad())
    torch.testing.assert_close(model_checks._error(chosen, chosen.response), torch.tensor([0.5, 0.5]).double())


def test_predictive_checks_bin_people_and_models_alike(people):
    table = model_checks.predictive_check_table(people)
    assert set(table["set_size"]) == {3} and set(table["condition"]) == {0}
    bins = {who: set(part["bin"]) for who, part in table.query("dimension == 'cue'").groupby("who")}
    assert len(bins) == 4 and len({frozenset(each) for each in bins.values()}) == 1


def test_histograms_hold_every_response_once(people):
    table = model_checks.histogram_table(people)
    width = 2 * math.pi / model_checks.ERROR_BINS
    assert set(table["who"]) == {"people", *model_checks.TWO_EMISSIONS}
    assert (table.groupby("who")["density"].sum() * width).tolist() == pytest.approx([1, 1, 1])
    chosen = people[people.displays.set_size == 3]
    error = wrap(chosen.response - chosen.displays.cued_report)
    near = table.query("who == 'people' and abs(error) < 0.05")["density"].sum() * width
    assert near == pytest.approx(float((error.abs() < width / 2).double().mean()))


def test_comparisons_name_their_emission(people):
    chosen = people[people.displays.set_size == 2]
    ladder, accounts = model_checks.ladder_table(chosen), model_checks.account_table(chosen)
    assert ladder.groupby("emission").size().to_dict() == dict.fromkeys(
        (*model_checks.TWO_EMISSIONS, model_checks.BY_PERSON), 5
    )
    assert accounts.groupby("emission").size().to_dict() == dict.fromkeys(swap_functions.BRACKET, 3)
    assert set(model_checks.ladder_table(with_conditions(chosen))["emission"]) == set(model_checks.TWO_EMISSIONS)


def test_a_model_by_condition_has_levels_and_precision_for_each():
    model = model_checks.by_condition(SwapModel(LADDER["cue"]))
    assert model.terms[0].by == ("set_size", "condition") and model.terms[1].by == ()
    assert model.precision_by == ("set_size", "condition")


def test_both_posteriors_have_every_weight(people):
    table = model_checks.hamiltonian_table(people, draws=5)
    assert len(table) == 5 and (table[["deviation", "deviation_hmc"]] > 0).all().all()


def test_baselines_are_compared_on_the_same_people(people):
    table = model_checks.baseline_table(people)
    assert table.groupby("set_size")["people"].unique().map(list).to_dict() == {2: [2], 3: [2]}
    assert set(table["mixture"]) == {"2 components", "3 components"}
    assert (table["p_target_low"] < table["p_target_high"]).all()
