"""How far every measure of colour planes is from planted truth, on the displays and at the noise of an analysis."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from swaputils.angles import to_xy
from swaputils.errors import SwaputilsError
from swaputils.geometry.alignment import WIDEST, colour_alignment
from swaputils.geometry.crossproducts import CrossProducts, cross_products
from swaputils.geometry.planepairs import estimate, pair_measures
from swaputils.geometry.planted import SEPARATION, Plan, Planted, plant, rings_at, true_alignment
from swaputils.geometry.published import (
    compare_means,
    condition_means,
    cosine_in_three,
    four_colour_angles,
    reported_colour_cosine,
)
from swaputils.geometry.recorded_neurons import Readout

STATE_UNITS = 14  # of the states that spiking neurons read
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
    """One measure at one truth."""

    condition: str  #: name of the plan, see CONDITIONS
    separation: float  #: least distance of the two colours, rad
    truth: float  #: alignment that was planted
    estimator: str  #: the measure
    expected: float  #: what it should give, which is a cosine for measures within three components
    mean: float  #: over the repeats
    sd: float  #: over the repeats
    repeats: int  #: those that gave a value


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
    """Many simulated recordings of one plan."""

    units: int  #: of each recording
    trials: int  #: of each recording
    noise: float  #: standard deviation in each unit and trial, as planned
    separation: float  #: least distance of the two colours, rad
    truth: float  #: alignment that was planned
    reliability: float  #: mean cosine of rings between halves of the trials
    numerator_z: float  #: mean |A|^2 less its truth, in standard errors
    first_strength_z: float  #: the same of |B|^2 of the first ring
    second_strength_z: float  #: the same of |B|^2 of the second ring
    mean_error: float  #: of the alignment of single recordings
    median_error: float  #: likewise
    sd: float  #: of these errors
    pooled_error: float  #: of the alignment of all recordings added
    coverage: float  #: share of intervals that hold the truth
    told: float  #: share of recordings whose alignment can be told
    told_error: float  #: mean error among them
    recordings: int  #: how many


def recordings(
    plan: Plan, count: int = 500, planted: Callable[..., Planted] = plant, *, generator: torch.Generator
) -> RecordingRow:
    """Measure so many recordings, each with neurons of its own: about a minute for 500 of 67 units and 375 trials.

    Args:
        planted: draws a recording of a plan: `plant`, or what `spiking` gives.
    """
    pooled: CrossProducts | None = None
    rows, rings = [], []
    for _ in range(count):
        one = planted(plan, generator=generator)
        products = cross_products(one.activity, one.colours, generator=generator)
        pooled = products if pooled is None else pooled + products
        measures = pair_measures(products.additive)
        found = estimate(measures.alignment[:, 0])
        sizes = (measures.numerator[0, 0], *measures.strengths[0, 0])
        true_sizes = ((one.rings[0] @ one.rings[1].T).square().sum(), *one.rings.square().sum((1, 2)))
        errors = [measured - true for measured, true in zip(sizes, true_sizes)]
        truth = torch.tensor(true_alignment(one.rings), dtype=torch.float64)
        rows.append(torch.stack([*errors, measures.rho_self[0, 0], truth, found.value, found.low, found.high]))
        rings.append(one.rings)
    if pooled is None:
        raise SwaputilsError(f"{count} recordings were asked for; one or more are needed")
    numerator, first, second, reliability, truth, value, low, high = torch.stack(rows).T
    known, told = value.isfinite(), high - low <= WIDEST
    error = value - truth
    return RecordingRow(
        *(plan.units, plan.trials, plan.noise, plan.separation, plan.alignment),
        reliability=float(reliability.nanmean()),
        numerator_z=_standard_errors(numerator),
        first_strength_z=_standard_errors(first),
        second_strength_z=_standard_errors(second),
        mean_error=float(error[known].mean()),
        median_error=float(error[known].median()),
        sd=float(error[known].std()),
        pooled_error=float(pair_measures(pooled.additive).alignment[0, 0]) - true_alignment(torch.cat(rings, -1)),
        coverage=float(((low <= truth) & (truth <= high)).double().mean()),
        told=float(told.double().mean()),
        told_error=float(error[told].mean()),
        recordings=count,
    )


def _standard_errors(errors: Tensor) -> float:
    """Mean over its standard error."""
    return float(errors.mean() / (errors.std() / len(errors) ** 0.5))


def spiking(gain: float, share: float, baseline: float, seconds: float = 0.3) -> Callable[..., Planted]:
    """Draws recordings of a plan in which its units are spiking neurons that read planted rings, see `recorded_neurons`.

    Their rings are the first harmonics of their expected rates. The states have no noise; the spikes have.
    """
    grid = torch.cartesian_prod(*2 * [2 * torch.pi * torch.arange(24, dtype=torch.float64) / 24])

    def planted(plan: Plan, *, generator: torch.Generator) -> Planted:
        inner = replace(plan, units=STATE_UNITS, noise=0.0)
        states = plant(inner, generator=generator)
        scale = sum(strength**2 for strength in plan.strengths) ** 0.5
        readout = Readout(gain, share, baseline, scale, torch.zeros(STATE_UNITS, dtype=torch.float64), math.nan)
        neurons = readout.drawn(plan.units, generator=generator)
        on_grid = to_xy(grid).flatten(1) @ states.rings.flatten(0, 1)
        expected = neurons.rates(on_grid[:, None]).squeeze(1)
        rings = torch.stack([2 * to_xy(grid[:, item]).T @ expected / len(grid) for item in (0, 1)])
        rates = neurons.rates(states.activity[:, None]).squeeze(1)
        counts = torch.poisson(seconds * rates, generator=generator)
        return Planted(counts / seconds, states.colours, rings)

    return planted


class AngleRow(NamedTuple):
    """One measure of one angle over the repeats."""

    degrees: float  #: the angle that was planted
    estimator: str  #: the measure
    mean: float  #: degrees, over the repeats
    worst_error: float  #: degrees


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
