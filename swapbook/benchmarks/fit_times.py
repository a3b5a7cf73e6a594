"""How long a fit of a user's own data takes, beside what it took before: `python -m swapbook.benchmarks.fit_times [part ...]`.

Parts: mixtures, ladder, small, whole, quick, memory; all unless named. Each runs in a process of its own on simulated people, 100
trials at each of 8 set sizes. Exit status 1 where a bar is missed; times need an otherwise idle machine.
"""

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from swaputils import report
from swaputils.data.simulated import simulated_trials
from swaputils.jobs import cores
from swaputils.report import fitting
from swaputils.surrogate import LADDER, SwapModel
from swaputils.surrogate.comparison import compare
from swaputils.surrogate.mixture import by_person
from swaputils.surrogate.mixture_resamples import mixture_tables

PEOPLE, TRIALS, RESAMPLES = 19, 100, 200
# part: what is measured, its unit, before plain EM and torch's loops gave way, and what is asked for
BARS = {
    "mixtures": ("both mixtures of 152 cells, 200 resamples", "CPU s", 600, 60),
    "ladder": ("five models, five folds, 15,200 trials", "CPU s", 480, 240),
    "small": ("whole fit and report of 3,600 trials", "s", 1560, 120),
    "whole": ("whole fit and report of 15,200 trials", "s", 1200, 300),
    "quick": ("the same without resamples and folds", "s", float("nan"), 20),
    "memory": ("whole fit of 100,000 trials, the largest process", "GB", 1, 1),
}


def measure(part: str) -> float:
    """What one part takes in this process and those that it starts."""
    size = {"small": 24, "memory": 658}.get(part, TRIALS)
    people = simulated_trials(0, people=PEOPLE, trials_per_set_size=size)
    began, used = time.perf_counter(), sum(os.times()[:4])
    if part == "mixtures":
        mixture_tables(by_person(people), RESAMPLES, generator=torch.Generator().manual_seed(0))
    elif part == "ladder":
        models = {name: SwapModel(terms, "variable_precision") for name, terms in LADDER.items()}
        compare(people[people.displays.set_size > 1], models, seed=0, processes=cores())
    else:
        config = fitting.FitConfig(processes=cores())
        if part == "quick":
            config = replace(config, folds=0, resamples=0, swap=fitting.QUICK)
        report.contents(fitting.fit(people, config), "simulated people", Path("unused"))
    if part == "memory":
        kilobytes = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return max(kilobytes) * 1024 / 1e9
    return sum(os.times()[:4]) - used if BARS[part][1] == "CPU s" else time.perf_counter() - began


def main(arguments: list[str]) -> int:
    """Print what was measured; 1 where a bar is missed, 2 where there is no such part."""
    unknown = sorted(set(arguments) - set(BARS))
    if unknown:
        print(f"there is no part {', '.join(unknown)}; parts are {', '.join(BARS)}", file=sys.stderr)
        return 2
    missed = False
    for part in arguments or BARS:
        what, unit, before, bar = BARS[part]
        command = [sys.executable, "-m", "swapbook.benchmarks.fit_times", "measure", part]
        found = float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        missed |= found > bar
        print(f"{what}: {found:.3g} {unit}; before {before}, asked for {bar}", flush=True)
    return int(missed)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["measure"]:
        print(measure(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
