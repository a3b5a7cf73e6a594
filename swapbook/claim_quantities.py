"""What claims ask of networks: quantities that are read off a row of measures, and those that held-out people tell."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from swapbook import limited, people, unfitted
from swapbook.limited import COUNTS
from swapbook.null_space_measures import crossing
from swapbook.plane_tables import half_rise


@dataclass(frozen=True)
class Quantity:
    """What is read off a row of `trainings`: a title, the columns that it needs, and a number from their values.

    A network without one of the columns was not measured, for example because it swaps too rarely: its value is NOT_MEASURED.
    """

    title: str
    columns: tuple[str, ...]
    read: Callable[..., float]

    def of(self, row: pd.Series) -> float | None:
        """The value of a network."""
        found = [row.get(column) for column in self.columns]
        absent = any(value is None or (isinstance(value, float) and math.isnan(value)) for value in found)
        return NOT_MEASURED if absent else float(self.read(*found))


NOT_MEASURED = None  # and not NaN, which a fault in a measure gives


def _at(planes: dict, step: float) -> np.ndarray:
    """[distances] alignment of the two colour planes after a step."""
    return np.array(planes["course"], dtype=float)[:, int(step) - 1]


def _from_ideal(column: str) -> Callable[[dict, dict], float]:
    """Largest distance of a column of the network's table from the ideal sampler's."""
    return lambda network, ideal: np.abs(np.subtract(network[column], ideal[column])).max()


PLANES = ("planes", "cue_on", "cue_off")

QUANTITIES = {
    "swap_rate": Quantity("swap rate", ("network_swap_rate",), float),
    "swap_rate_error": Quantity(
        "distance of the swap rate from the ideal sampler's",
        ("network_swap_rate", "ideal_swap_rate"),
        lambda network, ideal: abs(network - ideal),
    ),
    "swap_curve_error": Quantity(
        "largest distance of the swap rates from the ideal sampler's, over probe distances",
        ("network_curve", "ideal_curve"),
        _from_ideal("rate"),
    ),
    "silent_swap_rate": Quantity("swap rate with all noise off", ("noise_off_swap_rate",), float),
    "far": Quantity("share of responses farther than .25 rad from every item", ("network_far",), float),
    "wasserstein": Quantity(
        "circular Wasserstein distance of the errors from the target's (rad)", ("network_wasserstein",), float
    ),
    "nearer_to_mean": Quantity(
        "distance from the nearest item minus distance from the mean, ambiguous displays",
        ("network_to_nearest", "network_to_mean"),
        lambda nearest, mean: nearest - mean,
    ),
    "nontarget_error": Quantity(
        "largest distance of the probability that a response came from a non-target from the ideal sampler's, over probe distances",
        ("network_responsibilities", "ideal_responsibilities"),
        _from_ideal("probability"),
    ),
    "alignment_before": Quantity(
        "alignment of the colour planes at the end of the delay", PLANES, lambda planes, on, off: _at(planes, on).mean()
    ),
    "alignment_lowest": Quantity(
        "lowest alignment of the colour planes before the cue",
        PLANES,
        lambda planes, on, off: np.array(planes["course"], dtype=float).mean(0)[: int(on)].min(),
    ),
    "alignment_after": Quantity(
        "alignment of the colour planes at the end of the cue", PLANES, lambda planes, on, off: _at(planes, off).mean()
    ),
    "alignment_rise": Quantity(
        "rise of the alignment during the cue",
        PLANES,
        lambda planes, on, off: (_at(planes, off) - _at(planes, on)).mean(),
    ),
    "overlap_fall": Quantity(
        "alignment at the end of the delay, probes 45° apart minus 180° apart",
        PLANES,
        lambda planes, on, off: _at(planes, on)[0] - _at(planes, on)[-1],
    ),
    "half_rise": Quantity(
        "seconds from the end of the delay until the alignment has risen half of its way, mean over distances",
        PLANES,
        lambda planes, on, off: np.mean([half_rise(course, int(on)) for course in planes["course"]]),
    ),
    "area_third": Quantity(
        "area under the ROC curve of the third component of the null space, end of report",
        ("network_swap_axes",),
        lambda axes: axes["area"][2],
    ),
    "area_colour": Quantity(
        "larger area of the first two components", ("network_swap_axes",), lambda axes: max(axes["area"][:2])
    ),
    "area_at_start": Quantity(
        "area under the ROC curve of the null space at the start of the report",
        ("network_decision",),
        lambda areas: areas["null_space"][0],
    ),
    "plane_ahead": Quantity(
        "area of the readout plane minus that of the null space, mean over the report",
        ("network_decision",),
        lambda areas: np.mean(np.subtract(areas["plane"], areas["null_space"])),
    ),
    "settled_at": Quantity(
        "seconds into the report until the null space tells a swap with an area of .75",
        ("network_decision",),
        lambda areas: crossing(areas["null_space"]),
    ),
    "torus": Quantity(
        "share of networks in which the memory of one item is a torus",
        ("memory_shape",),
        lambda shape: shape == "torus",
    ),
    "converged": Quantity("share of seeds whose training ended with the cued item selected", ("converged",), float),
}


def _gap_closed(condition: str) -> Callable[[str, str], tuple[float, float, float, int]]:
    def find(scale: str, name: str) -> tuple[float, float, float, int]:
        table = people.people_scores(scale, name, condition)
        seeds = table.loc[table["model"] == "no_swap", "seed"].nunique()
        return (*people.gap_closed(table), seeds)

    return find


def _unfitted(quantity: str) -> Callable[[str, str], tuple[float, float, float, int]]:
    return lambda scale, name: unfitted.finding(quantity)


def _gain(versus: str, count: int) -> Callable[[str, str], tuple[float, float, float, int]]:
    return lambda scale, name: limited.gain(limited.limited_scores(scale, name), "taught", versus, count)


@dataclass(frozen=True)
class AmongPeople:
    """What held-out people tell: a title, and effect, interval and number of seeds at a scale and for a data set."""

    title: str
    find: Callable[[str, str], tuple[float, float, float, int]]


AMONG_PEOPLE = {
    **{
        name: AmongPeople(
            "share of the way from the network without swaps to chapter 1's model, log density on held-out people",
            _gap_closed(condition),
        )
        for name, condition in (("gap_closed", people.TAUGHT), ("gap_closed_six", people.SIX_ITEMS))
    },
    **{
        f"gain_over_{versus}_{count}": AmongPeople(
            f"log density, taught by the surrogate minus {title}; {count:,} trials (nats)", _gain(versus, count)
        )
        for versus, title in (("direct", "directly by trials"), ("gru", "a GRU's"))
        for count in COUNTS
    },
    **{
        f"foretold_{items}": AmongPeople(
            f"share of swaps, people's minus what chapter 1's surrogate foretells; {items} items, neutral retro-cue",
            _unfitted(f"foretold_{items}"),
        )
        for items in unfitted.SIZES
    },
    **{
        name: AmongPeople(f"share of swaps, {title}; 4 to 8 items", _unfitted(name))
        for name, title in {
            "valid_saves": "after a neutral minus after a valid retro-cue",
            "marked_excess": "to the item that an invalid retro-cue marked minus to another",
            "others_gain": "to an item not marked, after an invalid minus after a neutral retro-cue",
        }.items()
    },
}
