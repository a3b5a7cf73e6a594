"""Accounts of swaps (misbinding, misselection, misinterpretation): recovered on planted and on injected errors, and found in networks.

An error is injected by patching a network's state: with that of exchanged colours at the end of the delay (misbinding), with that of
exchanged colours and the same cue at the end of the cue (misselection), or with that of the same colours and the other cue then
(misinterpretation). The trial goes on from there, and what the network then answers is its report.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from swapbook.conditions import BY_NUMBER_BETWEEN_PLACES, CONDITIONS, SETTLED
from swapbook.cortex.network_states import networks
from swapbook.networks import Network
from swaputils.angles import to_angle, wrap
from swaputils.geometry.accounts import PAIRS, Accounts, fit_accounts
from swaputils.geometry.harmonics import UnusableActivity
from swaputils.geometry.planted import SEPARATION, Plan
from swaputils.geometry.plantedswaps import ACCOUNTS, SwapPlan, plant_swaps
from swaputils.network.patching import continued
from swaputils.network.rollout import draw_noise, rollout
from swaputils.responders import Noisy
from swaputils.trials import Displays

SEED = 1_000_061  # of displays, noise and folds that no training run and no other measure draws
MOMENTS = {"end of the cue": 0, "0.6 s later": 12, "1.2 s later": 24, "end of the report": None}
"""Steps from the end of the cue to where activity after it is read; None for the last one."""
OBSERVED, INJECTED = 4_000, 2_000  # trials of a network as it is, and with injected errors
SHARE = 0.1  # of trials that get an injected error
SEEDS, INJECTED_SEEDS = 5, 3  # networks of a condition, at most
SESSIONS = 10  # planted ones for each account
PLANTED = {
    "network noise": Plan(trials=2_000, alignment=0.3, separation=SEPARATION),
    "session, noise 0.5": Plan(trials=375, units=67, alignment=0.3, separation=SEPARATION, noise=0.5),
    "session, noise 1": Plan(trials=375, units=67, alignment=0.3, separation=SEPARATION, noise=1.0),
}
PATCHED = ("index_task_optimal", "index_no_swap", "index_swap")
SWAPPING = (
    "index_swap",
    "index_swap_05",
    "index_swap_continued",
    "index_swap_64",
    "index_swap_waits",
    "index_no_swap",
    "probe_similarity_00",
)
KNOWN_TIMES = (
    "index_swap",
    *(name for name in SETTLED if name.startswith("index_swap")),
    "probe_similarity_00",
    *BY_NUMBER_BETWEEN_PLACES,
)
PROBES = (0.0, math.pi / 4)  # of the one pair of places of probe-cued networks


def recovery_table() -> pd.DataFrame:
    """Accounts found where the true one is known: planted activity, and networks whose state is patched.

    source, seed: kind of planted session or condition, and which; account: the true one of all injected errors;
    injected: their share of the swaps that the reports hold; from found on as in `network_table`.
    """
    rows: list[dict] = []
    for source, sizes in PLANTED.items():
        for account in ACCOUNTS:
            plan = SwapPlan(sizes, shares=tuple(float(each == account) for each in ACCOUNTS))
            for seed in range(SESSIONS if "session" in source else INJECTED_SEEDS):
                generator = torch.Generator().manual_seed(SEED + seed)
                session = plant_swaps(plan, generator=generator).session
                known = {"source": source, "seed": seed, "account": account, "injected": 1.0}
                rows += [known | row for row in _rows(fit_accounts(*session, generator=generator))]
    for network in networks(*PATCHED, most=INJECTED_SEEDS):
        for account in ACCOUNTS[:-1]:
            known = {"source": network.condition, "seed": network.seed, "account": account}
            rows += [known | row for row in injected(network, account)]
    return pd.DataFrame(rows)


def network_table(conditions: tuple[str, ...] = SWAPPING, most: int = SEEDS) -> pd.DataFrame:
    """Accounts of the networks' own swaps, a row for each group of accounts that are told together.

    condition, title, seed; moment: when activity after the cue was read; found: names of the accounts; share of swaps,
    with its 95 % interval low to high; swaps: their expected number; and d' of each pair of states. Networks with too
    few swaps are left out.
    """
    rows: list[dict] = []
    for network in networks(*conditions, most=most):
        try:
            for moment, found in observed(network):
                known = {"condition": network.condition, "title": CONDITIONS[network.condition].title}
                rows += [known | {"seed": network.seed, "moment": moment} | row for row in _rows(found)]
        except UnusableActivity:
            continue
    return pd.DataFrame(rows)


def observed(network: Network) -> Iterator[tuple[str, Accounts]]:
    """Accounts of a network's own swaps, with activity after the cue read at each of the MOMENTS; errors as of `fit_accounts`."""
    trained, generator = network.load(), torch.Generator().manual_seed(SEED)
    displays = _displays(network, OBSERVED, generator)
    run = Noisy(trained.rnn, trained.plan.task).activity(displays, generator)
    states = torch.cat((run.preparation, run.report[:, 1:]), dim=1)
    report = to_angle(trained.rnn.in_plane(states[:, -1]))
    delay_end, cue_end = network.plan.task.periods.cue_steps
    for moment, later in MOMENTS.items():
        before, after = states[:, delay_end - 1], states[:, -1 if later is None else cue_end - 1 + later]
        yield moment, fit_accounts(before, after, displays.report, displays.cued, report, generator=generator)


