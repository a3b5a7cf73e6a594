"""Networks and other learners scored on held-out people.

Networks are the stored ones of all of people's responses; learners get some human trials and no other. Those whose
scores are stored and current are left out, so an interrupted call goes on with the next one; so are learners that stopped by
themselves, until the file that says so, which ends in _stopped.json, is deleted.
"""

from contextlib import suppress

from tqdm import tqdm

from swapbook import limited
from swapbook.limited import COUNTS, KINDS, learner
from swaputils.training.loop import SelectionNotLearnt, TrainingDiverged

SEEDS = range(3)
SMOKE = [(kind, 60, 0) for kind in KINDS]


def score_learners(scale: str, name: str) -> list[str]:
    """Let every learner learn and score it, the quick kinds first; gives those that failed, which stop no other, with the reason."""
    learners = [(kind, count, seed) for kind in KINDS for seed in SEEDS for count in COUNTS]
    earlier = _stopped(scale, name)
    for kind, count, seed in tqdm(SMOKE if scale == "smoke" else learners, unit="learner"):
        if (kind, count, seed) in earlier or limited.is_scored(kind, count, learner(scale, seed, name)):
            continue
        with suppress(SelectionNotLearnt, TrainingDiverged):  # the reason is stored
            limited.recompute_limited(kind, count, learner(scale, seed, name))
    return [
        f"  {kind}, {count} trials, seed {seed}: {reason}"
        for (kind, count, seed), reason in _stopped(scale, name).items()
    ]


def _stopped(scale: str, name: str) -> dict[tuple[str, int, int], str]:
    """Kind, trials and seed of the learners that stopped by themselves, with the reason."""
    return limited.limited_stopped(scale, name).set_index(["kind", "count", "seed"])["reason"].to_dict()
