"""Does the EM of the parametric mixtures reach the maximum? Every person and set size of real data, against random starts.

A general optimiser (L-BFGS-B, on densities written in numpy) climbs from 20 random starts. Printed is by how much its best
lies above the EM fit: 0.01 nats is allowed. Run as `python -m swapbook.benchmarks.mixture_fits [data set ...]`.
"""

import sys
import time

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import i0e, log_softmax
from tqdm import tqdm

from swaputils.data import catalogue
from swaputils.surrogate.mixture import LARGEST_CONCENTRATION, MIXTURES, aligned, by_person, fit_mixture

DATA = ("bays2009", "vandenberg2012_color")
STARTS = 20
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
    found = []
    for _ in range(STARTS):
        shares = random.dirichlet(np.ones(len(shared)))
        start = np.append(np.log(random.uniform(0.5, 1) * 200 ** random.uniform()), np.log(shares[1:] / shares[0]))
        bounds = BOUNDS[: len(start)]
        climbed = minimize(
            lambda point: -log_likelihood(point, cosine, shared), start, bounds=bounds, method="L-BFGS-B"
        )
        found.append(-climbed.fun)
    return max(found)


def shortfalls(name: str) -> pd.DataFrame:
    """For each mixture, person and set size: log-likelihood of EM, how far it lies below the best, and its CPU seconds."""
    random, rows = np.random.default_rng(0), []
    for subject, size, trials in tqdm(by_person(catalogue.load(name)), desc=name):
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
    tables = {name: shortfalls(name) for name in sys.argv[1:] or DATA}
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
        sys.exit(f"error: EM lies more than {ALLOWED} nats below the best of {STARTS} random starts")


if __name__ == "__main__":
    main()
