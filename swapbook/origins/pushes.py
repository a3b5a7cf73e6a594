"""What a push of a network's state does to its report, by direction, time and dose."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from swapbook.conditions import BY_NUMBER, BY_NUMBER_BETWEEN_PLACES, BY_OWN_NOISE
from swapbook.networks import Network, Trained
from swapbook.null_space_measures import REPORTS
from swapbook.origins.replays import SEED, Replay, far, replay, swapped
from swapbook.origins.settlement import each_network
from swaputils.angles import to_xy
from swaputils.inputs import STEP_SECONDS
from swaputils.responders import Noisy

TRIALS = 1_000
DOSES = (0.0, 0.25, 0.5, 1.0, 2.0)
PUSHED = (
    "index_no_swap",
    "index_swap",
    *BY_NUMBER,
    *BY_OWN_NOISE,
    "probe_similarity_00",
    *BY_NUMBER_BETWEEN_PLACES,
)
RANDOM = 4  # directions of each time
SPREAD = 2_000  # trials that the covariance comes from
INTO_REPORT = (10, 20)  # steps of the report before a push: 0.5 and 1 s
PLANE_PUSH = 1.0  # in the readout plane, where noised responses have about unit variance


def pushes() -> pd.DataFrame:
    """Reports after the state outside the readout plane was pushed at one time, the same noise in every trial.

    One row for each network, moment, direction and dose: condition, seed; moment; time (s); direction: "swap", from the mean of the
    correct trials to that of the swaps of the same display; "exchange", to the mean of displays with the colours of the items
    exchanged; "random", as long as that, drawn from the covariance of activity over displays; "plane", of the readout plane, towards
    the other item by PLANE_PUSH; dose, in units of that whole way; length of the push; swap_rate; far, share of reports that are near
    neither item; switched, share of trials whose report is of another item than without the push; predicted, for pushes of the plane:
    the swap rate of the ideal sampler from the states that were pushed.
    """
    return each_network(_of_one, *PUSHED, most=5)


def _of_one(network: Network) -> list[dict]:
    trained = network.load()
    shown, others = replay(trained, TRIALS), _others(trained)
    delay_end, cue_end = trained.plan.task.periods.cue_steps
    report = trained.plan.task.periods.preparatory_steps
    moments = {"end of the delay": delay_end, "end of the cue": cue_end}
    moments |= {f"{STEP_SECONDS * steps:g} s into the report": report + steps for steps in INTO_REPORT}
    rows = []
    for moment, step in moments.items():
        known = {"moment": moment, "time": STEP_SECONDS * step}
        for name, ways in _directions(shown, others, step).items():
            rows += [known | {"direction": name, "dose": dose} | _after(shown, step, ways, dose) for dose in DOSES]
        if step > report:
            rows += [known | {"direction": "plane", "dose": dose} | _in_plane(shown, step, dose) for dose in DOSES]
    return rows


def _in_plane(shown: Replay, step: int, dose: float) -> dict:
    """Reports after a push of the readout plane towards the other item, beside the ideal sampler's."""
    rnn, plan = shown.trained.rnn, shown.trained.plan
    cued, other = to_xy(shown.displays.report[0])
    way = (other - cued) / (other - cued).norm() * PLANE_PUSH
    start = plan.task.periods.preparatory_steps
    path = rnn.in_plane(shown.states[:, start - 1 : -1]).clone()
    path[:, step - start] += dose * way
    swap = plan.task.target(shown.displays).responsibilities(plan.schedule, path)[:, step - start, 1]
    return _after(shown, step, [way @ rnn.readout], dose) | {"predicted": float(swap.mean())}


def _after(shown: Replay, step: int, ways: list[Tensor], dose: float) -> dict:
    """Reports after pushes along some directions, means over these."""
    ends = [shown.pushed(step, dose * way) for way in ways]
    wrong = torch.stack([swapped(shown.displays, end) for end in ends])
    return {
        "length": float(torch.stack(ways).norm(dim=1).mean()) * dose,
        "swap_rate": float(wrong.double().mean()),
        "far": float(torch.stack([far(shown.displays, end) for end in ends]).double().mean()),
        "switched": float((wrong != shown.swapped).double().mean()),
    }


@dataclass(frozen=True)
class _Others:
    """States [trials, steps, U] of the same network: with the colours of the items exchanged, and over many displays."""

    exchanged: Tensor
    varied: Tensor


def _others(trained: Trained) -> _Others:
    displays = trained.plan.task.sample(SPREAD, generator=torch.Generator().manual_seed(SEED))
    run = Noisy(trained.rnn, trained.plan.task).activity(displays, torch.Generator().manual_seed(SEED + 1))
    varied = torch.cat((run.preparation, run.report[:, 1:]), dim=1)
    return _Others(replay(trained, TRIALS, report=REPORTS[::-1]).states, varied)


def _directions(shown: Replay, others: _Others, step: int) -> dict[str, list[Tensor]]:
    """Ways [U] outside the readout plane at one step; no "swap" where no trial ends in one."""
    outside = shown.trained.rnn.null_space.T @ shown.trained.rnn.null_space
    now, wrong = shown.states[:, step - 1], shown.swapped
    exchange = (others.exchanged[:, step - 1].mean(0) - now.mean(0)) @ outside
    varied = others.varied[:, step - 1] @ outside
    centred = varied - varied.mean(0)
    generator = torch.Generator().manual_seed(SEED + step)
    drawn = torch.randn((RANDOM, len(centred)), generator=generator, dtype=centred.dtype) @ centred
    found = {"exchange": [exchange], "random": list(drawn / drawn.norm(dim=1, keepdim=True) * exchange.norm())}
    if 0 < wrong.sum() < len(wrong):
        found["swap"] = [(now[wrong].mean(0) - now[~wrong].mean(0)) @ outside]
    return found
