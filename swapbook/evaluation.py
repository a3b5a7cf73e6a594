"""Behaviour of a network on displays that no training run saw, beside the ideal sampler and the network without noise."""

from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor

from swapbook.null_space_measures import neural_measures
from swapbook.plan import Plan
from swaputils import behaviour, surrogate
from swaputils.angles import to_angle, wasserstein, wrap
from swaputils.diffusion.noising import forward_trajectory, kernel_target
from swaputils.diffusion.targets import RADIUS, Target
from swaputils.errors import SwaputilsError
from swaputils.network.rnn import RNN
from swaputils.network.rollout import draw_noise, rollout
from swaputils.responders import IdealSampler, MixtureReadout, Noisy, Responder, Silent
from swaputils.surrogate import LADDER, SwapModel
from swaputils.training.lessons import make_batch
from swaputils.training.recipes import MIXTURE_DENSITY
from swaputils.trials import Displays, Trials

SET_SIZES = (1, 2, 3, 4, 5, 6)  # that probe-cued networks are tried on
REFITTED = 5_000  # responses that chapter 1's model is fitted to
MOMENT_DISPLAYS = 20  # displays whose moments are estimated
CLUSTER = 0.05 * RADIUS  # standard deviation of narrow clusters, in the units of the plane
HELD_OUT_SEED = 1_000_003  # of displays and noise that no training run draws


def held_out_displays(plan: Plan, count: int) -> Displays:
    """Displays for evaluation, the same for every network of a task."""
    return plan.task.sample(count, generator=torch.Generator().manual_seed(HELD_OUT_SEED))


def evaluate(rnn: RNN, plan: Plan) -> dict:
    """Behaviour of the network and of the ideal sampler on held-out displays, and of the network without noise.

    Each has the numbers of `behaviour.summarise`, and: wasserstein, circular Wasserstein distance of its errors from those of the target
    itself (rad); for targets with narrow clusters to_mean and to_nearest, see `behaviour.choice_or_mean`; for two items that probes cue
    curve, the swap rate by probe distance; for targets that are densities on the circle log_density, the mean log density of the responses
    under the target (nats), and responsibilities, the mean probability under the fit to people that a response came from a non-target, by
    its probe distance.

    With noise also mean_error and covariance_error, see `behaviour.moment_errors`, for narrow targets. The network has also refit,
    `refitted` to some of its responses, for items on eight locations; generalisation, swap_rate and median_error at other numbers of
    items, for probe-cued tasks; and colour_planes, decision and swap_axes, see `neural_measures`.
    """
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 1)
    displays = held_out_displays(plan, plan.scale.evaluated)
    responders = {
        "network": responder(rnn, plan),
        "ideal": IdealSampler(plan.schedule, plan.task),
        "noise_off": Silent(rnn, plan.task),
    }
    points = {who: each.end_points(displays, generator) for who, each in responders.items()}
    target = plan.task.target(displays)
    drawn = target.sample(generator=generator)
    measured = {who: _described(plan, displays, end_point, target, drawn) for who, end_point in points.items()}
    if plan.taught.answers.narrow:
        for who, errors in _moment_errors(responders, plan, generator).items():
            measured[who] |= errors
    if plan.taught.probes == "locations" and plan.taught.objective:
        some = slice(min(plan.scale.evaluated, REFITTED))
        refit = refitted(plan, displays[some], to_angle(points["network"][some]), generator=generator)
        measured["network"]["refit"] = refit.to_dict("list")
    if plan.taught.cueing == "probe":
        measured["network"]["generalisation"] = _generalisation(rnn, plan, generator)
    measured["network"] |= neural_measures(rnn, plan, generator=generator)
    return measured


def responder(rnn: RNN, plan: Plan) -> Responder:
    """What answers for the network: its free-running self, or draws from its readout where that parametrises a mixture."""
    if plan.taught.objective == MIXTURE_DENSITY:
        return MixtureReadout(rnn, plan.task, spread=CLUSTER)
    return Noisy(rnn, plan.task)


