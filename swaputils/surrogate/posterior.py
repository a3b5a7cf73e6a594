"""The fitted swap function of cue distance: its posterior, and the responses that it predicts for any display.

A posterior is in weight space. With whitened weights w ~ N(mean, cholesky cholesky^T),

    f(delta) = LEVEL + SPREAD w_0 + sum_{j=1}^{J} sqrt(2 s a_j) w_j cos(j delta),

where s is the amplitude and a_j the cosine coefficients of the Wendland correlation (see `spectrum`). The cued item
has logit 0, non-target n has f(delta_n), a guess has the uniform logit u; a response is von Mises around its item.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.circular import sample_von_mises, von_mises_log_density, wrap
from swaputils.records import Displays
from swaputils.store import Run, StoreError, provenance, read_run, shown, write_run
from swaputils.surrogate.geometry import cue_distances, response_errors

LEVEL, SPREAD = -2.0, 2.0  # prior mean and SD of the level of f
QUADRATURE_POINTS = 513
TOLERANCE = 1e-3  # rad; files round angles to six decimals, networks to float32
MODEL = "posterior of a swap function of cue distance"  # what `save` calls it, and `load` insists on
ARRAYS = ("mean", "cholesky", "distances")
NUMBERS = ("amplitude", "decay", "concentration", "uniform_logit")
DESCRIPTION = ("continuous", "set_size", "trials")


class OutsideSupport(ValueError):
    """A swap function was asked about a cue distance that the fitted displays never had."""


@dataclass(frozen=True)
class SwapPosterior:
    """Posterior over swap functions of cue distance, fitted to displays of one set size.

    mean, cholesky: [1 + J], [1 + J, 1 + J] of the Gaussian q over the whitened level (first) and weights; float64.
    amplitude:      s, prior variance of f around its level (nats^2).
    decay:          rho; the prior correlation falls faster over distance the larger it is.
    concentration:  kappa of the von Mises emission.
    uniform_logit:  log weight of a guess relative to the cued item.
    distances:      the cue distances that occurred (rad); only the smallest and pi where these fill a range.
    continuous:     whether they fill the range.
    set_size:       number of items.
    trials:         how many were fitted.
    elbo:           lower bound on the log evidence, nats.
    elbo_trace:     [steps] its noisy estimate at each step of the fit.
    """

    mean: Tensor
    cholesky: Tensor
    amplitude: float
    decay: float
    concentration: float
    uniform_logit: float
    distances: Tensor
    continuous: bool
    set_size: int
    trials: int
    elbo: float
    elbo_trace: Tensor

    @property
    def harmonics(self) -> int:
        """J, the number of cosines."""
        return len(self.mean) - 1


def spectrum(decay: Tensor, harmonics: int) -> Float[Tensor, " harmonics"]:
    """Cosine coefficients a_1..a_J of the prior correlation, adding up to 1.

    Correlation (1 + tau x / pi) (1 - x / pi)^tau with tau = 4 + decay (Wendland's C2 on the circle; Gneiting 2013 shows
    tau >= 4 to be positive definite), by the trapezium rule on [0, pi].
    """
    tau = 4 + decay
    position = torch.linspace(0, 1, QUADRATURE_POINTS, dtype=decay.dtype, device=decay.device)
    correlation = (1 + tau * position) * (1 - position) ** tau
    order = torch.arange(1, harmonics + 1, dtype=decay.dtype, device=decay.device)
    coefficients = torch.trapezoid(correlation * (math.pi * order[:, None] * position).cos(), position)
    return coefficients / coefficients.sum()


def cosines(distance: Float[Tensor, " distances"], harmonics: int) -> Float[Tensor, "distances features"]:
    """The features 1, cos(delta), ..., cos(J delta) of each cue distance (rad)."""
    order = torch.arange(harmonics + 1, dtype=distance.dtype, device=distance.device)
    return (distance[:, None] * order).cos()


def prior_scale(amplitude: Tensor, decay: Tensor, harmonics: int) -> Float[Tensor, " features"]:
    """Prior SD of each feature's coefficient: SPREAD for the level, sqrt(2 s a_j) for the cosines."""
    level = torch.full_like(amplitude, SPREAD)[None]
    return torch.cat((level, (2 * amplitude * spectrum(decay, harmonics)).sqrt()))


def mixture_log_density(logits: Tensor, log_emission: Tensor) -> Tensor:
    """log sum_b softmax(logits)_b exp(log_emission_b), components b on the first axis."""
    return torch.logsumexp(logits + log_emission, dim=0) - torch.logsumexp(logits, dim=0)


def swap_function(
    posterior: SwapPosterior, distance: Float[Tensor, " distances"]
) -> tuple[Float[Tensor, " distances"], Float[Tensor, " distances"]]:
    """Posterior mean and SD of f at cue distances inside the support (rad), else OutsideSupport; float64."""
    design = _design(posterior, distance)
    return LEVEL + design @ posterior.mean.to(design), (design @ posterior.cholesky.to(design)).norm(dim=1)


def swap_function_draws(
    posterior: SwapPosterior, distance: Float[Tensor, " distances"], draws: int, *, generator: torch.Generator
) -> Float[Tensor, "draws distances"]:
    """Draws of the whole function f from the posterior, at cue distances inside the support (rad); float64."""
    design = _design(posterior, distance)
    noise = torch.randn(draws, len(posterior.mean), dtype=design.dtype, device=design.device, generator=generator)
    weights = posterior.mean.to(design) + noise @ posterior.cholesky.to(design).T
    return LEVEL + weights @ design.T


def two_item_swap_probability(
    posterior: SwapPosterior, distance: Float[Tensor, " distances"]
) -> Float[Tensor, " distances"]:
    """Swap probability sigmoid(f(delta)) of a display of two items and no guesses, at the posterior mean of f."""
    return swap_function(posterior, distance)[0].sigmoid()


