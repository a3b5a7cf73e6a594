"""Recompute everything in results/: the tables of chapter 1, then the chapters in order with recompute=True.

After chapter 1 the networks are trained that are missing, or outdated because the surrogate has changed; those that learnt all of
people's responses, and learners that get a few human trials, are scored on held-out people. To train a network again whatever its
state, delete its folder. Networks that could not be trained and learners without a score are named at the end. The tables, which take hours, are those of the book's own data sets, so they are left alone where another
one is named.
The executed copies go to build/rerun. Run as `python -m workflow.rerun [NAME=value ...]`.
"""

import sys

from swaputils import results
from swaputils.store import StoreError
from workflow import collection, people, surrogates
from workflow.chapters import BUILD, ChapterError, ParameterError, chapter_paths, execute, parse_parameters
from workflow.surrogates import TABLES


def train_and_score(parameters: dict[str, object]) -> list[str]:
    """Train what is missing or outdated, and score networks and learners on held-out people; what failed, in words."""
    what, how = collection.parse([])
    what |= {name: value for name, value in parameters.items() if name in ("scale", "data")}
    missing = collection.train(what, how)
    results.recompute_people(what["scale"], what["data"])
    unscored = people.score_learners(what["scale"], what["data"])
    said = ((missing, collection.failures), (unscored, people.failures))
    return [failures(failed) for failed, failures in said if failed]


def main() -> None:
    failed = []
    try:
        jobs = [(chapter, parse_parameters(sys.argv[1:], chapter)) for chapter in chapter_paths()]
        if not any("data" in parameters for _, parameters in jobs):
            for data, tables in TABLES.items():
                surrogates.main(data, *tables)
        for chapter, parameters in jobs:
            print(f"{chapter.stem}: recomputing", flush=True)
            execute(chapter, parameters | {"recompute": True}, BUILD / "rerun" / chapter.name)
            if chapter == jobs[0][0]:
                failed = train_and_score(parameters)
    except (ChapterError, ParameterError, StoreError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the results of the chapters that finished are new, the others as they were")
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