@torch.no_grad()
def excess_loss(rnn: RNN, plan: Plan, weights: Tensor, trials: int, *, generator: torch.Generator) -> float:
    """Diffusion loss on fresh displays under teacher forcing, against the target in closed form and without penalties: 0 at the optimum.

    Args:
        weights: [T] of the report steps.
    """
    batch = make_batch(plan.distribution, trials, rnn.readout, generator=generator)
    endpoint = batch.target.sample(generator=generator)
    noised = forward_trajectory(plan.schedule, endpoint, generator=generator)[:, :-1]
    run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator), teacher=noised)
    expected = batch.target.expected_endpoint(plan.schedule, noised)
    error = run.plane_drive - kernel_target(plan.schedule, expected, noised, rnn.config.leak)
    return float((weights.to(error)[:, None] * error.square()).mean())


def _moment_errors(
    responders: dict[str, Responder], plan: Plan, generator: torch.Generator
) -> dict[str, dict[str, float]]:
    """`behaviour.moment_errors` of the network and of the ideal sampler, on a few displays that are shown many times."""
    few = held_out_displays(plan, MOMENT_DISPLAYS)
    repeats = plan.scale.evaluated // 8
    shown = few[torch.arange(MOMENT_DISPLAYS * repeats) // repeats]
    target = plan.task.target(shown)
    points = {who: responders[who].end_points(shown, generator) for who in ("network", "ideal")}
    return {who: behaviour.moment_errors(target, end_point, repeats) for who, end_point in points.items()}


def _generalisation(rnn: RNN, plan: Plan, generator: torch.Generator) -> dict[str, list]:
    """Share of swaps and median error of the network at other numbers of items than it was taught."""
    found: dict[str, list] = {"items": [], "swap_rate": [], "median_error": []}
    for items in SET_SIZES:
        task = replace(plan.task, config=replace(plan.task.config, items=items))
        other = replace(plan, task=task)
        displays = held_out_displays(other, max(plan.scale.evaluated // 10, 2))
        summary = behaviour.summarise(displays, responder(rnn, other).end_points(displays, generator), RADIUS)
        found["items"].append(items)
        for name in ("swap_rate", "median_error"):
            found[name].append(summary[name])
    return found


def refitted(plan: Plan, displays: Displays, response: Tensor, *, generator: torch.Generator) -> pd.DataFrame:
    """Chapter 1's model fitted to responses as if they were people's: the swap function that they tell of.

    One row per probe distance between eight locations: distance (rad), f with its 95 % band low to high.

    Raises:
        SwaputilsError: where the task has other probes.
    """
    if plan.taught.probes != "locations":
        raise SwaputilsError("a swap function of probe distance can be fitted where items lie at locations only")
    trials = Trials(displays, response.to(displays.report), torch.ones(len(displays), dtype=torch.long))
    fit = surrogate.fit_bns(trials, SwapModel(LADDER["cue"]), generator=generator)
    fitted = surrogate.cell(fit, set_size=plan.taught.items)
    mean, deviation = surrogate.swap_function(fitted, fitted.distances)
    rows = {"distance": fitted.distances, "f": mean, "low": mean - 1.96 * deviation, "high": mean + 1.96 * deviation}
    return pd.DataFrame({name: values.tolist() for name, values in rows.items()})


def _described(plan: Plan, displays: Displays, end_point: Tensor, target: Target, drawn: Tensor) -> dict:
    summary = behaviour.summarise(displays, end_point, target.radius)
    response = to_angle(end_point)
    if plan.taught.answers.narrow:
        summary |= behaviour.choice_or_mean(target, end_point)
    errors = [wrap(to_angle(points) - displays.cued_report.to(points)) for points in (end_point, drawn)]
    summary["wasserstein"] = wasserstein(*errors)
    if not plan.taught.answers.narrow:
        summary["log_density"] = float(target.log_density(end_point).mean())
        probability = surrogate.responsibilities(plan.human, displays, response)
        by_distance = behaviour.responsibility_curve(displays, probability, behaviour.location_edges())
        summary["responsibilities"] = by_distance.to_dict("list")
    if plan.taught.cueing == "probe" and plan.taught.items == 2:
        swapped = behaviour.is_swap(displays, response)
        curve = behaviour.swap_curve(displays, swapped, behaviour.location_edges())
        summary["curve"] = curve.to_dict("list")
    return summary
