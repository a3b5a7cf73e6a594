"""At which step of a trial swaps arise: misbinding, misselection or misinterpretation, from activity before and after the cue.

Trial-level mixture of Alleman et al. (2024), joint over both times: a swap trial is, before the cue, in the state of its own or of
exchanged colours, and after it in that of its own colours, of exchanged colours or of the other cue,

  p(y, y') = p_correct L(own) L'(own) + p_swap sum_ba pi_ba L_b L'_a + p_guess sum_ba g_ba L_b L'_a

with the p of each trial from its report, under a mixture of target, non-target and guesses; a guess may be held as the colour of
the cued item. The states are predicted by regression, see `colourstates`, from trials weighted by p_correct; pi and g are of maximum
likelihood, their intervals from bootstrap over trials.

With pi_1 for exchanged colours and pi_2 for the other cue: misbinding is pi_1 before the cue; misselection, what pi_1 gains after it;
misinterpretation, pi_2 after it; and the rest, "none", is in the state of correct trials: the error comes later, or activity holds it
in a way that is none of these states, such as a report of the other item beside an intact memory. Misbinding carried past the cue is the same state as
misselection, so it is told by the time before alone. States that lie closer than d' = 1 are not told apart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils import surrogate
from swaputils.angles import von_mises_log_density, wrap
from swaputils.geometry.colourstates import state_evidence
from swaputils.geometry.harmonics import UnusableActivity, check_activity
from swaputils.geometry.plantedswaps import ACCOUNTS
from swaputils.trials import Displays, Trials

LEAST_SEPARATION = 1.0  # d' below which two states are not told apart
LEAST_SWAPS = 10.0  # expected number, from the reports
DRAWS = 200  # of the bootstrap
STEPS, SMALLEST = 200, 1e-4  # of the EM algorithm at most, and of what a share moves by in the last one
SINGLE = 1e-300  # keeps what no trial takes at 0
CERTAIN = 1e-6  # probability of a swap or a guess below which a trial says nothing of their shares
PAIRS = (
    ("before", "exchanged colours", "own"),
    ("after", "exchanged colours", "own"),
    ("after", "other cue", "own"),
    ("after", "exchanged colours", "other cue"),
)
CONFUSED = (
    ("misbinding", "misselection"),
    ("misselection", "none"),
    ("misinterpretation", "none"),
    ("misselection", "misinterpretation"),
)
"""Accounts that cannot be told where the states of the pair of the same place in PAIRS coincide."""


@dataclass(frozen=True)
class Evidence:
    """What a session says of its trials: [trials, ...] each; those of several sessions can be put together.

    Attributes:
        own, swap, guess: log-likelihood of the states of correct trials [trials], swaps [trials, 2, 3] and guesses [trials, 2, 2],
            nats; the first place of either time is that of exchanged colours, or of the report as the cued colour.
        probability: [trials, 3] of correct, swap, guess, from the report.
        separation: [4] d' of the PAIRS.
    """

    own: Tensor
    swap: Tensor
    guess: Tensor
    probability: Tensor
    separation: Tensor


@dataclass(frozen=True)
class Accounts:
    """Shares of swaps by account, with the ends of their 95 % intervals by bootstrap over trials.

    Attributes:
        told: groups of accounts; those of one group are told together alone.
        share, low, high: [groups].
        separation: [4] d' of the PAIRS of states.
        swaps: expected number of swap trials, from the reports.
    """

    told: tuple[tuple[str, ...], ...]
    share: Tensor
    low: Tensor
    high: Tensor
    separation: Tensor
    swaps: float

    def of(self, account: str) -> tuple[float, float, float] | None:
        """Share of one account with its interval; None where it is told together with others."""
        if (account,) not in self.told:
            return None
        place = self.told.index((account,))
        return float(self.share[place]), float(self.low[place]), float(self.high[place])


def fit_accounts(
    before: Float[Tensor, "trials units"],
    after: Float[Tensor, "trials others"],
    colours: Float[Tensor, "trials 2"],
    cued: Int[Tensor, " trials"],
    report: Float[Tensor, " trials"],
    *,
    generator: torch.Generator,
) -> Accounts:
    """Accounts of the swaps of one session.

    Args:
        before: activity at the end of the delay.
        after: activity after the cue, of the same or other units.
        colours: of item 0 and item 1, rad.
        cued: item to report, 0 or 1.
        report: reported colour, rad.
        generator: deals trials into folds, and draws the bootstrap.

    Raises:
        UnusableActivity: for what is not a number, and for too few trials or swaps.
    """
    return accounts_of([evidence(before, after, colours, cued, report, generator=generator)], generator=generator)


def evidence(
    before: Float[Tensor, "trials units"],
    after: Float[Tensor, "trials others"],
    colours: Float[Tensor, "trials 2"],
    cued: Int[Tensor, " trials"],
    report: Float[Tensor, " trials"],
    *,
    generator: torch.Generator,
) -> Evidence:
    """What one session says; arguments and errors as of `fit_accounts`."""
    for activity in (before, after):
        check_activity(activity[:, None], colours)
    if not torch.isfinite(report).all():
        raise UnusableActivity(f"{int((~torch.isfinite(report)).sum())} trials lack a report (NaN); leave them out")
    probability = _from_reports(colours, cued, report)
    exchanged, everyone = colours.flip(1), torch.zeros_like(cued)
    guessed = colours.scatter(1, cued[:, None], report[:, None].to(colours))
    states = [(colours, everyone), (exchanged, everyone), (guessed, everyone)]
    first = state_evidence(before, states, probability[:, 0], [[1]], generator=generator)
    states = [(colours, cued), (exchanged, cued), (colours, 1 - cued), (exchanged, 1 - cued), (guessed, cued)]
    second = state_evidence(after, states, probability[:, 0], [[1, 2], [1, 3], [2, 3]], generator=generator)
    a, b = first.log_likelihood, second.log_likelihood
    return Evidence(
        own=a[:, 0] + b[:, 0],
        swap=a[:, [1, 0], None] + b[:, None, [1, 2, 0]],
        guess=a[:, [2, 0], None] + b[:, None, [4, 0]],
        probability=probability,
        separation=torch.cat((first.separation[1:2], second.separation[1:4])),
    )


def accounts_of(sessions: Sequence[Evidence], *, generator: torch.Generator) -> Accounts:
    """Accounts of the swaps of several sessions together; a pair of states is told apart where its mean d' reaches 1.

    Raises:
        UnusableActivity: where there are too few swaps.
    """
    swap, guess, p = (torch.cat([getattr(one, name) for one in sessions]) for name in ("swap", "guess", "probability"))
    own = torch.cat([one.own for one in sessions])
    swaps = float(p[:, 1].sum())
    if swaps < LEAST_SWAPS:
        raise UnusableActivity(
            f"the reports hold {swaps:.1f} swaps (sum of probabilities); their shares by account need {LEAST_SWAPS:g} or more"
        )
    separation = torch.stack([one.separation for one in sessions]).mean(0)
    matters = p[:, 1:].sum(1) > CERTAIN
    ratios = torch.cat((swap.flatten(1), guess.flatten(1)), 1)[matters] - own[matters, None]
    weights = torch.poisson(torch.ones((DRAWS, len(ratios)), dtype=torch.float64), generator=generator)
    shares = _shares(ratios, p[matters], torch.cat((torch.ones_like(weights[:1]), weights)))
    told = _told(separation)
    members = torch.tensor([[account in group for account in ACCOUNTS] for group in told], dtype=torch.float64)
    found = shares @ members.T
    low, high = found[1:].quantile(torch.tensor([0.025, 0.975], dtype=torch.float64), dim=0)
    return Accounts(told, found[0], low, high, separation, swaps)


def _from_reports(colours: Tensor, cued: Tensor, report: Tensor) -> Float[Tensor, "trials 3"]:
    """Probability of each trial to be correct, a swap or a guess, under a mixture fitted to the reports (Bays et al. 2009)."""
    displays = Displays(colours.double(), torch.zeros_like(colours).double(), cued)
    fit = surrogate.fit_mixture(Trials(displays, report.double(), torch.zeros_like(cued)))
    errors = wrap(report[:, None].double() - displays.report).gather(1, torch.stack((cued, 1 - cued), dim=1))
    density = von_mises_log_density(errors, errors.new_tensor(fit.concentration)).exp()
    guess = torch.full_like(report, 1 / (2 * math.pi), dtype=torch.float64)
    joint = torch.cat((density, guess[:, None]), dim=1) * errors.new_tensor(
        [fit.p_target, fit.p_nontarget, fit.p_uniform]
    )
    return joint / joint.sum(1, keepdim=True)


def _shares(
    ratios: Float[Tensor, "trials states"], p: Float[Tensor, "trials 3"], weights: Float[Tensor, "draws trials"]
) -> Float[Tensor, "draws accounts"]:
    """Shares by account of maximum likelihood, for trials that count as often as each row of weights says; by the EM algorithm."""
    top = ratios.amax(1).clamp(min=0)[:, None]  # likelihoods relative to the largest one, so that none overflows
    correct = p[:, :1] * (-top).exp()
    joint = (ratios - top).exp() * torch.cat((p[:, 1:2].expand(-1, 6), p[:, 2:].expand(-1, 4)), dim=1)
    shares = torch.tensor([1 / 6] * 6 + [1 / 4] * 4, dtype=torch.float64).expand(len(weights), -1)
    for _ in range(STEPS):
        taken = shares * ((weights / (correct.T + shares @ joint.T)) @ joint)
        parts = [part / part.sum(1, keepdim=True).clamp(min=SINGLE) for part in taken.split((6, 4), 1)]
        before, shares = shares, torch.cat(parts, dim=1)
        if (shares - before).abs().max() < SMALLEST:
            break
    by_state = shares[:, :6].unflatten(1, (2, 3))
    misbinding, (exchanged, other, own) = by_state[:, 0].sum(1), by_state.sum(1).unbind(1)
    return torch.stack((misbinding, exchanged - misbinding, other, own), dim=1)


def _told(separation: Float[Tensor, " pairs"]) -> tuple[tuple[str, ...], ...]:
    """Groups of accounts: those whose states coincide, and whatever is linked through them, are one group."""
    groups = [{account} for account in ACCOUNTS]
    for pair, apart in zip(CONFUSED, separation.tolist()):
        if apart < LEAST_SEPARATION:
            linked = [group for group in groups if group & set(pair)]
            groups = [group for group in groups if not group & set(pair)] + [set().union(*linked)]
    ordered = [tuple(account for account in ACCOUNTS if account in group) for group in groups]
    return tuple(sorted(ordered, key=lambda group: ACCOUNTS.index(group[0])))
