"""The book's claims about networks, each with the test that was written down for it, and the verdict of the stored collection."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml
from scipy.stats import bootstrap

from swapbook.claim_quantities import AMONG_PEOPLE, NOT_MEASURED, QUANTITIES
from swapbook.collection import collection, memory_shapes, stopped
from swapbook.conditions import CONDITIONS
from swapbook.scales import BOOK
from swaputils.behaviour import mean_interval, share
from swaputils.errors import SwaputilsError
from swaputils.files import NotStored, shown

HOLDS, IN_PART, DOES_NOT, CANNOT_TELL = "holds", "holds in part", "does not hold", "cannot tell"

TOO_FEW = "too few networks"

TESTS = ("mean", "bootstrap", "difference", "share", "people")
RESAMPLES = 9_999


class ClaimError(SwaputilsError):
    """The file of claims asks for something that does not exist."""


@dataclass(frozen=True)
class Part:
    """One test of a claim: a quantity of the networks of a condition (minus that of `versus`) above or below a margin.

    Attributes:
        side: "above" or "below" the margin.
        test: "mean" over seeds with its t interval, or "bootstrap" with one from resampled seeds (BCa); "difference" of two
            means with Welch's, "share" with Wilson's, or "people", an interval over held-out people.
        seeds: networks of each condition without which no verdict is given.
    """

    quantity: str
    condition: str
    test: str
    side: str
    margin: float
    seeds: int
    versus: str | None = None


@dataclass(frozen=True)
class Claim:
    """A sentence, where it comes from ("paper" or "book"), and its parts.

    Attributes:
        chapter, figures: where the book shows it.
        forced: why the objective alone makes it true, if it does.
        caveat: what its parts leave open.
    """

    name: str
    source: str
    says: str
    parts: tuple[Part, ...]
    chapter: int
    figures: tuple[str, ...] = ()
    forced: str | None = None
    caveat: str | None = None


@dataclass(frozen=True)
class Finding:
    """What the networks say of a part: effect with its 95 % interval, NaN where there is none, from `count` networks at least."""

    effect: float
    low: float
    high: float
    count: int
    verdict: str


def read_claims(path: Path) -> list[Claim]:
    """The claims of a YAML file. ClaimError names the claim and what is allowed."""
    claims = []
    for entry in yaml.safe_load(path.read_text()):
        where = f"{shown(path)}: claim {entry.get('name')!r}"
        unknown = set(entry) - {field.name for field in fields(Claim)}
        if unknown or not {"name", "source", "says", "parts", "chapter"} <= set(entry):
            raise ClaimError(
                f"{where}: a claim has name, source, says, chapter, parts and perhaps figures, forced and caveat"
            )
        parts = tuple(_part(values, where) for values in entry["parts"])
        claims.append(Claim(**entry | {"parts": parts, "figures": tuple(entry.get("figures", ()))}))
    names = [claim.name for claim in claims]
    if len(set(names)) < len(names):
        raise ClaimError(f"{shown(path)}: two claims have the same name")
    return claims


def _part(values: dict, where: str) -> Part:
    named = {"side" if name == "is" else name: value for name, value in values.items()}
    try:
        part = Part(**named | {"margin": float(named["margin"])})
    except (KeyError, TypeError, ValueError):
        wanted = "quantity, condition, test, is, a margin in numbers, seeds and perhaps versus"
        raise ClaimError(f"{where}: a part has {wanted}, not {', '.join(values)}") from None
    quantities = AMONG_PEOPLE if part.test == "people" else QUANTITIES
    allowed = {"quantity": quantities, "condition": CONDITIONS, "test": TESTS, "side": ("above", "below")}
    if part.versus is not None:
        allowed["versus"] = CONDITIONS
    for name, known in allowed.items():
        if getattr(part, name) not in known:
            raise ClaimError(f"{where}: {name} {getattr(part, name)!r} is unknown; known are {', '.join(known)}")
    if (part.test == "difference") != (part.versus is not None):
        raise ClaimError(f"{where}: a difference, and nothing else, needs `versus`")
    return part


def trainings(scale: str, name: str) -> pd.DataFrame:
    """`collection.collection` and the trainings that stopped, with nothing but condition, seed and reason.

    `converged` tells them apart. At the book's scale also memory_shape, see `collection.memory_shapes`.
    """
    stored, failed = collection(scale, name), stopped(scale, name)
    if scale == BOOK:
        stored = stored.merge(memory_shapes(), how="left", on=["condition", "seed"])
    return pd.concat([stored.assign(converged=True), failed.assign(converged=False)], ignore_index=True)


def values(attempts: pd.DataFrame, quantity: str, condition: str) -> np.ndarray:
    """The quantity of every network of a condition on which it was measured; `attempts` as from `trainings`.

    Trainings that stopped count for `converged` alone.
    """
    networks = attempts[attempts["condition"] == condition]
    if quantity != "converged":
        networks = networks[networks["converged"]]
    found = [QUANTITIES[quantity].of(row) for _, row in networks.iterrows()]
    return np.array([value for value in found if value is not NOT_MEASURED])


def mean(attempts: pd.DataFrame, quantity: str, condition: str, decimals: int = 2) -> float:
    """Mean of `values` over networks, rounded; NaN where there is none."""
    found = values(attempts, quantity, condition)
    return round(float(found.mean()), decimals) if len(found) else math.nan


def find(part: Part, attempts: pd.DataFrame) -> Finding:
    """Effect, interval and verdict of one part."""
    samples = [values(attempts, part.quantity, part.condition)]
    if part.versus is not None:
        samples.append(values(attempts, part.quantity, part.versus))
    count = min(len(sample) for sample in samples)
    if count == 0:
        return Finding(math.nan, math.nan, math.nan, count, TOO_FEW)
    return _finding(part, *_interval(part.test, samples), count)


def find_among_people(part: Part, scale: str, name: str) -> Finding:
    """`find` for a part whose test is "people", from the scores of held-out people at a scale and for a data set."""
    try:
        return _finding(part, *AMONG_PEOPLE[part.quantity].find(scale, name))
    except NotStored:
        return Finding(math.nan, math.nan, math.nan, 0, TOO_FEW)


def _finding(part: Part, effect: float, low: float, high: float, count: int) -> Finding:
    """With a verdict only where there are as many networks as the part asks for."""
    return Finding(effect, low, high, count, _verdict(part, low, high) if count >= part.seeds else TOO_FEW)


def _interval(test: str, samples: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Effect and the ends of its 95 % interval."""
    if test == "bootstrap":
        return _resampled(samples[0])
    if test != "share":
        return mean_interval(*samples)
    found = share(torch.from_numpy(samples[0] > 0))
    return found.value, found.low, found.high


