"""Sessions that an experiment needs, on planted effects and planted planes."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from swapbook.cortex import power
from swapbook.cortex.as_recordings import A_SESSION, NEURONS, SESSIONS
from swapbook.cortex.recorded_sessions import overlaps
from swaputils.geometry.crossproducts import cross_products
from swaputils.geometry.planted import Plan
from swaputils.geometry.validation import spiking
from tests.small import seeded

NO_AREAS = pd.DataFrame({"condition": [], "seed": [], "state": [], "area": []})
NO_PLANES = pd.DataFrame({"condition": [], "seed": [], "sessions": [], "mean": [], "sd": [], "told": []})
NO_PUSHES = pd.DataFrame({name: [] for name in ("condition", "seed", "direction", "moment", "dose", "swap_rate")})


def areas_of(means: dict[str, tuple[float, ...]], spread: float = 0.05) -> pd.DataFrame:
    """Sessions of networks with these mean areas, one number a network."""
    generator = np.random.default_rng(0)
    rows = [
        {"condition": condition, "seed": seed, "state": "state", "area": area}
        for condition, of_seeds in means.items()
        for seed, mean in enumerate(of_seeds)
        for area in generator.normal(mean, spread, 400)
    ]
    return pd.DataFrame(rows)


def planes_of(means: dict[str, tuple[float, ...]], sd: float = 1.0, told: float = 1.0) -> pd.DataFrame:
    """Networks with these alignments; in one session an experiment misses them by `sd`."""
    rows = [
        {"condition": condition, "seed": seed, "sessions": size, "mean": mean, "sd": sd / size**0.5, "told": told}
        for condition, of_seeds in means.items()
        for seed, mean in enumerate(of_seeds)
        for size in power.SIZES
    ]
    return pd.DataFrame(rows)


def pushes_of(rates: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Three networks of each condition that swap as often, without and with the push."""
    rows = [
        power.PUSHED | {"condition": condition, "seed": seed, "dose": dose, "swap_rate": rate}
        for condition, of_doses in rates.items()
        for seed in range(3)
        for dose, rate in zip((0.0, power.WEAK), of_doses)
    ]
    return pd.DataFrame(rows)


def needed(areas=NO_AREAS, planes=NO_PLANES, pushes=NO_PUSHES) -> pd.DataFrame:
    return power.needed(power.powers(areas, planes, pushes), 0.1).set_index("condition")


def test_sessions_needed_fall_with_the_effect_and_are_infinite_without_one():
    found = needed(areas_of({"large": 3 * (0.7,), "small": 3 * (0.53,), "none": 3 * (0.5,)}))
    assert found.loc["large", "sessions"] <= 8 < found.loc["small", "sessions"] <= 70
    assert math.isinf(found.loc["none", "sessions"]) and found.loc["none", "power"] < 0.05
    assert found.loc["large", "trials"] == found.loc["large", "sessions"] * A_SESSION
    assert found.loc["large", "swaps"] == pytest.approx(0.1 * found.loc["large", "trials"])


def test_effect_and_power_are_of_other_networks():
    found = needed(areas_of({"odd": (0.5, 0.5, 0.8, 0.8, 0.8)}, spread=0.01)).loc["odd"]
    assert found["effect"] == pytest.approx(0.5, abs=0.01) and found["power"] == 1.0


def test_planes_are_told_where_networks_of_the_two_kinds_differ_by_more_than_experiments_and_networks_vary():
    planted = {power.REPORT: 4 * (0.7,), "far": 4 * (0.2,), "near": 4 * (0.6,), "same": 4 * (0.7,), "more": 4 * (0.9,)}
    found = needed(planes=planes_of(planted))
    assert list(found.index) == ["far", "near", "same", "more"]
    assert found["effect"].round(6).tolist() == [-0.5, -0.1, 0.0, 0.2]
    # 2.24 + 0.84 standard errors of 1 / sqrt(sessions) have to fit into 0.5: 38 sessions
    assert found.loc["far", "sessions"] == 40 and math.isinf(found.loc["near", "sessions"])
    assert found.loc["same", "power"] < 0.05 and found.loc["more", "power"] == 0
    varied = {power.REPORT: (0.7, 0.7, 0.3, 0.7), "far": 4 * (0.3,)}  # one network of the report overlaps as little
    assert math.isinf(needed(planes=planes_of(varied)).loc["far", "sessions"])


def test_experiments_in_which_a_ring_is_not_told_find_nothing():
    planted = {power.REPORT: 4 * (0.9,), "far": 4 * (0.0,)}
    assert needed(planes=planes_of(planted, told=0.5)).loc["far", "power"] == pytest.approx(0.5, abs=0.05)


def test_a_push_is_told_where_it_makes_swaps():
    found = needed(pushes=pushes_of({"pushed": (0.1, 0.13), "not": (0.1, 0.1), "fewer": (0.1, 0.05)}))
    assert found["effect"].round(6).tolist() == [0.03, 0.0, -0.05]
    assert (
        math.isinf(found.loc["not", "sessions"])
        and found.loc["not", "power"] < 0.05
        and found.loc["fewer", "power"] == 0
    )
    # two shares of n trials: n = (2.13 + 0.84)^2 * 2 * 0.115 * 0.885 / 0.03^2 = 1,995, or 10.7 sessions of 187
    assert found.loc["pushed", "sessions"] == 12


def test_the_level_is_shared_by_all_contrasts():
    areas = areas_of({"small": 3 * (0.53,)})
    alone = power.powers(areas, NO_PLANES, NO_PUSHES)
    many = power.powers(areas, NO_PLANES, pushes_of({str(k): (0.1, 0.1) for k in range(40)}))
    among = many[many["condition"] == "small"]
    assert (among["power"].to_numpy() <= alone["power"].to_numpy()).all() and among["power"].sum() < alone[
        "power"
    ].sum() - 0.3


@pytest.mark.parametrize("truth", [0.0, 0.5, 0.95])
def test_overlap_of_some_sessions_has_the_planted_alignment_whatever_their_number(truth):
    """At the neurons, trials and spikes of the sessions that are shown."""
    draw, plan = spiking(0.6, 0.5, 3.0, 0.25), Plan(trials=A_SESSION, units=NEURONS // SESSIONS, alignment=truth)
    generator = seeded()
    sessions = [draw(plan, generator=generator) for _ in range(100)]
    products = [
        cross_products(each.activity, each.colours, generator=generator, harmonics=1, jackknife=False).additive
        for each in sessions
    ]
    few, usual, many = overlaps(torch.cat(products), (8, SESSIONS, 70), generator=generator)
    for each in (usual, many):
        assert each["mean"] == pytest.approx(truth, abs=0.1) and each["told"] > 0.95
    assert few["sd"] > usual["sd"] > many["sd"]
