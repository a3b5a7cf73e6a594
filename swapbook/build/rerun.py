"""Recompute what is in results/: the tables of chapter 1, then the chapters in order with recompute=True, then the verdicts on
claims and the opening page's figure.

After chapter 1 the networks are trained that are missing, or outdated because the surrogate has changed; those that learnt all of
people's responses, and learners that get a few human trials, are scored on held-out people, and the book's networks are held beside recordings. To train a network again whatever its
state, delete its folder. Networks and learners that stopped by themselves are named; only what is missing without such a reason is
an error. The tables, which take hours, are those of the book's own data sets, so they are left alone where another one is named.
The executed copies go to build/rerun.
"""

from collections.abc import Iterable
from contextlib import suppress

from tqdm import tqdm

from swapbook import induced, limited, other_people, people, tables
from swapbook.build import appendix, missing_networks, opening, verdicts
from swapbook.build.chapters import BUILD, chapter_paths, execute
from swapbook.conditions import named
from swapbook.cortex import compared
from swapbook.limited import COUNTS, KINDS, learner
from swapbook.parameters import check_names, parse_parameters
from swaputils.errors import SwaputilsError
from swaputils.training.loop import SelectionNotLearnt, TrainingDiverged

SEEDS = range(3)  # of learners
SMOKE = [(kind, 60, 0) for kind in KINDS]
WITHOUT_RETRO_CUE = (
    "functions",
    "shares",
    "people",
    "contrasts",
    "accounts",
    "ladder",
    "checks",
    "histograms",
    "worth",
)
WITH_RETRO_CUE = ("functions", "people", "contrasts", "ladder", "checks", "histograms", "worth")
TABLES = {
    "studies": tuple(tables.STUDIES),
    "vandenberg2012_color": ("baselines", *WITHOUT_RETRO_CUE, "hamiltonian"),
    "bays2009": WITHOUT_RETRO_CUE,
    "oberauer_lin2017_e2": WITH_RETRO_CUE,
    "oberauer_lin2017_e3": WITH_RETRO_CUE,
}
"""What chapter 1 shows."""


def compute(name: str | None = None, *chosen: str) -> None:
    """Compute tables one by one; each is stored as soon as it is done. UnknownName for a name without tables, if none are chosen."""
    for data in TABLES if name is None else (name,):
        for table in chosen or named("name of tables", data, TABLES):
            if chosen or not tables.is_stored(data, table):
                print(f"{data}: {table}", flush=True)
                tables.recompute_table(data, table)


def score_learners(scale: str, name: str) -> list[str]:
    """Let every learner of a few human trials learn and score it, the quick kinds first; gives those that failed, with the reason.

    Those whose scores are stored and current are left out, so an interrupted call goes on with the next one; so are learners that
    stopped by themselves, until the file that says so, which ends in _stopped.json, is deleted.
    """
    learners = [(kind, count, seed) for kind in KINDS for seed in SEEDS for count in COUNTS]
    earlier = _stopped(scale, name)
    for kind, count, seed in tqdm(SMOKE if scale == "smoke" else learners, unit="learner"):
        if (kind, count, seed) in earlier or limited.is_scored(kind, count, learner(scale, seed, name)):
            continue
        with suppress(SelectionNotLearnt, TrainingDiverged):  # the reason is stored
            limited.recompute_limited(kind, count, learner(scale, seed, name))
    failed = _stopped(scale, name).items()
    return [f"  {kind}, {count} trials, seed {seed}: {reason}" for (kind, count, seed), reason in failed]


def _stopped(scale: str, name: str) -> dict[tuple[str, int, int], str]:
    """Kind, trials and seed of the learners that stopped by themselves, with the reason."""
    return limited.limited_stopped(scale, name).set_index(["kind", "count", "seed"])["reason"].to_dict()


def train_and_score(parameters: dict[str, object]) -> str:
    """Train what is missing or outdated, and score networks and learners on held-out people; an error in words, or none."""
    what, how = missing_networks.parse([])
    what |= {name: value for name, value in parameters.items() if name in ("scale", "data")}
    missing = missing_networks.train(what, how)
    people.recompute_people(what["scale"], what["data"])
    stopped = {member: member.why_stopped() for member in missing}
    for member, reason in stopped.items():
        if reason:
            print(f"{member.name}: {reason}")
    for line in score_learners(what["scale"], what["data"]):
        print(line)
    induced.recompute_induced(what["scale"])
    unexplained = [member for member, reason in stopped.items() if not reason]
    return missing_networks.failures(unexplained) if unexplained else ""


def compare(chosen: Iterable[str]) -> None:
    """Compute what chapter 4 shows of the book's networks beside recordings, one by one; each is stored as soon as it is done."""
    for name in chosen:
        print(f"beside recordings: {name}", flush=True)
        compared.recompute(name)


def rerun(assignments: list[str]) -> None:
    """Recompute everything in order; SwaputilsError at the end where networks are missing without a reason."""
    error = ""
    jobs = [(chapter, parse_parameters(assignments, chapter)) for chapter in chapter_paths()]
    check_names(jobs[0][1])
    if "data" in jobs[0][1]:
        tables.check_data(jobs[0][1]["data"])
    else:
        for data, chosen in TABLES.items():
            compute(data, *chosen)
    for chapter, parameters in jobs:
        print(f"{chapter.stem}: recomputing", flush=True)
        execute(chapter, parameters | {"recompute": True}, BUILD / "rerun" / chapter.name)
        if chapter == jobs[0][0]:
            error = train_and_score(parameters)
            if not {"data", "scale"} & set(parameters):
                compare(compared.COMPARISONS)
                other_people.recompute()
    verdicts.write_page()
    opening.write_opening()
    appendix.write_page()
    if error:
        raise SwaputilsError(error)
