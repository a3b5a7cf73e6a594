"""Measures of a network's null space: planes by bins of one colour, when it knows of a swap, and along which direction.

Averages in bins of one item's colour are biased where the colours of a display keep a distance: `planes` has the alignment
that the book shows. Two planes are compared by their principal angles in the full space: planes fitted inside three dimensions
would always share a line.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from torch import Tensor

from swapbook.plan import Plan
from swaputils import behaviour
from swaputils.angles import to_angle, wrap
from swaputils.errors import SwaputilsError
from swaputils.inputs import STEP_SECONDS
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
TOLD = 0.75  # area under the ROC curve at which a swap is told


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
    course over steps; see `plane_alignment` and `noise_ceiling`. The probes stay where they are, so that an
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
    displays = plan.task.announce(repeated_display(REPORTS, PROBES, 0, trials), generator=generator)
    run, swapped = _simulated(rnn, plan, displays, generator)
    from_null = areas_by_step(rnn.in_null_space(run.report[:, :-1]).numpy(), swapped.numpy())
    if from_null is None:
        return None
    plane, held_out = rnn.in_plane(run.report), slice(trials // 2, None)
    target = plan.task.target(displays)
    exact = target.responsibilities(plan.schedule, plane[:, :-1])[held_out, :, 1].numpy()
    from_plane = [roc_auc_score(swapped[held_out], exact[:, step]) for step in range(plan.schedule.steps)]
    return {"null_space": _rounded(from_null), "plane": _rounded(from_plane)}


def areas_by_step(
    states: Float[np.ndarray, "trials steps units"], swapped: Bool[np.ndarray, " trials"]
) -> list[float] | None:
    """How well a state tells at each step which trials end in a swap: area under the ROC curve of a linear discriminant.

    The first half of the trials fits it, the other is asked. None where a half has fewer than LEAST_SWAPS swaps.
    """
    half = len(states) // 2
    if min(swapped[:half].sum(), swapped[half:].sum()) < LEAST_SWAPS:
        return None
    areas = []
    for step in range(states.shape[1]):
        model = LinearDiscriminantAnalysis(priors=(0.5, 0.5)).fit(states[:half, step], swapped[:half])
        areas.append(roc_auc_score(swapped[half:], model.decision_function(states[half:, step])))
    return areas


def crossing(areas: Sequence[float]) -> float:
    """Seconds into the report at which the area first is above TOLD, on the line between two steps; NaN where it never is."""
    for step, (before, after) in enumerate(zip((areas[0], *areas), areas)):
        if after > TOLD:
            within = (after - TOLD) / (after - before) if before <= TOLD else 0.0
            return STEP_SECONDS * (step - within)
    return math.nan


def swap_axes(rnn: RNN, plan: Plan, *, generator: torch.Generator) -> dict[str, list[float]] | None:
    """Which principal components of null-space activity at the end of the report tell swaps from correct trials.

    The cued item is the same in all trials, the colour of the other one varies. area: under the ROC curve of each of the first
    four components, at least 0.5 as their sign is arbitrary. None where swaps are too rare.
    """
    trials = plan.scale.activity
    others = plan.task.config.separation + (2 * math.pi - 2 * plan.task.config.separation) * torch.rand(
        trials, dtype=torch.float64, generator=generator
    )
    displays = plan.task.announce(repeated_display(REPORTS, PROBES, 0, trials), generator=generator)
    displays = replace(displays, report=wrap(torch.stack((torch.zeros_like(others), others), dim=1)))
    run, swapped = _simulated(rnn, plan, displays, generator)
    if swapped.sum() < 2 * LEAST_SWAPS:
        return None
    scores = PCA(4).fit_transform(rnn.in_null_space(run.report[:, -1]).numpy())
    areas = np.array([roc_auc_score(swapped, score) for score in scores.T])
    return {"area": _rounded(np.maximum(areas, 1 - areas))}


def bin_means(
    activity: Float[Tensor, "trials units"], colour: Float[Tensor, " trials"], bins: int
) -> Float[Tensor, "bins units"]:
    """Mean activity in equal bins of colour (rad). SwaputilsError when a bin is empty."""
    index = ((colour + math.pi) / (2 * math.pi) * bins).floor().long().clamp(0, bins - 1)
    counts = torch.bincount(index, minlength=bins)
    if (counts == 0).any():
        raise SwaputilsError(
            f"{int((counts == 0).sum())} of {bins} colour bins hold no trial; give more trials or fewer bins"
        )
    total = activity.new_zeros((bins, activity.shape[1])).index_add_(0, index, activity)
    return total / counts[:, None].to(activity)


def colour_plane(
    activity: Float[Tensor, "trials units"], colour: Float[Tensor, " trials"], bins: int = 16
) -> Float[Tensor, "units 2"]:
    """Orthonormal basis of the plane in which mean activity varies most with colour."""
    means = bin_means(activity, colour, bins)
    return torch.linalg.svd(means - means.mean(dim=0), full_matrices=False).Vh[:2].T


def principal_angles(first: Float[Tensor, "units 2"], second: Float[Tensor, "units 2"]) -> Float[Tensor, " 2"]:
    """Principal angles between two planes (rad), the larger first."""
    return torch.from_numpy(np.asarray(subspace_angles(first.numpy(), second.numpy())))


def alignment(first: Float[Tensor, "units 2"], second: Float[Tensor, "units 2"]) -> float:
    """Mean squared cosine of the principal angles: 1 for the same plane, 0 for orthogonal ones.

    Two random planes in d dimensions have 2 / d on average.
    """
    return float(principal_angles(first, second).cos().square().mean())


def plane_alignment(
    activity: Float[Tensor, "trials steps units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    bins: int = 16,
) -> Float[Tensor, " steps"]:
    """Alignment, at each step, of the planes of the cued colour between trials that cue item 0 and trials that cue item 1."""
    groups = [(activity[item == which], colour[item == which]) for which in (0, 1)]
    return _alignment_by_step(*groups, bins)


def noise_ceiling(
    activity: Float[Tensor, "trials steps units"],
    colour: Float[Tensor, " trials"],
    item: Int[Tensor, " trials"],
    bins: int = 16,
    *,
    generator: torch.Generator,
) -> Float[Tensor, " steps"]:
    """Alignment, at each step, of an item's plane with itself in another random half of its trials, mean over items."""
    ceilings = []
    for which in (0, 1):
        own, own_colour = activity[item == which], colour[item == which]
        order = torch.randperm(len(own), generator=generator)
        halves = [(own[half], own_colour[half]) for half in order.chunk(2)]
        ceilings.append(_alignment_by_step(*halves, bins))
    return torch.stack(ceilings).mean(dim=0)


def _alignment_by_step(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor], bins: int) -> Tensor:
    """[steps] alignment of the colour planes of two groups of trials, each (activity, colour)."""
    values = []
    for step in range(first[0].shape[1]):
        planes = [colour_plane(activity[:, step], colour, bins) for activity, colour in (first, second)]
        values.append(alignment(*planes))
    return torch.tensor(values, dtype=first[0].dtype)


@torch.no_grad()
def _simulated(rnn: RNN, plan: Plan, displays: Displays, generator: torch.Generator) -> tuple[Rollout, Tensor]:
    """States of the network, and which of its responses are swaps."""
    run = Noisy(rnn, plan.task).activity(displays, generator)
    return run, behaviour.is_swap(displays, to_angle(rnn.in_plane(run.report[:, -1])))


def _rounded(values) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]
