"""Swaps after retro-cues and over set sizes, in people to whom nothing behind a network was fitted: foretold first, then measured.

- `unfitted/predictions.csv`: see `predictions`; written, and committed, before the trials were read for it
- `unfitted/<table>.csv`: what is set beside it, see `other_people`
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from swapbook.collection import stored
from swapbook.conditions import BY_NUMBER
from swapbook.people import TAUGHT
from swapbook.places import results_folder
from swapbook.studies.readings import CUES
from swapbook.tables import PEOPLE, posterior, trials
from swaputils.angles import to_angle, wrap
from swaputils.behaviour import mean_interval
from swaputils.files import NotStored, shown
from swaputils.inputs import TrialInputs
from swaputils.responders import Noisy
from swaputils.surrogate import component_probabilities
from swaputils.surrogate.mixture import TARGET_NONTARGET_GUESS, maxima
from swaputils.task import DelayedEstimation
from swaputils.trials import Displays, Trials

SIZES = (2, 4, 6, 8)
MANY = (4, 6, 8)  # set sizes with a non-target that was not marked, and with swaps enough
INVALID, NEUTRAL, VALID = range(len(CUES))
PLACES = 13  # of the displays with retro-cues
BOTH = "both experiments"  # the mean of the two
RESAMPLES = 300  # of people
SEED = 1_000_101
SHOWN = 4_000  # displays to a network, or for a mean
KINDS = ("index_swap", *BY_NUMBER)


@dataclass(frozen=True)
class RetroCued:
    """Encodes trials in whose delay, which lasts as long as ever, an item is cued: the one to report, the next one in order, or none.

    Everything else is as in the task that the network learnt; a number that comes with the cue comes with both.
    """

    task: DelayedEstimation
    cue: int

    def encode(self, displays: Displays) -> TrialInputs:
        """Stimulus, the delay in three parts, in the second of which the retro-cue is seen, and the cue with what follows it."""
        usual = self.task.encode(displays)
        stimulus, delay, cue, after = usual.shown
        seen = delay
        if self.cue != NEUTRAL:
            marked = displays.cued if self.cue == VALID else _next(displays)
            early = self.task.encode(replace(displays, cued=marked)).shown[2]
            seen = early if delay is None else delay + early
        first, whole, third, last = usual.steps
        rest = whole - third
        shown = (stimulus, delay, seen, delay, cue, after)
        return replace(usual, shown=shown, steps=(first, rest - rest // 2, third, rest // 2, third, last))


def _next(displays: Displays) -> Tensor:
    """[M] the item after the cued one; items are in no order, so that it is any other one."""
    return (displays.cued + 1) % displays.set_size


def answered(network: Noisy, cue: int, shown: int = SHOWN) -> tuple[Trials, Tensor]:
    """Trials of a network after a retro-cue, and [M] the item that this marked, -1 for none."""
    generator = torch.Generator().manual_seed(SEED)
    displays = network.task.sample(shown, generator=generator)
    points = replace(network, task=RetroCued(network.task, cue)).end_points(displays, generator)
    marked = {INVALID: _next(displays), NEUTRAL: torch.full_like(displays.cued, -1), VALID: displays.cued}[cue]
    condition = torch.full_like(displays.cued, cue)
    return Trials(displays, to_angle(points).double(), torch.zeros_like(condition), condition), marked


def measured(
    observed: Trials, marked: Int[Tensor, " trials"], weights: Int[np.ndarray, "samples people"]
) -> dict[str, Float[np.ndarray, " samples"]]:
    """Swaps in trials that are fitted together, each person counting as often as a row of weights says; NaN where there are no trials.

    A share is p_N / (p_T + p_N) of the mixture, so that guesses do not count. swaps_<cue>_<items>: of all non-targets together. each_<which>: of a
    single non-target, at MANY items; the mixture then holds this one only, and reports of the others, whose colours are independent of
    it, are guesses. which is marked, the item that an invalid retro-cue pointed to; others, those that it did not; neutral, any
    after a neutral one. Differences of these: valid_saves, neutral minus valid, and invalid_costs, invalid minus neutral, means
    over MANY; marked_excess, marked minus others; others_gain, others minus neutral.
    """
    size, cue, found = observed.displays.set_size, observed.condition, _by_size(observed, weights)
    is_marked = torch.arange(observed.displays.report.shape[1]) == marked[:, None]
    others = observed.displays.present & ~observed.displays.is_cued & (size >= MANY[0])[:, None]
    invalid, neutral = (cue == INVALID)[:, None], (cue == NEUTRAL)[:, None]
    pointed = invalid & (is_marked & others).any(1, keepdim=True)
    which = {"marked": pointed & is_marked, "others": pointed & ~is_marked, "neutral": neutral}
    for name, chosen in which.items():
        rows, item = (others & chosen).nonzero(as_tuple=True)
        found[f"each_{name}"] = _share(_with_one(observed[rows], item), weights[:, _person(observed)[rows]])
    mean = {name: np.nanmean([found[f"swaps_{name}_{items}"] for items in MANY], axis=0) for name in CUES}
    return found | {
        "valid_saves": mean["neutral"] - mean["valid"],
        "invalid_costs": mean["invalid"] - mean["neutral"],
        "marked_excess": found["each_marked"] - found["each_others"],
        "others_gain": found["each_others"] - found["each_neutral"],
    }


def _by_size(observed: Trials, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The shares of all non-targets together, for each retro-cue and set size."""
    found = {}
    for kind, name in enumerate(CUES):
        for items in SIZES:
            rows = ((observed.condition == kind) & (observed.displays.set_size == items)).nonzero().squeeze(1)
            found[f"swaps_{name}_{items}"] = _share(observed[rows], weights[:, _person(observed)[rows]])
    return found


