"""Each figure of chapters 1 and 2 draws the table that it is given; what chapter 1 reads off tables is what they hold."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from swapbook import tables
from swapbook.answers import flat
from swapbook.figures import of_observers, of_people, of_theory
from swapbook.studies import readings
from swaputils import drawing
from swaputils.data.simulated import simulated_swap_function
from swaputils.surrogate import LADDER
from swaputils.task import DelayedEstimation
from tests.small import INDEX_TASK, seeded, swap_posterior

SHARES = pd.DataFrame({"p_target": [0.9, 0.5], "p_nontarget": [0.0, 0.3], "p_uniform": [0.1, 0.2]}, index=[1, 8])
PLACES = torch.arange(1, 5, dtype=torch.float64) * torch.pi / 4
FUNCTIONS = readings.functions({size: swap_posterior(size / 40) for size in (2, 4, 8)})
ONE = FUNCTIONS.query("set_size == 8").assign(taught=0.1, data="one", emission="wrapped stable", cue="valid", subject=0)
TWO = pd.concat([ONE.assign(data=name) for name in ("One et al., exp. 1", "Two & Lin, exp. 2")])
PEOPLE = pd.concat([TWO, TWO.assign(subject=1)])
RNG = np.random.default_rng(0)
LEVELS = pd.DataFrame(RNG.random((2, 4)), [0.0, 0.3], range(4, 0, -1))
DRAWS = pd.DataFrame(RNG.normal(size=(500, 3)), columns=["x", "sampled", "closed"]).assign(role="cued")
BIAS = pd.DataFrame(RNG.random((4, 4)), columns=["swap rate", "± rate", "SD", "± SD"])
BY_LAST = BIAS.set_index(pd.MultiIndex.from_product([(0.01, 0.02), (0.2, 0.3)]))
SWAPS = pd.DataFrame({"m": [0.0, 0.1], "value": 0.1, "low": 0.0, "high": 0.2})
RATES = pd.DataFrame({"twice": [0.1, 0.3], "once": [0.1, 0.2], "absorbed": 0.1}, [0.0, 0.2])
CHOSEN = pd.DataFrame([[9, 1], [0, 10]])
POWER = pd.Series(0.1, pd.MultiIndex.from_product([(0.1, 0.2), (50, 100)], names=["true", "trials"]))
GAINS = {name: torch.rand(3, 2) for name in of_theory.INFORMATION}


def stored(table: str, *sets: str) -> pd.DataFrame:
    return tables.of_sets(table, sets or tables.TITLES)


def errors(**chosen: float) -> pd.DataFrame:
    table = tables.surrogate_table(tables.PEOPLE, "errors")
    return table[np.logical_and.reduce([table[name] == value for name, value in chosen.items()])]


FIGURES = {
    of_people.shares: lambda: of_people.shares(SHARES, SHARES / 10),
    of_people.by_set_size: lambda: of_people.by_set_size(FUNCTIONS, pd.Series({2: 0.1, 4: 0.1, 8: 0.2})),
    of_people.two_items: lambda: of_people.two_items(ONE),
    of_people.by_report_distance: lambda: of_people.by_report_distance(TWO),
    of_people.swap_shares: lambda: of_people.swap_shares(stored("shares", "vandenberg2012_color", "bays2009")),
    of_people.by_person: lambda: of_people.by_person(PEOPLE, TWO.assign(contrast="set_size 8")),
    of_people.by_cue: lambda: of_people.by_cue(pd.concat([TWO.assign(cue=cue) for cue in readings.CUES])),
    of_people.by_person_with_cues: lambda: of_people.by_person_with_cues(PEOPLE),
    of_people.around_nontargets: lambda: of_people.around_nontargets(errors(set_size=8).query("distance > 0")),
    of_people.errors_by_set_size: lambda: of_people.errors_by_set_size(errors(distance=0)),
    of_people.errors_by_data: lambda: of_people.errors_by_data(tables.without_retro_cues(stored("histograms"))),
    of_people.errors_by_distance: lambda: of_people.errors_by_distance(tables.without_retro_cues(stored("checks"))),
    of_observers.chosen: lambda: of_observers.chosen({"one": CHOSEN, "other": CHOSEN}),
    of_observers.invented: lambda: of_observers.invented(TWO.assign(emission=TWO["data"], replicate=0, invented=0.1)),
    of_observers.power: lambda: of_observers.power(POWER, POWER),
    of_theory.noising: lambda: of_theory.noising(torch.randn(90, 9), torch.arange(90) < 9),
    of_theory.targets: lambda: of_theory.targets(DRAWS, 20),
    of_theory.floor: lambda: of_theory.floor(LEVELS),
    of_theory.gradient: lambda: of_theory.gradient(
        pd.DataFrame({"sampled": [2.0, 3.0], "closed_form": [1.0, 2.0]}), 40
    ),
    of_theory.divergence: lambda: of_theory.divergence(torch.rand(4), torch.rand(50, 4)),
    of_theory.bias: lambda: of_theory.bias(BIAS.set_axis([10, 20, 40, 80]), BY_LAST, 0.1, 0.05),
    of_theory.commitment: lambda: of_theory.commitment(
        RATES.rename(columns={"twice": "paper", "once": "low bias"}) + 0.65
    ),
    of_theory.information: lambda: of_theory.information(GAINS, [0, 2, 4]),
    of_theory.twice: lambda: of_theory.twice(
        SWAPS.assign(kind="sign"), RATES["once"], SWAPS.assign(kind="total"), (RATES, RATES)
    ),
    of_theory.deciding: lambda: of_theory.deciding(pd.Series({1: 3.0, 10: 1.0}), 2.0, 0.5),
}


@pytest.fixture(autouse=True)
def style(monkeypatch):
    drawing.set_style()
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("show was called"))
    yield
    plt.close("all")


def test_every_figure_is_drawn_here():
    public = set()
    for module in (of_people, of_observers, of_theory):
        own = {each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__}
        public |= {each for each in own if each.__name__[0] != "_" and each.__annotations__.get("return") is Figure}
    assert public == set(FIGURES)


@pytest.mark.parametrize("function", FIGURES, ids=lambda each: each.__name__)
def test_it_gives_one_figure_with_something_in_every_panel(function):
    figure = FIGURES[function]()
    figure.canvas.draw()
    assert plt.get_fignums() == [figure.number]
    assert all(axes.has_data() for axes in figure.axes)


def test_the_largest_set_size_and_the_truth_lie_where_they_were_given():
    functions = FUNCTIONS.assign(true=np.log(0.05))
    large, small, _ = of_people.by_set_size(functions, pd.Series({2: 0.1, 4: 0.1, 8: 0.2})).axes
    assert (large.get_title("left"), small.get_title("left")) == ("8 items", "2 items")
    middle, dashed, truth = large.lines
    np.testing.assert_allclose(middle.get_ydata(), np.exp(ONE["f"]))
    assert list(middle.get_xdata()) == pytest.approx([45, 90, 135, 180])
    assert list(dashed.get_ydata()) == [0.2, 0.2]
    np.testing.assert_allclose(truth.get_ydata(), 0.05)


def test_the_circle_of_responses_is_closed():
    for axes in of_people.errors_by_set_size(errors(distance=0)).axes:
        for line in axes.lines:
            assert line.get_xdata()[[0, -1]].tolist() == pytest.approx([-180, 180], abs=1e-3)
            np.testing.assert_equal(line.get_ydata()[0], line.get_ydata()[-1])


def test_sideways_histograms_stack_the_swaps():
    figure = of_theory.noising(np.full((40, 5), 0.5), np.arange(40) < 10)
    behind, before = figure.axes[1].patches
    assert (behind.get_xy()[:, 0].max(), before.get_xy()[:, 0].max()) == (40, 30)
    assert to_hex(before.get_facecolor()) == drawing.COLOURS["cued"].lower()


def test_true_functions_are_those_of_the_simulated_observers():
    expected = [simulated_swap_function(PLACES, size) for size in (2, 4, 8)]
    assert readings.true_functions(FUNCTIONS) == pytest.approx(torch.cat(expected).tolist())


def test_a_ratio_of_weights_of_a_certain_posterior_is_that_of_its_function():
    f = ONE["f"].to_numpy()
    expected = float(f"{np.exp(f[0]) / np.exp(f[2:]).mean():.2g}")
    found = readings.weight_ratio(swap_posterior(0.2), PLACES[:1], PLACES[2:], generator=seeded())
    assert found == [expected] * 3


def test_the_best_model_of_each_set_is_counted():
    sets = pd.DataFrame(
        {"observer": "cue", "replicate": [0, 0, 1, 1], "model": ["cue", "full"] * 2, "elbo": [2, 1, 1, 2]}
    )
    counts = readings.chosen(sets, "elbo")
    assert list(counts.index) == list(counts.columns) == list(LADDER)
    assert counts.loc["cue"].to_dict() == dict.fromkeys(LADDER, 0) | {"cue": 1, "full": 1}


def test_contrasts_of_conditions_by_the_names_of_cues():
    found = readings.by_name_of_cue(pd.Series(["condition 0", "condition 2 - 1"]))
    assert found.tolist() == ["invalid", "valid - neutral"]


def test_the_gap_is_the_share_that_has_to_move():
    width = 2 * np.pi / 4
    errors = pd.DataFrame(
        {"set_size": 2, "count": 25, "human": np.array([1, 0, 0, 0]) / width, "surrogate": 0.25 / width}
    )
    assert readings.error_gaps(errors).loc[2, "gap"] == pytest.approx(0.75)


def test_what_is_taught_for_two_items_is_the_probability_of_a_swap():
    task = DelayedEstimation(INDEX_TASK, lambda displays: flat(0.2).target(displays, None))
    assert readings.taught_swaps(task, PLACES).tolist() == pytest.approx([0.2] * 4)


def test_neutral_cues_stand_for_experiments_with_retro_cues():
    found = tables.without_retro_cues(stored("histograms"))
    cued = found["data"].str.startswith("Oberauer")
    assert set(found["data"]) == set(tables.TITLES.values())
    assert set(found["condition"][cued]) == {1} and set(found["condition"][~cued]) == {0}
