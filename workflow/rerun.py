"""Recompute everything in results/ by running the chapters in order with recompute=True.

The executed copies go to build/rerun. Run as `python -m workflow.rerun [NAME=value ...]`.
"""

import sys

from workflow.chapters import BUILD, ChapterError, ParameterError, chapter_paths, execute, parse_parameters


def main() -> None:
    try:
        jobs = [(chapter, parse_parameters(sys.argv[1:], chapter)) for chapter in chapter_paths()]
        for chapter, parameters in jobs:
            print(f"{chapter.stem}: recomputing", flush=True)
            execute(chapter, parameters | {"recompute": True}, BUILD / "rerun" / chapter.name)
    except (ChapterError, ParameterError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the results of the chapters that finished are new, the others as they were")


if __name__ == "__main__":
    main()
