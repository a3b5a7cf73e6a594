"""When and from which item's decoder a colour can be read in index-cued networks, on displays whose two colours are independent."""

from dataclasses import replace

import pandas as pd
import torch

from swapbook.cortex.flows import each_network, end_of, spread_of
from swapbook.networks import Trained
from swaputils.geometry.decoding import Decoded, cross_item, cross_temporal
from swaputils.inputs import STEP_SECONDS
from swaputils.responders import Noisy

SEED = 2_000_003  # of displays, noise, folds and permutations
TRIALS = 2_000  # half of them cue either item
EVERY = 3  # steps between two decoders
NOISE = 1 / 3  # of every unit, over the spread of the memories: half the radius of a ring


def decoding() -> pd.DataFrame:
    """Scores of decoders of the null space, recorded with noise, for each network.

    Memories of these networks are so clean that any overlap of two planes, be it .05, lets one item's decoder read the other's colour. So
    every unit is recorded with noise.

    One row a pair of times: condition, seed, decoded, fitted and asked (s since the stimulus came on), score, chance and p, see
    `decoding.Decoded`. decoded is "cued" or "other", in trials that cue item 0; or, where fitted and asked are the same time, "own item"
    or "other item", the mean over both items of decoders that are asked about their own item or about the other one (until the cue in all
    trials, from then on in the trials that cue the item).
    """
    tables = []
    for names, trained in each_network():
        generator = torch.Generator().manual_seed(SEED)
        tables += [table.assign(**names) for table in _of_network(trained, generator)]
    found = pd.concat(tables, ignore_index=True)
    return found[["condition", "seed", "decoded", "fitted", "asked", "score", "chance", "p"]]


def _of_network(trained: Trained, generator: torch.Generator) -> list[pd.DataFrame]:
    config = replace(trained.plan.task.config, separation=0.0)
    displays = config.sample(TRIALS, generator=generator)
    run = Noisy(trained.rnn, config).activity(displays, generator)
    states = trained.rnn.in_null_space(torch.cat((run.preparation, run.report[:, 1:]), dim=1))[:, EVERY - 1 :: EVERY]
    noise = torch.randn(states.shape, dtype=states.dtype, generator=generator)
    states = states + NOISE * spread_of(trained.rnn.in_null_space(end_of(trained, run, "delay"))) * noise
    time = STEP_SECONDS * EVERY * torch.arange(1, states.shape[1] + 1)
    first = displays.cued == 0
    tables = []
    for item, decoded in ((0, "cued"), (1, "other")):
        found = cross_temporal(states[first], displays.report[first], item, generator=generator)
        pairs = torch.cartesian_prod(time, time)
        tables.append(_rows(decoded, pairs[:, 0], pairs[:, 1], found))
    periods = config.periods
    before = int((time <= periods.stimulus + periods.delay + 1e-6).sum())
    parts = (states[:, :before], None, time[:before]), (states[:, before:], displays.cued, time[before:])
    for activity, cued, at in parts:
        found = cross_item(activity, displays.report, cued, generator=generator)
        for decoded, one, two in (("own item", (0, 0), (1, 1)), ("other item", (0, 1), (1, 0))):
            both = {name: (getattr(found, name)[one] + getattr(found, name)[two]) / 2 for name in ("score", "chance")}
            larger = torch.maximum(found.p[one], found.p[two])
            tables.append(_rows(decoded, at, at, Decoded(**both, p=larger)))
    return tables


def _rows(decoded: str, fitted: torch.Tensor, asked: torch.Tensor, found: Decoded) -> pd.DataFrame:
    columns = {"fitted": fitted, "asked": asked, "score": found.score, "chance": found.chance, "p": found.p}
    return pd.DataFrame({name: values.flatten().numpy().round(4) for name, values in columns.items()}).assign(
        decoded=decoded
    )
