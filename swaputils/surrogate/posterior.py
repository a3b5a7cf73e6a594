"""A fitted swap function by itself, and the responses that it predicts for new displays.

The cued item has logit 0, a non-target at cue distance c and report distance r has

    f(c, r) = sum_k coefficient_k feature_k(c, r),     coefficients ~ N(mean, cholesky cholesky^T),

a guess has the uniform logit u; a response scatters around its item as the emission says, or is uniform. Three readings
of one posterior answer displays: its mean, its average over functions, and one coherent function drawn from it.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from swaputils.angles import wrap
from swaputils.surrogate.distances import TOLERANCE, SurrogateError, cue_distances, signed_distances
from swaputils.surrogate.torus import Basis, Kind, features
from swaputils.trials import Displays


class OutsideSupport(SurrogateError):
    """A swap function was asked about a distance that the fitted displays never had."""


@dataclass(frozen=True)
class SwapPosterior:
    """Posterior over swap functions of one set size (or one person, or one condition).

    Attributes:
        kinds, basis: which features f has, in this order; see `torus`.
        mean, cholesky: [K], [K, K] of the Gaussian over their coefficients; float64.
        emission: name in EMISSIONS.
        emission_parameters: [P] its natural parameters.
        uniform_logit: log weight of a guess relative to the cued item; -inf without guesses.
        distances: the cue distances that occurred (rad); only the smallest and the largest where these fill a range.
        report_distances: [2] smallest and largest report distance (rad).
        continuous: whether cue distances fill their range.
        set_size: number of items; None where the fit did not tell set sizes apart.
        trials: how many were fitted, all cells of the fit together.
        elbo: lower bound on the log evidence of the fit, nats.
        elbo_trace: [steps] its noisy estimate at each step of the fit.
    """

    kinds: tuple[Kind, ...]
    basis: Basis
    mean: Tensor
    cholesky: Tensor
    emission: str
    emission_parameters: Tensor
    uniform_logit: float
    distances: Tensor
    report_distances: Tensor
    continuous: bool
    set_size: int | None
    trials: int
    elbo: float
    elbo_trace: Tensor

    @property
    def concentration(self) -> float:
        """kappa of a von Mises emission; SurrogateError for any other."""
        if self.emission != "von_mises":
            raise SurrogateError(f"the emission is {self.emission}, which has no single concentration")
        return self.emission_parameters[0].item()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The distances that f depends on, of "cue" and "report"."""
        used = set(self.kinds) | ({"cue", "report"} if "interaction" in self.kinds else set())
        return tuple(dimension for dimension in ("cue", "report") if dimension in used)


def swap_function(
    posterior: SwapPosterior, distance: Float[Tensor, " distances"]
) -> tuple[Float[Tensor, " distances"], Float[Tensor, " distances"]]:
    """Posterior mean and SD of f over cue distance (rad), averaged over the circle of report distances; float64.

    Raises:
        OutsideSupport: where a distance is not one that was fitted.

    >>> from swaputils.data.simulated import simulated_trials
    >>> from swaputils.surrogate import LADDER, BnsConfig, SwapModel, cell, fit_bns
    >>> trials = simulated_trials(seed=0, people=1, trials_per_set_size=50)
    >>> config = BnsConfig(draws=4, steps=5, final_draws=8)
    >>> generator = torch.Generator().manual_seed(0)
    >>> fit = fit_bns(trials[trials.displays.set_size == 4], SwapModel(LADDER["cue"]), config, generator=generator)
    >>> mean, deviation = swap_function(cell(fit, set_size=4), torch.tensor([math.pi / 4, math.pi]))
    >>> mean.shape, bool((deviation > 0).all())
    (torch.Size([2]), True)
    """
    design = _main_effect(posterior, "cue", distance)
    return design @ posterior.mean.to(design), (design @ posterior.cholesky.to(design)).norm(dim=1)


def report_function(
    posterior: SwapPosterior, distance: Float[Tensor, " distances"]
) -> tuple[Float[Tensor, " distances"], Float[Tensor, " distances"]]:
    """The same over report distance (rad), averaged over the circle of cue distances."""
    design = _main_effect(posterior, "report", distance)
    return design @ posterior.mean.to(design), (design @ posterior.cholesky.to(design)).norm(dim=1)


def swap_surface(
    posterior: SwapPosterior, cue: Float[Tensor, " points"], report: Float[Tensor, " points"]
) -> tuple[Float[Tensor, " points"], Float[Tensor, " points"]]:
    """Posterior mean and SD of f at pairs of cue and report distances (rad); float64."""
    design = _design(posterior, cue.double(), report.double())
    return design @ posterior.mean.to(design), (design @ posterior.cholesky.to(design)).norm(dim=1)


def swap_function_draws(
    posterior: SwapPosterior, distance: Float[Tensor, " distances"], draws: int, *, generator: torch.Generator
) -> Float[Tensor, "draws distances"]:
    """Draws of the whole function that `swap_function` describes; float64."""
    design = _main_effect(posterior, "cue", distance)
    return _coefficients(posterior, design, draws, generator) @ design.T


def log_weights(posterior: SwapPosterior, displays: Displays) -> Float[Tensor, "trials items"]:
    """Normalised log weights of the items at the posterior mean of f, guesses left out; absent items have -inf.

    The cued item weighs 1 and any other e^f. Displays may have any number of items, but only distances inside the
    support (else OutsideSupport). In the dtype of the displays.
    """
    return _mean_logits(posterior, displays)[:, :-1].log_softmax(dim=1).to(displays.report.dtype)


