"""Score networks and other learners on held-out people: python -m workflow.people WHAT [SCALE [DATA]]

WHAT is "networks", the stored ones of all of people's responses; or "learners", which get some human trials and no other. Those whose
scores are stored and current are left out, so an interrupted call goes on with the next one; so are learners that stopped by
themselves, until the file that says so, which ends in _stopped.json, is deleted.
"""

import sys
from contextlib import suppress

import torch
from tqdm import tqdm

from swaputils import results
from swaputils.conditions import SCALES, UnknownName, named
from swaputils.data import DataError
from swaputils.results.limited import COUNTS, KINDS
from swaputils.store import StoreError
from swaputils.train import SelectionNotLearnt, TrainingDiverged

SEEDS = range(3)
SMOKE = [(kind, 60, 0) for kind in KINDS]


def score_networks(scale: str, name: str) -> list[str]:
    """Score the stored networks; none fails."""
    results.recompute_people(scale, name)
    return []


def score_learners(scale: str, name: str) -> list[str]:
    """Let every learner learn and score it, the quick kinds first; gives those that failed, which stop no other, with the reason."""
    learners = [(kind, count, seed) for kind in KINDS for seed in SEEDS for count in COUNTS]
    earlier = _stopped(scale, name)
    for kind, count, seed in tqdm(SMOKE if scale == "smoke" else learners, unit="learner"):
        if (kind, count, seed) in earlier or results.is_scored(kind, count, scale, seed, name):
            continue
        with suppress(SelectionNotLearnt, TrainingDiverged):  # the reason is stored
            results.recompute_limited(kind, count, scale, seed, name)
    return [
        f"  {kind}, {count} trials, seed {seed}: {reason}"
        for (kind, count, seed), reason in _stopped(scale, name).items()
    ]


def _stopped(scale: str, name: str) -> dict[tuple[str, int, int], str]:
    """Kind, trials and seed of the learners that stopped by themselves, with the reason."""
    return results.limited_stopped(scale, name).set_index(["kind", "count", "seed"])["reason"].to_dict()


def failures(failed: list[str]) -> str:
    """What is said of learners without a score."""
    return "\n".join((f"error: {len(failed)} learners have no score", *failed))


JOBS = {"networks": score_networks, "learners": score_learners}


def main() -> None:
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(f"error: one to three arguments are needed\n{__doc__}")
    torch.set_num_threads(1)  # training depends on their number
    what, scale, name = (*sys.argv[1:], *("laptop", "vandenberg2012_color")[len(sys.argv) - 2 :])
    try:
        named("scale", scale, SCALES)
        failed = named("job", what, JOBS)(scale, name)
    except (DataError, StoreError, UnknownName, ValueError) as error:
        sys.exit(f"error: {error}")
    if failed:
        sys.exit(failures(failed))


if __name__ == "__main__":
    main()
