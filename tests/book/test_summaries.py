"""What chapters read off stored networks: counts, means, words and planted truth."""

import numpy as np
import pandas as pd
import pytest
import torch

from swapbook.networks import Network, Trained
from swapbook.summaries import collected, human_networks, null_space, one_network
from swaputils import behaviour
from swaputils.angles import to_angle
from swaputils.diffusion.targets import RADIUS
from swaputils.network.rollout import draw_noise, rollout

ATTEMPTS = pd.DataFrame(
    {
        "condition": ["index_swap", "index_swap", "probe_energy_score", "human_n4", "index_swap"],
        "seed": [0, 1, 0, 0, 2],
        "converged": [True, True, True, True, False],
        "cpu_seconds": [60.0, 180.0, 240.0, 600.0, np.nan],
        "network_swap_rate": [0.1, 0.12, 0.2, 0.3, np.nan],
        "network_to_mean": [1.0, 2.0, 3.0, np.nan, np.nan],
        "ideal_to_mean": [0.5, 0.5, 1.5, np.nan, np.nan],
    }
)
STORED = ATTEMPTS[ATTEMPTS["converged"]]


def untrained(condition: str = "index_swap") -> Trained:
    plan = Network(condition, "smoke").plan
    return Trained(plan.new_rnn(generator=torch.Generator().manual_seed(0)).double(), plan, pd.DataFrame(), {})


def test_conditions_are_counted_in_the_books_order():
    table = collected.conditions(ATTEMPTS)
    assert table.index.tolist() == ["index_swap", "probe_energy_score", "human_n4"]
    assert table["seeds"].tolist() == [2, 1, 1] and table["stopped"].tolist() == [1, 0, 0]
    assert table["CPU minutes"].tolist() == ["2", "4", "10"]


def test_a_condition_whose_trainings_all_stopped_is_named():
    table = collected.conditions(ATTEMPTS.assign(converged=ATTEMPTS["condition"] != "probe_energy_score"))
    assert table.loc["probe_energy_score", ["seeds", "stopped", "CPU minutes"]].tolist() == [0, 1, "nan"]


def test_rows_are_picked_by_what_is_taught():
    assert collected.those(STORED, lambda each: each.answers.narrow)["condition"].nunique() == 2
    assert len(collected.networks_of(STORED, "index_swap")) == 2
    assert collected.those(STORED[:0], lambda each: True).empty


PRECISE = ("network_far", "network_median_nearest", "ideal_median_nearest", "noise_off_swap_rate")


def networks(condition: str, **columns) -> pd.DataFrame:
    """Two networks of a condition."""
    return pd.DataFrame({"condition": condition, "cpu_seconds": [60.0, 120.0], **columns})


def test_the_paper_s_tree_stands_for_trees_where_one_is_stored():
    own = {"network_swap_rate": [0.1, 0.3], "ideal_swap_rate": 0.1, "network_far": 0.0, "network_wasserstein": 0.0}
    names = ["index_swap", "index_swap_tree", "index_swap_dendrites"]
    stored = pd.concat([networks(name, **own) for name in names], ignore_index=True)
    drives = collected.of_drives(stored, ["index_swap"])
    assert list(drives) == ["Flat .10, gated", "Flat .10, dendrites"]
    assert drives["Flat .10, dendrites"]["swap rate minus ideal"].tolist() == pytest.approx([0.0, 0.2])
    assert drives["Flat .10, gated"]["CPU minutes"].tolist() == [1.0, 2.0]
    without = stored[stored["condition"] != "index_swap_dendrites"]
    assert list(collected.of_drives(without, ["index_swap"])) == ["Flat .10, gated", "Flat .10, tree"]
    words = collected.effects_in_words(drives).loc["Flat .10, gated"]
    assert words["n"] == 2 and words["swap rate minus ideal"].startswith("0.100 [-1.171, ")


def test_the_minutes_of_a_recipe_are_those_of_all_its_stages():
    both = pd.concat(
        [
            networks("index_swap", seed=[0, 1], cpu_seconds=[300.0, 600.0]),
            networks("index_swap_sharpened", seed=[1], cpu_seconds=[60.0], **dict.fromkeys(PRECISE, 0.0)),
        ]
    )
    found = collected.sharpened(both)
    assert found["CPU minutes"].tolist() == [11] and found["taught"].tolist() == ["Flat .10"]


