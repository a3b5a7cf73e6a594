"""Linear decoders of a colour across time and across items, with the other item's colour controlled for.

A decoder is a ridge regression of (cos c, sin c) on activity, fitted at one step to some trials and asked at another step, or about the
other item, in trials that it was not fitted to. Its score is the mean cosine of the angle between decoded and true colour: 1 for
a perfect decoder, 0 for one that knows nothing.

A code that stays as it is can be read at every step by the decoder of any other, a code that turns only at its own step; colours of two
items that share a plane can be read by one another's decoder, those in orthogonal planes cannot (Panichello & Buschman 2021).

Where the colours of a display depend on one another, a decoder of the one reads it off the activity that follows the other. So activity is
first regressed on both colours at once, x = b + B_1 phi(c_1) + B_2 phi(c_2) + residual, in the trials that decoders are fitted to, and
b + B_2 phi(c_2) is subtracted everywhere. A mean course over time that all trials share is gone with b.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from swaputils.angles import to_xy
from swaputils.geometry.harmonics import UnusableActivity, check_activity, check_design, main_effects, most_harmonics

FOLDS = 5
PENALTY = 0.01  # of the ridge, over the mean variance of a unit
HARMONICS = 2  # of each colour that is regressed out, where colours are distinct enough
LEAST = 50  # trials that an item's decoders are fitted to and asked in


@dataclass(frozen=True)
class Decoded:
    """Scores of decoders, and what they are when trials' colours are permuted.

    Attributes:
        score: [..., steps] mean cosine over all trials, each decoded once.
        chance: like score; 95 % of the permutations lie below.
        p: like score; share of the permutations, the data among them, that score as high or higher. Of one entry: where
            entries are many, some are low by chance.
    """

    score: Tensor
    chance: Tensor
    p: Tensor


@dataclass(frozen=True)
class _Fold:
    """One item's colour and the activity that is left of both: of trials to fit to, and of held-out ones."""

    fitted: Tensor
    fitted_colour: Tensor
    asked: Tensor
    asked_colour: Tensor


def cross_temporal(
    activity: Float[Tensor, "trials *steps units"],
    colours: Float[Tensor, "trials 2"],
    item: int,
    *,
    permutations: int = 200,
    generator: torch.Generator,
) -> Decoded:
    """Decoders of one item's colour fitted at each step and asked at each step, [fitted, asked].

    Args:
        activity: [trials, steps, units], in any unit.
        colours: [trials, 2] rad; the other item's is controlled for.
        item: column of the colour that is decoded, 0 or 1. Where a cue tells items apart, give the trials of one cue.
        permutations: of colours over held-out trials.
        generator: deals trials into folds and permutes.

    Raises:
        UnusableActivity: for activity or colours that cannot be used.
    """
    everywhere = torch.ones(len(colours), dtype=torch.bool)
    folds = _folds(activity, colours, item, everywhere, _dealt(activity, colours, generator))
    decoded = [torch.einsum("msu,fuv->mfsv", fold.asked, _decoders(fold)) for fold in folds]
    return _scored(decoded, [fold.asked_colour for fold in folds], permutations, generator)


def cross_item(
    activity: Float[Tensor, "trials *steps units"],
    colours: Float[Tensor, "trials 2"],
    cued: Int[Tensor, " trials"] | None = None,
    *,
    permutations: int = 200,
    generator: torch.Generator,
) -> Decoded:
    """Decoders of either item's colour asked about either item's at the same step, [fitted item, asked item, steps].

    Args:
        activity, colours, permutations, generator: as for `cross_temporal`.
        cued: [trials] the item that was cued, 0 or 1: an item's decoders are then fitted to, and asked in, trials that
            cue it. None to take all trials alike, as before a cue.

    Raises:
        UnusableActivity: for activity or colours that cannot be used.
    """
    dealt = _dealt(activity, colours, generator)
    chosen = [torch.ones(len(colours), dtype=torch.bool) if cued is None else cued == item for item in (0, 1)]
    items = [_folds(activity, colours, item, chosen[item], dealt) for item in (0, 1)]
    found = []
    for fitted in items:
        decoders = [_decoders(fold) for fold in fitted]
        for asked in items:
            decoded = [torch.einsum("msu,suv->msv", fold.asked, each) for fold, each in zip(asked, decoders)]
            found.append(_scored(decoded, [fold.asked_colour for fold in asked], permutations, generator))
    names = ("score", "chance", "p")
    return Decoded(*(torch.stack([getattr(one, name) for one in found]).unflatten(0, (2, 2)) for name in names))


