"""Models of people's responses compared with one another, and with the responses themselves."""

import math
from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from swapbook.studies.observers import OBSERVERS, observed, seeded
from swapbook.studies.recovery import EMISSION_CHOICES
from swapbook.studies.swap_functions import BRACKET, cells_of, fitted_cell
from swaputils import surrogate
from swaputils.angles import wrap
from swaputils.surrogate import ACCOUNTS, EMISSIONS, LADDER, BnsConfig, SwapFit, SwapModel, Term
from swaputils.surrogate.comparison import compare
from swaputils.surrogate.emissions import log_density_table
from swaputils.surrogate.fit_data import prepare
from swaputils.surrogate.joint import LEVEL, prior_scale
from swaputils.surrogate.likelihood import log_likelihood
from swaputils.surrogate.mixture import by_person
from swaputils.surrogate.mixture_resamples import mixture_tables
from swaputils.trials import Trials

FOLDS = 3
RESAMPLES = 200
SIMULATED_PER_DISPLAY = 20
BY_PERSON = "von Mises + guesses, each person"
TWO_EMISSIONS = ("von Mises + guesses", "wrapped stable")
CHECKED_MODELS = (("cue", TWO_EMISSIONS[0]), ("cue", TWO_EMISSIONS[1]), ("full", TWO_EMISSIONS[1]))
FEW_ITEMS = 4
ERROR_BINS = 60  # of 6 degrees around 0


def baseline_table(people: Trials) -> pd.DataFrame:
    """Two- and three-component mixtures, mean over people at each set size, as `mixture_tables` gives them."""
    return mixture_tables(by_person(people), RESAMPLES, generator=seeded())[1]


def ladder_table(people: Trials, seed: int = 0) -> pd.DataFrame:
    """The ladder compared under two emissions, and one of them with each person's own precision; columns emission and those
    of `compare`. Where there are conditions, only the two: a person's precision would rest on too few trials of each.
    """
    choices = {name: EMISSION_CHOICES[name] for name in TWO_EMISSIONS}
    if people.condition is None:
        choices[BY_PERSON] = {"precision_by": ("subject", "set_size")}
    return _compared(people, LADDER, choices, seed)


def account_table(people: Trials, seed: int = 0) -> pd.DataFrame:
    """Three accounts of responses far from the cued item, under three emissions; columns emission and those of `compare`."""
    return _compared(people, ACCOUNTS, {name: EMISSION_CHOICES[name] for name in BRACKET}, seed)


def hamiltonian_table(people: Trials, draws: int = 4000) -> pd.DataFrame:
    """Variational beside Hamiltonian posterior of the cue model at the largest set size; one row per whitened weight.

    mean, deviation: variational; mean_hmc, deviation_hmc: of the draws; weights are in the order level, cosines.
    """
    chosen = people[people.displays.set_size == people.displays.set_size.max()]
    fit = surrogate.fit_bns(chosen, SwapModel(LADDER["cue"]), BnsConfig(draws=32, steps=1500), generator=seeded())
    samples = sample_weights(fit, chosen, draws, seed=0)
    columns = {"mean": fit.mean, "deviation": fit.cholesky.norm(dim=1)}
    columns |= {"mean_hmc": samples.mean(0), "deviation_hmc": samples.std(0)}
    return pd.DataFrame({name: values.tolist() for name, values in columns.items()})


def known_hamiltonian_table() -> pd.DataFrame:
    """The same for the known observer whose swaps depend on cue distance: 1,200 displays of four items."""
    return hamiltonian_table(observed(OBSERVERS["cue"], 1200, 4, 0))


def sample_weights(
    fit: SwapFit, trials: Trials, draws: int = 1000, warmup: int = 500, *, seed: int
) -> Float[Tensor, "draws weights"]:
    """Whitened weights of all terms from p(w | responses) at the fitted variances, decays, emission and guess rate.

    By the No-U-Turn sampler of Pyro (Hoffman & Gelman 2014; Bingham et al. 2019) from the variational mean.
    """
    from pyro.infer import MCMC, NUTS

    data = prepare(trials, fit.model)
    scale = prior_scale(fit.model, fit.layout, fit.variances, fit.decays)
    tables = log_density_table(EMISSIONS[fit.model.emission], fit.emission_parameters)

    def energy(state: dict[str, Tensor]) -> Tensor:
        logits = LEVEL + data.design @ (scale * state["w"])[:, None]
        return state["w"].square().sum() / 2 - log_likelihood(logits, fit.uniform_logits, tables, data.responses)

    sampler = MCMC(
        NUTS(potential_fn=energy), num_samples=draws, warmup_steps=warmup, initial_params={"w": fit.mean.clone()}
    )
    with torch.random.fork_rng():  # the sampler takes no generator
        torch.manual_seed(seed)
        sampler.run()
    return sampler.get_samples()["w"]


