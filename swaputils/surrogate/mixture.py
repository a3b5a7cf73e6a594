"""Parametric mixtures of target, non-targets and guesses, by maximum likelihood."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from swaputils.angles import von_mises_log_density
from swaputils.surrogate.distances import SurrogateError, cued_first, response_errors, single_set_size
from swaputils.surrogate.mixture_maximum import highest
from swaputils.trials import Displays, Trials

Component = Literal["target", "nontarget", "guess"]
TARGET_GUESS: tuple[Component, ...] = ("target", "guess")
TARGET_NONTARGET_GUESS: tuple[Component, ...] = ("target", "nontarget", "guess")
MIXTURES = {"2 components": TARGET_GUESS, "3 components": TARGET_NONTARGET_GUESS}


@dataclass(frozen=True)
class MixtureFit:
    """Maximum-likelihood mixture of one set of trials; the three shares add up to 1.

    Attributes:
        concentration: kappa of the von Mises around target and non-targets.
        p_target, p_nontarget, p_uniform: shares of the target, of all non-targets together, and of guesses.
        log_likelihood: natural log, of all trials.
        trials: how many were fitted.
        parameters: how many were free: kappa, and every share but one.
    """

    concentration: float
    p_target: float
    p_nontarget: float
    p_uniform: float
    log_likelihood: float
    trials: int
    parameters: int = 3

    @property
    def aic(self) -> float:
        """2 k - 2 log L (Akaike 1974); smaller is better."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """k log M - 2 log L (Schwarz 1978); smaller is better."""
        return self.parameters * math.log(self.trials) - 2 * self.log_likelihood


def fit_mixture(trials: Trials, components: tuple[Component, ...] = TARGET_NONTARGET_GUESS) -> MixtureFit:
    """Fit a mixture to trials of one set size N by maximum likelihood, as `mixture_maximum` does.

    p(y) = p_T VM(y - r_c; kappa) + p_N / (N - 1) sum_{n != c} VM(y - r_n; kappa) + p_U / 2 pi

    (Bays, Catalao & Husain 2009); with components TARGET_GUESS, or with one item, p_N is 0 (Zhang & Luck 2008).

    >>> from swaputils.data.simulated import simulated_trials
    >>> trials = simulated_trials(seed=0, people=1, trials_per_set_size=400)
    >>> fit = fit_mixture(trials[trials.displays.set_size == 8])
    >>> fit.p_target > fit.p_nontarget > fit.p_uniform
    True

    Raises:
        SurrogateError: where set sizes are mixed, there are no trials, or the components are others than these.
    """
    found = maxima(trials, np.ones((1, len(trials)), dtype=np.int64), components)[0].tolist()
    kappa, target, nontarget, uniform, likelihood = found
    return MixtureFit(
        kappa, target, nontarget, uniform, likelihood, len(trials), 3 if len(_items(trials, components)) > 1 else 2
    )


def maxima(
    trials: Trials, counts: Int[np.ndarray, "samples trials"], components: tuple[Component, ...]
) -> Float[np.ndarray, "samples 5"]:
    """Mixtures of trials that count as often as each row says: kappa, p_T, p_N, p_U and the log-likelihood (nats).

    Raises:
        SurrogateError: as `fit_mixture`.
    """
    if components not in MIXTURES.values():
        allowed = " or ".join(str(known) for known in MIXTURES.values())
        raise SurrogateError(f"the components of the mixture are {components}; allowed are {allowed}")
    cosine = np.ascontiguousarray(_items(trials, components).cpu().numpy())
    return highest(cosine, counts, len(cosine) > 1)


def fit_mixture_table(trials: Trials, components: tuple[Component, ...] = TARGET_NONTARGET_GUESS) -> pd.DataFrame:
    """One mixture fit per person and set size: columns subject, set_size, the fields of MixtureFit, aic and bic."""
    rows = []
    for subject, items, chosen in tqdm(by_person(trials), desc="mixture fits"):
        fit = fit_mixture(chosen, components)
        rows.append({"subject": subject, "set_size": items, **vars(fit), "aic": fit.aic, "bic": fit.bic})
    return pd.DataFrame(rows)


def by_person(trials: Trials) -> list[tuple[int, int, Trials]]:
    """Each person and set size with its trials, ascending."""
    set_size = trials.displays.set_size
    cells = torch.stack((trials.subject, set_size), dim=1).unique(dim=0).tolist()
    return [(subject, size, trials[(trials.subject == subject) & (set_size == size)]) for subject, size in cells]


def mixture_log_density(
    fit: MixtureFit, displays: Displays, response: Float[Tensor, " trials"]
) -> Float[Tensor, " trials"]:
    """Log density of each response under a fitted mixture, for displays of one set size; nats per rad, float64."""
    single_set_size(displays)
    errors = cued_first(displays, response_errors(displays, response).double())
    kernel = von_mises_log_density(errors, errors.new_tensor(fit.concentration)).exp()
    swaps = kernel[1:].mean(0) if len(kernel) > 1 else torch.zeros_like(kernel[0])
    return (fit.p_target * kernel[0] + fit.p_nontarget * swaps + fit.p_uniform / (2 * math.pi)).log()


def aligned(trials: Trials) -> Float[Tensor, "shown trials"]:
    """Cosine of the error from each item, the cued one first; SurrogateError unless there is one set size."""
    single_set_size(trials.displays)
    return cued_first(trials.displays, response_errors(trials.displays, trials.response).double()).cos()


def _items(trials: Trials, components: tuple[Component, ...]) -> Float[Tensor, "items trials"]:
    """What `aligned` gives; the cued item alone where p_N is not fitted, or the others are not on record."""
    cosine = aligned(trials)
    return cosine if "nontarget" in components and bool(trials.displays.recorded.all()) else cosine[:1]