def _dealt(activity: Tensor, colours: Tensor, generator: torch.Generator) -> Tensor:
    """[trials] the fold of each trial; UnusableActivity where activity and colours cannot be used."""
    if activity.ndim != 3 or tuple(colours.shape) != (len(activity), 2):
        raise UnusableActivity(
            f"activity is {tuple(activity.shape)} and colours {tuple(colours.shape)}; "
            "needed are (trials, steps, units) and (trials, 2)"
        )
    check_activity(activity, colours)
    return torch.randperm(len(colours), generator=generator) % FOLDS


def _folds(activity: Tensor, colours: Tensor, item: int, chosen: Tensor, dealt: Tensor) -> list[_Fold]:
    """The chosen trials fold by fold, without what follows the other item's colour."""
    if chosen.sum() < LEAST:
        raise UnusableActivity(f"item {item} has {int(chosen.sum())} trials; decoders need {LEAST} or more")
    harmonics = min(HARMONICS, most_harmonics(colours[chosen]))
    own_and_other = torch.stack((colours[:, item], colours[:, 1 - item]), dim=1)
    design = torch.cat((torch.ones((len(colours), 1)), main_effects(own_and_other, harmonics)), dim=1).double()
    controls = [0, *range(1 + 2 * harmonics, 1 + 4 * harmonics)]
    folds = []
    for fold in range(FOLDS):
        fitted, asked = chosen & (dealt != fold), chosen & (dealt == fold)
        rows = design[fitted]
        normal = rows.T @ rows
        check_design(normal, colours[fitted], f"the trials that decode item {item}")
        effects = torch.linalg.solve(normal, rows.T @ activity[fitted].double().flatten(1))
        left = activity.double() - (design[:, controls] @ effects[controls]).view_as(activity)
        folds.append(_Fold(left[fitted], colours[fitted, item], left[asked], colours[asked, item]))
    return folds


def _decoders(fold: _Fold) -> Float[Tensor, "steps units 2"]:
    """Ridge regression of (cos, sin) on the activity of each step."""
    activity = fold.fitted.transpose(0, 1)
    covariance = activity.mT @ activity
    ridge = PENALTY * covariance.diagonal(dim1=1, dim2=2).mean(1)
    identity = torch.eye(activity.shape[2]).to(covariance)
    return torch.linalg.solve(
        covariance + ridge[:, None, None] * identity, activity.mT @ to_xy(fold.fitted_colour).double()
    )


def _scored(decoded: list[Tensor], colours: list[Tensor], permutations: int, generator: torch.Generator) -> Decoded:
    """Mean cosine over the trials of all folds, and of their colours permuted within folds."""
    scores, chances = [], []
    trials = sum(map(len, colours))
    for each, colour in zip(decoded, colours):
        direction = torch.nn.functional.normalize(each, dim=-1).flatten(1, -2)
        true = to_xy(colour).double()
        orders = torch.rand((permutations, len(colour)), generator=generator).argsort(1)
        scores.append((direction * true[:, None]).sum((0, 2)) / trials)
        chances.append(torch.einsum("mev,pmv->pe", direction, true[orders]) / trials)
    score, permuted = torch.stack(scores).sum(0), torch.stack(chances).sum(0)
    shape = decoded[0].shape[1:-1]
    p = (1 + (permuted >= score).sum(0)) / (1 + permutations)
    return Decoded(score.view(shape), permuted.quantile(0.95, dim=0).view(shape), p.view(shape))