def injected(network: Network, account: str) -> list[dict]:
    """Rows of `recovery_table` for one account and network, from injected on."""
    generator = torch.Generator().manual_seed(SEED)
    displays = _displays(network, INJECTED, generator)
    wrong = torch.rand(len(displays), generator=generator) < SHARE
    states, report = patched(network, displays, wrong, account, generator)
    delay_end, cue_end = network.plan.task.periods.cue_steps
    before, after = states[:, delay_end - 1], states[:, cue_end - 1]
    found = fit_accounts(before, after, displays.report, displays.cued, report, generator=generator)
    errors = wrap(report[:, None] - displays.report).abs()
    swapped = errors.argmin(1) != displays.cued
    return [{"injected": float(wrong[swapped].double().mean())} | row for row in _rows(found)]


@torch.no_grad()
def patched(
    network: Network, displays: Displays, wrong: Tensor, account: str, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """States [trials, steps, units] and reports [trials] of a network, with an error injected in some trials."""
    trained = network.load()
    rnn, task = trained.rnn, trained.plan.task
    delay_end, cue_end = network.plan.task.periods.cue_steps
    step = delay_end if account == "misbinding" else cue_end
    exchanged, other = replace(displays, report=displays.report.flip(1)), replace(displays, cued=1 - displays.cued)
    donors = other if account == "misinterpretation" else exchanged
    inputs = task.encode(displays).to(rnn.readout)
    noise = draw_noise(rnn, inputs, generator=generator)
    own, donated = (rollout(rnn, each, noise) for each in (inputs, task.encode(donors).to(rnn.readout)))
    state = donated.preparation[:, step - 1].where(wrong[:, None], own.preparation[:, step - 1])
    rest = continued(rnn, inputs, noise, step, state)
    states = torch.cat((own.preparation[:, : step - 1], state[:, None], rest), dim=1)
    return states, to_angle(rnn.in_plane(states[:, -1]))


def _displays(network: Network, trials: int, generator: torch.Generator) -> Displays:
    """Displays of the network's task; items keep their places where the cue is a probe."""
    displays = network.plan.task.sample(trials, generator=generator)
    if CONDITIONS[network.condition].cueing == "probe":
        displays = replace(displays, probe=torch.tensor(PROBES, dtype=torch.float64).expand(trials, -1))
    return displays


def _rows(found: Accounts) -> list[dict]:
    """A row for each group of accounts: found, their names; share, low, high; swaps; and d' of each pair of states."""
    separation = {f"{time}: {first} - {second}": float(d) for (time, first, second), d in zip(PAIRS, found.separation)}
    rows = []
    for group, share, low, high in zip(found.told, found.share.tolist(), found.low.tolist(), found.high.tolist()):
        row = {"found": " + ".join(group), "share": share, "low": low, "high": high, "swaps": found.swaps}
        rows.append(row | separation)
    return rows
