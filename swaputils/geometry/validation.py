"""How far every measure of colour planes is from planted truth, on the displays and at the noise of an analysis."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.geometry.alignment import WIDEST, colour_alignment
from swaputils.geometry.crossproducts import CrossProducts, cross_products
from swaputils.geometry.planepairs import estimate, pair_measures
from swaputils.geometry.planted import SEPARATION, Plan, Planted, plant, rings_at
from swaputils.geometry.published import (
    compare_means,
    condition_means,
    cosine_in_three,
    four_colour_angles,
    reported_colour_cosine,
)

TRUTHS = (0.0, 0.09, 0.29, 0.5, 0.71, 0.9, 1.0)
BINS = 16
CONDITIONS = {
    "network": Plan(),
    "unequal strengths": Plan(strengths=(1.0, 0.4)),
    "phase 90 degrees": Plan(phase=torch.pi / 2),
    "interactions": Plan(interaction=0.27),  # additive R^2 of .79, as in networks taught swaps
    "64 colours": Plan(distinct=64),
    "session": Plan(units=67, trials=375, noise=1.0),
}


class RangeRow(NamedTuple):
    """One measure at one truth: `expected` is what it should give, the cosine for measures within three components."""

    condition: str
    separation: float
    truth: float
    estimator: str
    expected: float
    mean: float
    sd: float
    repeats: int


def over_the_range(
    repeats: int = 20,
    truths: tuple[float, ...] = TRUTHS,
    conditions: dict[str, Plan] = CONDITIONS,
    *,
    generator: torch.Generator,
) -> Iterator[RangeRow]:
    """Every measure at every truth, with independent colours and with the least distance of the book's displays.

    With all defaults a minute or two on one core.
    """
    for name, plan in conditions.items():
        for separation in (0.0, SEPARATION):
            for truth in truths:
                chosen = replace(plan, alignment=truth, separation=separation)
                found = [_all_measures(plant(chosen, generator=generator), generator) for _ in range(repeats)]
                for estimator in found[0]:
                    values = torch.tensor([each[estimator] for each in found])
                    known = values[values.isfinite()]
                    expected = truth**0.5 if "components" in estimator else truth
                    spread = float(known.std()) if len(known) > 1 else float("nan")
                    yield RangeRow(
                        name, separation, truth, estimator, expected, float(known.mean()), spread, len(known)
                    )


def _all_measures(planted: Planted, generator: torch.Generator) -> dict[str, float]:
    """Every measure of one planted session; those that bin one colour take the item that a random cue names."""
    cued = torch.randint(2, (len(planted.colours),), generator=generator)
    means = condition_means(planted.activity, *_cued_colour(planted, cued), BINS)
    angles = four_colour_angles(planted.activity, *_cued_colour(planted, cued), draws=50, generator=generator)
    planes = colour_alignment(planted.activity, planted.colours, generator=generator).planes
    interactions = planes.with_interactions
    return {
        "bins of one colour": float(compare_means(means).alignment),
        "three components, 16 bins": float(
            reported_colour_cosine(planted.activity, *_cued_colour(planted, cued), BINS)
        ),
        "three components, 4 colours, 10 trials each": float(angles.median().deg2rad().cos()),
        "regression on both colours": float(planes.alignment.value),
        "regression with interactions": math.nan if interactions is None else float(interactions.value),
    }


def _cued_colour(planted: Planted, cued: Tensor) -> tuple[Tensor, Tensor]:
    return planted.colours.gather(1, cued[:, None]).squeeze(1), cued


class RecordingRow(NamedTuple):
    """Many simulated recordings of one plan.

    reliability:   mean cosine of rings between halves of the trials.
    numerator_z:   mean |A|^2 less its truth, in standard errors; strengths_z: the same of |B|^2 of either ring.
    mean_error, median_error, sd: of the alignment of single recordings.
    pooled_error:  of the alignment of all recordings added.
    coverage:      share of intervals that hold the truth.
    told:          share of recordings whose alignment can be told.
    told_error:    mean error among them.
    """

    units: int
    trials: int
    noise: float
    separation: float
    truth: float
    reliability: float
    numerator_z: float
    first_strength_z: float
    second_strength_z: float
    mean_error: float
    median_error: float
    sd: float
    pooled_error: float
    coverage: float
    told: float
    told_error: float
    recordings: int


def recordings(plan: Plan, count: int = 500, *, generator: torch.Generator) -> RecordingRow:
    """Measure so many recordings, each with neurons of its own: about a minute for 500 of 67 units and 375 trials."""
    pooled: CrossProducts | None = None
    rows = []
    for _ in range(count):
        planted = plant(plan, generator=generator)
        products = cross_products(planted.activity, planted.colours, generator=generator)
        pooled = products if pooled is None else pooled + products
        measures = pair_measures(products.additive)
        alignment = estimate(measures.alignment[:, 0])
        one = (measures.numerator[0, 0], *measures.strengths[0, 0], measures.rho_self[0, 0])
        rows.append(torch.stack([*one, alignment.value, alignment.low, alignment.high]))
    if pooled is None:
        raise SwaputilsError(f"{count} recordings were asked for; one or more are needed")
    numerator, first, second, reliability, value, low, high = torch.stack(rows).T
    radii = [strength**2 for strength in plan.strengths]
    known, told = value.isfinite(), high - low <= WIDEST
    error = value - plan.alignment
    return RecordingRow(
        *(plan.units, plan.trials, plan.noise, plan.separation, plan.alignment),
        reliability=float(reliability.nanmean()),
        numerator_z=_standard_errors(numerator, 2 * plan.alignment * radii[0] * radii[1]),
        first_strength_z=_standard_errors(first, 2 * radii[0]),
        second_strength_z=_standard_errors(second, 2 * radii[1]),
        mean_error=float(error[known].mean()),
        median_error=float(error[known].median()),
        sd=float(error[known].std()),
        pooled_error=float(pair_measures(pooled.additive).alignment[0, 0]) - plan.alignment,
        coverage=float(((low <= plan.alignment) & (plan.alignment <= high)).double().mean()),
        told=float(told.double().mean()),
        told_error=float(error[told].mean()),
        recordings=count,
    )


def _standard_errors(samples: Tensor, truth: float) -> float:
    return float((samples.mean() - truth) / (samples.std() / len(samples) ** 0.5))


class AngleRow(NamedTuple):
    """Worst error (degrees) of an angle over the repeats, for one measure."""

    degrees: float
    estimator: str
    mean: float
    worst_error: float


def angles(
    degrees: tuple[float, ...] = (15.0, 30.0, 45.0, 60.0, 75.0),
    trials_a_bin: int = 200,
    repeats: int = 10,
    *,
    generator: torch.Generator,
) -> Iterator[AngleRow]:
    """Angles recovered from independent colours at the networks' noise.

    Regression has both principal angles at the truth, on separated displays. Within three components two planes share a line, so
    for the published measures the other angle is 0.
    """
    for angle in degrees:
        for estimator, measured in _angle_measures(angle, trials_a_bin, generator).items():
            found = torch.stack([measured() for _ in range(repeats)])
            yield AngleRow(angle, estimator, float(found.mean()), float((found - angle).abs().max()))


def _angle_measures(degrees: float, trials_a_bin: int, generator: torch.Generator) -> dict[str, Callable[[], Tensor]]:
    """Each measures the angle of new activity, in degrees."""
    angle = degrees * torch.pi / 180

    def planted(bins: int, angles: tuple[float, float], separation: float = 0.0) -> Planted:
        plan = Plan(trials=2 * bins * trials_a_bin, separation=separation)
        rings = rings_at(angles, plan.strengths, plan.phase, plan.units, generator=generator)
        return plant(plan, generator=generator, rings=rings)

    def by_regression() -> Tensor:
        found = planted(BINS, (angle, angle), SEPARATION)
        return colour_alignment(found.activity, found.colours, generator=generator).planes.angles.value.rad2deg()

    def by_bins() -> Tensor:
        found = planted(BINS, (angle, 0.0))
        cued = torch.arange(len(found.colours)) % 2
        return reported_colour_cosine(found.activity, *_cued_colour(found, cued), BINS).acos().rad2deg()[None]

    def by_four_colours() -> Tensor:
        found = planted(4, (angle, 0.0))
        cued = torch.arange(len(found.colours)) % 2
        means = condition_means(found.activity, *_cued_colour(found, cued), 4)
        return cosine_in_three(means).abs().acos().rad2deg()[None]

    return {
        "regression on both colours": by_regression,
        "three components, 16 bins": by_bins,
        "three components, 4 colours": by_four_colours,
    }
