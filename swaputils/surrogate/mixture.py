"""The parametric three-component mixture of target, non-targets and guesses, fitted by EM."""

import math
from dataclasses import dataclass
from itertools import product

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from swaputils.records import Displays, Trials
from swaputils.surrogate.geometry import cued_first, response_errors, single_set_size

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
    """

    concentration: float
    p_target: float
    p_nontarget: float
    p_uniform: float
    log_likelihood: float
    trials: int


def fit_mixture(trials: Trials) -> MixtureFit:
    """Fit the mixture of Bays, Catalao & Husain (2009) to trials of one set size N by EM from 27 starts.

    p(y) = p_T VM(y - r_c; kappa) + p_N / (N - 1) sum_{n != c} VM(y - r_n; kappa) + p_U / 2 pi.

    With one item p_N is 0. All starts run a short survey; the best go on until none gains any more.
    Raises SurrogateError where set sizes are mixed or there are no trials.
    """
    single_set_size(trials.displays)
    errors = response_errors(trials.displays, trials.response).double()
    cosine = cued_first(trials.displays, errors).cos()
    starts = torch.tensor(list(product(START_CONCENTRATIONS, START_SHARES, START_SHARES)), dtype=torch.float64)
    concentration, nontarget, uniform = starts.to(cosine.device).T
    shares = torch.stack((1 - nontarget - uniform, nontarget, uniform), dim=1)

    for _ in range(SURVEY_ITERATIONS):
        log_likelihood, concentration, shares = _iterate(concentration, shares, cosine)
    best = log_likelihood.topk(SURVIVORS).indices
    current = log_likelihood[best], concentration[best], shares[best]
    for _ in range(MOST_ITERATIONS):
        following = _iterate(*current[1:], cosine)
        gain = following[0] - current[0]
        current = following
        if gain.max() < SMALLEST_GAIN:
            break

    log_likelihood, concentration, shares = (values[current[0].argmax()].tolist() for values in current)
    return MixtureFit(concentration, *shares, log_likelihood, len(trials))


def fit_mixture_table(trials: Trials) -> pd.DataFrame:
    """One mixture fit per person and set size: columns subject, set_size and the fields of MixtureFit."""
    set_size = trials.displays.set_size
    cells = torch.stack((trials.subject, set_size), dim=1).unique(dim=0).tolist()
    rows = []
    for subject, items in tqdm(cells, desc="mixture fits"):
        fit = fit_mixture(trials[(trials.subject == subject) & (set_size == items)])
        rows.append({"subject": subject, "set_size": items, **vars(fit)})
    return pd.DataFrame(rows)


def mixture_log_density(
    fit: MixtureFit, displays: Displays, response: Float[Tensor, " trials"]
) -> Float[Tensor, " trials"]:
    """Log density of each response under a fitted mixture, for displays of one set size; nats per rad, float64."""
    single_set_size(displays)
    cosine = cued_first(displays, response_errors(displays, response).double()).cos()
    concentration = cosine.new_tensor([fit.concentration])
    shares = cosine.new_tensor([[fit.p_target, fit.p_nontarget, fit.p_uniform]])
    return _joint(concentration, shares, cosine)[1][0].log()


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


def _joint(concentration: Tensor, shares: Tensor, cosine: Tensor) -> tuple[Tensor, Tensor]:
    """Density of a response together with its item [starts, shown, trials], and summed over components.

    concentration [starts], shares [starts, 3], cosine of the errors [shown, trials] with the cued item first.
    """
    nontargets = cosine.shape[0] - 1
    of_each = shares[:, 1:2].expand(-1, nontargets) / max(nontargets, 1)
    item_shares = torch.cat((shares[:, :1], of_each), dim=1)
    normaliser = 2 * math.pi * torch.special.i0e(concentration)
    peak = item_shares / normaliser[:, None]
    joint = peak[:, :, None] * (concentration[:, None, None] * (cosine - 1)).exp()
    return joint, joint.sum(1) + shares[:, 2:] / (2 * math.pi)


def _iterate(concentration: Tensor, shares: Tensor, cosine: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One E and M step of every start: the log-likelihood [starts] before it, concentration and shares after it."""
    joint, total = _joint(concentration, shares, cosine)
    responsibility = joint / total[:, None]
    per_item = responsibility.sum(-1)
    aligned = (responsibility * cosine).sum((1, 2))
    target, nontarget = per_item[:, 0], per_item[:, 1:].sum(1)
    uniform = (cosine.shape[1] - target - nontarget).clamp_min(0)
    new_shares = torch.stack((target, nontarget, uniform), dim=1) / cosine.shape[1]
    new_concentration = solve_concentration(aligned / (target + nontarget).clamp_min(1e-300))
    return total.log().sum(-1), new_concentration, new_shares
