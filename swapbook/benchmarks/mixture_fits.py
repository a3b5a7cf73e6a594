"""Do the parametric mixtures reach their maximum? Every person and set size of real data, and resamples, against random starts.

A general optimiser (L-BFGS-B, on densities written in numpy) climbs from 20 random starts. Printed is by how much its best
lies above the fit: 0.01 nats is allowed. Run as `python -m swapbook.benchmarks.mixture_fits [data set ...]`.
"""

import sys
import time

import numpy as np
import pandas as pd
import torch
from scipy.optimize import minimize
from scipy.special import i0e, log_softmax
from tqdm import tqdm

from swaputils.data import catalogue
from swaputils.surrogate.mixture import MIXTURES, aligned, by_person, fit_mixture
from swaputils.surrogate.mixture_maximum import LARGEST_CONCENTRATION
from swaputils.trials import Trials

DATA = ("bays2009", "vandenberg2012_color")
STARTS = 20
RESAMPLES = 100
ALLOWED = 0.01  # nats
BOUNDS = [(-5.0, np.log(LARGEST_CONCENTRATION)), (-30.0, 30.0), (-30.0, 30.0)]


def log_likelihood(point: np.ndarray, cosine: np.ndarray, shared: np.ndarray) -> float:
    """Of a mixture with log concentration point[0], and logits of the shares that `shared` names of (T, N, U)."""
    concentration = np.exp(point[0])
    shares = np.zeros(3)
    shares[shared] = np.exp(log_softmax(np.append(0.0, point[1:])))
    kernel = np.exp(concentration * (cosine - 1)) / (2 * np.pi * i0e(concentration))
    nontargets = kernel[1:].mean(0) if len(kernel) > 1 else 0.0
    return np.log(shares[0] * kernel[0] + shares[1] * nontargets + shares[2] / (2 * np.pi)).sum()


def best_of_random_starts(cosine: np.ndarray, shared: np.ndarray, random: np.random.Generator) -> float:
    """The largest log-likelihood that L-BFGS-B reaches."""

    def fallen(point: np.ndarray) -> float:
        return -log_likelihood(point, cosine, shared)

    found = []
    for _ in range(STARTS):
        shares = random.dirichlet(np.ones(len(shared)))
        start = np.append(np.log(random.uniform(0.5, 1) * 200 ** random.uniform()), np.log(shares[1:] / shares[0]))
        found.append(-minimize(fallen, start, bounds=BOUNDS[: len(start)], method="L-BFGS-B").fun)
    return max(found)


def resampled(people: Trials, random: np.random.Generator) -> list[tuple[int, int, Trials]]:
    """RESAMPLES persons and set sizes at random, each with as many of its trials drawn with replacement."""
    cells = by_person(people)
    drawn = []
    for *names, trials in (cells[number] for number in random.integers(len(cells), size=RESAMPLES)):
        drawn.append((*names, trials[torch.from_numpy(random.integers(len(trials), size=len(trials)))]))
    return drawn


def shortfalls(name: str, cells: list[tuple[int, int, Trials]]) -> pd.DataFrame:
    """For each mixture, person and set size: log-likelihood of the fit, how far it lies below the best, its CPU seconds."""
    random, rows = np.random.default_rng(0), []
    for subject, size, trials in tqdm(cells, desc=name):
        for mixture, components in MIXTURES.items():
            shared = np.array([0, 1, 2] if "nontarget" in components and size > 1 else [0, 2])
            began = time.process_time()
            fitted = fit_mixture(trials, components).log_likelihood
            seconds = time.process_time() - began
            best = best_of_random_starts(aligned(trials).numpy(), shared, random)
            row = {"mixture": mixture, "subject": subject, "set_size": size, "log_likelihood": fitted}
            rows.append(row | {"shortfall": best - fitted, "seconds": seconds})
    return pd.DataFrame(rows)


def main() -> None:
    tables = {}
    for name in sys.argv[1:] or DATA:
        people = catalogue.load(name)
        resamples = resampled(people, np.random.default_rng(1))
        for title, cells in ((name, by_person(people)), (f"{name}, resampled", resamples)):
            tables[title] = shortfalls(title, cells)
    for name, table in tables.items():
        for mixture, part in table.groupby("mixture"):
            worst = part.loc[part["shortfall"].idxmax()]
            print(
                f"{name}, {mixture}: {len(part)} fits; largest shortfall {worst['shortfall']:.1e} nats "
                f"(person {worst['subject']}, set size {worst['set_size']}); "
                f"{(part['shortfall'] > ALLOWED).sum()} above {ALLOWED}; "
                f"random starts lower by up to {-part['shortfall'].min():.1e}; {part['seconds'].sum():.1f} CPU seconds"
            )
    if any((table["shortfall"] > ALLOWED).any() for table in tables.values()):
        sys.exit(f"error: a fit lies more than {ALLOWED} nats below the best of {STARTS} random starts")


if __name__ == "__main__":
    main()
