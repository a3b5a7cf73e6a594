"""The stored networks of a scale as one table, and which of them are missing, outdated or failed."""

import re
from pathlib import Path

import pandas as pd

from swaputils.conditions import CONDITIONS
from swaputils.records import Periods
from swaputils.results.networks import STOPPED, network_folder, planned
from swaputils.store import CONFIG, METRICS, PROVENANCE, StoreError, holds_run, read_json, results_folder, shown

WHO = ("network", "ideal", "noise_off")


def is_current(condition: str, scale: str, seed: int, name: str) -> bool:
    """Whether a network of the condition is stored and comes from the configuration that it would be trained with now."""
    return holds_run(network_folder(condition, scale, seed, name), planned(condition, scale, seed, name).config)


def why_stopped(condition: str, scale: str, seed: int, name: str) -> str | None:
    """The message of a training with today's configuration that stopped by itself, where no network of it is stored, or None."""
    folder = network_folder(condition, scale, seed, name)
    left = folder.with_name(folder.name + STOPPED)
    if is_current(condition, scale, seed, name) or not left.is_dir():
        return None
    tried = read_json(left / CONFIG) == planned(condition, scale, seed, name).config
    return read_json(left / METRICS)["stopped"] if tried else None


def stored_seeds(condition: str, scale: str, name: str, ending: str = "") -> list[int]:
    """Seeds of which a network of the condition is stored, ascending; with the ending STOPPED, of those that stopped."""
    first = network_folder(condition, scale, 0, name)
    named_alike = re.compile(re.escape(first.name.removesuffix("0")) + r"(\d+)" + ending)
    found = (named_alike.fullmatch(run.name) for run in first.parent.glob("*"))
    return sorted(int(match[1]) for match in found if match)


def collection(scale: str, name: str) -> pd.DataFrame:
    """One row for every stored network of a scale, by condition in the book's order and by seed.

    name: of the data set that the conditions learnt from that learn from people.

    run (the folder's name), condition, seed, cue, items, drive, units; cue_on and cue_off, the steps before the cue and to its end;
    cpu_seconds, torch (its version) and commit of the training; and every number of `evaluate` as <who>_<measure>, for instance
    network_swap_rate. Curves and tables of `evaluate` are columns of dicts. StoreError when nothing is stored, or a network that is
    stored comes from another configuration.
    """
    rows = []
    for condition in CONDITIONS:
        for seed in stored_seeds(condition, scale, name):
            run = network_folder(condition, scale, seed, name)
            if not is_current(condition, scale, seed, name):
                raise StoreError(
                    f"{shown(run)}: is damaged or comes from another configuration; "
                    f"run `make collection SCALE={scale} DATA={name}`, or delete it"
                )
            rows.append(_row(run))
    if not rows:
        raise StoreError(f"no network is stored at scale {scale!r}; run `make collection SCALE={scale} DATA={name}`")
    return pd.DataFrame(rows)


def stopped(scale: str, name: str) -> pd.DataFrame:
    """Condition, seed and reason of every training that `why_stopped` knows of."""
    seeds = {condition: stored_seeds(condition, scale, name, STOPPED) for condition in CONDITIONS}
    rows = [
        (condition, seed, why_stopped(condition, scale, seed, name)) for condition in seeds for seed in seeds[condition]
    ]
    return pd.DataFrame([row for row in rows if row[2]], columns=["condition", "seed", "reason"])


def _row(run: Path) -> dict:
    config, metrics, made_by = (read_json(run / name) for name in (CONFIG, METRICS, PROVENANCE))
    taught = config["taught"]
    row = {"run": run.name, "condition": config["condition"], "seed": config["seed"], "cue": taught["cueing"]}
    row |= {name: taught[name] for name in ("items", "drive", "units")}
    periods = Periods(**config["task"]["periods"])
    cue_on = periods.steps("stimulus") + periods.steps("delay")
    row |= {"cue_on": cue_on, "cue_off": cue_on + periods.steps("cue")}
    row |= {name: made_by.get(name) for name in ("cpu_seconds", "torch", "commit")}
    try:
        return row | {f"{who}_{name}": value for who in WHO for name, value in metrics[who].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{shown(run / METRICS)}: has no measures of {', '.join(WHO)}; `python -m workflow.remeasure` writes them"
        ) from error


def learning_curves() -> pd.DataFrame:
    """Loss against processor time of the book's training and of the paper's recipe, see workflow/benchmark_learning.py."""
    path = results_folder() / "training" / "learning.csv"
    if not path.is_file():
        raise StoreError(f"{shown(path)}: not measured yet; run `python -m workflow.benchmark_learning`")
    return pd.read_csv(path)
