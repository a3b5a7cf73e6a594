"""Studies of the surrogate: what it recovers where the truth is known, and what it says about people."""

from swaputils.studies.human import (
    account_table,
    contrast_table,
    function_table,
    hamiltonian_table,
    ladder_table,
    person_table,
    predictive_check_table,
    share_table,
)
from swaputils.studies.observers import OBSERVERS, observed, observer
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
    "calibration",
    "confound",
    "contrast_table",
    "function_table",
    "gradient_power",
    "hamiltonian_table",
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
