"""Behaviour of a network on displays that no training run saw, beside the ideal sampler and the network without noise."""

import pandas as pd
import torch
from torch import Tensor

from swaputils import behaviour, surrogate
from swaputils.circular import to_angle, wasserstein, wrap
from swaputils.diffusion import sample_endpoints
from swaputils.experiment import Experiment
from swaputils.records import Displays, ResponseDensity, ResponseMixture, Trials
from swaputils.rnn import RNN
from swaputils.surrogate import LADDER, SwapModel
from swaputils.task import sample_displays

HELD_OUT_SEED = 1_000_003  # of displays and noise that no training run draws


def held_out_displays(plan: Experiment, count: int) -> Displays:
    """Displays for evaluation, the same for every network of a task."""
    return sample_displays(plan.task, count, generator=torch.Generator().manual_seed(HELD_OUT_SEED))


@torch.no_grad()
def evaluate(rnn: RNN, plan: Experiment) -> dict:
    """Behaviour of the network and of the ideal sampler on held-out displays, and of the network without noise.

    Each has the numbers of `behaviour.summarise` and

    wasserstein:      circular Wasserstein distance of its errors from those of the target itself (rad).
    curve:            swap rate by probe distance; two items on eight locations.
    log_density:      mean log density of the responses under the target, nats; targets that are densities on the circle.
    responsibilities: mean probability, under the fit to people, that a response came from a non-target, by its probe distance; the
                      same targets.
    """
    rnn = rnn.double()
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 1)
    displays = held_out_displays(plan, plan.evaluated)
    target = plan.distribution.target(displays)
    if plan.config["taught"]["objective"] == "mixture_density":
        spread = target.spread * target.radius
        end_point = behaviour.mixture_readout_end_points(rnn, plan.task, displays, spread, generator=generator)
    else:
        end_point = behaviour.end_points(rnn, plan.task, displays, generator=generator)
    points = {
        "network": end_point,
        "ideal": behaviour.ideal_end_points(plan.schedule, target, generator=generator),
        "noise_off": behaviour.silent_end_points(rnn, plan.task, displays),
    }
    drawn = sample_endpoints(target, generator=generator)
    return {who: _described(plan, displays, end_point, target, drawn) for who, end_point in points.items()}


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
