"""What a user's recording is shown beside: the stored networks, the public matrix of recorded activity, and published values."""

import math

import numpy as np
import pandas as pd

from swapbook.collection import collection
from swapbook.conditions import CONDITIONS
from swapbook.plane_tables import measured_on
from swapbook.tables import surrogate_table
from swaputils.behaviour import mean_interval
from swaputils.data.catalogue import known
from swaputils.recordings.mean_activity import RECORDED

SHOWN = ("index_no_swap", "index_swap", "index_task_optimal")
BOOK = "Swap errors: an executable book (the stored networks of its collection; mean and 95 % interval over networks)"
PANICHELLO = known(RECORDED)["citation"]
MEDIAN = "lateral prefrontal cortex, median and quartiles of bootstraps"
PUBLISHED = (  # who, measure, moment, value, low, high
    ("macaques, selected item", "published angle (degrees)", "before", 79.1, 71.4, 85.1, MEDIAN),
    ("macaques, selected item", "published angle (degrees)", "after", 20.1, 11.6, 29.0, MEDIAN),
    ("macaques, selected item", "rho_cross", "before", -0.067, math.nan, math.nan, "lateral prefrontal cortex, P .009"),
    ("macaques, selected item", "rho_cross", "after", 0.139, math.nan, math.nan, "lateral prefrontal cortex, P < .001"),
)
WHEN = "end of the delay and end of the cue"
MATRIX = "four colours, region and epoch not named; low to high: 95 % with colours permuted within neurons"
COLUMNS = ["who", "measure", "moment", "value", "low", "high", "n", "note", "citation"]


def references() -> pd.DataFrame:
    """who, measure, moment (before or after the cue), value, low, high, n (networks or neurons, where said), note, citation."""
    networks = collection()
    rows = [row for condition in SHOWN for row in _of_networks(networks, condition)]
    rows += [(*row[:6], math.nan, row[6], PANICHELLO) for row in PUBLISHED]
    matrix = surrogate_table("studies", "recorded_planes").set_index("measure")
    names = {"published angle (degrees)": "angle in three components (degrees)", "alignment of means": "alignment"}
    for ours, theirs in names.items():
        value, low, high = (float(matrix.loc[theirs, column]) for column in ("value", "low", "high"))
        rows.append(("macaques, public matrix", ours, "before", value, low, high, 380, MATRIX, PANICHELLO))
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_networks(networks: pd.DataFrame, condition: str) -> list[tuple]:
    """Alignment, rho_cross, additive share and the published angle of the networks of one condition, before and after the cue."""
    found = measured_on(networks, condition)
    own = networks[networks["condition"] == condition]
    before, after = (int(own[column].iloc[0]) - 1 for column in ("cue_on", "cue_off"))
    at = {"before": (before, 0), "after": (after, 1)}
    rows = []
    for moment, (step, place) in at.items():
        angles = np.degrees(np.arccos([each["published"][0][step] for each in found]))
        values = {
            "alignment": [each["course"][0][step] for each in found],
            "rho_cross": [each["rho_cross"][0][place] for each in found],
            "additive_r2": [each["additive_r2"][0][place] for each in found],
            "published angle (degrees)": angles,
        }
        for measure, each in values.items():
            ends = mean_interval(np.asarray(each, dtype=float))
            who = f"networks, {CONDITIONS[condition].title}"
            note = WHEN if "published" not in measure else f"{WHEN}; colours keep a least distance, which biases it"
            rows.append((who, measure, moment, *ends, len(found), note, BOOK))
    return rows
