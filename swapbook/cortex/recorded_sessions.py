"""Sessions as the animals', recorded from networks whose swaps are settled at a known time: what tells their swaps, and how far planes overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float
from sklearn.metrics import roc_auc_score
from torch import Tensor

from swapbook.conditions import BY_NUMBER, BY_OWN_NOISE
from swapbook.cortex.as_recordings import A_SESSION, BASELINES, MATCHING, NEURONS, SESSIONS, TUNED
from swapbook.cortex.network_states import simulate
from swapbook.networks import Network
from swapbook.origins.settlement import each_network
from swaputils.angles import to_angle
from swaputils.behaviour import is_swap
from swaputils.geometry.accounts import evidence
from swaputils.geometry.crossproducts import cross_products
from swaputils.geometry.planepairs import pair_measures, pair_of_rows
from swaputils.geometry.recorded_neurons import Neurons, Readout, matched
from swaputils.trials import Displays

RECORDED = (
    "index_swap",
    *BY_NUMBER,
    "index_swap_settled_late",
    *BY_OWN_NOISE,
)
WINDOW = 5  # steps in which spikes are counted: the last .25 s of the delay, and the first after the cue
STATES = {"exchanged colours, before": (0, 2), "exchanged colours, after": (1, 0), "other cue, after": (1, 1)}
"""States of an error, by their places in `accounts.Evidence.swap` before and after the cue; that of correct trials is OWN."""
OWN = (1, 2)
SIZES = (8, 12, SESSIONS, 40, 70, 120, 200)  # sessions of an experiment
DRAWS = 400  # experiments of each size
POOL = 200  # sessions of a network, each with neurons of its own, that these are drawn from; few would repeat in an experiment
FIRST, SECOND = 0, 2  # rows of the cross-products at which the rings of the two items start


def session_areas() -> pd.DataFrame:
    """How well the spikes of a session tell that a trial ends in a swap: sessions of as many neurons and trials as the animals'.

    One row for each network, session and state: condition, seed, session; state: which state of an error activity is held to be in,
    rather than that of correct trials; area under the ROC curve of the log-likelihood ratio of the two, swaps against correct trials.
    """
    return each_network(_areas, *RECORDED, most=5)


def session_planes() -> pd.DataFrame:
    """How far planes overlap before the cue, by regression, in experiments of some of a network's sessions, drawn with repeats.

    One row for each network and number of sessions: condition, seed, sessions; mean and sd of the alignment over experiments, and told, the
    share of experiments in which both rings can be told from noise.
    """
    return each_network(_planes, *RECORDED, most=5)


@dataclass(frozen=True)
class _Recorded:
    """The trials of one network, dealt into sessions.

    Attributes:
        windows: [2, sessions, trials, WINDOW, units] states before the cue and after it.
        displays, report, wrong: of all trials, see `_dealt`.
    """

    windows: Tensor
    displays: Displays
    report: Tensor
    wrong: Tensor
    readout: Readout


def _recorded(network: Network, generator: torch.Generator) -> _Recorded:
    simulated = simulate(network, SESSIONS * A_SESSION)
    displays = simulated.displays
    report = to_angle(network.load().rnn.in_plane(simulated.states[:, -1]))
    starts = (simulated.on - WINDOW, simulated.off)
    windows = torch.stack([_dealt(simulated.states[:, start : start + WINDOW]) for start in starts])
    colours = _dealt(displays.report)[:MATCHING]
    readout = matched(windows[0, :MATCHING], colours, TUNED, BASELINES[0], generator=generator)
    return _Recorded(windows, displays, _dealt(report), _dealt(is_swap(displays, report)), readout)


def _dealt(values: Tensor) -> Tensor:
    """Trials as [sessions, trials of a session]."""
    return values.unflatten(0, (SESSIONS, A_SESSION))


def _areas(network: Network) -> list[dict]:
    generator = torch.Generator().manual_seed(network.seed)
    shown = _recorded(network, generator)
    colours, cued, wrong = _dealt(shown.displays.report), _dealt(shown.displays.cued), shown.wrong
    rows = []
    for session in range(SESSIONS):
        neurons = shown.readout.drawn(NEURONS // SESSIONS, generator=generator)
        before, after = (_spikes(neurons, shown.windows[moment, session], generator) for moment in (0, 1))
        says = evidence(before, after, colours[session], cued[session], shown.report[session], generator=generator)
        for state, (first, second) in STATES.items():
            ratio = says.swap[:, first, second] - says.swap[:, OWN[0], OWN[1]]
            area = roc_auc_score(wrong[session], ratio) if 0 < wrong[session].sum() < A_SESSION else math.nan
            rows.append({"session": session, "state": state, "area": area})
    return rows


def _planes(network: Network) -> list[dict]:
    generator = torch.Generator().manual_seed(network.seed)
    shown = _recorded(network, generator)
    colours = _dealt(shown.displays.report)
    sessions = []
    for session in (number % SESSIONS for number in range(POOL)):
        neurons = shown.readout.drawn(NEURONS // SESSIONS, generator=generator)
        spikes = _spikes(neurons, shown.windows[0, session], generator)
        found = cross_products(spikes, colours[session], generator=generator, harmonics=1, jackknife=False)
        sessions.append(found.additive)
    return overlaps(torch.cat(sessions), SIZES, generator=generator)


def overlaps(
    sessions: Float[Tensor, "sessions splits steps rows rows parts parts"],
    sizes: Sequence[int],
    *,
    generator: torch.Generator,
) -> list[dict[str, float]]:
    """Alignment in experiments of so many of some sessions, drawn with repeats; rows as those of `session_planes`.

    Args:
        sessions: `CrossProducts.additive` of each, without replicates.
    """
    rows = []
    for size in sizes:
        picked = torch.randint(len(sessions), (DRAWS, size), generator=generator)
        times = torch.nn.functional.one_hot(picked, len(sessions)).sum(1).to(sessions)
        alignment = pair_measures(pair_of_rows(torch.tensordot(times, sessions, 1), FIRST, SECOND)).alignment[:, 0]
        known = alignment[alignment.isfinite()]
        told = len(known) / DRAWS
        rows.append({"sessions": size, "mean": float(known.mean()), "sd": float(known.std()), "told": told})
    return rows


def _spikes(neurons: Neurons, states: Tensor, generator: torch.Generator) -> Tensor:
    """[trials, neurons] spikes in a window, of the neurons that fired at all."""
    counts = neurons.counts(states, generator=generator).sum(1)
    return counts[:, counts.std(0) > 0]
