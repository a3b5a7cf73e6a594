"""The comparisons of networks with recordings: what is computed, and where it is stored.

results/cortex/<comparison>.csv, or results/origins/, each with its provenance beside it; what the library shows to its users lies in the library.
"""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pandas as pd

from swapbook.conditions import named
from swapbook.cortex import (
    as_recordings,
    beside_animals,
    decoders,
    error_accounts,
    flows,
    item_codes,
    network_nulls,
    on_the_way,
    recorded_sessions,
    reference_values,
    rings,
    solutions,
)
from swapbook.origins import changed_trials, factorial, many_rollouts, period_noise, pushes, settlement, signal
from swapbook.places import results_folder
from swaputils.files import StoreError, shown
from swaputils.run_folder import write_with_provenance

COMPARISONS: dict[str, Callable[[], pd.DataFrame]] = {
    "accounts": error_accounts.network_table,
    "accounts_recovery": error_accounts.recovery_table,
    "references": reference_values.references,
    "rings": rings.ring_table,
    "decoding": decoders.decoding,
    "cue_moves": flows.cue_moves,
    "fixed_points": flows.fixed_points,
    "report_gains": flows.report_gains,
    "degeneracy": solutions.degeneracy,
    "recordings": as_recordings.recordings,
    "small_recordings": as_recordings.validated,
    "beside_animals": lambda: beside_animals.beside_animals(comparison("recordings"), comparison("decoding")),
    "nulls": network_nulls.null_table,
    "planted_codes": item_codes.planted_table,
    "item_codes": item_codes.network_table,
    "item_bars": item_codes.bars_table,
    "on_the_way": on_the_way.on_the_way,
    "settlement": settlement.settlement,
    "counterfactuals": settlement.counterfactuals,
    "pushes": pushes.pushes,
    "factorial": factorial.factorial,
    "scaled_noise": period_noise.scaled_noise,
    "changed_trials": changed_trials.changed_trials,
    "signal_to_noise": signal.signal_to_noise,
    "rollouts": many_rollouts.rollouts,
    "session_areas": recorded_sessions.session_areas,
    "session_planes": recorded_sessions.session_planes,
    "settled_accounts": lambda: error_accounts.network_table(error_accounts.KNOWN_TIMES),
}
"""What is computed, by name; each gives a table."""

ORIGINS = (
    "settlement",
    "counterfactuals",
    "pushes",
    "factorial",
    "scaled_noise",
    "settled_accounts",
    "signal_to_noise",
    "rollouts",
    "changed_trials",
)
"""Those of where swaps come from; the others are of networks beside recordings."""

PACKAGED = ("references",)
"""Those that are stored in the library, for users without a checkout of the book."""


def recompute(name: str) -> None:
    """Compute a comparison and store it; UnknownName for one that the book does not have."""
    computed = named("comparison", name, COMPARISONS)()
    write_with_provenance(_path(name), computed.to_csv(index=False, float_format="%.6g"))


def comparison(name: str) -> pd.DataFrame:
    """A stored comparison; StoreError when it has not been computed."""
    path = _path(name)
    if not path.is_file():
        raise StoreError(f"{shown(path)}: not computed yet; run `python -m swapbook compare {name}`")
    return pd.read_csv(path)


def is_stored(name: str) -> bool:
    """Whether a comparison has been computed."""
    return _path(name).is_file()


def _path(name: str) -> Path:
    if name in PACKAGED:
        return Path(str(files("swaputils.geometry"))) / f"{name}.csv"
    return results_folder() / ("origins" if name in ORIGINS else "cortex") / f"{name}.csv"
