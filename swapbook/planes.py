"""Colour planes of a network through a trial, by regression on both colours of displays whose colours are independent."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from swapbook.plan import Plan
from swaputils import geometry
from swaputils.angles import to_angle, wrap
from swaputils.behaviour import is_swap
from swaputils.network.rnn import RNN
from swaputils.responders import Noisy
from swaputils.training.recipes import MIXTURE_DENSITY
from swaputils.trials import Displays

SEED = 1_000_051  # of displays, noise and parts that no training run and no other measure draws
AFTER = 6  # steps after the cue at which planes are compared once more: 0.3 s
MOMENTS = ("before", "after", "later")  # end of the delay, end of the cue, and 0.3 s later
DECIMALS = 4  # that are stored


def planes(rnn: RNN, plan: Plan) -> dict:
    """The colour planes of the two items, for each distance of their probes.

    Under "planes", lists with an entry for each distance (rad; None where the cue is an index). At each step: course, low and high, the
    alignment of the two planes with its interval over trials (until the cue all trials count; from then on each plane comes from the trials
    that cue its item); chance, below which 95 % of pairs of random planes within the measured covariance lie; published, |n_1 . n_2| of the
    published measure on displays with a least distance of colours, correct trials.

    At the MOMENTS: correct, as course for correct trials alone; separated and with_interactions, as course on displays with a least
    distance of colours, without and with the interactions; nonselected and selected_nonselected, planes of the items that were not
    cued, and of the cued item against the other one; phase, rho_cross, rho_self and additive_r2, see `geometry.alignment`.

    Nothing for networks of other numbers of items than two, untrained ones, and those whose responses are not read from the state.
    """
    if plan.taught.items != 2 or plan.taught.objective in (None, MIXTURE_DENSITY):
        return {}
    generator = torch.Generator().manual_seed(SEED)
    steps = (1, 2, 3, 4) if plan.taught.cueing == "probe" else (None,)
    found: dict[str, list] = {"distance": []}
    for apart in steps:
        found["distance"].append(apart and apart * math.pi / 4)
        for name, value in _compared(rnn, plan, apart, generator).items():
            found.setdefault(name, []).append(value)
    return {"planes": found}


def _compared(rnn: RNN, plan: Plan, apart: int | None, generator: torch.Generator) -> dict[str, list]:
    """The measures for one distance of the probes."""
    config = plan.task.config
    on = config.periods.steps("stimulus") + config.periods.steps("delay")
    off = on + config.periods.steps("cue")
    moments = [on - 1, off - 1, off - 1 + AFTER]
    free, states, _ = activity(rnn, plan, 0.0, apart, generator)
    wrong = is_swap(free, to_angle(rnn.in_plane(states[:, -1])))
    hidden = rnn.in_null_space(states)
    before = geometry.colour_alignment(hidden[:, :on], free.report, generator=generator)
    after = geometry.colour_alignment(hidden[:, on:], free.report, free.cued, generator=generator)
    found = {"course": _joined(before, after, "value"), "low": _joined(before, after, "low")}
    found |= {"high": _joined(before, after, "high")}
    found["chance"] = _rounded(torch.cat((before.planes.chance[1], after.planes.chance[1])))
    later = [moment - on for moment in moments[1:]]
    correct = geometry.colour_alignment(
        hidden[~wrong][:, moments], free.report[~wrong], free.cued[~wrong], generator=generator
    )
    found["correct"] = _rounded(correct.alignment.value)
    for name in ("nonselected", "selected_nonselected"):
        found[name] = _rounded(getattr(after, name).alignment.value[later])
    for name in ("phase", "rho_cross", "rho_self"):
        both = (getattr(before.planes, name).value[-1:], getattr(after.planes, name).value[later])
        found[name] = _rounded(torch.cat(both))
    found["additive_r2"] = _rounded(torch.cat((before.additive_r2.value[-1:], after.additive_r2.value[later])))
    return found | _on_separated(rnn, plan, apart, moments, generator)


def _on_separated(
    rnn: RNN, plan: Plan, apart: int | None, moments: list[int], generator: torch.Generator
) -> dict[str, list]:
    """The same estimate, and the published measure, on displays whose colours keep the distance of the task."""
    shown, states, hidden = activity(rnn, plan, plan.task.config.separation, apart, generator)
    wrong = is_swap(shown, to_angle(rnn.in_plane(states[:, -1])))
    first = geometry.colour_alignment(hidden[:, moments[:1]], shown.report, generator=generator).planes
    rest = geometry.colour_alignment(hidden[:, moments[1:]], shown.report, shown.cued, generator=generator).planes
    found = {"separated": _rounded(torch.cat((first.alignment.value, rest.alignment.value)))}
    found["with_interactions"] = _rounded(torch.cat((first.with_interactions.value, rest.with_interactions.value)))
    correct = hidden[~wrong], shown.cued_report[~wrong], shown.cued[~wrong]
    found["published"] = _rounded(geometry.reported_colour_cosine(*correct, plan.scale.bins))
    return found


@torch.no_grad()
def activity(
    rnn: RNN, plan: Plan, separation: float, apart: int | None, generator: torch.Generator
) -> tuple[Displays, Tensor, Tensor]:
    """Displays with probes that stay where they are, so that an item is the same in every trial; states, and their null space."""
    task = replace(plan.task, config=replace(plan.task.config, separation=separation))
    displays = task.sample(plan.scale.activity, generator=generator)
    if apart is not None:
        probe = torch.tensor([0.0, apart * math.pi / 4], dtype=torch.float64)
        displays = replace(displays, probe=wrap(probe).expand(len(displays), -1))
    run = Noisy(rnn, task).activity(displays, generator)
    states = torch.cat((run.preparation, run.report[:, 1:]), dim=1)
    return displays, states, rnn.in_null_space(states)


def _joined(before: geometry.ColourAlignment, after: geometry.ColourAlignment, end: str) -> list[float]:
    return _rounded(torch.cat((getattr(before.alignment, end), getattr(after.alignment, end))))


def _rounded(values: Tensor) -> list[float | None]:
    """As stored: None where it cannot be told."""
    return [None if math.isnan(value) else round(value, DECIMALS) for value in values.tolist()]
