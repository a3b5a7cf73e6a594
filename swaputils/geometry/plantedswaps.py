"""Planted truth for accounts of swaps: activity before and after a cue in trials whose errors have a known origin.

  before: x = B_1 u(c_1) + B_2 u(c_2) + noise

  after: x = C_g u(c_g) + D_h u(c_h) + b_g + noise

with g the cued item, h the other one and u(c) = (cos c, sin c).

A swap exchanges the two colours at both times (misbinding), exchanges them after the cue (misselection), takes the cue for the other
one (misinterpretation), or leaves no trace ("none").
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from swaputils.angles import sample_von_mises, to_xy, wrap
from swaputils.geometry.planted import Plan, ring_pair, separated_colours

ACCOUNTS = ("misbinding", "misselection", "misinterpretation", "none")


@dataclass(frozen=True)
class SwapPlan:
    """What is planted.

    Attributes:
        before: sizes, noise, separation, and the alignment of the two rings before the cue.
        selected: alignment of the rings of the two items when cued; 1 where they lie in one plane.
        unselected: radius of the ring of the item that is not cued.
        trace: distance of the two offsets b, a trace of the cue itself.
        shares: of the swaps, by account, in the order of ACCOUNTS.
        swaps, guesses: shares of the trials.
        concentration: of reports around the colour, of the von Mises.
    """

    before: Plan = field(default_factory=Plan)
    selected: float = 0.9
    unselected: float = 0.5
    trace: float = 1.0
    shares: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)
    swaps: float = 0.1
    guesses: float = 0.02
    concentration: float = 100.0


@dataclass(frozen=True)
class PlantedSwaps:
    """Planted trials: activity before and after the cue [trials, units], colours [trials, 2] (rad), item cued [trials], report [trials]
    (rad), and account [trials], a place in ACCOUNTS, -1 in trials that are no swaps."""

    before: Tensor
    after: Tensor
    colours: Tensor
    cued: Tensor
    report: Tensor
    account: Tensor

    @property
    def session(self) -> tuple[Tensor, ...]:
        """What `fit_accounts` takes."""
        return self.before, self.after, self.colours, self.cued, self.report


def plant_swaps(plan: SwapPlan, *, generator: torch.Generator) -> PlantedSwaps:
    """Draw displays, origins, reports and activity."""
    sizes = plan.before
    trials = sizes.trials
    colours = separated_colours(trials, sizes.separation, sizes.distinct, generator=generator)
    cued = torch.randint(2, (trials,), generator=generator)
    kind = torch.rand(trials, dtype=torch.float64, generator=generator)
    drawn = torch.multinomial(torch.tensor(plan.shares), trials, replacement=True, generator=generator)
    account = drawn.where(kind < plan.swaps, -1)
    answered = colours.gather(1, cued.where(account < 0, 1 - cued)[:, None]).squeeze(1)
    guess = (2 * torch.rand(trials, dtype=torch.float64, generator=generator) - 1) * math.pi
    answered = answered.where(kind < 1 - plan.guesses, guess)
    spread = sample_von_mises(torch.full_like(answered, plan.concentration), generator=generator)
    first = colours.flip(1).where((account == 0)[:, None], colours)
    second = colours.flip(1).where(((account == 0) | (account == 1))[:, None], colours)
    seen = (1 - cued).where(account == 2, cued)
    rings = ring_pair(sizes, generator=generator)
    selected = ring_pair(Plan(units=sizes.units, alignment=plan.selected), generator=generator)
    others = plan.unselected * ring_pair(Plan(units=sizes.units), generator=generator)
    offset = torch.randn(sizes.units, dtype=torch.float64, generator=generator)
    offset = plan.trace * offset / offset.norm()
    points = to_xy(second)
    before = to_xy(first[:, 0]) @ rings[0] + to_xy(first[:, 1]) @ rings[1]
    by_cue = [
        points[:, item] @ selected[item] + points[:, 1 - item] @ others[1 - item] + item * offset for item in (0, 1)
    ]
    after = by_cue[0].where((seen == 0)[:, None], by_cue[1])
    before, after = (
        x + sizes.noise * torch.randn(x.shape, dtype=torch.float64, generator=generator) for x in (before, after)
    )
    return PlantedSwaps(before, after, colours, cued, wrap(answered + spread), account)
