"""Learners that have some human trials and nothing else: python -m workflow.limited [SCALE [DATA]]

Each is scored on held-out people; scores that are stored are kept, so an interrupted call goes on with the next learner.
"""

import sys

from tqdm import tqdm

from swaputils import results
from swaputils.conditions import SCALES, UnknownName, named
from swaputils.data import DataError
from swaputils.store import StoreError

COUNTS = (200, 600, 2_000)  # of trials; there are 2,160 outside of the largest fold of the book's data set
SEEDS = range(3)
SMOKE = [("surrogate", 60, 0), ("gru", 60, 0), ("direct", 60, 0), ("taught", 60, 0)]


def learners(scale: str) -> list[tuple[str, int, int]]:
    """Kind, number of trials and seed of each, the quick ones first."""
    if scale == "smoke":
        return SMOKE
    return [(kind, count, seed) for kind in results.limited.KINDS for seed in SEEDS for count in COUNTS]


def main(scale: str = "laptop", name: str = "vandenberg2012_color") -> None:
    try:
        named("scale", scale, SCALES)
        for kind, count, seed in tqdm(learners(scale), unit="learner"):
            if not results.is_scored(kind, count, scale, seed, name):
                results.recompute_limited(kind, count, scale, seed, name)
    except (DataError, StoreError, UnknownName) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(f"error: at most a scale and a data set can be given\n{__doc__}")
    main(*sys.argv[1:])
