"""Compute the stored tables of the surrogates: `python -m workflow.surrogates DATA|studies [TABLE ...]`.

Without tables all of them, in order; tables that are stored already are kept unless they are named.
"""

import sys

from swaputils import results
from swaputils.results.surrogates import STUDIES, TABLES


def main(name: str, *chosen: str) -> None:
    """Compute tables of a data set one by one; each is stored as soon as it is done."""
    tables = STUDIES if name == "studies" else TABLES
    for table in chosen or tables:
        if chosen or not results.is_stored(name, table):
            results.recompute_table(name, table)


if __name__ == "__main__":
    main(*sys.argv[1:])
