"""Parametric mixtures of target, non-targets and guesses, fitted by EM."""

import math
from dataclasses import dataclass
from itertools import product
from typing import Literal

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from swaputils.surrogate.distances import SurrogateError, cued_first, response_errors, single_set_size
from swaputils.trials import Displays, Trials

Component = Literal["target", "nontarget", "guess"]
TARGET_GUESS: tuple[Component, ...] = ("target", "guess")
TARGET_NONTARGET_GUESS: tuple[Component, ...] = ("target", "nontarget", "guess")
MIXTURES = {"2 components": TARGET_GUESS, "3 components": TARGET_NONTARGET_GUESS}

LARGEST_CONCENTRATION = 1e5  # an SD of 0.003 rad, finer than any response is recorded
START_CONCENTRATIONS = (1.0, 10.0, 100.0)
START_SHARES = (0.01, 0.1, 0.4)
SURVEY_ITERATIONS = 60
SURVIVORS = 6
MOST_ITERATIONS = 20_000
SMALLEST_GAIN = 1e-9  # nats of the whole set per iteration


@dataclass(frozen=True)
class MixtureFit:
    """Maximum-likelihood mixture of one set of trials; the three shares add up to 1.

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


@dataclass(frozen=True)
class Climb:
    """Where EM stands in each of S climbs: log-likelihoods [S], concentrations [S], and shares [S, 3] of the components."""

    log_likelihood: Tensor
    concentration: Tensor
    shares: Tensor

    def __getitem__(self, chosen: Tensor) -> "Climb":
        return Climb(self.log_likelihood[chosen], self.concentration[chosen], self.shares[chosen])


def fit_mixture(trials: Trials, components: tuple[Component, ...] = TARGET_NONTARGET_GUESS) -> MixtureFit:
    """Fit a mixture to trials of one set size N by EM: the highest of many climbs.

    p(y) = p_T VM(y - r_c; kappa) + p_N / (N - 1) sum_{n != c} VM(y - r_n; kappa) + p_U / 2 pi

    (Bays, Catalao & Husain 2009); with components TARGET_GUESS, or with one item, p_N is 0 (Zhang & Luck 2008).
    All starts run a short survey; the best go on until none gains any more.
    Raises SurrogateError where set sizes are mixed, there are no trials, or the components are others than these.

    >>> from swaputils.data.simulated import simulated_trials
    >>> trials = simulated_trials(seed=0, people=1, trials_per_set_size=400)
    >>> fit = fit_mixture(trials[trials.displays.set_size == 8])
    >>> fit.p_target > fit.p_nontarget > fit.p_uniform
    True
    """
    cosine = aligned(trials)
    climbs = _starts(components, cosine)
    counts = cosine.new_ones(len(climbs.shares), len(trials))
    for _ in range(SURVEY_ITERATIONS):
        climbs = iterate(climbs, cosine, counts)
    best = climbs.log_likelihood.topk(min(SURVIVORS, len(counts))).indices
    climbed = climb(climbs[best], cosine, counts[best], SMALLEST_GAIN)
    top = climbed[climbed.log_likelihood.argmax()]
    free = 3 if "nontarget" in components and len(cosine) > 1 else 2
    target, nontarget, uniform = top.shares.tolist()
    likelihood = top.log_likelihood.item()
    return MixtureFit(top.concentration.item(), target, nontarget, uniform, likelihood, len(trials), free)


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
    cosine = cued_first(displays, response_errors(displays, response).double()).cos()
    concentration = cosine.new_tensor([fit.concentration])
    shares = cosine.new_tensor([[fit.p_target, fit.p_nontarget, fit.p_uniform]])
    return _joint(concentration, shares, cosine)[1][0].log()


def aligned(trials: Trials) -> Float[Tensor, "shown trials"]:
    """Cosine of the error from each item, the cued one first; SurrogateError unless there is one set size."""
    single_set_size(trials.displays)
    return cued_first(trials.displays, response_errors(trials.displays, trials.response).double()).cos()


def climb(start: Climb, cosine: Tensor, counts: Tensor, smallest_gain: float) -> Climb:
    """EM until no climb gains more than `smallest_gain` nats per iteration.

    cosine: [shown, trials], see `aligned`. counts: [S, trials], how often each trial counts in a climb.
    """
    current = iterate(start, cosine, counts)
    rising = torch.arange(len(counts), device=counts.device)
    for _ in range(MOST_ITERATIONS):
        following = iterate(current[rising], cosine, counts[rising])
        gain = following.log_likelihood - current.log_likelihood[rising]
        for values, new in zip(vars(current).values(), vars(following).values()):
            values[rising] = new
        rising = rising[gain >= smallest_gain]
        if len(rising) == 0:
            break
    return current


def solve_concentration(resultant: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """The kappa with I_1(kappa) / I_0(kappa) = resultant, in [0, LARGEST_CONCENTRATION].

    Newton's method from kappa = R (2 - R^2) / (1 - R^2) (Banerjee et al. 2005); a resultant below 0 gives 0.
    """
    resultant = resultant.clamp(0, 1 - 0.5 / LARGEST_CONCENTRATION)
    kappa = resultant * (2 - resultant**2) / (1 - resultant**2)
    for _ in range(5):
        ratio = torch.special.i1e(kappa) / torch.special.i0e(kappa)
        slope = torch.where(kappa > 1e-6, 1 - ratio / kappa.clamp_min(1e-6) - ratio**2, 0.5)
        kappa = (kappa - (ratio - resultant) / slope).clamp(0, LARGEST_CONCENTRATION)
    return kappa


def _starts(components: tuple[Component, ...], like: Tensor) -> Climb:
    """A grid of starts; a share that starts at 0 stays there."""
    if components not in MIXTURES.values():
        allowed = " or ".join(str(known) for known in MIXTURES.values())
        raise SurrogateError(f"the components of the mixture are {components}; allowed are {allowed}")
    swaps = START_SHARES if "nontarget" in components else (0.0,)
    grid = like.new_tensor(list(product(START_CONCENTRATIONS, swaps, START_SHARES)))
    concentration, nontarget, uniform = grid.T
    shares = torch.stack((1 - nontarget - uniform, nontarget, uniform), dim=1)
    return Climb(torch.full_like(concentration, -math.inf), concentration, shares)


def _joint(concentration: Tensor, shares: Tensor, cosine: Tensor) -> tuple[Tensor, Tensor]:
    """Density of a response together with its item [climbs, shown, trials], and summed over components.

    concentration [climbs], shares [climbs, 3], cosine of the errors [shown, trials] with the cued item first.
    """
    nontargets = cosine.shape[0] - 1
    of_each = shares[:, 1:2].expand(-1, nontargets) / max(nontargets, 1)
    item_shares = torch.cat((shares[:, :1], of_each), dim=1)
    normaliser = 2 * math.pi * torch.special.i0e(concentration)
    peak = item_shares / normaliser[:, None]
    joint = peak[:, :, None] * (concentration[:, None, None] * (cosine - 1)).exp()
    return joint, joint.sum(1) + shares[:, 2:] / (2 * math.pi)


def iterate(current: Climb, cosine: Tensor, counts: Tensor) -> Climb:
    """One E and M step of every climb: the log-likelihood before it, concentration and shares after it."""
    joint, total = _joint(current.concentration, current.shares, cosine)
    responsibility = joint * (counts / total)[:, None]
    per_item = responsibility.sum(-1)
    resultant = (responsibility * cosine).sum((1, 2))
    target, nontarget = per_item[:, 0], per_item[:, 1:].sum(1)
    trials = counts.sum(-1)
    uniform = (trials - target - nontarget).clamp_min(0)
    shares = torch.stack((target, nontarget, uniform), dim=1) / trials[:, None]
    concentration = solve_concentration(resultant / (target + nontarget).clamp_min(1e-300))
    return Climb((counts * total.log()).sum(-1), concentration, shares)
