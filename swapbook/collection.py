"""The stored networks of a scale as one table, and which of them are missing, outdated or failed."""

import re
from dataclasses import replace

import pandas as pd

from swapbook.conditions import CONDITIONS
from swapbook.measures import unmeasured
from swapbook.networks import STOPPED, Network
from swapbook.places import results_folder
from swapbook.scales import BOOK
from swapbook.tables import PEOPLE
from swaputils.files import StoreError, read_json, shown
from swaputils.inputs import Periods
from swaputils.run_folder import CONFIG, METRICS, PROVENANCE

WHO = ("network", "ideal", "noise_off")


def stored(condition: str, scale: str = BOOK, data: str = PEOPLE, ending: str = "") -> list[Network]:
    """The networks of a condition that are stored, by seed; with the ending STOPPED, those whose training stopped."""
    first = Network(condition, scale, 0, data)
    named_alike = re.compile(re.escape(first.name.removesuffix("0")) + r"(\d+)" + ending)
    found = (named_alike.fullmatch(run.name) for run in first.folder.parent.glob("*"))
    return [replace(first, seed=seed) for seed in sorted(int(match[1]) for match in found if match)]


def collection(scale: str = BOOK, data: str = PEOPLE) -> pd.DataFrame:
    """One row for every stored network of a scale, by condition in the book's order and by seed.

    run (the folder's name), condition, seed, cue, items, drive, units; cue_on and cue_off, the steps before the cue and
    to its end; cpu_seconds, torch (its version) and commit of the training; and every number of `evaluate` as
    <who>_<measure>, for instance network_swap_rate; and planes, see `planes.planes`, None where they were not measured.
    Curves and tables of `evaluate` are columns of dicts.

    Args:
        data: whose responses the conditions learnt from that learn from people.

    Raises:
        StoreError: when nothing is stored, or a network that is stored comes from another configuration, or its
            measures from other code.
    """
    rows = []
    for condition in CONDITIONS:
        for network in stored(condition, scale, data):
            if not network.is_current():
                raise StoreError(
                    f"{shown(network.folder)}: is damaged or comes from another configuration; "
                    f"run `make collection SCALE={scale} DATA={data}`, or delete it"
                )
            rows.append(_row(network))
    if not rows:
        raise StoreError(f"no network is stored at scale {scale!r}; run `make collection SCALE={scale} DATA={data}`")
    return pd.DataFrame(rows)


def stopped(scale: str = BOOK, data: str = PEOPLE) -> pd.DataFrame:
    """Condition, seed and reason of every training that `Network.why_stopped` knows of."""
    tried = [network for condition in CONDITIONS for network in stored(condition, scale, data, STOPPED)]
    rows = [(network.condition, network.seed, network.why_stopped()) for network in tried]
    return pd.DataFrame([row for row in rows if row[2]], columns=["condition", "seed", "reason"])


def _row(network: Network) -> dict:
    config, metrics, made_by = (read_json(network.folder / name) for name in (CONFIG, METRICS, PROVENANCE))
    if not isinstance(metrics, dict) or (outdated := unmeasured(metrics, CONDITIONS[network.condition])):
        what = ", ".join(outdated) if isinstance(metrics, dict) else "everything"
        raise StoreError(
            f"{shown(network.folder / METRICS)}: {what} was measured with other code or not at all; "
            "`python -m swapbook measure` measures anew what is outdated"
        )
    taught = config["taught"]
    row = {"run": network.name, "condition": network.condition, "seed": network.seed, "cue": taught["cueing"]}
    row |= {name: taught[name] for name in ("items", "drive", "units")}
    periods = Periods(**config["task"]["periods"])
    row |= dict(zip(("cue_on", "cue_off"), periods.cue_steps))
    row |= {name: made_by.get(name) for name in ("cpu_seconds", "torch", "commit")}
    row |= {"planes": metrics.get("planes")}
    return row | {f"{who}_{name}": value for who in WHO for name, value in metrics[who].items()}


def memory_shapes() -> pd.DataFrame:
    """What the memory of one item is called in each network where it was asked: condition, seed, memory_shape; see `cortex.item_codes`."""
    path = results_folder() / "cortex" / "item_codes.csv"
    found = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["condition", "seed", "shape"])
    return found[["condition", "seed", "shape"]].rename(columns={"shape": "memory_shape"})