def test_curves_are_compared_with_the_ideal_sampler_s_distance_by_distance():
    curves = [{"distance": np.deg2rad([45, 90]), "rate": rates} for rates in ([0.3, 0.1], [0.2, 0.1])]
    table = networks("probe_flat", network_curve=[curves[0]] * 2, ideal_curve=[curves[1]] * 2)
    found = collected.curve_effects(table).loc["Flat .10"]
    assert found["45°"].startswith("0.100") and found["90°"].startswith("0.000")


def test_no_condition_is_shown_by_two_names_of_flat_swaps():
    assert not [title for title in collected.SHOWN.values() if "swap target" in title or "swap data" in title]
    assert len(set(collected.TITLES.values())) == len(collected.TITLES)


def test_ends_that_are_alike_are_one_number():
    assert collected.ends(pd.Series([0.1, 0.2])) == "0.100 to 0.200"
    assert collected.ends(pd.Series([0.1, 0.1001])) == "0.100"


def test_controls_have_a_table_for_each_condition_and_their_ideal_sampler_the_mean():
    rows = collected.controls(STORED, ["probe_energy_score", "index_swap"])
    assert [rows[name]["to the mean"].tolist() for name in rows] == [[3.0], [1.0, 2.0], [pytest.approx(5 / 6)]]
    assert list(rows)[-1] == "ideal sampler" and rows["Flat .10"]["far"].isna().all()


def test_curves_are_averaged_over_networks():
    table = pd.DataFrame({"curve": [{"rate": [0.0, 0.2]}, {"rate": [0.2, 0.4]}]})
    assert collected.mean_curve(table, "curve") == pytest.approx([0.1, 0.3])
    assert np.isnan(collected.mean_curve(table[:0], "curve")).all()


def test_all_noise_is_that_of_a_free_running_network():
    trained = untrained()
    found = one_network.errors_by_noise(trained, seed=3)
    displays = one_network.held_out_displays(trained.plan, 2_000)
    inputs = trained.plan.task.encode(displays)
    with torch.no_grad():
        noise = draw_noise(trained.rnn, inputs, generator=torch.Generator().manual_seed(3))
        points = trained.rnn.in_plane(rollout(trained.rnn, inputs, noise).report[:, -1])
    assert found["all"] == pytest.approx(behaviour.summarise(displays, points, RADIUS)["median_nearest"])
    assert found.nunique() == len(one_network.NOISE)


@pytest.mark.parametrize(
    "condition, offset, slope", [("probe_flat", np.log(1 / 9), 0), ("probe_similarity_10", -1, -1 / 3)]
)
def test_what_was_taught_is_read_off_the_target(condition, offset, slope):
    distances = pd.Series([0.8, 2.0])
    found = one_network.taught_function(Network(condition, "smoke").plan, distances)
    assert found == pytest.approx((offset + slope * distances**2).tolist())


def test_paths_end_where_the_network_answers():
    trained = untrained()
    displays = one_network.one_display(2, 20)
    paths, swapped = one_network.readout_paths(trained, displays, torch.Generator().manual_seed(0))
    periods = trained.plan.task.periods
    assert paths.shape == (20, periods.preparatory_steps + periods.steps("report"), 2)
    assert swapped.equal(behaviour.is_swap(displays, to_angle(paths[:, -1])))


def scores(**models: list[float]) -> pd.DataFrame:
    """Scores of two people in one fold."""
    rows = [(0, subject, name, value) for name, values in models.items() for subject, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["seed", "subject", "model", "log_density"])


def test_models_are_compared_on_the_same_people():
    table = scores(
        surrogate=[1.0, 2.0], without=[0.5, 1.0], ideal=[0.9, 1.8], network=[0.8, 1.5], no_swap=[0.0, np.nan]
    )
    between = human_networks.between_models(table)
    assert between["mean"].tolist()[:3] == pytest.approx([0.2, 0.9, 1.0])
    assert between["people"].tolist() == [2, 1, 1, 1]


