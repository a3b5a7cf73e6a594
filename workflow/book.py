"""Build the book: `python -m workflow.book execute [NAME=value ...]` or `python -m workflow.book stored`."""

import argparse
import sys
import time

from swaputils.conditions import UnknownName
from workflow.chapters import (
    BUILD,
    ChapterError,
    ParameterError,
    chapter_paths,
    check_names,
    execute_if_changed,
    parse_parameters,
)
from workflow.site import INDEX, BookError, render


def build_executed(assignments: list[str]) -> str:
    """Execute the chapters that changed, build the book from them in build/book, and say what was done."""
    jobs = [(chapter, parse_parameters(assignments, chapter)) for chapter in chapter_paths()]
    check_names(jobs[0][1])
    executed, ran = {}, 0
    for chapter, parameters in jobs:
        print(f"{chapter.stem}", flush=True)
        executed[chapter.stem], now = execute_if_changed(chapter, parameters, BUILD / "executed")
        ran += now
    built = render(executed, BUILD / "book")
    pages = "HTML built" if built else "HTML unchanged"
    return f"{BUILD.name}/book/{INDEX} ({ran} of {len(jobs)} chapters executed, {pages})"


def build_stored() -> str:
    """Build the book from the outputs stored in notebooks/ in build/html, and say what was done."""
    built = render({}, BUILD / "html")
    return f"{BUILD.name}/html/{INDEX} ({'HTML built' if built else 'HTML unchanged'})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outputs", choices=("execute", "stored"), help="run the chapters, or show their stored outputs")
    parser.add_argument("assignments", nargs="*", metavar="NAME=value", help="parameters of the chapters")
    arguments = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    start = time.monotonic()
    try:
        summary = build_stored() if arguments.outputs == "stored" else build_executed(arguments.assignments)
    except (BookError, ChapterError, ParameterError, UnknownName) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the former book, if there was one, is untouched")
    print(f"The book lies at {summary}; {time.monotonic() - start:.0f} s. Open it in a browser.")


if __name__ == "__main__":
    main()
