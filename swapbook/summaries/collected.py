"""The stored networks of a scale as the tables of chapter 3, from the rows of `collection` or `claims.trainings`."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from swapbook import claims
from swapbook.basic_conditions import Condition
from swapbook.claim_quantities import QUANTITIES
from swapbook.conditions import CONDITIONS, SHOWN
from swaputils.behaviour import mean_interval
from swaputils.training.recipes import MIXTURE_DENSITY

TITLES = {name: f"{each.cueing}: {SHOWN[name]}" for name, each in CONDITIONS.items()}
BY_OBJECTIVE = {title: title.removesuffix(", similarity swaps") for title in SHOWN.values()}
BY_OBJECTIVE[SHOWN["probe_similarity_00"]] = "diffusion"
"""Titles of networks where all are taught the same similarity swaps."""
CONTROL_MEASURES = {
    "swap rate": "swap_rate",
    "to the mean": "to_mean",
    "to the nearest item": "to_nearest",
    "error of mean": "mean_error",
    "error of covariance": "covariance_error",
    "far": "far",
}


def _minus_ideal(measure: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda networks: networks[f"network_{measure}"] - networks[f"ideal_{measure}"]


def _own(column: str, unit: float = 1.0) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda networks: networks[column].astype(float) / unit


MINUS_IDEAL = {
    "swap rate": _minus_ideal("swap_rate"),
    "median error (rad)": _minus_ideal("median_nearest"),
    "far from every item": _minus_ideal("far"),
    "moved (rad)": _minus_ideal("wasserstein"),
}
"""Behaviour minus that of the ideal sampler for the same target, by label.

:meta hide-value:"""
OF_DRIVES = {
    "swap rate minus ideal": MINUS_IDEAL["swap rate"],
    "far from both items": _own("network_far"),
    "moved (rad)": _own("network_wasserstein"),
    "CPU minutes": _own("cpu_seconds", 60),
}
"""What networks with different drives are compared in, by label.

:meta hide-value:"""
DRIVES = {"gated": "", "tree": "_tree", "dendrites": "_dendrites", "rate": "_rate"}  # what ends the name of a condition
DEPARTURES_OF = {
    "": "this book",
    "_as_often": "swaps practised as often as they are",
    "_sampled": "sampled target",
    "_unaveraged": "last weights",
    "_unscaled": "memory scale 1",
    "_longer": "five times the updates",
    "_sharpened": "then equal weights of the steps, memories of any size",
}
"""What one thing is otherwise than in the book's training, by the end of the condition's name."""


def _alignment(moment: str) -> Callable[[pd.DataFrame], pd.Series]:
    quantity = QUANTITIES[f"alignment_{moment}"]
    return lambda networks: networks.apply(quantity.of, axis=1).astype(float)


BESIDE_PLANES = {
    "swap rate minus ideal": MINUS_IDEAL["swap rate"],
    "far from both items": _own("network_far"),
    "median error (rad)": _own("network_median_nearest"),
    "planes before the cue": _alignment("before"),
    "planes at its end": _alignment("after"),
}
"""Behaviour, and alignment of the colour planes, by label.

:meta hide-value:"""


def effects(
    networks: pd.DataFrame, measures: Mapping[str, Callable[[pd.DataFrame], pd.Series]]
) -> dict[str, pd.DataFrame]:
    """The measures of every network, a table for each condition, by its title; in the order of the rows."""
    return {
        TITLES[name]: pd.DataFrame({label: measure(part) for label, measure in measures.items()})
        for name, part in networks.groupby("condition", sort=False)
    }


def of_drives(stored: pd.DataFrame, conditions: Sequence[str]) -> dict[str, pd.DataFrame]:
    """`effects` of conditions with each drive: gated, and the paper's dendrites, or the small tree where no such network is stored."""
    rows = {}
    for name in conditions:
        found = {drive: networks_of(stored, name + ending) for drive, ending in DRIVES.items()}
        chosen = ("gated", "dendrites" if len(found["dendrites"]) else "tree", "rate")
        for drive in chosen:
            rows |= {f"{SHOWN[name]}, {drive}": table for table in effects(found[drive], OF_DRIVES).values()}
    return rows


