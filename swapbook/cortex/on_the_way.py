"""Gated networks on their way to the target beside trees: is it the distance from the target or the drive that moves colour planes?"""

from collections.abc import Iterator
from copy import deepcopy

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from swapbook.collection import stored
from swapbook.evaluation import excess_loss, held_out_displays
from swapbook.measures import unmeasured
from swapbook.networks import Network
from swapbook.places import results_folder
from swapbook.plan import Plan
from swapbook.planes import planes
from swaputils.behaviour import summarise
from swaputils.diffusion.schedule import signal_weights
from swaputils.diffusion.targets import RADIUS
from swaputils.network.rnn import RNN
from swaputils.responders import Noisy
from swaputils.run_folder import config_hash, has_settings, write_with_provenance
from swaputils.training.loop import DISTRIBUTION, Training

CONDITIONS, SEEDS = ("index_no_swap", "index_swap"), range(3)
LEVELS = (0.3, 0.15, 0.08, 0.04)  # shares of responses far from both items
EVERY, CHECKED = 100, 2_000  # updates between two checks, and the displays of a check
TRIALS = 4_000  # that the loss is measured on
SEED = 1_000_057  # of these; drawn by no training run
DRIVES = {"gated": "", "tree": "_tree", "dendrites": "_dendrites"}
STOPS = "on_the_way_stops.csv"  # the trainings that were stopped, kept, so that new trees need no training


def on_the_way() -> pd.DataFrame:
    """One row for every network: gated ones where the share of far responses first passes a level, and all stored ones, by drive.

    condition, drive, seed; level, of LEVELS, NaN where training has ended; update of the distribution stage; far; loss, see
    `evaluation.excess_loss`, with the weights of the training; before and after, the alignment of the colour planes at the end of the delay and
    at the end of the cue. Checked and measured is the average of the weights that training ends with. A check that passes several levels counts
    for the lowest. Each of these trainings is kept as soon as it is done, and not done again; stored networks whose measures are outdated are
    left out.
    """
    trained = [Network(condition, seed=seed) for condition in CONDITIONS for seed in SEEDS]
    settings = {network.name: config_hash(network.plan.config) for network in trained} | {"levels": list(LEVELS)}
    path, parts = results_folder() / "cortex" / STOPS, []
    if has_settings(path, settings):
        parts = [part for _, part in pd.read_csv(path).groupby(["condition", "seed"], sort=False)]
    for network in trained[len(parts) :]:
        parts.append(pd.DataFrame(passing(network)))
        write_with_provenance(path, pd.concat(parts).to_csv(index=False), settings)
    parts.append(pd.DataFrame([ended(network, drive) for network, drive in _stored()]))
    return pd.concat(parts, ignore_index=True)


def passing(network: Network) -> Iterator[dict]:
    """A row each time that a training, done anew, passes one of the levels; it stops at the last."""
    plan, generator = network.plan, torch.Generator().manual_seed(network.seed)
    rnn = plan.new_rnn(generator=generator)
    training = Training(rnn, plan.selection, plan.distribution, plan.train, generator=generator)
    open_levels = list(LEVELS)
    for progress in tqdm(training, desc=network.name, unit="update", mininterval=10):
        if progress.stage != DISTRIBUTION or progress.update % EVERY:
            continue
        average = deepcopy(training.average.module).requires_grad_(False).double()
        found = far(average, plan)
        passed = [level for level in open_levels if found < level]
        if passed:
            open_levels = [level for level in open_levels if level not in passed]
            course = planes(average, plan)["planes"]["course"][0]
            yield _row(network, "gated", passed[-1], progress.update, found, average, course)
        if not open_levels:
            return


def ended(network: Network, drive: str) -> dict:
    """The row of a stored network."""
    found = network.load()
    course, far_share = found.metrics["planes"]["course"][0], found.metrics["network"]["far"]
    rnn = found.rnn.float()  # of which trees have compiled loops
    return _row(network, drive, np.nan, found.plan.train.distribution_updates, far_share, rnn, course)


def _row(network: Network, drive: str, level: float, update: int, far_share: float, rnn: RNN, course: list) -> dict:
    condition = next(name for name in CONDITIONS if network.condition == name + DRIVES[drive])
    row = {"condition": condition, "drive": drive, "seed": network.seed, "level": level, "update": update}
    on, off = network.plan.task.periods.cue_steps
    row |= {"far": far_share, "loss": _loss(rnn, network.plan)}
    return row | {"before": course[on - 1], "after": course[off - 1]}


def _stored() -> list[tuple[Network, str]]:
    found = [(each, drive) for drive, end in DRIVES.items() for name in CONDITIONS for each in stored(name + end)]
    return [(each, drive) for each, drive in found if not unmeasured(each.run().metrics, each.plan.taught)]


def far(rnn: RNN, plan: Plan) -> float:
    """Share of free-running responses far from both items, on held-out displays."""
    displays = held_out_displays(plan, CHECKED)
    points = Noisy(rnn, plan.task).end_points(displays, torch.Generator().manual_seed(SEED))
    return summarise(displays, points, RADIUS)["far"]


def _loss(rnn: RNN, plan: Plan) -> float:
    generator = torch.Generator().manual_seed(SEED)
    return excess_loss(rnn, plan, signal_weights(plan.schedule), TRIALS, generator=generator)


def beside_the_path(table: pd.DataFrame, moment: str) -> pd.DataFrame:
    """How far trees lie above the gated networks' path at the same loss: condition, drive, seed, difference, inside; a row for each tree.

    The path is read off at the tree's loss between the checkpoints of each gated network, in the logarithm of the loss, as a mean over networks;
    inside tells whether all of them passed that loss.
    """
    rows = []
    for condition, own in table.groupby("condition", sort=False):
        gated = own[(own["drive"] == "gated") & own["seed"].isin(list(SEEDS))].sort_values("loss")
        paths = [(np.log(path["loss"]), path[moment]) for _, path in gated.groupby("seed")]
        for tree in own[own["drive"] != "gated"].itertuples():
            at = np.log(tree.loss)
            expected = np.mean([np.interp(at, *path) for path in paths])
            inside = all(losses.min() <= at <= losses.max() for losses, _ in paths)
            rows.append((condition, tree.drive, tree.seed, getattr(tree, moment) - expected, inside))
    return pd.DataFrame(rows, columns=["condition", "drive", "seed", "difference", "inside"])
