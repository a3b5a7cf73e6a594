"""Measures of a network's population activity: its colour planes, when its null space knows of a swap, and along which direction."""

import math
from dataclasses import replace

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from torch import Tensor

from swapbook.colour_planes import noise_ceiling, plane_alignment
from swapbook.plan import Plan
from swaputils import behaviour
from swaputils.angles import to_angle, wrap
from swaputils.network.rnn import RNN
from swaputils.network.rollout import Rollout
from swaputils.responders import Noisy
from swaputils.task import repeated_display
from swaputils.training.recipes import MIXTURE_DENSITY
from swaputils.trials import Displays

LEAST_SWAPS = 50  # in each half of the trials, to tell them from correct ones
REPORTS = (0.0, 2.1)  # of the display that is shown many times, rad
PROBES = (0.0, math.pi / 4)
DECIMALS = 4  # that are stored


def neural_measures(rnn: RNN, plan: Plan, *, generator: torch.Generator) -> dict:
    """`colour_planes`, and where the network swaps often enough `decision` and `swap_axes`.

    Nothing for networks of other numbers of items than two, untrained ones, and those whose responses are not read from the state.
    """
    if plan.taught.items != 2 or plan.taught.objective in (None, MIXTURE_DENSITY):
        return {}
    found = {"colour_planes": colour_planes(rnn, plan, generator=generator)}
    for name, measure in (("decision", decision), ("swap_axes", swap_axes)):
        measured = measure(rnn, plan, generator=generator)
        if measured is not None:
            found[name] = measured
    return found


def colour_planes(rnn: RNN, plan: Plan, *, generator: torch.Generator) -> dict[str, list]:
    """Alignment of the null-space planes of the two items' colours at each step, correct trials.

    One entry for each distance of the items' probes (rad; None where the cue is an index): distance, alignment and ceiling, each a
    course over steps; see `colour_planes.plane_alignment` and `colour_planes.noise_ceiling`. The probes stay where they are, so that an
    item is the same item in every trial.
    """
    trials, bins = plan.scale.activity, plan.scale.bins
    found: dict[str, list] = {"distance": [], "alignment": [], "ceiling": []}
    by_probe = plan.taught.cueing == "probe"
    for apart in (1, 2, 3, 4) if by_probe else (None,):
        displays = plan.task.sample(trials, generator=generator)
        if apart is not None:
            probe = torch.tensor([0.0, apart * math.pi / 4], dtype=torch.float64)
            displays = replace(displays, probe=wrap(probe).expand(trials, -1))
        run, swapped = _simulated(rnn, plan, displays, generator)
        states = rnn.in_null_space(torch.cat((run.preparation, run.report[:, 1:]), dim=1)[~swapped])
        chosen = states, displays.cued_report[~swapped], displays.cued[~swapped]
        found["distance"].append(apart and apart * math.pi / 4)
        found["alignment"].append(_rounded(plane_alignment(*chosen, bins)))
        found["ceiling"].append(_rounded(noise_ceiling(*chosen, bins, generator=generator)))
    return found


def decision(rnn: RNN, plan: Plan, *, generator: torch.Generator) -> dict[str, list[float]] | None:
    """How well eventual swaps can be told from correct trials at each report step, for one display that is shown many times.

    Areas under the ROC curve: null_space, of a linear discriminant on trials that it was not fitted to; plane, of the exact
    probability of a swap given the readout plane and the target. None where swaps are too rare.
    """
    trials = plan.scale.activity
    displays = repeated_display(REPORTS, PROBES, 0, trials)
    run, swapped = _simulated(rnn, plan, displays, generator)
    fitted, held_out = slice(trials // 2), slice(trials // 2, None)
    if min(int(swapped[half].sum()) for half in (fitted, held_out)) < LEAST_SWAPS:
        return None
    plane, null = rnn.in_plane(run.report), rnn.in_null_space(run.report).numpy()
    target = plan.task.target(displays)
    exact = target.responsibilities(plan.schedule, plane[:, :-1])[held_out, :, 1].numpy()
    from_null = []
    for step in range(plan.schedule.steps):
        model = LinearDiscriminantAnalysis(priors=(0.5, 0.5)).fit(null[fitted, step], swapped[fitted])
        from_null.append(roc_auc_score(swapped[held_out], model.decision_function(null[held_out, step])))
    from_plane = [roc_auc_score(swapped[held_out], exact[:, step]) for step in range(plan.schedule.steps)]
    return {"null_space": _rounded(from_null), "plane": _rounded(from_plane)}


def swap_axes(rnn: RNN, plan: Plan, *, generator: torch.Generator) -> dict[str, list[float]] | None:
    """Which principal components of null-space activity at the end of the report tell swaps from correct trials.

    The cued item is the same in all trials, the colour of the other one varies. area: under the ROC curve of each of the first
    four components, at least 0.5 as their sign is arbitrary. None where swaps are too rare.
    """
    trials = plan.scale.activity
    others = plan.task.config.separation + (2 * math.pi - 2 * plan.task.config.separation) * torch.rand(
        trials, dtype=torch.float64, generator=generator
    )
    displays = repeated_display(REPORTS, PROBES, 0, trials)
    displays = replace(displays, report=wrap(torch.stack((torch.zeros_like(others), others), dim=1)))
    run, swapped = _simulated(rnn, plan, displays, generator)
    if swapped.sum() < 2 * LEAST_SWAPS:
        return None
    scores = PCA(4).fit_transform(rnn.in_null_space(run.report[:, -1]).numpy())
    areas = np.array([roc_auc_score(swapped, score) for score in scores.T])
    return {"area": _rounded(np.maximum(areas, 1 - areas))}


@torch.no_grad()
def _simulated(rnn: RNN, plan: Plan, displays: Displays, generator: torch.Generator) -> tuple[Rollout, Tensor]:
    """States of the network, and which of its responses are swaps."""
    run = Noisy(rnn, plan.task).activity(displays, generator)
    return run, behaviour.is_swap(displays, to_angle(rnn.in_plane(run.report[:, -1])))


def _rounded(values) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]
