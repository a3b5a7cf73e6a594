"""Measures of a network's population activity: its colour planes, when its null space knows of a swap, and along which direction."""

import math
from dataclasses import replace

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from torch import Tensor

from swaputils import behaviour
from swaputils.circular import to_angle, wrap
from swaputils.diffusion import responsibilities
from swaputils.experiment import Experiment
from swaputils.neural import subspaces
from swaputils.records import Displays, Rollout
from swaputils.rnn import RNN
from swaputils.task import repeated_display, sample_displays

TRIALS, BINS = 8_000, 16
FEW_TRIALS, FEW_BINS = 1_000, 4  # at scales that evaluate fewer responses than `TRIALS`
LEAST_SWAPS = 50  # in each half of the trials, to tell them from correct ones
REPORTS = (0.0, 2.1)  # of the display that is shown many times, rad
PROBES = (0.0, math.pi / 4)
DECIMALS = 4  # that are stored


def neural_measures(rnn: RNN, plan: Experiment, *, generator: torch.Generator) -> dict:
    """`colour_planes`, and where the network swaps often enough `decision` and `swap_axes`.

    Nothing for networks of other numbers of items than two, untrained ones, and those whose responses are not read from the state.
    """
    taught = plan.config["taught"]
    if taught["items"] != 2 or taught["objective"] in ("untrained", "mixture_density"):
        return {}
    found = {"colour_planes": colour_planes(rnn, plan, generator=generator)}
    for name, measure in (("decision", decision), ("swap_axes", swap_axes)):
        measured = measure(rnn, plan, generator=generator)
        if measured is not None:
            found[name] = measured
    return found


def colour_planes(rnn: RNN, plan: Experiment, *, generator: torch.Generator) -> dict[str, list]:
    """Alignment of the null-space planes of the two items' colours at each step, correct trials.

    One entry for each distance of the items' probes (rad; None where the cue is an index): distance, alignment and ceiling, each a
    course over steps; see `subspaces.plane_alignment` and `subspaces.noise_ceiling`. The probes stay where they are, so that an
    item is the same item in every trial.
    """
    trials, bins = _sizes(plan)
    found: dict[str, list] = {"distance": [], "alignment": [], "ceiling": []}
    by_probe = plan.task.cueing == "probe"
    for apart in (1, 2, 3, 4) if by_probe else (None,):
        displays = sample_displays(plan.task, trials, generator=generator)
        if apart is not None:
            probe = torch.tensor([0.0, apart * math.pi / 4], dtype=torch.float64)
            displays = replace(displays, probe=wrap(probe).expand(trials, -1))
        run, swapped = _simulated(rnn, plan, displays, generator)
        states = rnn.in_null_space(torch.cat((run.preparation, run.report[:, 1:]), dim=1)[~swapped])
        chosen = states, displays.cued_report[~swapped], displays.cued[~swapped]
        found["distance"].append(apart and apart * math.pi / 4)
        found["alignment"].append(_rounded(subspaces.plane_alignment(*chosen, bins)))
        found["ceiling"].append(_rounded(subspaces.noise_ceiling(*chosen, bins, generator=generator)))
    return found


def decision(rnn: RNN, plan: Experiment, *, generator: torch.Generator) -> dict[str, list[float]] | None:
    """How well eventual swaps can be told from correct trials at each report step, for one display that is shown many times.

    Areas under the ROC curve: null_space, of a linear discriminant on trials that it was not fitted to; plane, of the exact
    probability of a swap given the readout plane and the target. None where swaps are too rare.
    """
    trials, _ = _sizes(plan)
    displays = repeated_display(REPORTS, PROBES, 0, trials)
    run, swapped = _simulated(rnn, plan, displays, generator)
    fitted, held_out = slice(trials // 2), slice(trials // 2, None)
    if min(int(swapped[half].sum()) for half in (fitted, held_out)) < LEAST_SWAPS:
        return None
    plane, null = rnn.in_plane(run.report), rnn.in_null_space(run.report).numpy()
    target = plan.distribution.target(displays)
    exact = responsibilities(plan.schedule, target, plane[:, :-1])[held_out, :, 1].numpy()
    from_null = []
    for step in range(plan.schedule.steps):
        model = LinearDiscriminantAnalysis(priors=(0.5, 0.5)).fit(null[fitted, step], swapped[fitted])
        from_null.append(roc_auc_score(swapped[held_out], model.decision_function(null[held_out, step])))
    from_plane = [roc_auc_score(swapped[held_out], exact[:, step]) for step in range(plan.schedule.steps)]
    return {"null_space": _rounded(from_null), "plane": _rounded(from_plane)}


def swap_axes(rnn: RNN, plan: Experiment, *, generator: torch.Generator) -> dict[str, list[float]] | None:
    """Which principal components of null-space activity at the end of the report tell swaps from correct trials.

    The cued item is the same in all trials, the colour of the other one varies. area: under the ROC curve of each of the first
    four components, at least 0.5 as their sign is arbitrary. None where swaps are too rare.
    """
    trials, _ = _sizes(plan)
    others = plan.task.separation + (2 * math.pi - 2 * plan.task.separation) * torch.rand(
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


def _sizes(plan: Experiment) -> tuple[int, int]:
    """Trials and bins of colour."""
    return (TRIALS, BINS) if plan.evaluated >= TRIALS else (FEW_TRIALS, FEW_BINS)


@torch.no_grad()
def _simulated(rnn: RNN, plan: Experiment, displays: Displays, generator: torch.Generator) -> tuple[Rollout, Tensor]:
    """States of the network, and which of its responses are swaps."""
    run = behaviour.activity(rnn, plan.task, displays, generator=generator)
    return run, behaviour.is_swap(displays, to_angle(rnn.in_plane(run.report[:, -1])))


def _rounded(values) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]
