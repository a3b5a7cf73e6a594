"""Networks as if they had been recorded: the animals' numbers of sessions, neurons and trials, and the published analysis of them.

Panichello & Buschman 2021: 23 sessions, 682 neurons of lateral prefrontal cortex, 8,620 trials with a retro-cue.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from swapbook.cortex.network_states import COMPARED, Simulated, networks, simulate
from swapbook.networks import Network
from swaputils.geometry import Plan, UnusableActivity, alignment_from, cross_products, validation
from swaputils.geometry.pseudo_population import Session, logistic, permuted_cosines, plane_cosines
from swaputils.geometry.recorded_neurons import BIN_SECONDS, Readout, TunedCounts, matched, tuned_counts

SESSIONS, NEURONS, TRIALS = 23, 682, 8_620
A_SESSION = round(TRIALS / SESSIONS)
TUNED = TunedCounts(112, 99, 35, 607)  # Panichello & Buschman 2021, before the cue
BASELINES = (3.0, 10.0)  # spikes/s
RECORDED = 3  # networks of each condition
DRAWS, FEWER = 10, 2  # of neurons, for each baseline: of the network of seed 0, and of the others
BOOTSTRAPS, PERMUTED, FITTED = 1_000, 100, 40
WINDOW = 6  # steps in which spikes are counted: 0.3 s
AROUND = (-0.5, 1.0)  # s, of the cue, in which a logistic course is fitted
SMALL, VALIDATED = 500, (0.0, 0.5, 0.95)  # small planted recordings, and their true alignments
GAIN, SHARE = 0.6, 0.5  # of these, near those of the networks
MATCHING = 4  # sessions on which gain and share are matched


def recordings() -> pd.DataFrame:
    """One row for every network, baseline, draw of neurons and moment.

    moment: before, the last 0.3 s before the cue; after, the first 0.3 s after its end. gain (spikes/s), share, and both_at_least, see
    `Readout`; first, second, both: tuned neurons of 607, before the cue. angle with quartiles angle_low and angle_high (degrees) over
    bootstraps, and chance, the median with colours permuted. own: alignment of the network's states, by regression. For the first draw of
    each network also pooled with pooled_low and pooled_high, the same of its neurons, cross-products added over sessions; and rise and
    middle (s after cue onset) of a logistic course of the cosine, and rise_p, the share of bootstraps in which it does not rise.
    """
    return pd.DataFrame(row for network in networks(*COMPARED, most=RECORDED) for row in _recorded(network))


def _recorded(network: Network) -> Iterator[dict]:
    simulated = simulate(network, SESSIONS * A_SESSION)
    generator = torch.Generator().manual_seed(network.seed)
    own = [_pooled([session], generator)["pooled"] for session in _own(simulated)]
    colours = simulated.displays.report.unflatten(0, (SESSIONS, A_SESSION))
    windows = torch.stack([simulated.states[:, start : start + WINDOW] for start in _starts(simulated)])
    windows = windows.unflatten(1, (SESSIONS, A_SESSION))
    for baseline in BASELINES:
        readout = matched(windows[0, :MATCHING], colours[:MATCHING], TUNED, baseline, generator=generator)
        shared = {"condition": network.condition, "seed": network.seed, "baseline": baseline}
        shared |= {name: getattr(readout, name) for name in ("gain", "share", "both_at_least")}
        for draw in range(FEWER if network.seed else DRAWS):
            sessions, found = _draw(simulated, windows, readout, generator)
            first = draw == 0 and baseline == BASELINES[0]
            found |= _course(simulated, readout, generator) if first else {}
            angles = _angles(sessions, generator)
            for moment, name in enumerate(("before", "after")):
                row = shared | {"draw": draw, "moment": name, "own": own[moment]} | found | angles[moment]
                if first:
                    row |= _pooled([_at(session, moment) for session in sessions], generator)
                yield row


def _own(simulated: Simulated) -> list[Session]:
    """The network's states themselves, as one session, in either window."""
    displays = simulated.displays
    means = [simulated.states[:, start : start + WINDOW].mean(1, keepdim=True) for start in _starts(simulated)]
    uncued = torch.full_like(displays.cued, -1)
    return [Session(mean, displays.report, cued, simulated.error) for mean, cued in zip(means, (uncued, displays.cued))]


def _starts(simulated: Simulated) -> tuple[int, int]:
    return simulated.on - WINDOW, simulated.off


def _split(values: Tensor) -> list[Tensor]:
    return list(values.unflatten(0, (SESSIONS, A_SESSION)))


