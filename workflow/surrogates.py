"""Compute the stored tables of the surrogates: `python -m workflow.surrogates [NAME [TABLE ...]]`.

A name is a data set, or "studies" for observers that are known; without one, all of them. Tables that are stored already are
kept, unless they are named.
"""

import sys

from swaputils import results
from swaputils.conditions import UnknownName, named
from swaputils.data import DataError
from swaputils.store import StoreError

WITHOUT_RETRO_CUE = ("functions", "shares", "people", "contrasts", "accounts", "ladder", "checks", "histograms")
WITH_RETRO_CUE = ("functions", "people", "contrasts", "ladder", "checks", "histograms")
TABLES = {
    "studies": ("recovery", "calibration", "confound", "hamiltonian", "share_power", "gradient_power"),
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
            if chosen or not results.is_stored(data, table):
                print(f"{data}: {table}", flush=True)
                results.recompute_table(data, table)


def main() -> None:
    try:
        compute(*sys.argv[1:])
    except (DataError, StoreError, UnknownName) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
