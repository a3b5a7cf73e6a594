"""A fit that is kept while the network that learns from it is being taught, so that a run that goes on need not fit again."""

from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pandas as pd

from swaputils.files import StoreError, json_bytes, read_bytes, read_json, write_files
from swaputils.report.fitting import FitConfig, Fitted
from swaputils.run_folder import config_hash, run_contents
from swaputils.surrogate.posterior_files import as_run, load
from swaputils.trials import Trials

FILE = "fit.json"
TABLES = ("people", "group", "ladder", "functions", "errors")


def keep(fitted: Fitted, folder: Path) -> None:
    """Write everything that was fitted, whole or not at all."""
    posteriors = {model: list(of) for model, of in fitted.posteriors.items()}
    told = {"fit": _which(fitted.trials, fitted.config), "left_out": fitted.left_out, "posteriors": posteriors}
    files = {folder / f"{name}.csv": getattr(fitted, name).to_csv(index=False).encode() for name in TABLES}
    for model, of in fitted.posteriors.items():
        for size, posterior in of.items():
            files |= run_contents(folder / f"{model}_{size}", as_run(posterior))
    write_files(files | {folder / FILE: json_bytes(folder / FILE, told)})


def kept(folder: Path, trials: Trials, config: FitConfig) -> Fitted | None:
    """What `keep` wrote of these trials and this config; None where there is nothing, or something else."""
    try:
        told = read_json(folder / FILE)
        if not isinstance(told, dict) or told["fit"] != _which(trials, config):
            return None
        tables = {name: _table(folder / f"{name}.csv") for name in TABLES}
        posteriors = {
            model: {size: load(folder / f"{model}_{size}") for size in sizes}
            for model, sizes in told["posteriors"].items()
        }
    except StoreError:
        return None
    return Fitted(trials, config, tuple(told["left_out"]), posteriors=posteriors, **tables)


def _which(trials: Trials, config: FitConfig) -> str:
    """A hash of what was fitted and how, apart from how many processes shared the work."""
    displays = trials.displays
    values = {"report": displays.report, "probe": displays.probe, "response": trials.response}
    values |= {"cued": displays.cued, "size": displays.set_size, "subject": trials.subject}
    numbers = {name: value.nan_to_num(9.0).tolist() for name, value in values.items()}
    return config_hash(numbers | {"config": asdict(config) | {"processes": 1}})


def _table(path: Path) -> pd.DataFrame:
    """A table with every digit; one without columns is empty."""
    content = read_bytes(path)
    return pd.read_csv(BytesIO(content)) if content.strip() else pd.DataFrame()