def component_probabilities(posterior: SwapPosterior, displays: Displays) -> Float[Tensor, "trials components"]:
    """Probability of each item and, last, of a guess, at the posterior mean of f; 0 for absent items; float64."""
    return _mean_logits(posterior, displays).softmax(dim=1)


def averaged_probabilities(
    posterior: SwapPosterior, displays: Displays, draws: int = 256, *, generator: torch.Generator
) -> Float[Tensor, "trials components"]:
    """The same averaged over functions drawn from the posterior, as if every response came from another one."""
    others, design = _of_displays(posterior, displays)
    coefficients = _coefficients(posterior, design, draws, generator)
    parts = (_logits(posterior, displays, others, design @ row).softmax(dim=1) for row in coefficients)
    return sum(parts, start=design.new_zeros(())) / draws


def drawn(posterior: SwapPosterior, *, generator: torch.Generator) -> SwapPosterior:
    """One function drawn from the posterior, as a posterior that is certain of it."""
    coefficients = _coefficients(posterior, posterior.mean, 1, generator)[0]
    return replace(posterior, mean=coefficients, cholesky=torch.zeros_like(posterior.cholesky))


def inside_support(posterior: SwapPosterior, displays: Displays) -> Bool[Tensor, " trials"]:
    """Which displays have only non-targets at distances that the fitted displays had, in the dimensions that f uses."""
    others = displays.present & ~displays.is_cued
    inside = torch.ones_like(others)
    for dimension, values in zip(("cue", "report"), signed_distances(displays)):
        if dimension in posterior.dimensions:
            inside &= (_gap(posterior, dimension, values.double().abs()) <= TOLERANCE) | ~others
    return inside.all(dim=1)


def _design(posterior: SwapPosterior, cue: Tensor, report: Tensor) -> Tensor:
    """Features of f at pairs of distances, after the check on the support."""
    for dimension, values in (("cue", cue), ("report", report)):
        if dimension in posterior.dimensions:
            _check_support(posterior, dimension, values)
    return torch.cat([features(kind, posterior.basis, cue, report) for kind in posterior.kinds], dim=-1)


def _main_effect(posterior: SwapPosterior, dimension: str, distance: Tensor) -> Tensor:
    """Features of the level and of one main effect, the others 0: cosines and sines average to 0 over the circle."""
    distance = distance.double()
    if dimension in posterior.dimensions:
        _check_support(posterior, dimension, distance)
    parts = []
    for kind in posterior.kinds:
        part = features(kind, posterior.basis, distance, distance)
        parts.append(part if kind in ("level", dimension) else torch.zeros_like(part))
    return torch.cat(parts, dim=-1)


def _coefficients(posterior: SwapPosterior, like: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """[draws, K] coefficients from the posterior."""
    noise = torch.randn(draws, len(posterior.mean), dtype=torch.float64, device=like.device, generator=generator)
    return posterior.mean.to(like) + noise @ posterior.cholesky.to(like).T


def _gap(posterior: SwapPosterior, dimension: str, distance: Tensor) -> Tensor:
    """How far each unsigned distance lies outside of the support."""
    if dimension == "cue" and not posterior.continuous:
        seen = posterior.distances.to(distance)
        return (distance[..., None] - seen).abs().amin(dim=-1)
    ends = (posterior.distances if dimension == "cue" else posterior.report_distances).to(distance)
    return (ends.min() - distance).clamp_min(0) + (distance - ends.max()).clamp_min(0)


def _check_support(posterior: SwapPosterior, dimension: str, distance: Tensor) -> None:
    """OutsideSupport unless every distance (rad) is one that the fitted displays had."""
    gap = _gap(posterior, dimension, wrap(distance).abs())
    if not (gap <= TOLERANCE).all():
        worst = wrap(distance).abs().flatten()[gap.flatten().argmax()].item()
        if dimension == "cue" and not posterior.continuous:
            allowed = ", ".join(f"{value:.3f}" for value in posterior.distances.tolist()) + " rad"
        else:
            ends = posterior.distances if dimension == "cue" else posterior.report_distances
            allowed = f"from {ends.min():.3f} to {ends.max():.3f} rad"
        raise OutsideSupport(
            f"{dimension} distance {worst:.3f} rad lies outside the fitted support; allowed: {allowed}"
        )


def _of_displays(posterior: SwapPosterior, displays: Displays) -> tuple[Tensor, Tensor]:
    """Which items [M, N] are non-targets, and the features [R, K] of f at each; float64."""
    others = displays.present & ~displays.is_cued
    if "cue" in posterior.dimensions:
        cue_distances(displays)  # refuses items without probe feature
    cue, report = (values[others].double().nan_to_num(0.0) for values in signed_distances(displays))
    if not posterior.kinds or not len(cue):
        return others, cue.new_zeros(len(cue), len(posterior.mean))
    return others, _design(posterior, cue, report)


def _logits(posterior: SwapPosterior, displays: Displays, others: Tensor, swaps: Tensor) -> Tensor:
    """[M, N + 1] logit 0 of the cued item, f of the others, -inf of absent ones, and last that of a guess; float64."""
    logits = torch.zeros_like(displays.report, dtype=torch.float64).where(displays.present, -math.inf)
    logits[others] = swaps if posterior.kinds else -math.inf
    return torch.cat((logits, torch.full_like(logits[:, :1], posterior.uniform_logit)), dim=1)


def _mean_logits(posterior: SwapPosterior, displays: Displays) -> Tensor:
    """The same at the posterior mean of f."""
    others, design = _of_displays(posterior, displays)
    return _logits(posterior, displays, others, design @ posterior.mean.to(design))
