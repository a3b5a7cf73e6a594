"""Whether networks that learnt the same thing found the same solution: distances of shapes and of dynamics, between conditions and seeds."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from swapbook.networks import Network, Trained
from swaputils.geometry.likeness import GroupShare, group_share, mapped, shape_distance
from swaputils.responders import Noisy
from swaputils.trials import Displays

SEED = 2_000_029  # of noise, permutations and rotations
GROUPS = ("index_swap", "index_no_swap", "index_task_optimal", "index_mean_regression")  # three seeds each
MORE = {"index_swap_dendrites": (0, 1), "index_swap_64": (0, 1, 2)}
COLOURS = 8  # of either item in the grid
REPEATS = 8  # trials of each display, half of them in either half
RANK, DELAYS = 8, 2  # of the linear model of the dynamics
MEASURES = ("shape, whole trial", "shape, delay", "shape, report", "dynamics, delay", "dynamics, report")


def degeneracy() -> pd.DataFrame:
    """Every pair of networks, and each network with a rotated copy of itself in other trials, which is what noise makes of a distance.

    One row a pair: measure (of MEASURES), first, first_seed, second, second_seed, distance. Shapes are mean activity over the same grid
    of displays and time, compared by `likeness.shape_distance` (rad); dynamics are compared by `dynamical_distance`, on single trials.
    """
    networks = [(name, seed) for name in GROUPS for seed in (0, 1, 2)]
    networks += [(name, seed) for name, seeds in MORE.items() for seed in seeds]
    described = [_described(Network(name, seed=seed).load()) for name, seed in networks]
    rows = []
    pairs = [(one, one) for one in range(len(networks))] + list(combinations(range(len(networks)), 2))
    for measure in MEASURES:
        distance = shape_distance if measure.startswith("shape") else dynamical_distance
        for one, two in pairs:
            halves = described[one][measure], described[two][measure]
            found = distance(halves[0][0], _rotated(halves[1][1]) if one == two else halves[1][1])
            rows.append((measure, *networks[one], *networks[two], found))
    return pd.DataFrame(rows, columns=["measure", "first", "first_seed", "second", "second_seed", "distance"])


def dynamical_distance(first: Tensor, second: Tensor) -> float:
    """Dynamical similarity analysis: how far the eigenvalues of two linear models of the step are apart.

    Each model is fitted to the activity and its last DELAYS - 1 steps, reduced to RANK (Ostrow, Eisen, Kozachkov & Fiete 2023); the
    distance is Wasserstein's, between the eigenvalues: the root of what `DSA` gives, which is a mean of squares. Rotated copies of one
    system are at 0.

    Args:
        first, second: [trials, steps, units] of two systems.
    """
    from DSA.simdist import SimilarityTransformDist

    operators = [_operator(activity) for activity in (first, second)]
    return math.sqrt(max(float(SimilarityTransformDist(score_method="wasserstein").fit_score(*operators)), 0))


def distances(table: pd.DataFrame, measure: str, names: tuple[str, ...]) -> tuple[Tensor, list[tuple[str, int]]]:
    """A stored measure as a symmetric matrix, 0 on the diagonal, and the networks of these conditions along it."""
    part = table[(table["measure"] == measure) & table["first"].isin(names) & table["second"].isin(names)]
    networks = list(dict.fromkeys(zip(part["first"], part["first_seed"])))
    place = {network: number for number, network in enumerate(networks)}
    matrix = torch.zeros((len(networks),) * 2, dtype=torch.float64)
    for row in part[(part["first"] != part["second"]) | (part["first_seed"] != part["second_seed"])].itertuples():
        one, two = place[row.first, row.first_seed], place[row.second, row.second_seed]
        matrix[one, two] = matrix[two, one] = row.distance
    return matrix, networks


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """What the four conditions of GROUPS explain of the distances of their networks, one row a measure; noise: of a network from its own copy."""
    rows = {}
    for measure in MEASURES:
        matrix, networks = distances(table, measure, GROUPS)
        groups = torch.tensor([GROUPS.index(name) for name, _ in networks])
        found: GroupShare = group_share(matrix, groups, generator=torch.Generator().manual_seed(SEED))
        same = (table["first"] == table["second"]) & (table["first_seed"] == table["second_seed"])
        noise = table.loc[same & (table["measure"] == measure) & table["first"].isin(GROUPS), "distance"].mean()
        told = {name: getattr(found, name) for name in ("within", "between", "share", "chance", "p")}
        rows[measure] = {"noise": noise} | told
    return pd.DataFrame(rows).T


def map_of(table: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, float]:
    """Places of all networks in a plane, one row each (condition, seed, x, y), and the share of squared distances that it shows."""
    matrix, networks = distances(table, measure, (*GROUPS, *MORE))
    places, shown = mapped(matrix)
    found = pd.DataFrame(networks, columns=["condition", "seed"])
    return found.assign(x=places[:, 0].numpy(), y=places[:, 1].numpy()), shown


def _described(trained: Trained) -> dict[str, list[Tensor]]:
    """For each measure what it compares, in either half of the trials."""
    colour = 2 * math.pi * torch.arange(COLOURS, dtype=torch.float64) / COLOURS - math.pi
    pairs = torch.cartesian_prod(colour, colour).repeat_interleave(2, dim=0)
    cued = torch.arange(len(pairs)) % 2
    displays = Displays(pairs.repeat(REPEATS, 1), torch.zeros(REPEATS * len(pairs), 2).double(), cued.repeat(REPEATS))
    config = trained.plan.task.config
    run = Noisy(trained.rnn, config).activity(displays, torch.Generator().manual_seed(SEED + trained.plan.seed))
    on = config.periods.steps("stimulus")
    spans = {
        "delay": slice(on, on + config.periods.steps("delay")),
        "report": slice(config.periods.preparatory_steps, None),
    }
    spans["whole trial"] = slice(None)
    states = torch.cat((run.preparation, run.report[:, 1:]), dim=1).unflatten(0, (REPEATS, len(pairs)))
    halves = states[0::2], states[1::2]
    found = {}
    for measure in MEASURES:
        kind, span = measure.split(", ")
        parts = [half[:, :, spans[span]] for half in halves]
        found[measure] = [part.mean(0).flatten(0, 1) if kind == "shape" else part[0] for part in parts]
    return found


def _rotated(activity: Tensor) -> Tensor:
    """The same activity in other units."""
    generator = torch.Generator().manual_seed(SEED)
    square = torch.randn((activity.shape[-1],) * 2, dtype=torch.float64, generator=generator)
    return activity @ torch.linalg.qr(square).Q


def _operator(activity: Tensor) -> Tensor:
    """[RANK, RANK] linear model of the step, in the principal axes of the activity and its delays."""
    from DSA.dmd import DMD

    model = DMD((activity - activity.mean((0, 1))).numpy(), n_delays=DELAYS, rank=RANK, lamb=1e-6)
    model.fit()
    return torch.as_tensor(np.asarray(model.A_v))