def departures(stored: pd.DataFrame, condition: str) -> dict[str, pd.DataFrame]:
    """`effects` on behaviour and planes of the networks of a condition and of those that one thing of the training sets apart."""
    rows = {}
    for ending, title in DEPARTURES_OF.items():
        own = networks_of(stored, condition + ending)
        rows |= {f"{SHOWN[condition]}, {title}": table for table in effects(own, BESIDE_PLANES).values()}
    return rows


def by_ratio(stored: pd.DataFrame, ratios: pd.DataFrame, conditions: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Behaviour and planes of networks beside the ratio of memory to noise that each attains, see `origins.signal`; by condition."""
    found = {}
    for name in conditions:
        own = stored[stored["condition"].str.fullmatch(rf"{name}(_ratio_\d+)?")].merge(ratios, on=["condition", "seed"])
        found[SHOWN[name]] = pd.DataFrame({label: measure(own) for label, measure in BESIDE_PLANES.items()}).assign(
            ratio=own["ratio"]
        )
    return found


def sharpened(stored: pd.DataFrame) -> pd.DataFrame:
    """Every network of the recipe that comes closest to the ideal sampler; CPU minutes are those from scratch, of all its stages."""
    rows = []
    for name in (name for name in CONDITIONS if name.endswith("_sharpened")):
        before = networks_of(stored, CONDITIONS[name].start).set_index("seed")["cpu_seconds"]
        for _, own in networks_of(stored, name).iterrows():
            rows.append(
                {
                    "taught": SHOWN[CONDITIONS[name].start],
                    "seed": own["seed"],
                    "far from both items": own["network_far"],
                    "median error (rad)": own["network_median_nearest"],
                    "ideal sampler's": own["ideal_median_nearest"],
                    "swaps, noise off": own["noise_off_swap_rate"],
                    "CPU minutes": (own["cpu_seconds"] + before.get(own["seed"], np.nan)) / 60,
                }
            )
    return pd.DataFrame(rows)


def effects_in_words(rows: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Mean of each measure of `effects` with its 95 % t interval over networks, where there are two or more."""
    found = {}
    for title, table in rows.items():
        found[title] = {"n": len(table)} | {label: in_words(table[label]) for label in table}
    return pd.DataFrame(found).T


def in_words(values: ArrayLike) -> str:
    """Mean over networks with its 95 % t interval, where there are two or more."""
    mean, low, high = mean_interval(np.asarray(values))
    return f"{mean:z.3f}" + (f" [{low:z.3f}, {high:z.3f}]" if np.size(values) > 1 else "")


def curve_effects(networks: pd.DataFrame) -> pd.DataFrame:
    """Swap rate minus the ideal sampler's at each probe distance, with intervals over the networks of each condition."""
    rows = {}
    for name, part in networks.groupby("condition", sort=False):
        own, ideal = (np.array([curve["rate"] for curve in part[f"{who}_curve"]]) for who in ("network", "ideal"))
        degrees = np.degrees(part["ideal_curve"].iloc[0]["distance"])
        words = {f"{apart:.0f}°": in_words(column) for apart, column in zip(degrees, (own - ideal).T)}
        rows[SHOWN[name]] = {"n": len(part)} | words
    return pd.DataFrame(rows).T


def networks_of(table: pd.DataFrame, condition: str) -> pd.DataFrame:
    """The rows of a condition."""
    return table[table["condition"] == condition]


def those(table: pd.DataFrame, wanted: Callable[[Condition], object]) -> pd.DataFrame:
    """The rows of all conditions that are wanted."""
    return table[[bool(wanted(CONDITIONS[name])) for name in table["condition"]]]


def mean_curve(networks: pd.DataFrame, column: str, measure: str = "rate") -> np.ndarray:
    """A measure of the curves in a column, mean over networks; four times NaN where there is none."""
    found = [curve[measure] for curve in networks[column]]
    return np.mean(found or [[np.nan] * 4], axis=0)


def conditions(attempts: pd.DataFrame) -> pd.DataFrame:
    """Every condition that was trained: how often, how often training stopped, and its mean time."""
    tried = attempts["condition"].value_counts()
    found = {name: (each.cueing, each.items, SHOWN[name]) for name, each in CONDITIONS.items() if name in tried}
    times = attempts[attempts["converged"]].groupby("condition")["cpu_seconds"]
    times = times.agg(["size", "mean"]).reindex(list(found))
    seeds = times["size"].fillna(0).astype(int)
    table = pd.DataFrame(found, ["cue", "items", "taught"]).T.assign(seeds=seeds, stopped=tried - seeds)
    return table.assign(**{"CPU minutes": (times["mean"] / 60).map("{:.0f}".format)})


def beside_ideal(networks: pd.DataFrame) -> pd.DataFrame:
    """Behaviour of the networks of each condition in words, beside that of the ideal sampler."""
    rows = {}
    for name, part in networks.groupby("condition", sort=False):
        mean = part.mean(numeric_only=True).map("{:.3f}".format)
        in_network = CONDITIONS[name].objective != MIXTURE_DENSITY  # else responses are drawn from the output
        rows[TITLES[name]] = {
            "seeds": len(part),
            "swap rate": _spread(part["network_swap_rate"]),
            "ideal": mean["ideal_swap_rate"],
            "median error (rad)": _spread(part["network_median_nearest"]),
            "ideal's": mean["ideal_median_nearest"],
            "radial SD": mean["network_radial_sd"],
            "moved": mean["network_wasserstein"],
            "ideal moved": mean["ideal_wasserstein"],
            "noise off": f"{part['noise_off_swap_rate'].max():.4f}" if in_network else "-",
        }
    return pd.DataFrame(rows).T


def _spread(values: pd.Series) -> str:
    """Mean over seeds, and the least and largest where there are several."""
    ends = f" ({values.min():.3f}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{values.max():.3f})" if len(values) > 1 else ""
    return f"{values.mean():.3f}{ends}"


def ends(values: pd.Series) -> str:
    """The least and the largest in words, or the one number that they are."""
    return " to ".join(dict.fromkeys(f"{value:.3f}" for value in (values.min(), values.max())))


def agreement(attempts: pd.DataFrame) -> pd.DataFrame:
    """How far the trainings of each condition agree that was trained more than once."""
    columns = {"rate": "swap rate", "rate_sd": "SD", "response_sd": "SD of responses", "curve_sd": "SD of curves"}
    rows = {}
    for name, part in those(attempts, lambda each: each.objective).groupby("condition", sort=False):
        if len(part) > 1:
            found = claims.agreement(attempts, name)
            if not CONDITIONS[name].answers.narrow:
                found |= dict.fromkeys(columns, np.nan)
            rows[TITLES[name]] = {
                "trainings": f"{found['trainings']:.0f}",
                "converged": f"{found['converged']:.2f}",
                "95 % interval": f"{found['low']:.2f} to {found['high']:.2f}",
            } | {label: f"{found[key]:.3f}" for key, label in columns.items()}
    return pd.DataFrame(rows).T.replace("nan", "-")


def controls(stored: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """`effects` of what networks of some conditions do with the same swaps, and last the ideal sampler for them."""
    networks = pd.concat(networks_of(stored, name) for name in names)
    found = {
        who: networks.reindex(columns=[f"{who}_{measure}" for measure in CONTROL_MEASURES.values()]).set_axis(
            list(CONTROL_MEASURES), axis=1
        )
        for who in ("network", "ideal")
    }
    groups = networks.groupby("condition", sort=False).groups
    rows = {BY_OBJECTIVE[SHOWN[name]]: found["network"].loc[index].astype(float) for name, index in groups.items()}
    return rows | {"ideal sampler": found["ideal"].mean().to_frame().T}