def worth_of(who: str, gains: list[float], known: float = np.nan) -> pd.DataFrame:
    """People of one data set and set size, whose gains are these."""
    rows = {"data": "a set", "set_size": 6, "who": who, "none": -1.0, "swaps": np.array(gains) - 1, "known": known}
    return pd.DataFrame(rows)


def test_networks_are_worth_training_where_the_gain_is_four_standard_errors():
    planted = worth_of("planted, swaps", [0.29, 0.31], known=-0.6)
    for spread, verdict in ((0.04, "yes"), (0.2, "no")):
        found = human_networks.worth(pd.concat((worth_of("people", [0.2 - spread, 0.2 + spread]), planted)))
        people = found[found["who"] == "people"].iloc[0]
        assert people["gain"] == pytest.approx(0.2) and people["standard_error"] == pytest.approx(spread)
        assert people["low"] == pytest.approx(0.2 - 12.706 * spread, abs=1e-4)
        told = human_networks.worth_in_words(found).loc[("a set", 6)]
        assert told["worth training"] == verdict and told["gain, their own model"] == 0.4


LEARNT = pd.DataFrame(
    [(kind, count, 0, person, kind == "taught" and 1 / count) for kind in ("taught", "direct", "surrogate", "gru") for count in (2, 4) for person in (0, 1)],
    columns=["kind", "count", "seed", "subject", "log_density"],
)  # fmt: skip


def test_learners_without_a_score_are_named_with_the_reason():
    stopped = pd.DataFrame([("gru", 4, 0, "diverged")], columns=["kind", "count", "seed", "reason"])
    assert human_networks.without_score(LEARNT, stopped) == "none"
    some = LEARNT[(LEARNT["kind"] != "gru") | (LEARNT["count"] == 2)]
    assert human_networks.without_score(some, stopped) == "GRU, 4 trials, seed 0 (diverged)"
    assert human_networks.without_score(some, stopped[:0]) == "GRU, 4 trials, seed 0 (not stored)"


def test_the_lead_of_the_surrogate_narrows_by_what_more_trials_take_from_it():
    assert human_networks.narrowing(LEARNT).tolist() == [0.25, 0.25]


def test_a_planted_component_tells_swaps_and_another_carries_colour():
    generator = np.random.default_rng(0)
    found = pd.DataFrame(generator.normal(size=(2_400, 4)), columns=range(1, 5))
    found["colour"], found["swap"] = np.arange(2_400) % 24 / 4, generator.random(2_400) < 0.3
    found[1] += 5 * np.cos(found["colour"])
    found[3] -= 5 * found["swap"]
    table = null_space.carried(found)
    assert table["area"].idxmax() == 3 and table["area"][3] > 0.99
    assert (table["area"][[1, 2, 4]] < 0.6).all()
    for kind in ("colour, correct trials", "colour, swaps"):
        assert table[kind][1] > 0.8 and (table[kind][[2, 3, 4]] < 0.2).all()


def test_components_have_every_colour_of_the_second_item():
    found = null_space.components(untrained(), seed=0)
    assert found["colour"].nunique() == null_space.COLOURS
    assert list(found.columns) == [1, 2, 3, 4, "colour", "swap"]


def test_an_area_passes_three_quarters_on_the_line_between_two_steps():
    courses = [{"plane": [0.5, 0.8, 0.7, 0.9]}, {"plane": [0.5, 0.6, 0.7, 0.75]}]
    assert null_space.passing(courses, "plane") == pytest.approx([0.05 * 5 / 6, np.nan], nan_ok=True)
    assert np.isnan(null_space.passing([], "plane")).tolist() == [True]


def test_the_best_component_is_counted_over_networks_that_swap():
    networks = pd.DataFrame(
        {
            "condition": ["index_swap", "index_swap", "probe_flat"],
            "network_swap_axes": [{"area": [0.5, 0.9, 0.6]}, None, {"area": [0.8, 0.5, 0.6]}],
        }
    )
    assert null_space.best_components(networks, "index_swap", "probe_flat") == [2, 1]
