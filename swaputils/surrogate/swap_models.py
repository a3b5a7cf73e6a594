"""Which parts a swap function has, what they may differ by, and the nested ladder of models that is compared."""

from dataclasses import dataclass, field, replace
from typing import Literal

from swaputils.errors import SwaputilsError
from swaputils.surrogate.emissions import EMISSIONS
from swaputils.surrogate.torus import KINDS, Basis, Kind

Factor = Literal["set_size", "subject", "condition"]
FACTORS: tuple[Factor, ...] = ("set_size", "subject", "condition")
FREE_LEVEL = 4.0  # prior variance of a level that is not pooled; the prior mean is LEVEL in `bns`


@dataclass(frozen=True)
class Term:
    """One part of the log weight of a non-target, in a copy for each combination of the levels of some factors.

    Attributes:
        kind: "level", "cue", "report" or "interaction", see `torus`.
        by: factors; with none there is one copy for all trials.
        variance: prior variance of the part, or None to learn it. Copies of a part with learned variance are partially
            pooled: they are deviations that the data pull away from 0.
    """

    kind: Kind
    by: tuple[Factor, ...] = ()
    variance: float | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise SwaputilsError(f"Term.kind is {self.kind!r}; allowed are {', '.join(KINDS)}")
        if not set(self.by) <= set(FACTORS):
            raise SwaputilsError(f"Term.by is {self.by}; allowed factors are {', '.join(FACTORS)}")
        if self.variance is not None and not self.variance > 0:
            raise SwaputilsError(f"Term.variance is {self.variance}; it must be above 0, or None to learn it")


@dataclass(frozen=True)
class SwapModel:
    """A response model: swap function, emission, guesses.

    Attributes:
        terms: parts of the log weight of a non-target relative to the cued item; none: no swaps at all.
        emission: a name in EMISSIONS.
        guesses: whether a response may be uniform.
        precision_by: factors by which emission and guess rate differ.
        basis: features of the parts.
    """

    terms: tuple[Term, ...]
    emission: str = "von_mises"
    guesses: bool = True
    precision_by: tuple[Factor, ...] = ("set_size",)
    basis: Basis = field(default_factory=Basis)

    def __post_init__(self):
        if self.emission not in EMISSIONS:
            raise SwaputilsError(f"SwapModel.emission is {self.emission!r}; allowed are {', '.join(EMISSIONS)}")
        if not set(self.precision_by) <= set(FACTORS):
            raise SwaputilsError(f"SwapModel.precision_by is {self.precision_by}; allowed are {', '.join(FACTORS)}")
        if self.terms and all(term.kind != "level" for term in self.terms):
            raise SwaputilsError("SwapModel.terms has no level; a swap function needs one, or no terms at all")

    def uses(self, dimension: Literal["cue", "report"]) -> bool:
        """Whether swaps depend on the distance in a dimension."""
        return any(term.kind in (dimension, "interaction") for term in self.terms)


LEVEL_BY_SET_SIZE = Term("level", ("set_size",), FREE_LEVEL)
CUE, REPORT, INTERACTION = Term("cue"), Term("report"), Term("interaction")

LADDER: dict[str, tuple[Term, ...]] = {
    "none": (LEVEL_BY_SET_SIZE,),
    "cue": (LEVEL_BY_SET_SIZE, CUE),
    "report": (LEVEL_BY_SET_SIZE, REPORT),
    "additive": (LEVEL_BY_SET_SIZE, CUE, REPORT),
    "full": (LEVEL_BY_SET_SIZE, CUE, REPORT, INTERACTION),
}
"""Nested models by the distances that the weight of a non-target may depend on."""

ACCOUNTS: dict[str, tuple[Term, ...]] = {
    "uniform guess": (),
    "cue-independent swap": LADDER["none"],
    "cue-dependent swap": LADDER["cue"],
}
"""Three accounts of responses far from the cued item."""


def by_person(model: SwapModel) -> SwapModel:
    """The model with a level, a cue part, an emission and a guess rate for each person, the first two pooled."""
    own = tuple(Term(kind, ("subject",)) for kind in ("level", "cue"))
    return replace(model, terms=model.terms + own, precision_by=("subject", *model.precision_by))
