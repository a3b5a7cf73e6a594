"""Build the book from chapters executed now, or from their stored outputs."""

from swapbook.build.chapters import (
    BUILD,
    chapter_paths,
    check_names,
    execute_if_changed,
    parse_parameters,
)
from swapbook.build.site import INDEX, render


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
