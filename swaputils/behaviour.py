"""What a network reports: responses to displays, errors, swaps, and how they compare with the ideal sampler's.

A swap is read off the nearest item only because the targets here are narrow (0.05 rad) and hold no guesses. Human responses are
broad and hold guesses; for them swaps come from mixture responsibilities or from a fit.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from scipy.stats import binomtest, ttest_1samp, ttest_ind
from torch import Tensor

from swaputils.angles import distance, standard_deviation, to_angle, to_xy, wrap
from swaputils.diffusion.targets import ResponseMixture
from swaputils.errors import SwaputilsError
from swaputils.task import probe_distance
from swaputils.trials import Displays

FAR = 0.25  # rad; five standard deviations of the target's clusters
AMBIGUOUS = 0.2  # least probability of the less likely item in displays that tell a mean from a choice


@dataclass(frozen=True)
class Share:
    """A share of `count` cases with its 95 % Wilson interval."""

    value: float
    low: float
    high: float
    count: int


def share(cases: Bool[Tensor, " cases"]) -> Share:
    """Share of true cases; SwaputilsError when there is none to count."""
    count = cases.numel()
    if count == 0:
        raise SwaputilsError("a share of no cases was asked for; at least one is needed")
    result = binomtest(int(cases.sum()), count)
    low, high = result.proportion_ci(0.95, method="wilson")
    return Share(result.statistic, float(low), float(high), count)


def mean_interval(*samples: np.ndarray) -> tuple[float, float, float]:
    """Mean of one sample, or of the first minus that of the second, and the ends of its 95 % t interval (Welch's for two).

    The interval is NaN where a sample has fewer than two values.
    """
    effect = float(samples[0].mean() - sum(sample.mean() for sample in samples[1:]))
    if min(len(sample) for sample in samples) < 2:
        return effect, math.nan, math.nan
    if all(np.ptp(sample) == 0 for sample in samples):
        return effect, effect, effect
    test = ttest_1samp(*samples, 0.0) if len(samples) == 1 else ttest_ind(*samples, equal_var=False)
    low, high = test.confidence_interval(0.95)
    return effect, float(low), float(high)


def nearest_item(displays: Displays, response: Float[Tensor, " trials"]) -> Tensor:
    """[M] index of the item whose report feature is nearest to the response."""
    to_items = distance(response[:, None].to(displays.report), displays.report)
    return to_items.nan_to_num(torch.inf).argmin(dim=1)


def is_swap(displays: Displays, response: Float[Tensor, " trials"]) -> Bool[Tensor, " trials"]:
    """Whether the response is nearer to another item than to the cued one."""
    return nearest_item(displays, response) != displays.cued


def swaps(displays: Displays, response: Float[Tensor, " trials"]) -> pd.DataFrame:
    """The responses that are nearer to another item than to the cued one: one row each.

    probe_distance, report_distance: between the cued item and the one that the response is nearest to (rad); error: of the response
    to the latter (rad).
    """
    swapped = is_swap(displays, response)
    some, response = displays[swapped], response[swapped]
    nearest = nearest_item(some, response)[:, None]
    reported = some.report.gather(1, nearest).squeeze(1)
    columns = {
        "probe_distance": probe_distance(some).gather(1, nearest).squeeze(1),
        "report_distance": distance(reported, some.cued_report),
        "error": distance(response.to(reported), reported),
    }
    return pd.DataFrame({name: values.tolist() for name, values in columns.items()})


def swap_curve(displays: Displays, swapped: Bool[Tensor, " trials"], edges: Float[Tensor, " edges"]) -> pd.DataFrame:
    """Swap rate of two-item displays by probe distance: one row for each bin between consecutive `edges` (rad).

    Columns: distance (mean within the bin), rate, low, high (95 % Wilson interval), count. Empty bins are left out.

    Raises:
        SwaputilsError: unless every display has two items.

    >>> from swaputils.task import TaskConfig
    >>> task = TaskConfig(cueing="probe", probes="locations")
    >>> displays = task.sample(400, generator=torch.Generator().manual_seed(0))
    >>> near = probe_distance(displays).amax(dim=1) < 1  # as if swaps happened between neighbours alone
    >>> swap_curve(displays, near, location_edges())["rate"].tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    if not (displays.set_size == 2).all():
        raise SwaputilsError(
            "swap_curve takes displays of two items; other set sizes have more than one probe distance"
        )
    apart = probe_distance(displays).amax(dim=1)
    rows = []
    for low, high in pairwise(edges):
        inside = (apart >= low) & (apart < high)
        if inside.any():
            rate = share(swapped[inside])
            rows.append((float(apart[inside].mean()), rate.value, rate.low, rate.high, rate.count))
    return pd.DataFrame(rows, columns=["distance", "rate", "low", "high", "count"])


def responsibility_curve(
    displays: Displays, responsibilities: Float[Tensor, "trials components"], edges: Float[Tensor, " edges"]
) -> pd.DataFrame:
    """Mean probability that a response came from a non-target, by its probe distance: one row for each bin of `edges` (rad).

    Columns: distance (mean within the bin), probability, standard_error, count (of non-targets). Unlike a swap curve it
    takes any number of items, wide errors and guesses. Bins with fewer than two non-targets are left out.

    Args:
        responsibilities: of the items, in any further columns of other sources.
    """
    others = displays.present & ~displays.is_cued
    apart = probe_distance(displays)[others]
    values = responsibilities[:, : displays.report.shape[1]][others]
    rows = []
    for low, high in pairwise(edges):
        inside = (apart >= low) & (apart < high)
        found = values[inside]
        if len(found) > 1:
            error = float(found.std()) / len(found) ** 0.5
            rows.append((float(apart[inside].mean()), float(found.mean()), error, len(found)))
    return pd.DataFrame(rows, columns=["distance", "probability", "standard_error", "count"])


def location_edges() -> Float[Tensor, " edges"]:
    """Bin edges (rad) around the four distances between eight locations, which are 45, 90, 135 and 180 degrees."""
    return torch.deg2rad(torch.tensor([22.5, 67.5, 112.5, 157.5, 202.5], dtype=torch.float64))


def summarise(displays: Displays, end_point: Float[Tensor, "trials 2"], radius: float) -> dict[str, float]:
    """Behaviour in a few numbers.

    swap_rate with its interval swap_low, swap_high; median_error to the cued item and median_nearest to the nearest one
    (rad); angular_sd of the error to the nearest item (rad); radial_sd around the nearest item's distance, in units of the
    radius; far, the share of responses farther than 0.25 rad from every item; responses, how many.
    """
    response = to_angle(end_point)
    item = nearest_item(displays, response)
    error = wrap(response - displays.report.gather(1, item[:, None]).squeeze(1).to(response))
    swaps = share(item != displays.cued)
    return {
        "swap_rate": swaps.value,
        "swap_low": swaps.low,
        "swap_high": swaps.high,
        "median_error": float(distance(response, displays.cued_report.to(response)).median()),
        "median_nearest": float(error.abs().median()),
        "angular_sd": float(standard_deviation(error)),
        "radial_sd": float((end_point.norm(dim=1) / radius - 1).square().mean().sqrt()),
        "far": float((error.abs() > FAR).double().mean()),
        "responses": len(displays),
    }


def choice_or_mean(target: ResponseMixture, end_point: Float[Tensor, "trials 2"]) -> dict[str, float]:
    """Whether end points lie at an item or at the mean of the target, in displays whose less likely item has p >= 0.2.

    to_mean, to_nearest: mean distance from E[x_0 | display] and from the nearest item's point, in the plane's units; empty
    where no display is as ambiguous.
    """
    ambiguous = target.log_weights.exp().topk(2).values[:, 1] >= AMBIGUOUS
    if not ambiguous.any():
        return {}
    mean, _ = target.moments()
    to_items = (target.radius * to_xy(target.angles) - end_point[:, None]).norm(dim=-1)
    nearest = to_items.where(target.log_weights > -torch.inf, torch.inf).min(dim=1).values
    to_mean = (end_point - mean).norm(dim=1)
    return {"to_mean": float(to_mean[ambiguous].mean()), "to_nearest": float(nearest[ambiguous].mean())}


def moment_errors(target: ResponseMixture, end_point: Float[Tensor, "trials 2"], repeats: int) -> dict[str, float]:
    """Errors of the mean and the covariance of the end points of each display, relative to the size of the target's.

    mean_error = sqrt(sum |m - m*|^2 / sum |m*|^2) over displays, with m the mean of the end points and m* the target's;
    covariance_error likewise, in the Frobenius norm.

    Args:
        target: of displays that are each shown `repeats` times in a row.
        end_point: in the same trials, in the plane's units.
        repeats: two or more.
    """
    shown = end_point.unflatten(0, (-1, repeats))
    mean, covariance = (moment[::repeats] for moment in target.moments())
    centred = shown - shown.mean(1, keepdim=True)
    found = centred.mT @ centred / (repeats - 1)
    of_mean = (shown.mean(1) - mean).square().sum() / mean.square().sum()
    of_covariance = (found - covariance).square().sum() / covariance.square().sum()
    return {"mean_error": float(of_mean.sqrt()), "covariance_error": float(of_covariance.sqrt())}