def predictive_check_table(people: Trials) -> pd.DataFrame:
    """Mean size of the error by the nearest non-target's cue and report distance, at FEW_ITEMS and at the largest set size.

    One row per condition, set_size, dimension, bin (its centre, rad) and who: "people", with standard_error, or a model fitted
    to them. Where all places are taken there is one cue distance only; with FEW_ITEMS it varies.
    """
    largest = int(people.displays.set_size.max())
    cells = {key: chosen for key, chosen in cells_of(people).items() if key[1] in (FEW_ITEMS, largest)}
    parts = []
    with tqdm(total=len(cells) * len(CHECKED_MODELS), desc="predictive checks", unit="fit") as bar:
        for (condition, size), chosen in cells.items():
            nearest = _nearest(chosen)
            rows = _binned("people", nearest, _error(chosen, chosen.response)[None])
            for rung, emission in CHECKED_MODELS:
                errors = torch.stack([_error(chosen, answer) for answer in _answers(chosen, rung, emission)])
                rows += _binned(f"{rung}, {emission}", nearest, errors)
                bar.update()
            parts.append(pd.DataFrame(rows).assign(condition=condition, set_size=size))
    return pd.concat(parts, ignore_index=True)


def histogram_table(people: Trials) -> pd.DataFrame:
    """Density of the response error at the largest set size (1/rad), in people and in the cue model under two emissions.

    One row per condition, error (bin centre, rad) and who: "people", or the emission of the model that answered the same
    displays SIMULATED_PER_DISPLAY times.
    """
    largest = int(people.displays.set_size.max())
    edges = torch.linspace(-math.pi, math.pi, ERROR_BINS + 1, dtype=torch.float64)
    width = float(edges[1] - edges[0])
    parts = []
    for (condition, size), chosen in tqdm(cells_of(people).items(), desc="error histograms", unit="cell"):
        if size == largest:
            answers = {"people": [chosen.response]}
            for emission in TWO_EMISSIONS:
                answers[emission] = _answers(chosen, "cue", emission)
            for who, responses in answers.items():
                errors = torch.cat([wrap(each - chosen.displays.cued_report).double() for each in responses])
                density = torch.histogram(wrap(errors + width / 2), edges, density=True).hist
                part = pd.DataFrame({"error": edges[:-1], "density": density})
                parts.append(part.assign(condition=condition, who=who))
    return pd.concat(parts, ignore_index=True)


def by_condition(model: SwapModel) -> SwapModel:
    """The model with levels, emission and guess rate of their own for each condition."""
    terms = tuple(replace(term, by=(*term.by, "condition")) if term.kind == "level" else term for term in model.terms)
    return replace(model, terms=terms, precision_by=(*model.precision_by, "condition"))


def _compared(people: Trials, rungs: dict[str, tuple[Term, ...]], choices: dict[str, dict], seed: int) -> pd.DataFrame:
    chosen = people[people.displays.set_size > 1]
    parts = []
    for name, choice in choices.items():
        models = {rung: SwapModel(terms, **choice) for rung, terms in rungs.items()}
        if people.condition is not None:
            models = {rung: by_condition(model) for rung, model in models.items()}
        parts.append(compare(chosen, models, FOLDS, seed=seed).assign(emission=name))
    return pd.concat(parts, ignore_index=True)


def _answers(chosen: Trials, rung: str, emission: str) -> list[Tensor]:
    """Responses [M] of a model fitted to one cell, to its displays, SIMULATED_PER_DISPLAY times."""
    fitted, generator = fitted_cell(chosen, rung, emission), seeded()
    return [
        surrogate.sample_responses(fitted, chosen.displays, generator=generator)[0]
        for _ in range(SIMULATED_PER_DISPLAY)
    ]


def _error(chosen: Trials, response: Tensor) -> Tensor:
    """Size of the response error relative to the cued item (rad)."""
    errors = surrogate.response_errors(chosen.displays, response)
    return errors.gather(1, chosen.displays.cued[:, None]).squeeze(1).abs()


def _nearest(chosen: Trials) -> dict[str, Tensor]:
    """Bin centre of the nearest non-target's distance in each dimension, [M]: its place, or one of seven bins of report distance."""
    displays = chosen.displays
    others = displays.present & ~displays.is_cued
    cue = surrogate.cue_distances(displays).masked_fill(~others, math.inf).amin(1)
    report = wrap(displays.report - displays.cued_report[:, None]).abs().masked_fill(~others, math.inf).amin(1)
    edges = torch.tensor([0.0, 10, 20, 30, 45, 60, 90, 180], dtype=torch.float64).deg2rad()
    middles = (edges[:-1] + edges[1:]) / 2
    inside = torch.bucketize(report.double(), edges[1:-1])
    return {"cue": (cue / 1e-3).round() * 1e-3, "report": middles[inside]}


def _binned(who: str, nearest: dict[str, Tensor], errors: Tensor) -> list[dict]:
    """Mean error [repeats, M] in each bin that holds 30 trials or more."""
    rows = []
    for dimension, bins in nearest.items():
        for centre in bins.unique().tolist():
            inside = bins == centre
            if inside.sum() >= 30:
                values = errors[:, inside]
                standard_error = values.mean(0).std().item() / inside.sum().item() ** 0.5
                rows.append({"who": who, "dimension": dimension, "bin": centre, "error": values.mean().item()})
                rows[-1] |= {"standard_error": standard_error, "trials": int(inside.sum())}
    return rows
