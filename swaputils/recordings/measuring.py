"""What is measured of a recording: courses, the windows before and after the cue, chance and ceiling, the published measures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.geometry.alignment import NOT_TOLD, TOLD, WIDEST, PlanePair
from swaputils.geometry.harmonics import dependence, distinct_colours
from swaputils.geometry.nulls import permuted_colours
from swaputils.geometry.planepairs import Estimate
from swaputils.geometry.published import reported_colour_cosine
from swaputils.recordings import pooled_planes
from swaputils.recordings.mean_activity import measures_of_means
from swaputils.recordings.sessions import Recording, Session
from swaputils.recordings.swap_accounts import swap_accounts
from swaputils.recordings.timing import Part, parts_of

DEGREES = 180 / math.pi
PAIRS = {"nonselected": "non-selected", "selected_nonselected": "selected and non-selected"}
PLAIN = ("alignment", "with_interactions", "mirrored", "correlation", "rho_cross", "rho_self", "index")
ENDS = torch.tensor([0.025, 0.5, 0.975], dtype=torch.float64)


@dataclass(frozen=True)
class GeometryConfig:
    """How a recording is measured.

    Attributes:
        draws: of permuted names of items; and of permuted colours of condition means, ten times as many.
        bootstraps: of the published measure of four colours.
        bins: of colour in the measure published for networks, or as many as there are colours.
        seed: of the random numbers.
    """

    draws: int = 100
    bootstraps: int = 1_000
    bins: int = 16
    seed: int = 0


QUICK = GeometryConfig(draws=20, bootstraps=100)


@dataclass(frozen=True)
class Measured:
    """Everything that was measured, as tables; `left_out` says what could not be, and why.

    Attributes:
        course: time, period (before or after the cue), trials (all, correct), planes, measure, value, low, high, verdict.
        moments: the same in the windows that are compared, `moment` in place of `time`.
        levels: moment, level (chance or ceiling), value, low, high of alignment.
        published: moment, measure, value, low, high, trials.
        accounts: of swaps: what, of, value, low, high, note.
        means: measure, value, median, low, high with colours permuted; of condition means alone.
        separated: how far the two colours of a display depend on one another, and whether that is more than by chance.
    """

    recording: Recording
    config: GeometryConfig
    course: pd.DataFrame
    moments: pd.DataFrame
    levels: pd.DataFrame
    published: pd.DataFrame
    accounts: pd.DataFrame
    means: pd.DataFrame
    left_out: tuple[str, ...]
    separated: tuple[float, bool] = (0.0, False)


def measure(recording: Recording, config: GeometryConfig = GeometryConfig()) -> Measured:
    """Measure what a recording allows; UnusableActivity where it allows no plane at all."""
    generator = torch.Generator().manual_seed(config.seed)
    nothing = pd.DataFrame()
    if recording.means is not None:
        means = _of_means(recording.means, config, generator)
        return Measured(recording, config, nothing, nothing, nothing, nothing, nothing, means, ())
    left_out: list[str] = []
    tables: dict[str, list[dict]] = {"course": [], "moments": [], "levels": [], "published": []}
    for trials, sessions in _choices(recording, left_out):
        for part in parts_of(recording):
            try:
                tables["moments"] += _planes(sessions, part, trials, True, generator)
                if part.time is not None:
                    tables["course"] += _planes(sessions, part, trials, False, generator)
            except SwaputilsError as error:
                if trials == "all":
                    raise
                left_out.append(f"Planes of correct trials {part.name} were not measured: {error}.")
    for part in parts_of(recording):
        tables["levels"] += _levels(recording, part, config, generator, left_out)
        tables["published"] += _published(recording, part, config, generator, left_out)
    made = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    made |= {"accounts": _accounts(recording, generator, left_out), "means": nothing}
    colours = torch.cat([session.colours for session in recording.sessions])
    apart = dependence(colours)
    separated = apart, apart > 3 / len(colours) ** 0.5
    return Measured(recording, config, **made, left_out=tuple(dict.fromkeys(left_out)), separated=separated)


def _choices(recording: Recording, left_out: list[str]) -> Iterator[tuple[str, list[Session]]]:
    """All trials, and the correct ones where they are known."""
    yield "all", list(recording.sessions)
    if recording.reported and recording.cued:
        yield "correct", [session.correct() for session in recording.sessions]
    else:
        lacks = "no report" if recording.cued else "no cue on record"
        left_out.append(f"There is {lacks}, so correct trials are not known and all trials count.")


def _planes(sessions: list[Session], part: Part, trials: str, averaged: bool, generator: torch.Generator) -> list[dict]:
    """Every measure of every pair of planes, at each step or in the window."""
    chosen = list(map(part.moment if averaged else part.course, sessions))
    found = pooled_planes.aligned(chosen, part.by_cue, generator=generator)
    when = [{"moment": part.name}] if averaged or part.time is None else [{"time": t} for t in part.time.tolist()]
    names = {"planes": "selected" if part.by_cue else "both items", **PAIRS}
    rows: list[dict] = []
    for kind, name in names.items():
        pair = getattr(found, kind)
        if pair is not None:
            rows += _rows(_estimates(pair), pair.verdict, pair.against_chance, name)
    told = tuple(TOLD if width <= WIDEST else NOT_TOLD for width in found.additive_r2.width.tolist())
    rows += _rows({"additive_r2": found.additive_r2, "interaction": found.interaction}, told, told, "")
    head = {"period": part.name, "trials": trials, "count": found.trials}
    return [when[row.pop("step")] | head | row for row in rows]


def _estimates(pair: PlanePair) -> dict[str, Estimate]:
    """The measures by name, angles in degrees, with the range of chance."""
    found = {name: getattr(pair, name) for name in PLAIN if getattr(pair, name) is not None}
    angles, phase = (
        (DEGREES * each.value, DEGREES * each.low, DEGREES * each.high) for each in (pair.angles, pair.phase)
    )
    for place, name in enumerate(("larger_angle", "smaller_angle")):
        found[name] = Estimate(*(part[..., place] for part in angles))
    found["phase"] = Estimate(*phase)
    return found | {"chance": Estimate(pair.chance.mean(0), *pair.chance)}


def _rows(
    found: dict[str, Estimate], verdict: tuple[str, ...], against: tuple[str, ...], planes: str
) -> Iterator[dict]:
    for name, estimate in found.items():
        columns = (part.flatten().tolist() for part in (estimate.value, estimate.low, estimate.high))
        for step, told in enumerate(zip(*columns, verdict, against)):
            values = dict(zip(("value", "low", "high", "verdict", "against_chance"), told))
            yield {"planes": planes, "step": step, "measure": name} | values


def _levels(
    recording: Recording, part: Part, config: GeometryConfig, generator: torch.Generator, left_out: list[str]
) -> list[dict]:
    """What alignment is for planes that do not differ, and at most."""
    sessions = list(map(part.moment, recording.sessions))

    def permuted() -> tuple[float, ...]:
        return _three(pooled_planes.permuted_names(sessions, part.by_cue, config.draws, generator=generator)[:, 0])

    def halves() -> tuple[float, ...]:
        found = pooled_planes.same_item(sessions, generator=generator)
        return tuple(float(end[0]) for end in (found.low, found.value, found.high))

    rows = []
    for level, made in {"names of the items permuted": permuted, "same item in two halves": halves}.items():
        try:
            rows.append({"moment": part.name, "level": level} | dict(zip(("low", "value", "high"), made())))
        except SwaputilsError as error:
            left_out.append(f"The level “{level}” {part.name} was not measured: {error}.")
    return rows


def _published(
    recording: Recording, part: Part, config: GeometryConfig, generator: torch.Generator, left_out: list[str]
) -> list[dict]:
    """The measures as published, in the same window: four colours with bootstraps, and for networks finer bins."""
    if not recording.cued:
        left_out.append("The published measures need to know which item was cued.")
        return []
    moments = list(map(part.moment, recording.sessions))
    accurate, right = [each.more_accurate() for each in moments], [each.correct() for each in moments]
    rows = []
    try:
        angles = pooled_planes.four_colours(accurate, config.bootstraps, generator=generator)[:, 0]
        low, middle, high = angles.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)).tolist()
        head = {"moment": part.name, "measure": "angle of four colours (degrees; median and quartiles of bootstraps)"}
        rows.append(
            head | {"value": middle, "low": low, "high": high, "trials": sum(len(s.activity) for s in accurate)}
        )
    except SwaputilsError as error:
        left_out.append(f"The published angle {part.name} was not measured: {error}.")
    if len(right) > 1:
        left_out.append(
            "The measure published for networks needs all neurons at once, so it is not pooled over sessions."
        )
        return rows
    bins = min(config.bins, distinct_colours(right[0].colours))
    try:
        cosine = float(reported_colour_cosine(right[0].activity, *right[0].cued_colour(), bins)[0])
        head = {"moment": part.name, "measure": f"cosine in three components, {bins} bins of colour"}
        rows.append(head | {"value": cosine, "low": math.nan, "high": math.nan, "trials": len(right[0].activity)})
    except SwaputilsError as error:
        left_out.append(f"The measure published for networks {part.name} was not measured: {error}.")
    return rows


def _accounts(recording: Recording, generator: torch.Generator, left_out: list[str]) -> pd.DataFrame:
    """Where swaps arise, for which activity before and after the cue, the cued item and reports are needed."""
    sides = parts_of(recording)
    if len(sides) < 2 or not recording.reported or not recording.cued:
        left_out.append("Accounts of swaps need activity before and after the cue, the cued item and reports.")
        return pd.DataFrame()
    try:
        return swap_accounts(recording.sessions, *sides, generator=generator)
    except SwaputilsError as error:
        left_out.append(f"Accounts of swaps were not fitted: {error}.")
        return pd.DataFrame()


def _of_means(means: Tensor, config: GeometryConfig, generator: torch.Generator) -> pd.DataFrame:
    """Measures of condition means beside those of the same means with the colours permuted within each neuron."""
    own = measures_of_means(means)
    chance = measures_of_means(permuted_colours(means, 10 * config.draws, generator=generator))
    rows = [(name, float(own[name]), *_three(chance[name])) for name in own]
    return pd.DataFrame(rows, columns=["measure", "value", "low", "median", "high"])


def _three(values: Tensor) -> tuple[float, ...]:
    """Low, median and high of draws, those that are numbers."""
    known = values[values.isfinite()]
    return tuple(known.quantile(ENDS).tolist()) if len(known) else (math.nan,) * 3
