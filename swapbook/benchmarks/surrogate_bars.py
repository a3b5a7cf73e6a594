"""Measure the surrogate against its bars: `python -m swapbook.benchmarks.surrogate_bars`; exit status 1 where one is missed.

Recovery of a known swap function and of none, time of a fit, time and memory over 1,000 to 100,000 trials, one thread.
"""

import resource
import subprocess
import sys
import time

import pandas as pd
import torch

from swapbook.studies.observers import OBSERVERS, observed
from swapbook.studies.recovery import thresholds
from swaputils.surrogate import LADDER, BnsConfig, SwapModel, fit_bns

ITEMS = 6
DATA_SETS = 5
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
GIGABYTE = 1e9 / 1024  # in the units of 1,024 bytes that the system counts memory in
FEW_STEPS = 40


def recovered() -> dict[str, tuple[float, float, bool]]:
    """Mean of each measure over data sets of the full observer, 5,000 trials of six items; its bar; whether it is met."""
    each = pd.DataFrame([thresholds("full", 5000, ITEMS, seed) for seed in range(DATA_SETS)])
    print(each.round(4).to_string())
    found = each.mean()
    at_least = {"r": 0.95, "gap_closed": 0.90, "covered": 0.90}
    at_most = {"rmse": 0.25, "divergence": 0.003, "cpu_seconds": 20.0}
    met = {name: (found[name], bar, found[name] >= bar) for name, bar in at_least.items()}
    return met | {name: (found[name], bar, found[name] <= bar) for name, bar in at_most.items()}


def flat() -> dict[str, tuple[float, float, bool]]:
    """The observer without modulation: what the full model loses on fresh trials, and what its evidence says."""
    gain = pd.DataFrame([thresholds("none", 5000, ITEMS, seed) for seed in range(DATA_SETS)])["gain"].mean()
    people = observed(OBSERVERS["none"], 5000, ITEMS, 0)
    bounds = {
        rung: fit_bns(people, SwapModel(LADDER[rung]), generator=torch.Generator().manual_seed(0)).elbo
        for rung in ("none", "full")
    }
    margin = bounds["none"] - bounds["full"]
    return {"flat_gain": (gain, 1.0, abs(gain) <= 1), "flat_elbo_margin": (margin, 0.0, margin > 0)}


def one_size(trials: int) -> tuple[float, float, float]:
    """CPU seconds of a step and of the whole fit, and memory in GB, of the full model in a process of its own."""
    command = [sys.executable, "-m", "swapbook.benchmarks.surrogate_bars", str(trials)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    step, whole, memory = map(float, output.split())
    return step, whole, memory


def measure(trials: int) -> None:
    """Print what `one_size` reads; the fit's steps are extrapolated from FEW_STEPS."""
    people = observed(OBSERVERS["full"], trials, ITEMS, 0)
    once = BnsConfig(steps=1, final_draws=8)
    fit_bns(people[:100], SwapModel(LADDER["full"]), once, generator=torch.Generator())  # warm-up
    times, memory = {}, []
    for steps in (FEW_STEPS + 1, 1):
        start = time.process_time()
        config = BnsConfig(steps=steps, final_draws=8)
        fit_bns(people, SwapModel(LADDER["full"]), config, generator=torch.Generator().manual_seed(0))
        times[steps] = time.process_time() - start
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIGABYTE)
    step = (times[FEW_STEPS + 1] - times[1]) / FEW_STEPS
    print(step, times[1] + step * BnsConfig().steps, memory[0])


def main() -> int:
    """Print two tables; 1 where a bar is missed."""
    rows = recovered() | flat()
    table = pd.DataFrame(rows, index=["measured", "bar", "met"]).T
    print(table.to_string())
    sizes = pd.DataFrame({trials: one_size(trials) for trials in SIZES}, index=["step", "fit", "memory_gb"]).T
    sizes["microseconds_per_trial_and_item"] = 1e6 * sizes["step"] / sizes.index / ITEMS
    print(sizes.to_string())
    fits_in_memory = sizes["memory_gb"].iloc[-1] <= 1
    print(f"memory at {SIZES[-1]:,} trials within 1 GB: {fits_in_memory}")
    return 0 if all(met for *_, met in rows.values()) and fits_in_memory else 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(measure(int(sys.argv[1])) if len(sys.argv) > 1 else main())
