"""Figures of networks: each call draws a table on a figure of its own, and shows nothing."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from swapbook import plane_tables
from swapbook.figures import (
    of_alignment,
    of_human_networks,
    of_networks,
    of_null_space,
    of_schematic,
    of_swaps,
    of_training,
)
from swapbook.summaries.human_networks import LEARNERS, MODELS
from swaputils import drawing
from swaputils.inputs import Periods

MODULES = (of_alignment, of_human_networks, of_networks, of_null_space, of_schematic, of_swaps, of_training)
DISTANCES = np.deg2rad([45, 90, 135, 180])
CURVE = {"distance": DISTANCES, "rate": [0.3, 0.2, 0.1, 0.0], "low": [0.2, 0.1, 0.0, 0.0], "high": [0.4, 0.3, 0.2, 0.1]}
OWN = {"distance": DISTANCES, "probability": [0.2, 0.1, 0.05, 0.1], "standard_error": [0.01] * 4}
NETWORKS = pd.DataFrame(
    {
        "condition": ["probe_human", "probe_human", "index_swap"],
        "seed": [0, 1, 0],
        "network_swap_rate": [0.11, 0.13, 0.09],
        "ideal_swap_rate": [0.1, 0.1, 0.1],
        **{f"{who}_{name}": [0.05, 0.06, 0.07] for who in ("network", "ideal") for name in ("median_nearest", "far")},
        **{f"{who}_curve": [CURVE] * 3 for who in ("network", "ideal")},
        **{f"{who}_responsibilities": [OWN] * 3 for who in ("network", "ideal")},
        "network_generalisation": [{"items": [1, 2, 3], "swap_rate": [0, 0.1, 0.3], "median_error": [0.1, 0.2, 0.3]}]
        * 3,
        "network_swap_axes": [{"area": [0.5, 0.6, 0.9, 0.7]}, None, {"area": [0.5, 0.6, 0.8, 0.7]}],
        "network_decision": [{"plane": [0.5, 0.8], "null_space": [0.5, 0.6]}, None, None],
    }
)
LOG = pd.DataFrame({"stage": [0, 0, 1], "update": [1, 10, 5], "loss": [3.0, 1.0, 0.5], "delay": [0.05, 0.5, np.nan]})
PEOPLE = pd.DataFrame({model: [0.1, -0.1] for model in MODELS}).assign(no_swap=np.nan)
LEARNT = pd.Series(
    0.1, pd.MultiIndex.from_product([LEARNERS, [0, 1], [200, 600]], names=["kind", "seed", "count"]), name="log_density"
)
FITS = pd.DataFrame(
    [(who, seed, distance, -1.0, -2.0, 0.0) for who, seed in (("network", 0), ("network", 1), ("ideal", None), ("taught", None)) for distance in DISTANCES],
    columns=["who", "seed", "distance", "f", "low", "high"],
)  # fmt: skip
COMPONENTS = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 4)), columns=range(1, 5)).assign(
    swap=[True] * 3 + [False] * 6
)

COURSES = np.linspace(0, 1, 20).reshape(2, 10)
PLANTED = pd.DataFrame({"estimator": ["bins"] * 3, "truth": [0.0, 0.5, 1.0], "mean": [0.3, 0.1, 1.0]})
EFFECTS = pd.DataFrame(
    {f"{moment}{end}": [0.2, 0.4] for moment in ("before", "after") for end in ("", "_low", "_high")} | {"n": [3, 10]},
    index=["one", "two"],
)
PLANES = pd.DataFrame({"condition": ["index_swap"] * 2, "planes": [{"course": [row.tolist()]} for row in COURSES]})
OVERLAP = pd.DataFrame({"condition": ["index_swap"] * 3, "rate": [0.1] * 3, "before": [0.6, 0.7, 0.8]})
BOTH = pd.DataFrame({"one measure": [0.1, 0.2, 0.6], "another measure": [0.0, 0.0, 0.0]})
CHANGED = pd.DataFrame(
    [(name, seed, change, value, 0.1, 0.2, 0.3, 0.1 * seed) for name in ("index_task_optimal", "probe_task_optimal", "index_swap", "probe_similarity_00") for change in ("none", "probes", "noise") for value in (1.0, 9.0) for seed in (0, 1)],
    columns=["condition", "seed", "change", "value", "nearest", "swaps", "middle", "other"],
)  # fmt: skip
KNOWN = pd.DataFrame(
    [(kind, swaps, 0.0, width, swaps, swaps, swaps, swaps) for kind in ("choice", "mean") for swaps in (0.0, 0.1) for width in (1.0, 30.0)],
    columns=["kind", "true_swaps", "true_guesses", "true_concentration", "nearest", "swaps", "middle", "other"],
)  # fmt: skip
WORTH = pd.DataFrame(
    [(data, size, who, 0.02, 0.01, 0.03, 4.5) for data in ("one", "two") for size in (2, 4) for who in ("people", "planted, no swaps")],
    columns=["data", "set_size", "who", "gain", "low", "high", "ratio"],
)  # fmt: skip

ON_AXES = {
    "seeds": lambda axes: of_networks.seeds(axes, {"one": [0.1, 0.2], "two": [0.3]}, {"one": 0.15}, "network"),
    "readout": lambda axes: of_networks.readout(axes, torch.rand(9, 2), "network", [0.0, 2.0]),
    "ring": lambda axes: of_networks.ring(axes, torch.rand(6, 2), True, "first item"),
    "trial_and_planes": lambda axes: of_alignment.trial_and_planes(axes),
    "planted": lambda axes: of_alignment.planted(axes, PLANTED, {"bins": ("bins of one colour", "nontarget")}),
    "course": lambda axes: of_alignment.course(axes, COURSES, plane_tables.mean_course(COURSES), "network"),
    "effects": lambda axes: of_alignment.effects(axes, EFFECTS),
    "overlap_by_rate": lambda axes: of_alignment.overlap_by_rate(
        axes, OVERLAP, {"16 units": ("network", ["index_swap"])}, 0.14
    ),
    "by_distance": lambda axes: of_alignment.by_distance(axes, [45, 90, 135, 180], COURSES[:, :4], "network", "before"),
    "shade_periods": lambda axes: of_networks.shade_periods(axes, Periods()),
}
WHOLE = {
    "courses": lambda: of_alignment.courses(PLANES, ["index_swap", "index_no_swap"]),
    "trials": lambda: of_networks.trials(torch.rand(5, 66, 2), torch.arange(5) < 2, Periods()),
    "readouts": lambda: of_networks.readouts(
        {"a network": torch.rand(9, 2), "ideal sampler": torch.rand(9, 2)}, [0.0, 2.0]
    ),
    "effects": lambda: of_networks.effects({"three": BOTH, "one": BOTH[:1]}),
    "by_ratio": lambda: of_networks.by_ratio({"no swaps": BOTH.assign(ratio=1.0), "Flat .10": BOTH.assign(ratio=9.0)}),
    "schematic": lambda: of_schematic.schematic(Periods(), 0),
    "induced": lambda: of_swaps.induced(CHANGED),
    "planted_swaps": lambda: of_swaps.planted_swaps(KNOWN),
    "worth": lambda: of_human_networks.worth(WORTH),
    "learning": lambda: of_training.learning(LOG),
    "curves": lambda: of_swaps.curves(NETWORKS),
    "functions": lambda: of_swaps.functions({"probe_human": FITS}),
    "set_sizes": lambda: of_swaps.set_sizes(NETWORKS),
    "taught_by_people": lambda: of_human_networks.taught_by_people(NETWORKS, [LOG] * 3),
    "held_out_people": lambda: of_human_networks.held_out_people(PEOPLE),
    "limited_learners": lambda: of_human_networks.limited_learners(LEARNT),
    "clouds": lambda: of_null_space.clouds(COMPONENTS, "a network"),
    "axes_of_swaps": lambda: of_null_space.axes_of_swaps(NETWORKS, ["index_swap", "probe_human"]),
    "decisions": lambda: of_null_space.decisions(NETWORKS, ["index_swap", "probe_human"]),
}
HELPERS = {"name_axes", "broken", "close_panels"}


@pytest.fixture(autouse=True)
def nothing_is_shown(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("show was called"))
    drawing.set_style()
    yield
    plt.close("all")


def lines(axes) -> list[list[float]]:
    return [np.asarray(line.get_ydata()).tolist() for line in axes.lines]


def test_every_function_is_drawn_here():
    defined = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    }
    assert defined == {*ON_AXES, *WHOLE, *HELPERS}


@pytest.mark.parametrize("name", ON_AXES)
def test_it_returns_the_axes_it_drew_on_and_opens_nothing(name):
    figure, axes = plt.subplots()
    assert ON_AXES[name](axes) is axes
    assert plt.get_fignums() == [figure.number]
    assert axes.has_data() or axes.patches


@pytest.mark.parametrize("name", WHOLE)
def test_it_draws_one_figure_that_can_be_rendered(name):
    figure = WHOLE[name]()
    assert plt.get_fignums() == [figure.number]
    assert figure.axes[0].has_data()
    figure.canvas.draw()


def test_every_seed_is_a_point_in_the_row_of_its_name():
    _, axes = plt.subplots()
    of_networks.seeds(axes, {"one": [0.1, 0.2], "two": [0.3]}, {"two": 0.25}, "network")
    first, second, ideal = (line.get_xydata().tolist() for line in axes.lines)
    assert (first, second, ideal) == ([[0.1, 0], [0.2, 0]], [[0.3, 1]], [[0.25, 1]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_effects_are_means_with_intervals_beside_every_network():
    axes = WHOLE["effects"]().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["three (3)", "one"]
    drawn = [np.asarray(line.get_xdata()).ravel().tolist() for line in axes.lines]
    assert [0.1, 0.2, 0.6] in drawn and [pytest.approx(0.3)] in drawn
    assert [pytest.approx(-0.357, abs=1e-3), pytest.approx(0.957, abs=1e-3)] in drawn


def test_an_interval_beyond_what_alignment_can_be_ends_in_an_arrow():
    _, axes = plt.subplots()
    of_alignment.effects(axes, EFFECTS.assign(before_low=[-0.5, 0.1], after_high=[0.9, 1.2]))
    drawn = [(line.get_marker(), line.get_xdata()) for line in axes.lines]
    assert [(mark, list(x)) for mark, x in drawn if mark in ("<", ">")] == [("<", [0]), (">", [1])]
    assert min(min(x) for _, x in drawn) == 0 and max(max(x) for _, x in drawn) == 1


def test_every_network_of_a_condition_is_a_curve_beside_one_of_the_ideal_sampler():
    human, index = WHOLE["curves"]().axes[:2]
    assert sum(found == CURVE["rate"] for found in lines(human)) >= 3
    assert "n = 2" in human.get_title(loc="left") and "n = 1" in index.get_title(loc="left")


def test_panels_that_no_condition_needs_are_hidden():
    assert [axes.get_visible() for axes in WHOLE["curves"]().axes] == [True, True, False, False]


def test_networks_that_swap_too_rarely_are_left_out():
    human = WHOLE["axes_of_swaps"]().axes[1]
    assert [0.5, 0.6, 0.9, 0.7] in lines(human) and "n = 1" in human.get_title(loc="left")
    assert "n = 0" in WHOLE["decisions"]().axes[0].get_title(loc="left")


def test_the_second_stage_goes_on_where_the_first_ended():
    loss = WHOLE["taught_by_people"]().axes[0]
    assert loss.lines[0].get_xdata().tolist() == [1, 10, 15]


def test_models_without_a_score_have_no_row():
    names = [label.get_text() for label in WHOLE["held_out_people"]().axes[0].get_yticklabels()]
    assert MODELS["no_swap"] not in names and MODELS["uniform"] not in names and MODELS["network"] in names


def test_fits_of_networks_lie_beside_what_was_taught_and_the_ideal_sampler_at_their_right():
    axes = WHOLE["functions"]().axes[0]
    starts = sorted(line.get_xdata()[0] - 45 for line in axes.lines)
    assert starts == pytest.approx([-16, -2.5, 2.5, 16])
