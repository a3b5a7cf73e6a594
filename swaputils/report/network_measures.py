"""What a network that was taught people's responses does: its answers beside people's and the ideal sampler's, and its colour planes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
import torch
from torch import Tensor

from swaputils import geometry
from swaputils.angles import to_angle, to_xy, wasserstein, wrap
from swaputils.behaviour import responsibility_curve, summarise
from swaputils.diffusion.targets import RADIUS
from swaputils.inputs import STEP_SECONDS
from swaputils.report.prediction import density, places
from swaputils.report.taught_network import Apprentice, Course
from swaputils.responders import IdealSampler, Noisy, Responder
from swaputils.surrogate import cue_distances, response_log_density, responsibilities, sample_responses
from swaputils.training.familiar import mixed
from swaputils.trials import Displays, Trials

PEOPLE, NETWORK, IDEAL = "people", "network", "ideal sampler"
ANSWERS, ACTIVITY = 10_000, 4_000  # responses of the network and the ideal sampler, about; trials of activity
CHUNK = 1_000  # displays whose whole densities are held at once
CUE_BINS = 8  # of a range of cue distances
ENDS = 0.1  # share of the cue distances that are nearer, or farther, than the two that planes are shown for
PLACES_APART = 1e-3  # rad; distances that differ by less are one


@dataclass(frozen=True)
class Beside:
    """What was measured of a network.

    Attributes:
        taught: the network.
        measures: one row each for people, the network and the ideal sampler: who; responses, how many; swap_rate, share
            nearer to another item than to the cued one; p_nontarget, p_guess, mean probability under what was fitted that
            a response came from a non-target or is a guess; far, share farther than 0.25 rad from every item;
            median_error (rad); log_density, mean under what was fitted (nats per rad); wasserstein, distance of the
            errors from those of responses drawn from what was fitted (rad).
        errors: who, around (see `prediction.places`), error (rad, bin centre), density (1/rad).
        by_cue: who, distance (rad), probability that a response came from a non-target, standard_error, count; empty
            where the network is not cued by place.
        planes: apart, cue distance of the two items (rad; NaN where they are numbered); step, seconds since the display;
            alignment, low, high of their colour planes; chance_low, chance_high; verdict; see `geometry.PlanePair`.
    """

    taught: Apprentice
    measures: pd.DataFrame
    errors: pd.DataFrame
    by_cue: pd.DataFrame
    planes: pd.DataFrame

    def of(self, who: str) -> pd.Series:
        """The measures of one of the three."""
        return self.measures.set_index("who").loc[who]


def beside(taught: Apprentice, answers: int = ANSWERS, activity: int = ACTIVITY) -> Beside:
    """Measure a network on the displays that people saw, each shown several times, and its planes on independent colours."""
    course = taught.course
    generator = torch.Generator().manual_seed(course.seed + 1)
    people = course.people
    again = torch.arange(len(people)).repeat_interleave(-(-answers // len(people)))
    shown = people.displays[again]
    if not course.by_place:
        shown = mixed(shown, course.items, generator=generator)
    answered = {PEOPLE: people}
    for who, each in ((NETWORK, Noisy(taught.rnn, course.task)), (IDEAL, IdealSampler(course.schedule, course.task))):
        answered[who] = Trials(shown, _answers(each, shown, generator), people.subject[again])
    drawn = sample_responses(course.posterior, shown, generator=generator)[0]
    fitted = wrap(drawn - shown.cued_report)
    return Beside(
        taught,
        measures=pd.DataFrame([{"who": who} | _measures(course, each, fitted) for who, each in answered.items()]),
        errors=_of_each(answered, _errors),
        by_cue=_of_each(answered, partial(_by_cue, course)) if course.by_place else pd.DataFrame(),
        planes=colour_planes(taught, activity, generator=generator),
    )


def _answers(responder: Responder, displays: Displays, generator: torch.Generator) -> Tensor:
    """[M] responses, some displays at a time."""
    parts = [displays[start : start + CHUNK] for start in range(0, len(displays), CHUNK)]
    return torch.cat([to_angle(responder.end_points(part, generator)).double() for part in parts])


def _of_each(answered: dict[str, Trials], table: Callable[[Trials], pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table(each).assign(who=who) for who, each in answered.items()], ignore_index=True)


def _measures(course: Course, answered: Trials, fitted: Tensor) -> dict[str, float]:
    displays, response = answered.displays, answered.response
    summary = summarise(displays, RADIUS * to_xy(response), RADIUS)
    came_from = responsibilities(course.posterior, displays, response)
    cued = came_from.gather(1, displays.cued[:, None]).squeeze(1)
    return {
        **{name: float(summary[name]) for name in ("responses", "swap_rate", "far", "median_error")},
        "p_nontarget": float((1 - cued - came_from[:, -1]).mean()),
        "p_guess": float(came_from[:, -1].mean()),
        "log_density": float(response_log_density(course.posterior, displays, response).mean()),
        "wasserstein": wasserstein(wrap(response - displays.cued_report), fitted),
    }


def _errors(answered: Trials) -> pd.DataFrame:
    """Densities of the errors around items of each kind."""
    parts = []
    for around, items in places(answered).items():
        centres, values = density(answered, items, answered.response)
        part = pd.DataFrame({"error": centres.tolist(), "density": values.tolist()})
        parts.append(part.assign(around=around))
    return pd.concat(parts, ignore_index=True)


def _by_cue(course: Course, answered: Trials) -> pd.DataFrame:
    """Probability that a response came from a non-target, by its cue distance."""
    came_from = responsibilities(course.posterior, answered.displays, answered.response)
    return responsibility_curve(answered.displays, came_from, _edges(course))


def _edges(course: Course) -> Tensor:
    """Edges between the cue distances that occurred, or of bins of their range."""
    ends = course.posterior.distances
    if course.posterior.continuous:
        return torch.linspace(ends[0] - PLACES_APART, ends[-1] + PLACES_APART, CUE_BINS + 1, dtype=torch.float64)
    outer = ends.new_tensor([0.0, 2 * torch.pi])
    return torch.cat((outer[:1], (ends[1:] + ends[:-1]) / 2, outer[1:]))


def colour_planes(taught: Apprentice, trials: int = ACTIVITY, *, generator: torch.Generator) -> pd.DataFrame:
    """Alignment of two items' colour planes at each step, for two near and two far places of people's displays.

    Displays have independent colours. Until the cue all trials count; from then on each plane comes from the trials that cue
    its item. See `Beside.planes`.
    """
    course, rnn, periods = taught.course, taught.rnn, taught.course.task.periods
    on, _ = periods.cue_steps
    parts = []
    for apart, displays in independent_colours(course, trials, generator=generator).items():
        run = Noisy(rnn, course.task).activity(displays, generator)
        hidden = rnn.in_null_space(torch.cat((run.preparation, run.report[:, 1:]), dim=1))
        colours = displays.report[:, :2]
        before = geometry.colour_alignment(hidden[:, :on], colours, generator=generator).planes
        after = geometry.colour_alignment(hidden[:, on:], colours, displays.cued, generator=generator).planes
        sides = []
        for side in (before, after):
            ends = {"alignment": side.alignment.value, "low": side.alignment.low, "high": side.alignment.high}
            ends |= {"chance_low": side.chance[0], "chance_high": side.chance[1]}
            sides.append(
                pd.DataFrame({name: each.tolist() for name, each in ends.items()}).assign(verdict=side.verdict)
            )
        part = pd.concat(sides, ignore_index=True).rename_axis("step").reset_index()
        parts.append(part.assign(apart=apart, seconds=(part["step"] + 1) * STEP_SECONDS))
    return pd.concat(parts, ignore_index=True)


def independent_colours(course: Course, trials: int, *, generator: torch.Generator) -> dict[float, Displays]:
    """Displays whose places are those of one display of people's in every trial, and whose colours are independent.

    By the cue distance (rad) of item 0 and item 1, which are cued in turn at random: a near and a far one of those that occurred. NaN
    where items are numbered.
    """
    seen = course.task.seen
    chosen = {float("nan"): (0, 1)}
    if course.by_place:
        apart = cue_distances(seen)[:, 1:]
        order = apart.flatten().argsort()
        places = [int(order[round(share * (len(order) - 1))]) for share in (ENDS, 1 - ENDS)]
        width = apart.shape[1]
        chosen = {float(apart[place // width, place % width]): (place // width, place % width + 1) for place in places}
        if len(chosen) == 2 and max(chosen) - min(chosen) < PLACES_APART:
            del chosen[min(chosen)]
    found = {}
    for span, (row, other) in chosen.items():
        rest = [item for item in range(1, course.items) if item != other]
        probe = seen.probe[row, [0, other, *rest]].expand(trials, -1)
        colours = 2 * torch.pi * torch.rand(probe.shape, dtype=torch.float64, generator=generator) - torch.pi
        cued = torch.randint(2, (trials,), generator=generator)
        found[span] = Displays(colours, probe.double(), cued)
    return found
