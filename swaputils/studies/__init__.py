"""Studies of the surrogate: what it recovers where the truth is known, and what it says about people."""

from swaputils.studies.models import (
    account_table,
    baseline_table,
    hamiltonian_table,
    histogram_table,
    known_hamiltonian_table,
    ladder_table,
    predictive_check_table,
)
from swaputils.studies.observers import OBSERVERS, observed, observer
from swaputils.studies.people import contrast_table, function_table, person_table, share_table
from swaputils.studies.simulated import (
    calibration,
    confound,
    gradient_power,
    recovery,
    share_power,
    thresholds,
)

__all__ = [
    "OBSERVERS",
    "account_table",
    "baseline_table",
    "calibration",
    "confound",
    "contrast_table",
    "function_table",
    "gradient_power",
    "hamiltonian_table",
    "histogram_table",
    "known_hamiltonian_table",
    "ladder_table",
    "observed",
    "observer",
    "person_table",
    "predictive_check_table",
    "recovery",
    "share_power",
    "share_table",
    "thresholds",
]
