"""Where trials come from: a file, a data set by its name, or simulated people."""

from pathlib import Path

from swaputils.data import catalogue
from swaputils.data.layout import Layout
from swaputils.data.reading import Reading, examine, of_trials
from swaputils.data.simulated import simulated_trials
from swaputils.data.table import DataError

NO_FILE = "--columns, --units and the like describe a file; known data sets need none of them"
SUFFIXES = {".csv", ".tsv", ".txt", ".dat", ".mat"}


def reading_of(source: str, layout: Layout, seed: int) -> Reading:
    """What a file, a named data set or simulated people hold; DataError where there is no such thing."""
    if source == "simulated":
        if layout != Layout():
            raise DataError(NO_FILE)
        return of_trials(source, simulated_trials(seed))
    is_file = Path(source).suffix.lower() in SUFFIXES or Path(source).is_file()
    if not is_file and set(layout.given) - {"condition", "only", "trust"}:
        raise DataError(NO_FILE)
    return examine(source if is_file else catalogue.find_trials(source), layout)
