"""What the fits recover from observers whose swap function is known."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from tqdm import tqdm

from swapbook.studies.observers import OBSERVERS, observed, observer, seeded
from swaputils import surrogate
from swaputils.surrogate import LADDER, Basis, SwapModel, SwapPosterior
from swaputils.surrogate.comparison import predictive_log_density
from swaputils.surrogate.torus import spectrum

NORMAL_95 = 1.959964
NEAR, FAR = 0.4, 3.0  # rad; a little inside of the distances that random displays have
GRID = torch.linspace(NEAR, FAR, 25, dtype=torch.float64)
FRESH_SEED = 1_000_003  # added to the seed of the fitted responses
SETS_OF_SIZE = {2_000: 8}  # simulated data sets with varying precision, by number of trials
VARYING = {"emission": "variable_precision", "parameters": (20.0, 1.2)}
EMISSION_CHOICES = {
    "von Mises + guesses": {"emission": "von_mises", "guesses": True},
    "wrapped stable": {"emission": "wrapped_stable", "guesses": False},
    "variable precision": {"emission": "variable_precision", "guesses": False},
    "variable precision + guesses": {"emission": "variable_precision", "guesses": True},
}
"""Emissions by the name that figures give them."""


def recovery(replicates: int = 10, trials: int = 2000, items: int = 4, fresh_trials: int = 4000) -> pd.DataFrame:
    """Every rung of the ladder fitted to responses of every observer; one row per observer, replicate and model.

    Columns: observer, replicate, model; elbo, nats; training, log likelihood per trial (nats) at the posterior mean; gain, of
    the log density of fresh trials over that of the parametric mixture, in thousandths of a nat per trial.
    """
    rows = []
    with tqdm(total=len(OBSERVERS) * replicates * len(LADDER), desc="model recovery", unit="fit") as bar:
        for replicate in range(replicates):
            for truth, known in OBSERVERS.items():
                people = observed(known, trials, items, replicate)
                fresh = observed(known, fresh_trials, items, FRESH_SEED + replicate)
                mixture = surrogate.fit_mixture(people)
                parametric = surrogate.mixture_log_density(mixture, fresh.displays, fresh.response).mean()
                for name, terms in LADDER.items():
                    fit = surrogate.fit_bns(people, SwapModel(terms), generator=seeded(replicate))
                    density = predictive_log_density(fit, fresh, generator=seeded(replicate)).mean()
                    fitted = surrogate.cell(fit, set_size=items)
                    own = surrogate.response_log_density(fitted, people.displays, people.response).mean()
                    row = {"observer": truth, "replicate": replicate, "model": name, "elbo": fit.elbo}
                    rows.append(row | {"training": own.item(), "gain": 1000 * (density - parametric).item()})
                    bar.update()
    return pd.DataFrame(rows)


def calibration(replicates: int = 25, trials: int = 2000, items: int = 4) -> pd.DataFrame:
    """Share of the true function inside the 95 % band, for functions drawn from the prior; one row per model and replicate.

    The functions come from the prior of the fit at the medians of its hyper-priors (variance .5, decay 2), with levels at -2 +- 1,
    where responses say something about swaps.
    """
    rows = []
    with tqdm(total=2 * replicates, desc="calibration", unit="fit") as bar:
        for name in ("cue", "full"):
            for replicate in range(replicates):
                truth = _from_prior(name, seeded(FRESH_SEED + replicate))
                people = observed(truth, trials, items, replicate)
                fit = surrogate.fit_bns(people, SwapModel(LADDER[name]), generator=seeded(replicate))
                mean, deviation = surrogate.swap_function(surrogate.cell(fit, set_size=items), GRID)
                true, _ = surrogate.swap_function(truth, GRID)
                inside = (mean - true).abs() <= NORMAL_95 * deviation
                error = ((mean - true) / deviation).square().mean().sqrt()
                rows.append({"model": name, "replicate": replicate, "covered": inside.double().mean().item()})
                rows[-1] |= {"standardised_error": error.item(), "level": truth.mean[0].item()}
                bar.update()
    return pd.DataFrame(rows)


def confound(replicates: Mapping[int, int] = SETS_OF_SIZE, items: int = 6) -> pd.DataFrame:
    """A report dimension that is not there: varying precision, swaps that ignore distance, fitted with each emission.

    One row per set (trials, replicate), emission and report distance (rad). f, deviation: posterior of the fitted
    function of report distance; true: the level that holds at every distance; elbo_gain: of the report model over the
    one without, nats.

    Args:
        replicates: how many sets of each number of trials.
    """
    known = observer((-2.4, 0.0, 0.0, 0.0, 0.0, 0.0), **VARYING)
    distance = torch.linspace(NEAR, FAR, 12, dtype=torch.float64)
    sets = [(trials, replicate) for trials, count in replicates.items() for replicate in range(count)]
    rows = []
    with tqdm(total=2 * len(sets) * len(EMISSION_CHOICES), desc="varying precision", unit="fit") as bar:
        for trials, replicate in sets:
            people = observed(known, trials, items, replicate)
            for name, choice in EMISSION_CHOICES.items():
                fits = {}
                for rung in ("none", "report"):
                    model = SwapModel(LADDER[rung], **choice)
                    fits[rung] = surrogate.fit_bns(people, model, generator=seeded(replicate))
                    bar.update()
                mean, deviation = surrogate.report_function(surrogate.cell(fits["report"], set_size=items), distance)
                shared = {"trials": trials, "replicate": replicate, "emission": name, "true": -2.4}
                shared["elbo_gain"] = fits["report"].elbo - fits["none"].elbo
                for place, f, sd in zip(distance.tolist(), mean.tolist(), deviation.tolist()):
                    rows.append(shared | {"distance": place, "f": f, "deviation": sd})
    return pd.DataFrame(rows)


def share_power(replicates: int = 40, sizes: Sequence[int] = (50, 100, 200, 400, 800)) -> pd.DataFrame:
    """How well a swap rate is known after so many trials: one row per true share, trials and replicate, six items."""
    rows = []
    shares = (0.05, 0.15, 0.30)
    with tqdm(total=len(sizes) * len(shares) * replicates, desc="trials for a swap rate", unit="fit") as bar:
        for share in shares:
            level = math.log(share / 5 / (0.85 * (1 - share)))
            known = observer((level, 0.0, 0.0, 0.0, 0.0, 0.0), parameters=(8.0,), uniform_logit=math.log(0.15 / 0.85))
            for trials in sizes:
                for replicate in range(replicates):
                    fit = surrogate.fit_mixture(observed(known, trials, 6, replicate))
                    rows.append({"true": share, "trials": trials, "replicate": replicate, "share": fit.p_nontarget})
                    bar.update()
    return pd.DataFrame(rows)


def gradient_power(replicates: int = 10) -> pd.DataFrame:
    """How well a gradient over cue distance is known after so many trials of six items; one row per gradient and replicate.

    The true weight of a non-target at NEAR is `true` times that at FAR; ratio, low and high are the posterior median
    of the same ratio and its 95 % interval.
    """
    rows = []
    sizes, ratios = (250, 500, 1000, 2000), (1.0, 2.0, 4.0)
    ends = torch.tensor([NEAR, FAR], dtype=torch.float64)
    quantiles = torch.tensor([0.025, 0.5, 0.975], dtype=torch.float64)
    with tqdm(total=len(sizes) * len(ratios) * replicates, desc="trials for a gradient", unit="fit") as bar:
        for ratio in ratios:
            slope = math.log(ratio) / (math.cos(NEAR) - math.cos(FAR))
            known = observer((-2.2, slope, 0.0, 0.0, 0.0, 0.0), parameters=(8.0,), uniform_logit=-1.5)
            for trials in sizes:
                for replicate in range(replicates):
                    people = observed(known, trials, 6, replicate)
                    generator = seeded(replicate)
                    fit = surrogate.fit_bns(people, SwapModel(LADDER["cue"]), generator=generator)
                    fitted = surrogate.cell(fit, set_size=6)
                    draws = surrogate.swap_function_draws(fitted, ends, 4000, generator=generator)
                    low, middle, high = (draws[:, 0] - draws[:, 1]).exp().quantile(quantiles).tolist()
                    rows.append({"true": ratio, "trials": trials, "replicate": replicate})
                    rows[-1] |= {"ratio": middle, "low": low, "high": high}
                    bar.update()
    return pd.DataFrame(rows)


def _from_prior(name: str, generator: torch.Generator) -> SwapPosterior:
    """An observer whose swap function is drawn from the prior of a rung of the ladder."""
    basis = Basis()
    decay = torch.tensor(2.0, dtype=torch.float64)
    pair = spectrum(decay, basis.interaction)
    main = (2 * 0.5 * spectrum(decay, basis.cue)).sqrt()
    both = (4 * 0.5 * pair[:, None] * pair).sqrt().flatten()
    in_model = name == "full"
    scale = torch.cat((torch.ones(1, dtype=torch.float64), main, in_model * main, in_model * both))
    mean = scale * torch.randn(len(scale), dtype=torch.float64, generator=generator)
    mean[0] -= 2.0
    return observer(mean, basis=basis)
