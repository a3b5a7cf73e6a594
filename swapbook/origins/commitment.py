"""When networks of the diffusion objective commit themselves to an item, beside the ideal sampler for the same noise schedule."""

from collections.abc import Sequence

import pandas as pd
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score

from swapbook.networks import Network
from swapbook.null_space_measures import PROBES, REPORTS, crossing
from swapbook.plan import Plan
from swapbook.scales import BOOK
from swaputils.diffusion.noising import forward_trajectory
from swaputils.task import repeated_display

TRIALS = 20_000
SEED = 1_000_097  # of noised responses that nothing else draws


def ideal_commitment(plan: Plan) -> float:
    """`crossing` of the exact posterior of the item given the noised response: what no reader of the readout plane can beat.

    The display is that of `null_space_measures.decision`.
    """
    generator = torch.Generator().manual_seed(SEED)
    target = plan.task.target(plan.task.announce(repeated_display(REPORTS, PROBES, 0, TRIALS), generator=generator))
    drawn = target.sample(generator=generator)
    path = forward_trajectory(plan.schedule, drawn, generator=generator)
    exact = target.responsibilities(plan.schedule, path[:, :-1])[..., 1]
    swapped = target.responsibilities(plan.schedule, path[:, -1:].expand(-1, plan.schedule.steps, -1))[:, -1, 1] > 0.5
    return crossing([roc_auc_score(swapped, area) for area in exact.T])


def commitments(networks: pd.DataFrame, conditions: Sequence[str], scale: str = BOOK) -> pd.DataFrame:
    """When each network settles its swaps, in seconds of the report.

    One row for each network with enough swaps: condition, seed; ideal, `ideal_commitment`; plane and null_space, `crossing` of what tells a
    swap in the readout plane and outside it.
    """
    rows = []
    for name in conditions:
        own = networks[networks["condition"] == name].reindex(columns=["seed", "network_decision"]).dropna()
        ideal = ideal_commitment(Network(name, scale).plan) if len(own) else None
        for seed, areas in zip(own["seed"], own["network_decision"]):
            found = {space: crossing(areas[space]) for space in ("plane", "null_space")}
            rows.append({"condition": name, "seed": seed, "ideal": ideal} | found)
    return pd.DataFrame(rows, columns=["condition", "seed", "ideal", "plane", "null_space"])


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Slope and intercept of when networks settle over when the ideal sampler does, with the slope's 95 % t interval over networks.

    Nothing where the ideal sampler settles at one time only.
    """
    rows: dict[str, dict[str, float]] = {}
    if table["ideal"].nunique() < 2:
        return pd.DataFrame(rows)
    for space in ("plane", "null_space"):
        line = stats.linregress(table["ideal"], table[space])
        margin = stats.t.ppf(0.975, len(table) - 2) * line.stderr
        rows[space.replace("_", " ")] = {
            "n": len(table),
            "slope": line.slope,
            "low": line.slope - margin,
            "high": line.slope + margin,
            "intercept (s)": line.intercept,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