def _person(observed: Trials) -> Tensor:
    """[M] whose trial it is, counted from 0."""
    return torch.unique(observed.subject, return_inverse=True)[1]


def _share(chosen: Trials, counts: np.ndarray) -> np.ndarray:
    """Share of non-targets among responses that are no guess, for each row of counts [samples, trials]; NaN without trials."""
    if not len(chosen):
        return np.full(len(counts), np.nan)
    fits = maxima(chosen, np.ascontiguousarray(counts), TARGET_NONTARGET_GUESS)
    return fits[:, 2] / (fits[:, 1] + fits[:, 2])


def _with_one(chosen: Trials, item: Tensor) -> Trials:
    """The trials as if the cued item and one other had been shown."""
    pair = torch.stack((chosen.displays.cued, item), dim=1)
    report, probe = (feature.gather(1, pair) for feature in (chosen.displays.report, chosen.displays.probe))
    return Trials(Displays(report, probe, torch.zeros_like(item)), chosen.response, chosen.subject)


def resampled(people: int, samples: int = RESAMPLES) -> Int[np.ndarray, "samples people"]:
    """How often each person counts: once in the first row, drawn with replacement in the others."""
    drawn = np.random.default_rng(SEED).multinomial(people, np.full(people, 1 / people), samples)
    return np.concatenate([np.ones((1, people), dtype=np.int64), drawn])


def transported() -> dict[int, Float[np.ndarray, " samples"]]:
    """Shares of swaps, see `measured`, that the people of chapter 1 foretell for each set size: theirs, times the ratio of the swaps
    of their surrogate in displays of PLACES to those in displays of eight. The first sample is of all people, the others of `resampled` ones.
    """
    observed, found = trials(PEOPLE), {}
    observed = replace(observed, condition=torch.full_like(observed.subject, NEUTRAL))
    weights = resampled(len(observed.subject.unique()))
    shares = _by_size(observed, weights)
    for items in SIZES:
        found[items] = shares[f"swaps_neutral_{items}"] * foretold(items, PLACES) / foretold(items, 8)
    return found


def foretold(items: int, places: int) -> float:
    """Mean share of swaps among responses that are no guess, of chapter 1's surrogate in random displays."""
    generator = torch.Generator().manual_seed(SEED)
    # between the distances of eight places, and below the smallest, its function is as smooth as its prior
    fitted = replace(posterior(PEOPLE, items), continuous=True, distances=torch.tensor([0.0, torch.pi]).double())
    order = torch.rand((SHOWN, places), generator=generator).argsort(1)[:, :items]
    report = 2 * torch.pi * torch.rand((SHOWN, items), generator=generator, dtype=torch.float64)
    displays = Displays(
        wrap(report), wrap(order.double() * 2 * torch.pi / places), torch.zeros(SHOWN, dtype=torch.long)
    )
    shares = component_probabilities(fitted, displays)[:, :-1]
    return float((1 - shares[:, 0] / shares.sum(1)).mean())


def predictions() -> pd.DataFrame:
    """What is foretold, with 95 % intervals; one row per source and quantity of `measured`: value, low, high, count.

    source "surrogate": `transported` to neutral cues, with an interval over its people; else a condition, whose networks (count) were shown a
    retro-cue although they had learnt trials of one cue, with a t interval over networks: TAUGHT with four items, KINDS with two.
    """
    rows = []
    for items, samples in transported().items():
        low, high = np.quantile(samples[1:], (0.025, 0.975))
        about = {
            "source": "surrogate",
            "quantity": f"swaps_neutral_{items}",
            "count": len(trials(PEOPLE).subject.unique()),
        }
        rows.append(about | {"value": samples[0], "low": low, "high": high})
    for condition in (TAUGHT, *KINDS):
        networks = [each.load() for each in stored(condition)]
        tables = [_of_network(Noisy(trained.rnn, trained.plan.task)) for trained in networks]
        for quantity, values in pd.DataFrame(tables).dropna(axis=1, how="all").items():
            value, low, high = mean_interval(values.to_numpy())
            rows.append(
                {
                    "source": condition,
                    "quantity": quantity,
                    "value": value,
                    "low": low,
                    "high": high,
                    "count": len(values),
                }
            )
    return pd.DataFrame(rows)


def _of_network(network: Noisy) -> dict[str, float]:
    """Each quantity of `measured` for one network."""
    parts, marks = zip(*(answered(network, cue) for cue in range(len(CUES))))
    shown = [part.displays for part in parts]
    displays = Displays(*(torch.cat([getattr(each, name) for each in shown]) for name in ("report", "probe", "cued")))
    others = (torch.cat([getattr(part, name) for part in parts]) for name in ("response", "subject", "condition"))
    found = measured(Trials(displays, *others), torch.cat(marks), np.ones((1, 1), dtype=np.int64))
    return {name: float(values[0]) for name, values in found.items()}


def table(name: str) -> pd.DataFrame:
    """One of the stored tables, see the head of this module; NotStored where it is not."""
    path = path_of(name)
    if not path.is_file():
        raise NotStored(f"{shown(path)}: not computed yet; run `python -m swapbook score unfitted`")
    return pd.read_csv(path)


def finding(quantity: str) -> tuple[float, float, float, int]:
    """Value, 95 % interval and number of people of a quantity, both experiments together."""
    row = table("people").query("of == @BOTH").set_index("quantity").loc[quantity]
    return float(row["value"]), float(row["low"]), float(row["high"]), int(row["count"])


def path_of(name: str) -> Path:
    """Where a table is stored."""
    return results_folder() / "unfitted" / f"{name}.csv"