def _sizes() -> list[int]:
    """Neurons of each session."""
    return [len(part) for part in torch.arange(NEURONS).tensor_split(SESSIONS)]


def _draw(
    simulated: Simulated, windows: Tensor, readout: Readout, generator: torch.Generator
) -> tuple[list[Session], dict[str, float]]:
    """Sessions of new neurons with rates in the two windows, and how many of them are tuned before the cue, of 607."""
    sessions, before = [], []
    shown = zip(*map(_split, (simulated.displays.report, simulated.displays.cued, simulated.error)))
    for session, (size, (colours, cued, error)) in enumerate(zip(_sizes(), shown)):
        neurons = readout.drawn(size, generator=generator)
        spikes = [neurons.counts(window, generator=generator).sum(1) for window in windows[:, session]]
        before.append(spikes[0])
        sessions.append(Session(torch.stack(spikes, dim=1) / (WINDOW * BIN_SECONDS), colours, cued, error))
    colours = torch.stack([session.colours for session in sessions])
    found = tuned_counts(before, colours, generator=generator)
    counts = {name: getattr(found, name) * TUNED.neurons / NEURONS for name in ("first", "second", "both")}
    return sessions, counts


def _angles(sessions: list[Session], generator: torch.Generator) -> list[dict[str, float]]:
    """The published angle at either moment, and its median with permuted colours."""
    accurate = [session.accurate() for session in sessions]
    angles = plane_cosines(accurate, BOOTSTRAPS, generator=generator).acos().rad2deg()
    low, middle, high = angles.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64), dim=0).tolist()
    chance = permuted_cosines(accurate, PERMUTED, generator=generator).acos().rad2deg().median(0).values.tolist()
    names = ("angle", "angle_low", "angle_high", "chance")
    return [dict(zip(names, values)) for values in zip(middle, low, high, chance)]


def _at(session: Session, moment: int) -> Session:
    """One window of a session; before the cue all trials count alike."""
    cued = session.cued if moment else torch.full_like(session.cued, -1)
    return Session(session.rates[:, moment : moment + 1], session.colours, cued, session.error)


def _pooled(sessions: list[Session], generator: torch.Generator) -> dict[str, float]:
    """Alignment by regression with its interval, cross-products added over sessions."""
    total = None
    for session in sessions:
        followed = session.rates[:, :, session.rates.flatten(0, 1).std(0) > 0]
        cued = session.cued if (session.cued >= 0).all() else None
        found = cross_products(followed, session.colours, cued, generator=generator, harmonics=1)
        total = found if total is None else total + found
    if total is None:
        raise UnusableActivity("no session was recorded")
    planes = alignment_from(total, generator=generator).planes.alignment
    return {"pooled": float(planes.value), "pooled_low": float(planes.low), "pooled_high": float(planes.high)}


def _course(simulated: Simulated, readout: Readout, generator: torch.Generator) -> dict[str, float]:
    """Logistic fits to the cosine in 0.1 s bins around the cue, of a pseudo-population of its own."""
    steps = [simulated.on + round(edge / BIN_SECONDS) for edge in AROUND]
    sessions = []
    shown = zip(*map(_split, (simulated.states, simulated.displays.report, simulated.displays.cued, simulated.error)))
    for size, (states, colours, cued, error) in zip(_sizes(), shown):
        neurons = readout.drawn(size, generator=generator)
        spikes = neurons.counts(states[:, slice(*steps)], generator=generator)
        pairs = spikes.unflatten(1, (-1, 2)).sum(2) / (2 * BIN_SECONDS)
        sessions.append(Session(pairs, colours, cued, error).accurate())
    cosines = plane_cosines(sessions, FITTED, generator=generator).numpy()
    times = np.arange(*AROUND, 2 * BIN_SECONDS) + BIN_SECONDS
    whole = logistic(times, cosines.mean(0))
    rises = np.array([logistic(times, each).rise for each in cosines])
    return {"rise": whole.rise, "middle": whole.middle, "rise_p": float((~(rises > 0)).mean())}


def validated() -> pd.DataFrame:
    """The estimator on small planted recordings like these, at true alignments, see `validation.recordings`.

    numerator_z, first_strength_z and second_strength_z: mean error of what it is made of, in standard errors.
    """
    generator = torch.Generator().manual_seed(0)
    draw = validation.spiking(GAIN, SHARE, BASELINES[0], WINDOW * BIN_SECONDS)
    plan = Plan(trials=A_SESSION, units=NEURONS // SESSIONS)
    return pd.DataFrame(
        [validation.recordings(replace(plan, alignment=truth), SMALL, draw, generator=generator) for truth in VALIDATED]
    )
