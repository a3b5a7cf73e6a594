"""Recompute everything in results/: the tables of chapter 1, then the chapters in order with recompute=True.

After chapter 1 the networks are trained that are missing, or outdated because the surrogate has changed, and those that learnt all of
people's responses are scored on held-out people; to train one again whatever its state, delete its folder. Networks that could not be
trained are named at the end. The tables, which take hours, are those of the book's own data sets, so they are left alone where another
one is named.
The executed copies go to build/rerun. Run as `python -m workflow.rerun [NAME=value ...]`.
"""

import sys

from swaputils import results
from swaputils.store import StoreError
from workflow import collection, surrogates
from workflow.chapters import BUILD, ChapterError, ParameterError, chapter_paths, execute, parse_parameters
from workflow.surrogates import TABLES


def main() -> None:
    try:
        jobs = [(chapter, parse_parameters(sys.argv[1:], chapter)) for chapter in chapter_paths()]
        if not any("data" in parameters for _, parameters in jobs):
            for data, tables in TABLES.items():
                surrogates.main(data, *tables)
        missing = []
        for chapter, parameters in jobs:
            print(f"{chapter.stem}: recomputing", flush=True)
            execute(chapter, parameters | {"recompute": True}, BUILD / "rerun" / chapter.name)
            if chapter == jobs[0][0]:
                what, how = collection.parse([])
                shared = {name: value for name, value in parameters.items() if name in ("scale", "data")}
                missing = collection.train(what | shared, how)
                results.recompute_people((what | shared)["scale"], (what | shared)["data"])
    except (ChapterError, ParameterError, StoreError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the results of the chapters that finished are new, the others as they were")
    if missing:
        sys.exit(collection.failures(missing))


if __name__ == "__main__":
    main()
