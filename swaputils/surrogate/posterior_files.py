"""Posteriors on disk: safetensors and JSON, whole or not at all."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from swaputils.files import StoreError, shown
from swaputils.run_folder import Run, provenance, read_run, write_run
from swaputils.surrogate.posterior import SwapPosterior
from swaputils.surrogate.torus import Basis

MODEL = "posterior of a swap function"  # what `save` calls it, and `load` insists on
ARRAYS = ("mean", "cholesky", "emission_parameters", "distances", "report_distances")
DESCRIPTION = ("kinds", "emission", "continuous", "set_size", "trials")


def save(posterior: SwapPosterior, folder: Path | str, **source) -> None:
    """Write a posterior as a run folder; `source` says in JSON values what it was fitted to, and how."""
    write_run(folder, as_run(posterior, **source))


def as_run(posterior: SwapPosterior, **source) -> Run:
    """What the run folder of a posterior holds."""
    fields = vars(posterior)
    description = {name: fields[name] for name in DESCRIPTION} | {"kinds": list(posterior.kinds)}
    return Run(
        config={"model": MODEL, "basis": asdict(posterior.basis), "source": source} | description,
        weights={name: fields[name].cpu().double().contiguous() for name in ARRAYS}
        | {"uniform_logit": torch.tensor(posterior.uniform_logit, dtype=torch.float64)},
        log=[{"step": step, "elbo": bound} for step, bound in enumerate(posterior.elbo_trace.tolist())],
        metrics={"elbo": posterior.elbo},
        provenance=provenance(),
    )


def load(folder: Path | str) -> SwapPosterior:
    """Read what `save` wrote; StoreError on a missing or damaged folder, or one that holds something else."""
    run = read_run(folder)
    if run.config.get("model") != MODEL or set(run.weights) != {*ARRAYS, "uniform_logit"}:
        raise StoreError(f"{shown(folder)}: does not hold a {MODEL}; take a folder that a fit of swap functions wrote")
    fields: dict[str, Any] = {name: run.weights[name] for name in ARRAYS}
    fields |= {name: run.config[name] for name in DESCRIPTION} | {"kinds": tuple(run.config["kinds"])}
    return SwapPosterior(
        **fields,
        basis=Basis(**run.config["basis"]),
        uniform_logit=run.weights["uniform_logit"].item(),
        elbo=run.metrics["elbo"],
        elbo_trace=torch.tensor([row["elbo"] for row in run.log], dtype=torch.float64),
    )
