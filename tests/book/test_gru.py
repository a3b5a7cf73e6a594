"""The recurrent network with a mixture-density head: its density is one, and it learns what can be learnt."""

import math

import pytest
import torch

from swapbook.gru import GRUConfig, MixtureGRU, train_gru
from swaputils.angles import sample_von_mises, wrap
from swaputils.inputs import Periods
from swaputils.task import TaskConfig
from swaputils.trials import Displays, Trials
from tests.small import seeded

TASK = TaskConfig(cueing="probe", probes="locations", items=1, periods=Periods(0.1, 0.1, 0.1, 0.05, 0.2))
SMALL = GRUConfig(hidden=24, components=3, updates=300, batch=64, rate=1e-2)


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


def test_it_learns_responses_around_the_item_and_stops_where_others_are_likeliest():
    observed, checked = trials(2_000, 8.0)[:1_500], trials(2_000, 8.0)[1_500:]
    network = train_gru(TASK, observed, checked, SMALL, generator=seeded())
    with torch.no_grad():
        density = float(network.log_density(checked.displays, checked.response).mean())
    entropy = math.log(2 * math.pi) + float(torch.special.i0e(torch.tensor(8.0)).log()) + 8
    entropy -= 8 * float(torch.special.i1e(torch.tensor(8.0)) / torch.special.i0e(torch.tensor(8.0)))
    assert -math.log(2 * math.pi) + 0.5 < density < -entropy + 0.1
    few = train_gru(TASK, observed[:20], checked, SMALL, generator=seeded())
    with torch.no_grad():
        kept = float(few.log_density(checked.displays, checked.response).mean())
        learnt_by_heart = float(few.log_density(observed[:20].displays, observed[:20].response).mean())
    assert kept < density and learnt_by_heart < 3  # it did not go on until the few were certain
