"""What chapter 3 shows of single networks: answers to one display, errors by where noise is, and the swap function they tell of."""

from collections.abc import Mapping

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from swapbook.collection import stored
from swapbook.conditions import SHOWN
from swapbook.evaluation import REFITTED, held_out_displays, refitted, responder
from swapbook.networks import Network, Trained
from swapbook.plan import Plan
from swaputils import behaviour
from swaputils.angles import to_angle
from swaputils.diffusion.targets import RADIUS
from swaputils.network.rollout import TrialNoise, draw_noise, rollout
from swaputils.responders import IdealSampler, Noisy
from swaputils.task import repeated_display
from swaputils.trials import Displays

NOISE = {  # factors of the noise in the preparation, and in the report of that in the readout plane and in the null space
    "all": (1, 1, 1),
    "preparation": (1, 0, 0),
    "plane, report": (0, 1, 0),
    "null space, report": (0, 0, 1),
    "initial state only": (0, 0, 0),
}


def one_display(items: int, count: int) -> Displays:
    """One display of so many items `count` times; colours 1.5 rad apart, places a quarter turn, the first item cued."""
    colours, places = ([step * item for item in range(items)] for step in (1.5, torch.pi / 2))
    return repeated_display(colours, places, 0, count)


def side_by_side(
    network: Network, displays: Displays, generator: torch.Generator
) -> dict[str, Float[Tensor, "trials 2"]]:
    """End points by title: of a task-optimal network of its task, of one taught no swaps, of itself and of the ideal sampler for its target.

    In units of the target's radius; only networks that are stored, of the first seed but for itself.
    """
    plan = network.plan
    others = ("n4_task_optimal", "human_n4_no_swap") if plan.taught.items == 4 else _of_two(plan.taught.cueing)
    shown = [
        first for name in others if name != network.condition for first in stored(name, network.scale, network.data)[:1]
    ]
    points = {}
    for each in (*shown, network):
        trained = each.load()
        points[SHOWN[each.condition]] = responder(trained.rnn, trained.plan).end_points(displays, generator)
    points["ideal sampler"] = IdealSampler(plan.schedule, plan.task).end_points(displays, generator)
    return {title: found / RADIUS for title, found in points.items()}


def _of_two(cueing: str) -> tuple[str, str]:
    return f"{cueing}_task_optimal", f"{cueing}_no_swap"


def readout_paths(
    trained: Trained, displays: Displays, generator: torch.Generator
) -> tuple[Float[Tensor, "trials steps 2"], Tensor]:
    """Readout after every step, in units of the target's radius, and which of the responses are swaps."""
    run = Noisy(trained.rnn, trained.plan.task).activity(displays, generator)
    paths = trained.rnn.in_plane(torch.cat((run.preparation, run.report[:, 1:]), dim=1)) / RADIUS
    return paths, behaviour.is_swap(displays, to_angle(paths[:, -1]))


def errors_by_noise(trained: Trained, seed: int) -> pd.Series:
    """Median error to the nearest item (rad) with noise in some places and at some times only, see NOISE."""
    rnn, plan = trained.rnn, trained.plan
    displays = held_out_displays(plan, 2_000)
    inputs = plan.task.encode(displays)
    full = draw_noise(rnn, inputs, generator=torch.Generator().manual_seed(seed))
    before, report = full.steps.tensor_split([inputs.preparation])
    in_plane = report @ rnn.readout.T @ rnn.readout
    found = {}
    for name, (preparatory, plane, null) in NOISE.items():
        steps = torch.cat((preparatory * before, null * report + (plane - null) * in_plane))
        with torch.no_grad():
            end_point = rnn.in_plane(rollout(rnn, inputs, TrialNoise(full.initial, steps)).report[:, -1])
        found[name] = behaviour.summarise(displays, end_point, RADIUS)["median_nearest"]
    return pd.Series(found)


def swap_functions(networks: pd.DataFrame, plan: Plan, seed: int) -> pd.DataFrame:
    """Chapter 1's model fitted to responses of networks and of the ideal sampler for their target, and what was taught.

    One row per probe distance: who (network, ideal or taught), seed, distance (rad), f and, of a fit, its band low to
    high.

    Args:
        networks: rows of one condition.
        plan: of one of them.
    """
    fits = [pd.DataFrame(fit).assign(seed=number) for number, fit in zip(networks["seed"], networks["network_refit"])]
    displays, generator = held_out_displays(plan, REFITTED), torch.Generator().manual_seed(seed)
    answers = IdealSampler(plan.schedule, plan.task).end_points(displays, generator)
    ideal = refitted(plan, displays, to_angle(answers), generator=generator)
    taught = pd.DataFrame({"distance": ideal["distance"], "f": taught_function(plan, ideal["distance"])})
    parts = {"network": pd.concat(fits), "ideal": ideal, "taught": taught}
    return pd.concat(parts, names=["who"]).reset_index("who")


def taught_function(plan: Plan, distances: pd.Series) -> list[float]:
    """Log odds of a swap in a plan's target at probe distances between two items."""
    probe = torch.tensor([[0.0, distance] for distance in distances], dtype=torch.float64)
    displays = Displays(torch.zeros_like(probe), probe, torch.zeros(len(probe), dtype=torch.long))
    return plan.task.target(displays).log_weights.diff(dim=1).squeeze(1).tolist()


def log_densities(networks: pd.DataFrame, plans: Mapping[int, Plan], seed: int) -> pd.DataFrame:
    """Mean log density under its target of a network's responses, the ideal sampler's and draws from it, a row for each seed."""
    drawn = {}
    for number, plan in plans.items():
        target = plan.task.target(held_out_displays(plan, REFITTED))
        points = target.sample(generator=torch.Generator().manual_seed(seed))
        drawn[number] = float(target.log_density(points).mean())
    found = networks.set_index("seed")[["network_log_density", "ideal_log_density"]]
    return found.set_axis(["network", "ideal sampler"], axis=1).assign(**{"draws from the target": pd.Series(drawn)})
