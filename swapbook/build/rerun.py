"""Recompute what is in results/: the tables of chapter 1, then the chapters in order with recompute=True, then the verdicts on claims.

After chapter 1 the networks are trained that are missing, or outdated because the surrogate has changed; those that learnt all of
people's responses, and learners that get a few human trials, are scored on held-out people. To train a network again whatever its
state, delete its folder. Networks and learners that stopped by themselves are named; only what is missing without such a reason is
an error. The tables, which take hours, are those of the book's own data sets, so they are left alone where another one is named. The
learning curves of the paper's recipe stay as they are: `python -m swapbook.benchmarks.learning_speed` measures them.
The executed copies go to build/rerun.
"""

from swapbook import people
from swapbook.build import collect, scores, tabulate, verdicts
from swapbook.build.chapters import (
    BUILD,
    chapter_paths,
    check_names,
    execute,
    parse_parameters,
)
from swapbook.build.tabulate import TABLES
from swapbook.tables import check_data
from swaputils.errors import SwaputilsError


def train_and_score(parameters: dict[str, object]) -> str:
    """Train what is missing or outdated, and score networks and learners on held-out people; an error in words, or none."""
    what, how = collect.parse([])
    what |= {name: value for name, value in parameters.items() if name in ("scale", "data")}
    missing = collect.train(what, how)
    people.recompute_people(what["scale"], what["data"])
    stopped = {member: member.why_stopped() for member in missing}
    for member, reason in stopped.items():
        if reason:
            print(f"{member.name}: {reason}")
    for line in scores.score_learners(what["scale"], what["data"]):
        print(line)
    unexplained = [member for member, reason in stopped.items() if not reason]
    return collect.failures(unexplained) if unexplained else ""


def rerun(assignments: list[str]) -> None:
    """Recompute everything in order; SwaputilsError at the end where networks are missing without a reason."""
    error = ""
    jobs = [(chapter, parse_parameters(assignments, chapter)) for chapter in chapter_paths()]
    check_names(jobs[0][1])
    if "data" in jobs[0][1]:
        check_data(jobs[0][1]["data"])
    else:
        for data, tables in TABLES.items():
            tabulate.compute(data, *tables)
    for chapter, parameters in jobs:
        print(f"{chapter.stem}: recomputing", flush=True)
        execute(chapter, parameters | {"recompute": True}, BUILD / "rerun" / chapter.name)
        if chapter == jobs[0][0]:
            error = train_and_score(parameters)
    verdicts.write_page()
    if error:
        raise SwaputilsError(error)
