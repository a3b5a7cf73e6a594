"""How fast a network learns beside the paper's recipe: python -m swapbook.benchmarks.learning_speed [RECIPE ...]

RECIPE is "book", "equal" or "paper"; all three unless given. All learn the probe-cued task with similarity-dependent swaps. The recipe: the dendritic tree [10, 10] with its published
initialisation, input projection to 6 x 6, flat loss weights, the sampled target and Adam at 1e-3; its batch is the book's, because
its own of 16,384 sequences would make 150 updates in the time. The book's: drive, lessons and loss weights of its laptop scale.
Equal: the book's with flat loss weights, as the recipe has them, and all else the same; it ends where selection is not learnt.
Every ten seconds of processor time the loss of each is measured in the same way, the recipe's: flat weights, under teacher forcing
with fixed noised responses, but against the target in closed form, so that it has no floor. The time of measuring is not counted. Writes results/training/learning.csv: recipe, cpu_seconds, update, loss, swap_rate; the rows of
recipes that were not asked for stay.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pandas as pd
import torch
from tqdm import tqdm

from swapbook.conditions import named
from swapbook.evaluation import held_out_displays
from swapbook.places import results_folder
from swapbook.plan import Plan, plan_of
from swaputils import behaviour
from swaputils.angles import to_angle
from swaputils.diffusion.noising import forward_trajectory, kernel_target
from swaputils.diffusion.schedule import flat_weights, report_noise, signal_weights
from swaputils.errors import SwaputilsError
from swaputils.network.rnn import RNN, RNNConfig
from swaputils.network.rollout import draw_noise, rollout
from swaputils.responders import Noisy
from swaputils.run_folder import write_with_provenance
from swaputils.training import objectives
from swaputils.training.lessons import make_batch
from swaputils.training.loop import SelectionNotLearnt, Training

CONDITION, SEED = "probe_similarity_00", 0
RECIPE_SECONDS = 45 * 60  # of processor time
EVERY = 10  # seconds of processor time between two measurements
MEASURED = 512  # sequences that the loss is measured on
FREE = 2_000  # free-running responses that the swap rate is measured on


def recipe(plan: Plan) -> tuple[RNN, Iterator[int]]:
    """The paper's network, and its updates."""
    config = RNNConfig(drive="tree", branching=(10, 10), memory_scale=1.0, projection=6)
    generator = torch.Generator().manual_seed(SEED)
    rnn = RNN(config, plan.task.input_size, report_noise(plan.schedule), generator=generator)
    objective = partial(objectives.diffusion_sampled, schedule=plan.schedule, weights=flat_weights(plan.schedule))
    lesson = replace(plan.distribution, loss=objective)

    def updates() -> Iterator[int]:
        optimiser, update = torch.optim.Adam(rnn.parameters(), lr=1e-3), 0
        while True:
            batch = make_batch(lesson, plan.train.batch, rnn.readout, generator=generator)
            optimiser.zero_grad()
            objective(rnn, batch, generator=generator).backward()
            optimiser.step()
            update += 1
            yield update

    return rnn, updates()


def book(plan: Plan, weights: Callable = signal_weights) -> tuple[RNN, Iterator[int]]:
    """The book's network, and its updates through both stages, with loss weights as a function of the schedule."""
    generator = torch.Generator().manual_seed(SEED)
    rnn = plan.new_rnn(generator=generator)
    objective = partial(objectives.diffusion_closed_form, schedule=plan.schedule, weights=weights(plan.schedule))
    *selection, distribution = (replace(each, loss=objective) for each in (*plan.selection, plan.distribution))
    training = Training(rnn, selection, distribution, plan.train, generator=generator)

    def updates() -> Iterator[int]:
        try:
            yield from (count for count, _ in enumerate(training, start=1))
        except SelectionNotLearnt as error:
            tqdm.write(str(error))

    return rnn, updates()


RECIPES = {"book": book, "equal": partial(book, weights=flat_weights), "paper": recipe}


def measured(rnn: RNN, plan: Plan) -> dict[str, float]:
    """Loss of the recipe on fixed noised responses, and the swap rate of free-running responses."""
    with torch.no_grad():
        generator = torch.Generator().manual_seed(SEED + 1)
        batch = make_batch(plan.distribution, MEASURED, rnn.readout, generator=generator)
        endpoint = batch.target.sample(generator=generator)
        noised = forward_trajectory(plan.schedule, endpoint, generator=generator)[:, :-1]
        run = rollout(rnn, batch.inputs, draw_noise(rnn, batch.inputs, generator=generator), teacher=noised)
        expected = batch.target.expected_endpoint(plan.schedule, noised)
        loss = (run.plane_drive - kernel_target(plan.schedule, expected, noised, rnn.config.leak)).square().mean()
        displays = held_out_displays(plan, FREE)
        response = to_angle(Noisy(rnn, plan.task).end_points(displays, generator))
    return {"loss": float(loss), "swap_rate": behaviour.share(behaviour.is_swap(displays, response)).value}


def curve(name: str, start: Callable, plan: Plan, limit: float) -> list[dict]:
    """Measurements of one recipe until its updates end or the processor time is used up."""
    rnn, updates = start(plan)
    rows, used, due = [], 0.0, 0.0
    with tqdm(total=limit, desc=name, unit="s") as bar:
        begun = time.process_time()
        for update in updates:
            used += time.process_time() - begun
            if used >= due:
                rows.append({"recipe": name, "cpu_seconds": round(used, 1), "update": update, **measured(rnn, plan)})
                due += EVERY
                bar.update(min(used, limit) - bar.n)
                bar.set_postfix(loss=f"{rows[-1]['loss']:.3f}", swap_rate=f"{rows[-1]['swap_rate']:.3f}")
            if used > limit:
                break
            begun = time.process_time()
    return rows


def store(name: str, rows: list[dict]) -> None:
    """Put the measurements of a recipe in place of its earlier ones."""
    path, table = results_folder() / "training" / "learning.csv", pd.DataFrame(rows)
    if path.is_file():
        earlier = pd.read_csv(path)
        table = pd.concat((earlier[earlier["recipe"] != name], table))
    write_with_provenance(path, table.to_csv(index=False, float_format="%.6g"))


def main() -> None:
    names = sys.argv[1:] or list(RECIPES)
    try:
        chosen = {name: named("recipe", name, RECIPES) for name in names}
    except SwaputilsError as error:
        sys.exit(f"error: {error}")
    torch.set_num_threads(1)
    plan = plan_of(CONDITION, "laptop", SEED)
    for name, start in chosen.items():
        store(name, curve(name, start, plan, RECIPE_SECONDS))


if __name__ == "__main__":
    main()
