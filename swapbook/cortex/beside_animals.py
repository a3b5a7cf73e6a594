"""What was published of the animals, and the same of networks: effects with intervals over networks, and whether they are alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml

from swapbook import plane_tables
from swapbook.cortex.network_states import COMPARED, WAITING, Simulated, networks, simulate
from swaputils import geometry
from swaputils.behaviour import mean_interval
from swaputils.errors import SwaputilsError
from swaputils.geometry.colour_areas import colour_areas
from swaputils.inputs import STEP_SECONDS

FILE = Path(__file__).with_name("published.yaml")
FIELDS = ("feature", "short", "says", "published", "p", "measured", "same", "than", "citation", "place")
TRIALS = 3_000
LEAST = 3  # networks for a verdict
BEFORE, LATER = 0, -1  # places in the lists of `planes.planes`
SAME, OPPOSITE, NOT_TOLD = "same", "opposite", "cannot be told"


def published() -> pd.DataFrame:
    """The published findings, a row each; SwaputilsError where one lacks a field."""
    rows = yaml.safe_load(FILE.read_text())
    for row in rows:
        if set(row) != set(FIELDS):
            where = f"{FILE.name}, {row.get('feature')}"
            raise SwaputilsError(f"{where}: fields are {', '.join(row)}; needed are {', '.join(FIELDS)}")
    return pd.DataFrame(rows)


def beside_animals(recordings: pd.DataFrame, decoding: pd.DataFrame) -> pd.DataFrame:
    """Every published finding beside every condition that is stored.

    condition; n, networks; effect with low and high, mean over networks and its 95 % t interval; verdict, see `verdict`, of three networks or more; besides the columns
    of `published`. Timing is told of networks with the animals' delay after the cue alone.

    Args:
        recordings: see `as_recordings.recordings`.
        decoding: see `decoders.decoding`.
    """
    rows = []
    for network in networks(*COMPARED, *WAITING):
        simulated = simulate(network, TRIALS)
        generator = torch.Generator().manual_seed(network.seed)
        row = {"condition": network.condition, "seed": network.seed}
        rows.append(row | _of_planes(simulated) | _of_areas(simulated, generator) | _of_halves(simulated, generator))
        rows[-1] |= _of_decoders(decoding, row, STEP_SECONDS * (simulated.moments[1] + 1))
    return against_published(pd.DataFrame(rows).merge(_of_recordings(recordings), how="left"))


def against_published(per_network: pd.DataFrame) -> pd.DataFrame:
    """The table given measures of every network: condition, and a column for each feature that was measured."""
    rows = []
    for finding in published().to_dict("records"):
        for condition, part in per_network.groupby("condition", sort=False):
            values = part[finding["feature"]].dropna().to_numpy(float) if finding["feature"] in part else np.zeros(0)
            if not len(values):
                continue
            effect, low, high = mean_interval(values)
            told = verdict(low, high, finding["same"], finding["than"]) if len(values) >= LEAST else NOT_TOLD
            row = {"condition": condition, "n": len(values), "effect": effect, "low": low, "high": high}
            rows.append(finding | row | {"verdict": told})
    return pd.DataFrame(rows)


def verdict(low: float, high: float, same: str, than: float) -> str:
    """Whether an interval lies on the animals' side of a value ("same": below or above it), on the other, or over it."""
    if not low <= high or low <= than <= high:
        return NOT_TOLD
    return SAME if (high < than) == (same == "below") else OPPOSITE


def _of_planes(simulated: Simulated) -> dict[str, float]:
    """What stored planes tell."""
    planes = simulated.planes
    if planes is None:
        return {}
    course = planes["course"][0]
    before, after = (course[moment] for moment in simulated.moments)
    found = {"alignment_before": before, "alignment_after": after, "turn": after - before}
    found |= {"phase_after": abs(np.degrees(planes["phase"][0][LATER]))}
    found |= {"rho_cross_before": planes["rho_cross"][0][BEFORE], "rho_cross_after": planes["rho_cross"][0][LATER]}
    found |= {"nonselected_after": planes["nonselected"][0][LATER]}
    found |= {"selected_nonselected": planes["selected_nonselected"][0][LATER]}
    return found | ({"half_rise": plane_tables.half_rise(course, simulated.on)} if simulated.waits else {})


def _of_areas(simulated: Simulated, generator: torch.Generator) -> dict[str, float]:
    """Colour areas of the item that is cued, as binary logarithms of ratios."""
    before, after = (simulated.hidden[:, moment] for moment in simulated.moments)
    displays = simulated.displays
    areas = colour_areas(before, after, displays.cued_report, displays.cued, generator=generator)
    return {
        "area_own_other": float(np.log2(areas.own / areas.other)),
        "area_in_before": float(np.log2(areas.after_in_before / areas.own)),
        "area_in_after": float(np.log2(areas.after_kept / areas.before_in_after)),
    }


def _of_halves(simulated: Simulated, generator: torch.Generator) -> dict[str, float]:
    """Planes 0.3 s after the cue in the halves of the trials by accuracy."""
    activity, displays = simulated.hidden[:, simulated.moments[1]], simulated.displays
    found = []
    for half in simulated.error.argsort().chunk(2):
        colours, cued = displays.report[half], displays.cued[half]
        planes = geometry.colour_alignment(activity[half], colours, cued, generator=generator)
        found.append(float(planes.alignment.value))
    return {"accuracy_difference": found[0] - found[1]}


def _of_decoders(decoding: pd.DataFrame, network: dict, time: float) -> dict[str, float]:
    """What decoders of a network read at the last of their times that is not after this one (s); nothing where none were fitted."""
    own = (decoding["condition"] == network["condition"]) & (decoding["seed"] == network["seed"])
    found = decoding[own & (decoding["fitted"] == decoding["asked"]) & (decoding["fitted"] <= time + 1e-6)]
    if not len(found):
        return {}
    at = found[found["fitted"] == found["fitted"].max()].set_index("decoded")
    cued, other = at.loc["cued"], at.loc["other"]
    return {
        "decoding_difference": cued["score"] - other["score"],
        "decoding_nonselected": other["score"] - other["chance"],
    }


def _of_recordings(recordings: pd.DataFrame) -> pd.DataFrame:
    """Of every network as recordings, mean over draws of neurons and baselines."""
    keys = ["condition", "seed"]
    means = recordings.groupby([*keys, "moment"])[["angle", "chance", "both_at_least"]].mean().unstack("moment")
    found = {
        "tuned_both": means["both_at_least", "before"],
        "pipeline_turn": means["angle", "before"] - means["angle", "after"],
        "pipeline_after": means["chance", "after"] - means["angle", "after"],
    }
    return pd.DataFrame(found).reset_index()
