"""The recurrent network with a mixture-density head: its density is one, it learns to select without people, and from them what can be learnt."""

import math
from dataclasses import replace

import pytest
import torch

from swapbook import gru
from swapbook.gru import GRUConfig, MixtureGRU, selected_gru, taught_gru
from swaputils import surrogate
from swaputils.angles import distance, sample_von_mises, wrap
from swaputils.inputs import Periods
from swaputils.task import TaskConfig
from swaputils.training.loop import SelectionNotLearnt
from swaputils.trials import Displays, Trials
from tests.small import answered, seeded, swap_posterior

SHORT = Periods(0.1, 0.05, 0.1, 0.05, 0.2)
TASK = TaskConfig(cueing="probe", probes="locations", items=1, periods=replace(SHORT, delay=0.1))
TWO = replace(TASK, items=2, centres=8, separation=0.0)
SMALL = GRUConfig(hidden=24, components=3, updates=300, batch=64, rate=1e-2, widths=(0.1,))


def trials(count: int, kappa: float) -> Trials:
    """Responses of a known precision to single items."""
    displays = TASK.sample(count, generator=seeded())
    noise = sample_von_mises(torch.full((count,), kappa, dtype=torch.float64), generator=seeded())
    return Trials(displays, wrap(displays.cued_report + noise), torch.ones(count, dtype=torch.long))


def test_the_density_integrates_to_one():
    network = MixtureGRU(TASK, SMALL, generator=seeded())
    nodes = 2 * math.pi * torch.arange(720, dtype=torch.float64) / 720 - math.pi
    one = TASK.sample(1, generator=seeded())
    repeated = Displays(*(feature.expand(720, -1) for feature in (one.report, one.probe)), one.cued.expand(720))
    density = network.log_density(repeated, nodes).exp().detach()
    assert float(density.mean()) * 2 * math.pi == pytest.approx(1, abs=1e-5)


def mean_density(network: MixtureGRU, trials: Trials) -> float:
    with torch.no_grad():
        return float(network.log_density(trials.displays, trials.response).mean())


def test_it_learns_responses_around_the_item_and_stops_where_others_are_likeliest():
    observed, checked = trials(2_000, 8.0)[:1_500], trials(2_000, 8.0)[1_500:]
    new = MixtureGRU(TASK, SMALL, generator=seeded())
    density = mean_density(taught_gru(new, observed, checked, SMALL, generator=seeded()), checked)
    entropy = math.log(2 * math.pi) + float(torch.special.i0e(torch.tensor(8.0)).log()) + 8
    entropy -= 8 * float(torch.special.i1e(torch.tensor(8.0)) / torch.special.i0e(torch.tensor(8.0)))
    assert -math.log(2 * math.pi) + 0.5 < density < -entropy + 0.1
    few = taught_gru(new, observed[:20], checked, SMALL, generator=seeded())
    assert mean_density(few, checked) < density and mean_density(few, observed[:20]) < 3  # before the few were certain


def near(network: MixtureGRU, displays: Displays, item: torch.Tensor) -> float:
    """Probability of a response within an eighth of the circle from an item, mean over displays."""
    offsets = torch.linspace(-math.pi / 4, math.pi / 4, 33, dtype=torch.float64)
    every = displays[torch.arange(len(displays)).repeat_interleave(33)]
    response = displays.report.gather(1, item[:, None]) + offsets
    with torch.no_grad():
        density = network.log_density(every, wrap(response.flatten())).exp().unflatten(0, (-1, 33))
    return float(torch.trapezoid(density, offsets.to(density)).mean())


@pytest.fixture(scope="module")
def selected() -> MixtureGRU:
    return selected_gru([replace(TWO, periods=SHORT), TWO], replace(SMALL, selection_updates=2_000), generator=seeded())


def test_without_any_human_trial_it_learns_to_answer_with_the_cued_item(selected):
    displays = TWO.sample(300, generator=seeded(1))
    assert near(selected, displays, displays.cued) > 0.8
    apart = displays[distance(*displays.report.T) > math.pi / 2]
    assert near(selected, apart, 1 - apart.cued) < 0.15
    asked_for_the_other = Displays(displays.report, displays.probe, 1 - displays.cued)
    assert near(selected, asked_for_the_other, 1 - displays.cued) > 0.8


def test_selection_that_is_not_learnt_is_an_error():
    with pytest.raises(SelectionNotLearnt, match="after 100 updates the GRU is at lesson 1 of 2"):
        selected_gru([TWO, TWO], replace(SMALL, selection_updates=100), generator=seeded())


def test_of_a_known_observer_trials_drawn_anew_teach_more(selected, monkeypatch):
    truth = swap_posterior(-0.3)
    observed, checked, others = (
        answered(truth, TWO.sample(count, generator=seeded(count)), count) for count in (160, 41, 2_000)
    )

    def density(config: GRUConfig) -> float:
        return mean_density(taught_gru(selected, observed, checked, config, generator=seeded()), others)

    anew = density(replace(SMALL, widths=(0.0, 0.2)))
    known = float(surrogate.response_log_density(truth, others.displays, others.response).mean())
    monkeypatch.setattr(gru, "drawn_anew", as_they_were)
    assert density(replace(SMALL, widths=(0.0,))) < anew < known


def as_they_were(observed: Trials, count: int, width: float, *, generator: torch.Generator) -> Trials:
    return observed[torch.randint(len(observed), (count,), generator=generator)]
