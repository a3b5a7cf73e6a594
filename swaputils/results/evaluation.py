"""Behaviour of a network on displays that no training run saw, beside the ideal sampler and the network without noise."""

from dataclasses import replace

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from swaputils import behaviour, surrogate
from swaputils.circular import to_angle, wasserstein, wrap
from swaputils.diffusion import sample_endpoints
from swaputils.experiment import RADIUS, Experiment
from swaputils.records import Displays, ResponseDensity, ResponseMixture, Trials
from swaputils.results.neural import neural_measures
from swaputils.rnn import RNN
from swaputils.surrogate import LADDER, SwapModel
from swaputils.task import sample_displays

SET_SIZES = (1, 2, 3, 4, 5, 6)  # that probe-cued networks are tried on
REFITTED = 5_000  # responses that chapter 1's model is fitted to
MOMENT_DISPLAYS = 20  # displays whose moments are estimated
HELD_OUT_SEED = 1_000_003  # of displays and noise that no training run draws


def held_out_displays(plan: Experiment, count: int) -> Displays:
    """Displays for evaluation, the same for every network of a task."""
    return sample_displays(plan.task, count, generator=torch.Generator().manual_seed(HELD_OUT_SEED))


def evaluate(rnn: RNN, plan: Experiment) -> dict:
    """Behaviour of the network and of the ideal sampler on held-out displays, and of the network without noise.

    Each has the numbers of `behaviour.summarise` and

    wasserstein:      circular Wasserstein distance of its errors from those of the target itself (rad).
    to_mean, to_nearest: see `behaviour.choice_or_mean`; targets with narrow clusters.
    curve:            swap rate by probe distance; two items on eight locations.
    log_density:      mean log density of the responses under the target, nats; targets that are densities on the circle.
    responsibilities: mean probability, under the fit to people, that a response came from a non-target, by its probe distance; the
                      same targets.

    With noise also mean_error and covariance_error, see `behaviour.moment_errors`; targets with narrow clusters. The network
    has also

    refit:          `refitted` to some of its responses; items on eight locations.
    generalisation: swap_rate and median_error at other numbers of `items`; probe-cued tasks.
    colour_planes, decision, swap_axes: see `neural_measures`.
    """
    rnn = rnn.double()
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 1)
    displays = held_out_displays(plan, plan.evaluated)
    target = plan.distribution.target(displays)
    ends = end_points_of(rnn, plan, displays, generator=generator)
    points = {
        "network": ends,
        "ideal": behaviour.ideal_end_points(plan.schedule, target, generator=generator),
        "noise_off": behaviour.silent_end_points(rnn, plan.task, displays),
    }
    drawn = sample_endpoints(target, generator=generator)
    measured = {who: _described(plan, displays, end_point, target, drawn) for who, end_point in points.items()}
    if isinstance(target, ResponseMixture):
        for who, errors in _moment_errors(rnn, plan, generator).items():
            measured[who] |= errors
    if plan.task.probes == "locations" and plan.trained:
        some = slice(min(plan.evaluated, REFITTED))
        refit = refitted(plan, displays[some], to_angle(ends[some]), generator=generator)
        measured["network"]["refit"] = refit.to_dict("list")
    if plan.task.cueing == "probe":
        measured["network"]["generalisation"] = _generalisation(rnn, plan, generator)
    measured["network"] |= neural_measures(rnn, plan, generator=generator)
    return measured


def end_points_of(
    rnn: RNN, plan: Experiment, displays: Displays, *, generator: torch.Generator
) -> Float[Tensor, "trials 2"]:
    """End points of the network, drawn from its readout where that parametrises a mixture."""
    if plan.config["taught"]["objective"] == "mixture_density":
        target = plan.distribution.target(displays)
        spread = target.spread * target.radius
        return behaviour.mixture_readout_end_points(rnn, plan.task, displays, spread, generator=generator)
    return behaviour.end_points(rnn, plan.task, displays, generator=generator)


def _moment_errors(rnn: RNN, plan: Experiment, generator: torch.Generator) -> dict[str, dict[str, float]]:
    """`behaviour.moment_errors` of the network and of the ideal sampler, on a few displays that are shown many times."""
    few = held_out_displays(plan, MOMENT_DISPLAYS)
    repeats = plan.evaluated // 8
    shown = few[torch.arange(MOMENT_DISPLAYS * repeats) // repeats]
    target = plan.distribution.target(shown)
    points = {
        "network": end_points_of(rnn, plan, shown, generator=generator),
        "ideal": behaviour.ideal_end_points(plan.schedule, target, generator=generator),
    }
    return {who: behaviour.moment_errors(target, end_point, repeats) for who, end_point in points.items()}


def _generalisation(rnn: RNN, plan: Experiment, generator: torch.Generator) -> dict[str, list]:
    """Share of swaps and median error of the network at other numbers of items than it was taught."""
    found: dict[str, list] = {"items": [], "swap_rate": [], "median_error": []}
    for items in SET_SIZES:
        other = replace(plan, task=replace(plan.task, items=items))
        displays = held_out_displays(other, max(plan.evaluated // 10, 2))
        summary = behaviour.summarise(displays, end_points_of(rnn, other, displays, generator=generator), RADIUS)
        found["items"].append(items)
        for name in ("swap_rate", "median_error"):
            found[name].append(summary[name])
    return found


def refitted(plan: Experiment, displays: Displays, response: Tensor, *, generator: torch.Generator) -> pd.DataFrame:
    """Chapter 1's model fitted to responses as if they were people's: the swap function that they tell of.

    One row per probe distance between eight locations: distance (rad), f with its 95 % band low to high. ValueError where the task
    has other probes.
    """
    if plan.task.probes != "locations":
        raise ValueError("a swap function of probe distance can be fitted where items lie at locations only")
    trials = Trials(displays, response.to(displays.report), torch.ones(len(displays), dtype=torch.long))
    fit = surrogate.fit_bns(trials, SwapModel(LADDER["cue"]), generator=generator)
    fitted = surrogate.cell(fit, set_size=plan.task.items)
    mean, deviation = surrogate.swap_function(fitted, fitted.distances)
    rows = {"distance": fitted.distances, "f": mean, "low": mean - 1.96 * deviation, "high": mean + 1.96 * deviation}
    return pd.DataFrame({name: values.tolist() for name, values in rows.items()})


def _described(
    plan: Experiment,
    displays: Displays,
    end_point: Tensor,
    target: ResponseMixture | ResponseDensity,
    drawn: Tensor,
) -> dict:
    summary = behaviour.summarise(displays, end_point, target.radius)
    response = to_angle(end_point)
    if isinstance(target, ResponseMixture):
        summary |= behaviour.choice_or_mean(target, end_point)
    errors = [wrap(to_angle(points) - displays.cued_report.to(points)) for points in (end_point, drawn)]
    summary["wasserstein"] = wasserstein(*errors)
    if isinstance(target, ResponseDensity):
        summary["log_density"] = float(behaviour.log_density(target, response).mean())
        probability = surrogate.responsibilities(plan.human, displays, response)
        by_distance = behaviour.responsibility_curve(displays, probability, behaviour.location_edges())
        summary["responsibilities"] = by_distance.to_dict("list")
    if plan.task.probes == "locations" and plan.task.items == 2:
        swapped = behaviour.is_swap(displays, response)
        curve = behaviour.swap_curve(displays, swapped, behaviour.location_edges())
        summary["curve"] = curve.to_dict("list")
    return summary
