"""What networks report when a trial goes otherwise than in training: the cue turns to the other item, or is stronger, or the delay longer."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import torch

from swapbook.networks import Network
from swapbook.origins.period_noise import SCALED
from swapbook.origins.replays import far, swapped
from swapbook.origins.settlement import each_network
from swaputils.inputs import PREPARATION, TrialInputs
from swaputils.network.rollout import draw_noise, rollout

TRIALS = 3_000
SEED = 1_000_099  # of displays and noise that no training run and no other measure draws
DELAY, CUE = PREPARATION.index("delay"), PREPARATION.index("cue")


def _turned(after: float) -> Callable[[TrialInputs, TrialInputs], TrialInputs]:
    """The cue of the other trial from a share of the cue period on."""

    def changed(inputs: TrialInputs, other: TrialInputs) -> TrialInputs:
        first = round(after * inputs.steps[CUE])
        shown = (*inputs.shown[: CUE + 1], other.shown[CUE], *inputs.shown[CUE + 1 :])
        steps = (*inputs.steps[:CUE], first, inputs.steps[CUE] - first, *inputs.steps[CUE + 1 :])
        return replace(inputs, shown=shown, steps=steps)

    return changed


def _stronger(factor: float) -> Callable[[TrialInputs, TrialInputs], TrialInputs]:
    """The cue times a factor: what two trials of other cues have in common is no cue, and stays."""

    def changed(inputs: TrialInputs, other: TrialInputs) -> TrialInputs:
        cue, alternative = inputs.shown[CUE], other.shown[CUE]
        stronger = torch.where(cue == alternative, cue, factor * cue)
        return replace(inputs, shown=(*inputs.shown[:CUE], stronger, *inputs.shown[CUE + 1 :]))

    return changed


def _delayed(factor: int) -> Callable[[TrialInputs, TrialInputs], TrialInputs]:
    """The delay times a factor."""

    def changed(inputs: TrialInputs, other: TrialInputs) -> TrialInputs:
        steps = (*inputs.steps[:DELAY], factor * inputs.steps[DELAY], *inputs.steps[DELAY + 1 :])
        return replace(inputs, steps=steps)

    return changed


CHANGES = {
    "as trained": _delayed(1),
    "other cue, from .4 on": _turned(0.4),
    "other cue, from .8 on": _turned(0.8),
    "cue half as strong": _stronger(0.5),
    "cue twice as strong": _stronger(2.0),
    "delay twice as long": _delayed(2),
    "delay four times as long": _delayed(4),
}
"""What is otherwise, as a function of the inputs of the trials and of those in which the other item is cued.

:meta hide-value:
"""


def changed_trials() -> pd.DataFrame:
    """Reports of index-cued networks under each of CHANGES, on the same displays.

    One row for each network and change: condition, seed, change; nontarget, share of the reports that are nearer to the item that was not
    cued first; far, share near neither item.
    """
    return each_network(_of_one, *(name for name in SCALED if name.startswith("index")), most=3)


@torch.no_grad()
def _of_one(network: Network) -> list[dict]:
    trained = network.load()
    rnn, task = trained.rnn, trained.plan.task
    displays = task.sample(TRIALS, generator=torch.Generator().manual_seed(SEED))
    cued = task.encode(displays).to(rnn.readout)
    other = task.encode(replace(displays, cued=1 - displays.cued)).to(rnn.readout)
    rows = []
    for change, changed in CHANGES.items():
        inputs = changed(cued, other)
        noise = draw_noise(rnn, inputs, generator=torch.Generator().manual_seed(SEED + 1))
        end = rnn.in_plane(rollout(rnn, inputs, noise).report[:, -1])
        found = {"nontarget": swapped(displays, end), "far": far(displays, end)}
        rows.append({"change": change} | {name: float(each.double().mean()) for name, each in found.items()})
    return rows
