"""How likely activity is in each state that two colours and a cue predict, and how well such states can be told apart.

Trial-level model of Alleman et al. (2024): in every component of the reduced activity

  y ~ t_nu(M_1^g s(c_1) + M_2^g s(c_2) + b^g, sigma)

where s is a periodic spline of first order with five knots, and g the item that is cued (one group for all before the cue). A state is
what the model predicts for other colours or another cue than those of the trial.

The model is fitted to trials in proportion to the probability that they are correct, and always to other trials than those whose
likelihood is told: noise that the fit has seen would speak for the state of correct trials.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from scipy.optimize import minimize_scalar
from torch import Tensor

from swaputils.angles import distance
from swaputils.geometry.harmonics import UnusableActivity

KNOTS = 5
TERMS = 2 * KNOTS - 1  # of either cue: both splines add up to one, so that one column would be too many
FOLDS = 5
COMPONENTS = 8  # of activity
DEGREES = torch.tensor(
    [2.5, 4.0, 6.0, 10.0, 20.0, 50.0, 200.0], dtype=torch.float64
)  # of freedom, tried for each component
STEPS = 25  # of the fit; the estimate moves by less than a hundredth of sigma in the last ones

State = tuple[Float[Tensor, "trials 2"], Int[Tensor, " trials"]]  # colours (rad) and group of each trial


@dataclass(frozen=True)
class StateEvidence:
    """What activity says of states.

    Attributes:
        log_likelihood: [trials, states] nats up to a constant of the trial, calibrated.
        separation: [states] d' of each state from the first one.
    """

    log_likelihood: Tensor
    separation: Tensor


def spline(colour: Float[Tensor, " trials"]) -> Float[Tensor, "trials knots"]:
    """Periodic spline of first order: at each knot a hat that reaches to the next ones; a row adds up to 1."""
    knots = torch.arange(KNOTS, dtype=torch.float64) * (2 * math.pi / KNOTS)
    return (1 - distance(colour[:, None].double(), knots) * KNOTS / (2 * math.pi)).clamp(min=0)


def state_evidence(
    activity: Float[Tensor, "trials units"],
    states: Sequence[State],
    correct: Float[Tensor, " trials"],
    rivals: Sequence[Sequence[int]],
    *,
    generator: torch.Generator,
) -> StateEvidence:
    """Evidence for states, of which the first is that of correct trials.

    Args:
        correct: probability that a trial is correct.
        rivals: sets of states; a correct trial is used to calibrate how surely the first one is told from those of each set.
        generator: deals trials into folds.

    Raises:
        UnusableActivity: for too few trials of a group.
    """
    groups = states[0][1]
    needed = 2 * TERMS * FOLDS
    for group, count in enumerate(torch.bincount(groups).tolist()):
        if count < needed:
            raise UnusableActivity(
                f"group {group} has {count} trials; a model with {TERMS} parameters that is fitted in {FOLDS} folds needs "
                f"{needed} or more"
            )
    order = torch.randperm(len(activity), generator=generator)
    found = activity.new_empty((len(activity), len(states)), dtype=torch.float64)
    designs = [_design(*state, int(groups.max()) + 1) for state in states]
    for held_out in order.chunk(FOLDS):
        rest = torch.ones(len(activity), dtype=torch.bool).index_fill(0, held_out, False)
        axes = _components(activity[rest], designs[0][rest], correct[rest])
        model = _fitted(activity[rest] @ axes, designs[0][rest], correct[rest])
        seen = activity[held_out] @ axes
        predicted = torch.stack([design[held_out] @ model.weights for design in designs])
        found[held_out] = model.log_density(seen - predicted).sum(-1).T
    less = found[:, :1] - found
    mean = (correct[:, None] * less).sum(0) / correct.sum()
    spread = (correct[:, None] * (less - mean) ** 2).sum(0) / correct.sum()
    separation = (2 * mean / spread.sqrt()).nan_to_num(0).clamp(min=0)
    return StateEvidence(_slope(less, correct, rivals) * found, separation)


def _slope(less: Float[Tensor, "trials states"], correct: Tensor, rivals: Sequence[Sequence[int]]) -> float:
    """The power of the likelihood, at most 1, under which correct trials are told from their rivals as surely as they should be."""

    def surprise(slope: float) -> float:
        sure = [(-slope * less[:, list(one)]).exp().sum(1).log1p() for one in rivals]
        return float((correct * torch.stack(sure)).sum())

    return minimize_scalar(surprise, bounds=(0, 1), method="bounded").x


def _design(colours: Tensor, groups: Tensor, count: int) -> Float[Tensor, "trials terms"]:
    """Regressors, those of every group in columns of their own."""
    terms = torch.cat((spline(colours[:, 0]), spline(colours[:, 1])[:, :-1]), dim=1)
    own = torch.nn.functional.one_hot(groups, count).to(terms)
    return (own[:, :, None] * terms[:, None]).flatten(1)


def _components(activity: Tensor, design: Tensor, correct: Tensor) -> Float[Tensor, "units components"]:
    """Axes of the leading principal components of what the design explains of the activity."""
    root = correct.sqrt()[:, None]
    explained = design @ torch.linalg.lstsq(root * design, root * activity).solution
    return torch.linalg.svd(explained - explained.mean(0), full_matrices=False).Vh[:COMPONENTS].T


@dataclass(frozen=True)
class _Model:
    """Regression with t-distributed residuals: weights [terms, components], scale sigma and degrees of freedom [components]."""

    weights: Tensor
    scale: Tensor
    degrees: Tensor

    def log_density(self, residual: Float[Tensor, "*any components"]) -> Tensor:
        return _log_t(residual / self.scale, self.degrees) - self.scale.log()


def _fitted(seen: Tensor, design: Tensor, correct: Tensor) -> _Model:
    """Maximum likelihood by reweighted least squares (Lange, Little & Taylor 1989), degrees of freedom from `DEGREES`."""
    shares, products = correct[:, None] / correct.sum(), _products(design)
    degrees, weight = seen.new_full((seen.shape[1],), 10.0), torch.ones_like(seen)
    for step in range(STEPS):
        weights = _least_squares(seen, design, correct[:, None] * weight, products)
        squares = (seen - design @ weights) ** 2
        scale = (shares * weight * squares).sum(0).sqrt()
        if step % 5 == 4:
            likelihood = (shares[:, None] * _log_t((squares.sqrt() / scale)[:, None], DEGREES[:, None])).sum(0)
            degrees = DEGREES[likelihood.argmax(0)]
        weight = (degrees + 1) / (degrees + squares / scale**2)
    return _Model(weights, scale, degrees)


def _log_t(value: Tensor, degrees: Tensor) -> Tensor:
    """Log density of Student's t with unit scale."""
    constant = ((degrees + 1) / 2).lgamma() - (degrees / 2).lgamma() - (degrees * math.pi).log() / 2
    return constant - (degrees + 1) / 2 * (value**2 / degrees).log1p()


def _products(design: Tensor) -> Float[Tensor, "trials squares"]:
    """Products of all pairs of regressors."""
    return (design[:, :, None] * design[:, None]).flatten(1)


def _least_squares(seen: Tensor, design: Tensor, weight: Tensor, products: Tensor) -> Float[Tensor, "terms components"]:
    """Weighted least squares, every component with weights of its own."""
    normal = (weight.T @ products).unflatten(1, (design.shape[1],) * 2)
    return torch.linalg.solve(normal, (design.T @ (weight * seen)).T).T
