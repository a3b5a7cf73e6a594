"""What `unfitted` foretells, measured in people of two experiments with retro-cues; known truth first; and reaction times.

`unfitted/planted.csv`, `people.csv` and `times.csv`: see `planted`, `people` and `times`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.stats import t
from torch import Tensor
from tqdm import tqdm

from swapbook import unfitted
from swapbook.networks import Network
from swapbook.studies.recovery import NORMAL_95
from swapbook.tables import CONDITIONS_OF, PEOPLE, TITLES, TOLERANCE, posterior, trials
from swapbook.theory.draws import even_swaps
from swapbook.unfitted import BOTH, INVALID, NEUTRAL, SEED, SHOWN, SIZES, VALID, measured
from swaputils.angles import distance, to_angle, wrap
from swaputils.data.catalogue import find_trials
from swaputils.data.table import read_table
from swaputils.diffusion.ideal import eventual_responsibility, sample_path
from swaputils.inputs import STEP_SECONDS
from swaputils.run_folder import write_with_provenance
from swaputils.surrogate import responsibilities
from swaputils.surrogate.emissions import EMISSIONS
from swaputils.trials import Trials

COMMITTED = 0.9  # probability of the end from which on the sampler counts as committed
REPEATS = 10  # of simulated people
WEIGHT = {2: 0.01, 4: 0.03, 6: 0.05, 8: 0.09}  # of a non-target beside the cued item, simulated
GUESSES = {VALID: 0.05, NEUTRAL: 0.1, INVALID: 0.2}  # share, simulated


@dataclass(frozen=True)
class World:
    """What a retro-cue does to simulated people: it multiplies the weights of non-targets, and adds to that of the marked item."""

    valid: float = 1.0
    invalid: float = 1.0
    marked: float = 0.0


WORLDS = {"cues change nothing": World(), "cues select": World(0.5, 1.0, 0.3), "cues loosen": World(0.5, 2.0)}


def with_retro_cues(name: str) -> tuple[Trials, Tensor]:
    """Trials of an experiment, and [M] the item that an invalid retro-cue marked, -1 in other trials."""
    observed = trials(name)
    place = torch.from_numpy(read_table(find_trials(name))["retrocue_location"].to_numpy(float))
    there = distance(observed.displays.probe.double(), place[:, None]) < TOLERANCE
    return observed, torch.where((observed.condition == INVALID) & there.any(1), there.int().argmax(1), -1)


def people() -> pd.DataFrame:
    """Every quantity of `measured`, and foretold_<items>, that after a neutral retro-cue minus what is foretold, with 95 % intervals.

    One row per of (an experiment, or BOTH, the mean of the two) and quantity: value, low, high, count of people. Standard errors are
    those of the jackknife over people (a fit without each of them), and for what is foretold those of its interval; intervals are t intervals.
    """
    values, squares, counts = [], [], []
    for name in CONDITIONS_OF:
        observed, marked = with_retro_cues(name)
        count = len(observed.subject.unique())
        without_each = np.concatenate([np.ones((1, count)), 1 - np.eye(count)]).astype(np.int64)
        found = pd.DataFrame(measured(observed, marked, without_each))
        values.append(found.loc[0])
        squares.append((count - 1) * found.loc[1:].var(ddof=0))
        counts.append(count)
    samples = {TITLES[name]: each for name, *each in zip(CONDITIONS_OF, values, squares, counts)}
    samples[BOTH] = [sum(values) / 2, sum(squares) / 4, sum(counts)]
    expected = unfitted.table("predictions").query("source == 'surrogate'").set_index("quantity")
    rows = []
    for of, (value, square, count) in samples.items():
        for items in SIZES:
            own, told = f"swaps_neutral_{items}", f"foretold_{items}"
            value[told] = value[own] - expected["value"][own]
            square[told] = square[own] + ((expected["high"] - expected["low"])[own] / (2 * NORMAL_95)) ** 2
        reach = t.ppf(0.975, count - 1) * np.sqrt(square)
        about = {"of": of, "value": value, "low": value - reach, "high": value + reach, "count": count}
        rows.append(pd.DataFrame(about).rename_axis("quantity").reset_index())
    return pd.concat(rows)


def planted() -> pd.DataFrame:
    """The same measures of simulated people who see the displays of both experiments, means of the two, where truth is known.

    One row per world and quantity: truth; mean and sd of REPEATS estimates. Precision and weights of non-targets vary between
    people, guesses with the retro-cue.
    """
    generator, rows = torch.Generator().manual_seed(SEED), []
    shown = [with_retro_cues(name) for name in CONDITIONS_OF]
    for world, changes in tqdm(WORLDS.items(), desc="planted", unit="world"):
        estimates, truths = [], []
        for _ in range(REPEATS):
            pairs = [_simulated(observed, marked, changes, generator) for observed, marked in shown]
            truths.append(pd.DataFrame([truth for _, truth in pairs]).mean())
            found = [
                measured(made, marked, np.ones((1, 21), dtype=np.int64)) for (made, _), (_, marked) in zip(pairs, shown)
            ]
            estimates.append(pd.DataFrame([{name: value[0] for name, value in each.items()} for each in found]).mean())
        drawn, known = pd.DataFrame(estimates), pd.DataFrame(truths).mean()
        for quantity in known.index:
            about = {"world": world, "quantity": quantity, "truth": known[quantity]}
            rows.append(about | {"mean": drawn[quantity].mean(), "sd": drawn[quantity].std()})
    return pd.DataFrame(rows)


def _simulated(observed: Trials, marked: Tensor, world: World, generator: torch.Generator) -> tuple[Trials, dict]:
    """Responses to the displays of an experiment as `world` says, and the true shares of non-targets among what is no guess."""
    displays, cue = observed.displays, observed.condition
    person = torch.unique(observed.subject, return_inverse=True)[1]
    varied = torch.randn((2, int(person.max()) + 1), generator=generator, dtype=torch.float64)
    kappa, level = 8 * (0.3 * varied[0]).exp()[person], (0.5 * varied[1]).exp()[person]
    factor = torch.where(cue == VALID, world.valid, torch.where(cue == INVALID, world.invalid, 1.0))
    each = torch.tensor([WEIGHT.get(size, 0.0) for size in displays.set_size.tolist()]).double() * level * factor
    is_marked = torch.arange(displays.report.shape[1]) == marked[:, None]
    weight = torch.where(displays.is_cued, 1.0, each[:, None] + world.marked * is_marked) * displays.present
    guess = torch.tensor([GUESSES[kind] for kind in cue.tolist()]).double()
    shares = torch.cat((weight / weight.sum(1, keepdim=True) * (1 - guess)[:, None], guess[:, None]), dim=1)
    component = torch.multinomial(shares, 1, generator=generator)
    error = EMISSIONS["von_mises"].sample(kappa[:, None], generator=generator)
    uniform = 2 * torch.pi * torch.rand((len(shares), 1), generator=generator, dtype=torch.float64)
    centres = torch.cat((displays.report.double().nan_to_num(), uniform), dim=1)
    response = wrap(centres.gather(1, component).squeeze(1) + error)
    return Trials(displays, response, observed.subject, cue), _truth(observed, is_marked, shares[:, :-1])


def _truth(observed: Trials, is_marked: Tensor, shares: Tensor) -> dict[str, float]:
    """The differences that `measured` estimates, from the probabilities [M, N] with which items are reported."""
    cue, size, target = observed.condition, observed.displays.set_size, shares[:, 0]
    others = (size >= unfitted.MANY[0])[:, None] & observed.displays.present & ~observed.displays.is_cued

    def of_all(kind: int, *sizes: int) -> float:
        chosen = [(cue == kind) & (size == items) for items in sizes or unfitted.MANY]
        return float(np.mean([1 - target[each].sum() / shares[each].sum() for each in chosen]))

    def of_each(chosen: Tensor) -> float:
        chosen = others & chosen
        reported = shares[chosen].sum()
        return float(reported / (reported + target[:, None].expand_as(shares)[chosen].sum()))

    invalid = (cue == INVALID)[:, None]
    loose, neutral = of_each(invalid & ~is_marked), of_each((cue == NEUTRAL)[:, None].expand_as(shares))
    return {f"swaps_neutral_{items}": of_all(NEUTRAL, items) for items in SIZES} | {
        "valid_saves": of_all(NEUTRAL) - of_all(VALID),
        "invalid_costs": of_all(INVALID) - of_all(NEUTRAL),
        "marked_excess": of_each(invalid & is_marked) - loose,
        "others_gain": loose - neutral,
    }


def times() -> pd.DataFrame:
    """How much later swaps are than reports of the cued item. That people's are was known before, so that this is a check.

    One row per who, set_size and subject: later, a difference of means. who is "people", with the logarithm of their reaction times in
    standard deviations within person, set size and way of responding, each trial belonging to swaps and to the cued item as
    probably as chapter 1's surrogate says; or "sampler", the exact one on displays of two items with people's share of swaps at that
    set size, with the time (s) at which its end has reached the probability COMMITTED: its clock is fixed, so that it has no other time.
    """
    observed, cells = trials(PEOPLE), read_table(find_trials(PEOPLE)).astype({"rt_ms": float})
    cells["time"] = np.log(cells["rt_ms"])
    by = cells.groupby(["subject", "set_size", "response_mode"])["time"]
    cells["time"] = (cells["time"] - by.transform("mean")) / by.transform("std")
    plan, rows = Network("index_swap").plan, []
    for items in SIZES:
        chosen = (cells["set_size"] == items).to_numpy()
        own, seen = cells[chosen], observed[torch.from_numpy(chosen)]
        came_from = responsibilities(posterior(PEOPLE, items), seen.displays, seen.response).numpy()
        weights = {"cued": came_from[:, 0], "swap": came_from[:, 1:-1].sum(1)}
        for subject, places in own.reset_index().groupby("subject").groups.items():
            mean = {kind: np.average(own["time"].iloc[places], weights=each[places]) for kind, each in weights.items()}
            rows.append(("people", items, subject, mean["swap"] - mean["cued"]))
        generator = torch.Generator().manual_seed(SEED)
        target = even_swaps(plan.task.sample(5 * SHOWN, generator=generator), unfitted.foretold(items, 8))
        path = sample_path(plan.schedule, target, generator=generator)
        time = (eventual_responsibility(plan.schedule, target, path) >= COMMITTED).int().argmax(1) * STEP_SECONDS
        is_swap = distance(to_angle(path[:, -1])[:, None], target.angles).argmin(1) != target.log_weights.argmax(1)
        rows.append(("sampler", items, 0, float(time[is_swap].mean() - time[~is_swap].mean())))
    return pd.DataFrame(rows, columns=["who", "set_size", "subject", "later"])


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "predictions": unfitted.predictions,
    "planted": planted,
    "people": people,
    "times": times,
}


def recompute(*chosen: str) -> None:
    """Compute TABLES, all unless some are chosen, and store each as soon as it is done."""
    for name in chosen or TABLES:
        write_with_provenance(unfitted.path_of(name), TABLES[name]().to_csv(index=False, float_format="%.6g"))