def log_weights(posterior: SwapPosterior, displays: Displays) -> Float[Tensor, "trials items"]:
    """Normalised log weights of the items at the posterior mean of f, guesses left out; absent items have -inf.

    The cued item weighs 1 and any other e^f(delta). Displays may have any number of items, but only cue distances inside
    the support (else OutsideSupport). In the dtype of the displays.
    """
    return _item_logits(posterior, displays).log_softmax(dim=1).to(displays.report.dtype)


def response_log_density(
    posterior: SwapPosterior, displays: Displays, response: Float[Tensor, " trials"]
) -> Float[Tensor, " trials"]:
    """Log density of each response at the posterior mean of f, guesses included; nats per rad, float64."""
    errors = response_errors(displays, response).double().where(displays.present, 0)
    emission = von_mises_log_density(errors, errors.new_tensor(posterior.concentration))
    guess = torch.full_like(emission[:, :1], -math.log(2 * math.pi))
    return mixture_log_density(_all_logits(posterior, displays).T, torch.cat((emission, guess), dim=1).T)


def sample_responses(
    posterior: SwapPosterior, displays: Displays, *, generator: torch.Generator
) -> tuple[Float[Tensor, " trials"], Int[Tensor, " trials"]]:
    """One response per display and the component it came from: the index of an item, or the number of columns for a guess.

    At the posterior mean of f, guesses included. Responses are in rad in [-pi, pi), in the dtype of the displays.
    """
    probabilities = _all_logits(posterior, displays).softmax(dim=1)
    component = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
    guess = torch.rand(component.shape, dtype=torch.float64, device=component.device, generator=generator)
    concentration = torch.full_like(guess, posterior.concentration)
    centres = torch.cat((displays.report.double(), torch.zeros_like(guess)[:, None]), dim=1)
    around_item = centres.gather(1, component[:, None]).squeeze(1) + sample_von_mises(
        concentration, generator=generator
    )
    is_guess = component == displays.report.shape[1]
    response = wrap(torch.where(is_guess, 2 * math.pi * guess, around_item))
    return response.to(displays.report.dtype), component


def save(posterior: SwapPosterior, folder: Path | str) -> None:
    """Write a posterior as a run folder (safetensors, JSON, the ELBO trace as CSV), whole or not at all."""
    fields = vars(posterior)
    run = Run(
        config={"model": MODEL} | {name: fields[name] for name in DESCRIPTION},
        weights={name: torch.as_tensor(fields[name], dtype=torch.float64) for name in (*ARRAYS, *NUMBERS)},
        log=[{"step": step, "elbo": bound} for step, bound in enumerate(posterior.elbo_trace.tolist())],
        metrics={"elbo": posterior.elbo},
        provenance=provenance(),
    )
    write_run(folder, run)


def load(folder: Path | str) -> SwapPosterior:
    """Read what `save` wrote; StoreError on a missing or damaged folder, or one that holds something else."""
    run = read_run(folder)
    if run.config.get("model") != MODEL or set(run.weights) != {*ARRAYS, *NUMBERS}:
        raise StoreError(f"{shown(folder)}: does not hold a {MODEL}; take a folder that a fit of swap functions wrote")
    trace = torch.tensor([row["elbo"] for row in run.log], dtype=torch.float64)
    arrays = {name: run.weights[name] for name in ARRAYS}
    numbers = {name: run.weights[name].item() for name in NUMBERS}
    description = {name: run.config[name] for name in DESCRIPTION}
    return SwapPosterior(**arrays, **numbers, **description, elbo=run.metrics["elbo"], elbo_trace=trace)


def _design(posterior: SwapPosterior, distance: Tensor) -> Tensor:
    """Derivative of f at each distance with respect to the whitened weights, after the check on the support."""
    _check_support(posterior, distance)
    design = cosines(distance.double(), posterior.harmonics)
    amplitude, decay = (design.new_tensor(value) for value in (posterior.amplitude, posterior.decay))
    return design * prior_scale(amplitude, decay, posterior.harmonics)


def _check_support(posterior: SwapPosterior, distance: Tensor) -> None:
    """OutsideSupport unless every distance (rad) is one that the fitted displays had."""
    seen = posterior.distances.to(distance.device, torch.float64)
    if posterior.continuous:
        gap = (seen.min() - distance).clamp_min(0) + (distance - seen.max()).clamp_min(0)
        allowed = f"from {seen.min():.3f} to {seen.max():.3f} rad"
    else:
        gap = (distance[:, None] - seen).abs().amin(dim=1)
        allowed = ", ".join(f"{value:.3f}" for value in seen.tolist()) + " rad"
    if not (gap <= TOLERANCE).all():
        worst = distance[gap.argmax()].item()
        raise OutsideSupport(f"cue distance {worst:.3f} rad lies outside the fitted support; allowed: {allowed}")


def _item_logits(posterior: SwapPosterior, displays: Displays) -> Tensor:
    """[M, N] logit 0 of the cued item, f of the others, -inf of absent ones; float64."""
    others = displays.present & ~displays.is_cued
    distance = cue_distances(displays)[others]
    logits = torch.zeros_like(displays.report, dtype=torch.float64).where(displays.present, -math.inf)
    if len(distance):
        logits[others] = swap_function(posterior, distance)[0]
    return logits


def _all_logits(posterior: SwapPosterior, displays: Displays) -> Tensor:
    """[M, N + 1] the item logits and, last, the guess."""
    items = _item_logits(posterior, displays)
    return torch.cat((items, torch.full_like(items[:, :1], posterior.uniform_logit)), dim=1)
