"""What chapter 5 reads off networks: what their null space tells of swaps and when, and what is left of swaps without noise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from swapbook.basic_conditions import Condition
from swapbook.collection import stored
from swapbook.conditions import CONDITIONS, PLAIN
from swapbook.networks import Trained
from swapbook.null_space_measures import PROBES, REPORTS, crossing
from swapbook.plan import Plan
from swapbook.summaries.collected import TITLES, networks_of, those
from swaputils import behaviour
from swaputils.angles import to_angle, wrap
from swaputils.diffusion import ideal
from swaputils.responders import Noisy, Silent
from swaputils.task import repeated_display
from swaputils.training.recipes import MIXTURE_DENSITY
from swaputils.trials import Displays

COLOURS = 24  # of the second item
COMPONENTS = 4


def components(trained: Trained, seed: int) -> pd.DataFrame:
    """Principal components of the null space at the end of the report, one row a trial, in which only the second item's colour varies.

    1 to COMPONENTS, colour (rad), and swap, whether the response is one.
    """
    rnn, plan = trained.rnn, trained.plan
    trials, apart = plan.scale.activity * 9 // 10, plan.task.config.separation
    colour = apart + (2 * torch.pi - 2 * apart) * (torch.arange(trials) % COLOURS) / (COLOURS - 1)
    displays = repeated_display(REPORTS, PROBES, 0, trials)
    displays = replace(displays, report=torch.stack((torch.zeros_like(colour), wrap(colour)), dim=1).double())
    last = Noisy(rnn, plan.task).activity(displays, torch.Generator().manual_seed(seed)).report[:, -1]
    found = pd.DataFrame(PCA(COMPONENTS).fit_transform(rnn.in_null_space(last).numpy()))
    swapped = behaviour.is_swap(displays, to_angle(rnn.in_plane(last)))
    return found.rename(columns=lambda index: index + 1).assign(colour=colour.numpy(), swap=swapped.numpy())


def carried(found: pd.DataFrame) -> pd.DataFrame:
    """Share of each component's variance that the second item's colour explains, and how well it tells swaps; `components`."""
    numbers = range(1, COMPONENTS + 1)
    areas = np.array([roc_auc_score(found["swap"], found[number]) for number in numbers])
    columns = {
        "colour, correct trials": _colour_share(found[~found["swap"]]),
        "colour, swaps": _colour_share(found[found["swap"]]),
        "area": pd.Series(np.maximum(areas, 1 - areas), numbers),
    }
    return pd.DataFrame(columns).rename_axis("component")


def _colour_share(found: pd.DataFrame) -> pd.Series:
    values = found[list(range(1, COMPONENTS + 1))]
    return values.groupby(found["colour"]).transform("mean").var() / values.var()


def measured(networks: pd.DataFrame, condition: str, measure: str) -> list[dict]:
    """`null_space_measures.swap_axes` or `null_space_measures.decision` of every network of a condition that swapped often enough."""
    return list(networks_of(networks, condition)[f"network_{measure}"].dropna())


def best_components(networks: pd.DataFrame, *conditions: str) -> list[int]:
    """Which component tells swaps best, in every such network of some conditions."""
    return [int(np.argmax(each["area"])) + 1 for name in conditions for each in measured(networks, name, "swap_axes")]


def passing(courses: Sequence[dict], space: str) -> np.ndarray:
    """`crossing` of the area of a space in each course; NaN where there is no network."""
    return np.array([crossing(course[space]) for course in courses] or [np.nan])


def _swaps(each: Condition) -> bool:
    return each.answers.swap and each.items == 2 and each.objective != MIXTURE_DENSITY


def without_noise(networks: pd.DataFrame) -> pd.DataFrame:
    """Swap rates with and without noise of the conditions of two items that were taught swaps, by objective.

    Of the PLAIN ones, and not of those whose responses are drawn from the output.
    """
    asked = those(networks[networks["condition"].isin(PLAIN)], _swaps)
    rows = {}
    for name, part in asked.dropna(subset="noise_off_swap_rate").groupby("condition", sort=False):
        quiet = part["noise_off_swap_rate"]
        rows[TITLES[name]] = {
            "objective": CONDITIONS[name].objective.name.replace("_", " "),
            "n": len(part),
            "with noise": f"{part['network_swap_rate'].mean():.3f}",
            "noise off": f"{quiet.mean():.4f}",
            "largest of a network": f"{quiet.max():.4f}",
        }
    return pd.DataFrame(rows).T.sort_values("objective", kind="stable")


def silent_swaps(plan: Plan, displays: Displays, condition: str, scale: str, data: str) -> pd.DataFrame:
    """Answers nearer to the other item of the stored networks of a condition without noise, see `behaviour.swaps`."""
    found = [pd.DataFrame(columns=["probe_distance", "report_distance", "error"], dtype=float)]
    for network in stored(condition, scale, data):
        answers = Silent(network.load().rnn, plan.task).end_points(displays)
        found.append(behaviour.swaps(displays, to_angle(answers)))
    return pd.concat(found[1:] or found)


def ideal_silent_swaps(plan: Plan, displays: Displays) -> int:
    """How many of the ideal sampler's answers without noise are nearer to the other item."""
    answers = ideal.silent_end_point(plan.schedule, plan.task.target(displays))
    return len(behaviour.swaps(displays, to_angle(answers)))


def silent_table(networks: pd.DataFrame, silent: dict[str, pd.DataFrame], shown: int) -> pd.DataFrame:
    """Swap rates with noise and without, and how many of the latter's answers are far from both items; `silent_swaps`.

    Args:
        shown: displays that each network answered without noise.
    """
    rows = {}
    for name, found in silent.items():
        part = networks_of(networks, name)
        rows[TITLES[name]] = {
            "n": len(part),
            "with noise": f"{part['network_swap_rate'].mean():.3f}",
            "noise off": f"{len(found) / max(shown * len(part), 1):.4f}",
            "of these far from both": f"{(found['error'] > behaviour.FAR).mean():.2f}",
        }
    return pd.DataFrame(rows).T