def _resampled(sample: np.ndarray) -> tuple[float, float, float]:
    """Mean and its interval from resampled seeds; a sample without spread is its own interval, and one value has none."""
    if len(sample) < 2 or np.ptp(sample) == 0:
        return mean_interval(sample)
    low, high = bootstrap((sample,), np.mean, n_resamples=RESAMPLES, rng=np.random.default_rng(0)).confidence_interval
    return float(sample.mean()), float(low), float(high)


def _verdict(part: Part, low: float, high: float) -> str:
    """Holds when the whole interval lies on the claimed side of the margin, does not when all of it lies on the other."""
    if part.side == "above":
        return HOLDS if low > part.margin else DOES_NOT if high <= part.margin else CANNOT_TELL
    return HOLDS if high < part.margin else DOES_NOT if low >= part.margin else CANNOT_TELL


def overall(findings: Sequence[Finding]) -> str:
    """The verdict of a claim from those of its parts: it holds when all do; a part that does not refutes it, or leaves it in part."""
    verdicts = {finding.verdict for finding in findings}
    if DOES_NOT in verdicts:
        return IN_PART if HOLDS in verdicts else DOES_NOT
    if verdicts == {HOLDS}:
        return HOLDS
    return TOO_FEW if TOO_FEW in verdicts else CANNOT_TELL


def agreement(attempts: pd.DataFrame, condition: str) -> dict[str, float]:
    """How many trainings of a condition converged, and how far the networks agree; `attempts` as from `trainings`.

    trainings; converged, the share of them, with its 95 % interval low to high; rate, the mean swap rate; rate_sd, its standard
    deviation between networks, and response_sd, what the finite number of responses alone makes of it, both NaN for fewer
    than two; curve_sd, the standard deviation of the swap curve, mean over its distances, NaN where there is no curve.
    """
    own = attempts[attempts["condition"] == condition]
    converged = find(Part("converged", condition, "share", "above", 0.0, 1), attempts)
    networks = own[own["converged"]]
    found = {"trainings": len(own), "converged": len(networks) / max(len(own), 1)}
    found |= {"low": converged.low, "high": converged.high, "rate": networks["network_swap_rate"].mean()}
    found |= {"rate_sd": math.nan, "response_sd": math.nan, "curve_sd": math.nan}
    if len(networks) > 1:
        ideal = networks["ideal_swap_rate"].mean()
        found["rate_sd"] = networks["network_swap_rate"].std()
        found["response_sd"] = math.sqrt(ideal * (1 - ideal) / networks["network_responses"].iloc[0])
        if "network_curve" in networks and networks["network_curve"].notna().all():
            rates = np.array([curve["rate"] for curve in networks["network_curve"]])
            found["curve_sd"] = rates.std(axis=0, ddof=1).mean()
    return {name: float(value) for name, value in found.items()}
