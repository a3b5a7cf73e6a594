"""The stored tables of the surrogates: what chapter 1 shows."""

from swapbook import tables
from swapbook.conditions import named

WITHOUT_RETRO_CUE = ("functions", "shares", "people", "contrasts", "accounts", "ladder", "checks", "histograms")
WITH_RETRO_CUE = ("functions", "people", "contrasts", "ladder", "checks", "histograms")
TABLES = {
    "studies": (
        "recovery",
        "calibration",
        "confound",
        "hamiltonian",
        "share_power",
        "gradient_power",
        "planted_planes",
        "recorded_planes",
    ),
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
