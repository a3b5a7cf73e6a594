"""The stored networks of a scale as the tables of chapter 3, from the rows of `collection` or `claims.trainings`."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from swapbook import claims
from swapbook.conditions import CONDITIONS, Condition
from swaputils.training.recipes import MIXTURE_DENSITY

TITLES = {name: f"{each.cueing}: {each.title}" for name, each in CONDITIONS.items()}
CONTROL_MEASURES = {
    "swap rate": "swap_rate",
    "to the mean": "to_mean",
    "to the nearest item": "to_nearest",
    "error of mean": "mean_error",
    "error of covariance": "covariance_error",
    "far": "far",
}


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
    found = {name: (each.cueing, each.items, each.title) for name, each in CONDITIONS.items() if name in tried}
    times = attempts[attempts["converged"]].groupby("condition")["cpu_seconds"]
    times = times.agg(["size", "mean"]).reindex(list(found))
    seeds = times["size"].fillna(0).astype(int)
    table = pd.DataFrame(found, ["cue", "items", "taught"]).T.assign(seeds=seeds, stopped=tried - seeds)
    return table.assign(**{"CPU minutes": (times["mean"] / 60).map("{:.0f}".format)})


def recipes(curves: pd.DataFrame) -> pd.DataFrame:
    """Where each recipe of `collection.learning_curves` ends; aim, the least loss that the paper's reaches, and when it passes that.

    One row per recipe: the last cpu_seconds, loss and swap_rate, aim, and passed (CPU seconds).
    """
    aim = curves.loc[curves["recipe"] == "paper", "loss"].rolling(5, center=True).median().min()
    passed = curves[curves["loss"] <= aim].groupby("recipe")["cpu_seconds"].min()
    return curves.groupby("recipe").last().assign(aim=aim, passed=passed)


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
    ends = f" ({values.min():.3f} to {values.max():.3f})" if len(values) > 1 else ""
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


def controls(stored: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """What the networks of some conditions do with the same swaps, a row each, and the ideal sampler for them."""
    networks = pd.concat(networks_of(stored, name) for name in names)
    found = networks.reindex(columns=[f"network_{measure}" for measure in CONTROL_MEASURES.values()]).set_axis(
        [f"{CONDITIONS[name].title}, seed {seed}" for name, seed in zip(networks["condition"], networks["seed"])]
    )
    ideal = networks.reindex(columns=[f"ideal_{measure}" for measure in CONTROL_MEASURES.values()]).mean()
    found.loc["ideal sampler"] = ideal.to_numpy()
    return found.set_axis(list(CONTROL_MEASURES), axis=1).map("{:.3f}".format)
