"""What the ideal sampler makes of the displays of a task: its smallest loss, its bias, and what it costs."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from swapbook.theory.bounds import ideal_means, irreducible_terms
from swapbook.theory.draws import even_swaps, noised_responses, sem
from swaputils.angles import to_angle, to_xy
from swaputils.behaviour import nearest_item, summarise
from swaputils.diffusion.ideal import loss_floor, sample_path
from swaputils.diffusion.schedule import Schedule
from swaputils.diffusion.targets import RADIUS, ResponseMixture
from swaputils.task import Task, repeated_display
from swaputils.trials import Displays

BATCHES, CHUNK = 10, 25_000  # parts in which a floor is measured; displays that are answered at once, to bound memory
REACH, LINE = 3.75, 11  # half width of the grid of arrows, and points along its side


def loss_floors(
    schedule: Schedule,
    task: Task,
    swap_probabilities: Sequence[float],
    leak: float,
    displays: int,
    *,
    generator: torch.Generator,
) -> pd.DataFrame:
    """Smallest loss on the sampled target: a row for each swap probability and batch of displays, a column for each level, T first."""
    rows, levels = {}, range(schedule.steps, 0, -1)
    for probability in tqdm(swap_probabilities, desc="floors"):
        for batch in range(BATCHES):
            target = even_swaps(task.sample(displays // BATCHES, generator=generator), probability)
            rows[probability, batch] = loss_floor(schedule, target, leak, generator=generator).tolist()
    return pd.DataFrame.from_dict(rows, orient="index", columns=levels).set_index(
        pd.MultiIndex.from_tuples(rows, names=["swap probability", "batch"])
    )


def bias(
    schedule: Schedule,
    task: Task,
    swap_probability: float,
    count: int,
    start: Callable[[Displays], Tensor] | None = None,
    *,
    generator: torch.Generator,
) -> dict[str, float]:
    """Swap rate and angular SD (rad) of the ideal sampler, with standard errors.

    Args:
        start: where its paths start, given displays; standard normal where None.
    """
    displays, ends = task.sample(count, generator=generator), []
    for first in range(0, count, CHUNK):
        chunk = displays[first : first + CHUNK]
        target, begin = even_swaps(chunk, swap_probability), None if start is None else start(chunk)
        ends.append(sample_path(schedule, target, begin, generator=generator)[:, -1])
    found = summarise(displays, torch.cat(ends), RADIUS)
    rate, width = found["swap_rate"], found["angular_sd"]
    errors = math.sqrt(rate * (1 - rate) / count), width / math.sqrt(2 * count)
    return {"swap rate": rate, "± rate": errors[0], "SD": width, "± SD": errors[1]}


def biases(
    cases: Mapping[Hashable, tuple[Schedule, float]], task: Task, count: int, *, generator: torch.Generator
) -> pd.DataFrame:
    """`bias` for some schedules, each with a swap probability: a row for each."""
    rows = {}
    for case, (schedule, probability) in tqdm(cases.items(), desc="ideal sampler"):
        rows[case] = bias(schedule, task, probability, count, generator=generator)
    return pd.DataFrame(rows).T


def divergences(
    schedules: Mapping[str, Schedule], target: ResponseMixture, *, generator: torch.Generator
) -> pd.DataFrame:
    """Divergence of each schedule's ideal sampler from the noised target, with its standard error, and the part of its start."""
    rows = {}
    for name, schedule in schedules.items():
        terms = irreducible_terms(schedule, target, noised_responses(schedule, target, generator=generator))
        whole = terms.sum(1)
        start, error = float(terms[:, 0].mean()), sem(whole)
        rows[name] = {"start (nats)": start, "start and steps (nats)": float(whole.mean()), "± (nats)": error}
    return pd.DataFrame(rows).T


def flow(schedule: Schedule, angles: tuple[float, float], dots: int, *, generator: torch.Generator) -> dict:
    """What `animation.flow` draws of a display whose two items, at these angles, are reported equally often."""
    display = repeated_display(angles, (0.0, 1.0), 0, dots)
    target = even_swaps(display, 0.5)
    paths = {"out": noised_responses(schedule, target, generator=generator)}
    paths["back"] = sample_path(schedule, target, generator=generator)
    line = torch.linspace(-REACH, REACH, LINE, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    everywhere = grid[:, None].expand(-1, schedule.steps + 1, 2)
    towards = ideal_means(schedule, even_swaps(repeated_display(angles, (0.0, 1.0), 0, len(grid)), 0.5), everywhere)
    roles = {}
    for side, path in paths.items():
        roles[side] = ["nontarget" if item else "cued" for item in nearest_item(display, to_angle(path[:, -1]))]
    items = RADIUS * to_xy(torch.tensor(angles, dtype=torch.float64))
    return paths | {"grid": grid, "field": towards.transpose(0, 1), "items": items, "roles": roles}
