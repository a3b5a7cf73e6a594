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
from swaputils.geometry.colour_decoding import colour_areas, decoded_colour

FILE = Path(__file__).with_name("published.yaml")
FIELDS = ("feature", "says", "published", "p", "measured", "same", "than", "citation", "place")
TRIALS = 3_000
PERMUTATIONS = 40  # of colours that are decoded
BEFORE, LATER = 0, -1  # places in the lists of `planes.planes`
SAME, OPPOSITE, NOT_TOLD = "same", "opposite", "cannot be told"


def published() -> pd.DataFrame:
    """The published findings, a row each; SwaputilsError where one lacks a field."""
    rows = yaml.safe_load(FILE.read_text())
    for row in rows:
        if set(row) != set(FIELDS):
            raise SwaputilsError(
                f"{FILE.name}, {row.get('feature')}: fields are {', '.join(row)}; needed are {', '.join(FIELDS)}"
            )
    return pd.DataFrame(rows)


def beside_animals(recordings: pd.DataFrame) -> pd.DataFrame:
    """Every published finding beside every condition that is stored.

    condition; n, networks; effect with low and high, mean over networks and its 95 % t interval; verdict, see `verdict`; besides the columns
    of `published`. Timing is told of networks with the animals' delay after the cue alone.

    Args:
        recordings: see `as_recordings.recordings`.
    """
    rows = []
    for network in networks(*COMPARED, *WAITING):
        simulated = simulate(network, TRIALS)
        generator = torch.Generator().manual_seed(network.seed)
        row = {"condition": network.condition, "seed": network.seed}
        rows.append(row | _of_planes(simulated) | _of_areas(simulated, generator) | _of_trials(simulated, generator))
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
            told = verdict(low, high, finding["same"], finding["than"])
            rows.append(
                finding
                | {
                    "condition": condition,
                    "n": len(values),
                    "effect": effect,
                    "low": low,
                    "high": high,
                    "verdict": told,
                }
            )
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


def _of_trials(simulated: Simulated, generator: torch.Generator) -> dict[str, float]:
    """What of the colours can be decoded 0.3 s after the cue, and planes in the halves of the trials by accuracy."""
    activity, displays = simulated.hidden[:, simulated.moments[1]], simulated.displays
    decoded = {}
    for name, other in (("selected", 0), ("nonselected", 1)):
        found = []
        for item in (0, 1):
            cued = displays.cued == item
            colour = displays.report[cued, item ^ other]
            found.append(decoded_colour(activity[cued], colour, permutations=PERMUTATIONS, generator=generator))
        decoded[name] = [np.mean([each.score for each in found]), np.mean([each.chance for each in found])]
    halves = []
    for half in simulated.error.argsort().chunk(2):
        some = activity[half], displays.report[half], displays.cued[half]
        halves.append(float(geometry.colour_alignment(*some, generator=generator).alignment.value))
    return {
        "decoding_difference": decoded["selected"][0] - decoded["nonselected"][0],
        "decoding_nonselected": decoded["nonselected"][0] - decoded["nonselected"][1],
        "accuracy_difference": halves[0] - halves[1],
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
