"""What the book's networks are taught to answer, each a record that gives the target for displays."""

from collections.abc import Callable
from dataclasses import dataclass

from swaputils import surrogate
from swaputils.diffusion.targets import Target
from swaputils.surrogate import SwapPosterior
from swaputils.task import settled
from swaputils.trials import Displays


@dataclass(frozen=True)
class Answers:
    """A distribution of answers.

    Attributes:
        name: as settings record it.
        target: the distributions for displays, given a posterior over people's responses (None where none is needed).
        swap_probability, offset: numbers that it depends on, as settings record them.
        swap: whether other items than the cued one are answered.
        from_people: whether it needs a posterior over people's responses.
        narrow: whether answers lie in narrow clusters at items, so that the nearest item tells what was reported; else
            they have people's precision and guesses.
    """

    name: str
    target: Callable[[Displays, SwapPosterior | None], Target]
    swap_probability: float = 0.0
    offset: float = 0.0
    swap: bool = True
    from_people: bool = False
    narrow: bool = True


def _no_swaps(displays: Displays, people: SwapPosterior | None) -> Target:
    return surrogate.response_mixture(displays, surrogate.flat(displays, 0.0))


def flat(swap_probability: float) -> Answers:
    """Swaps with the same probability at every distance."""

    def target(displays: Displays, people: SwapPosterior | None) -> Target:
        return surrogate.response_mixture(displays, surrogate.flat(displays, swap_probability))

    return Answers("flat", target, swap_probability=swap_probability)


def announced_flat(swap_probability: float) -> Answers:
    """`flat`, where the number that a display announces settles which item is reported."""

    def target(displays: Displays, people: SwapPosterior | None) -> Target:
        mixture = surrogate.response_mixture(displays, surrogate.flat(displays, swap_probability))
        return settled(mixture, displays.is_cued, displays.announcement)

    return Answers("flat, announced", target, swap_probability=swap_probability)


def announced_similarity(offset: float) -> Answers:
    """`similarity`, where the number that a display announces settles which item is reported."""

    def target(displays: Displays, people: SwapPosterior | None) -> Target:
        mixture = surrogate.response_mixture(displays, surrogate.similarity(displays, offset))
        return settled(mixture, displays.is_cued, displays.announcement)

    return Answers("similarity, announced", target, offset=offset)


def similarity(offset: float) -> Answers:
    """The paper's swaps, which fall off with cue distance."""

    def target(displays: Displays, people: SwapPosterior | None) -> Target:
        return surrogate.response_mixture(displays, surrogate.similarity(displays, offset))

    return Answers("similarity", target, offset=offset)


def _human_swaps(displays: Displays, people: SwapPosterior | None) -> Target:
    return surrogate.response_mixture(displays, surrogate.log_weights(people, displays))


def _human_responses(displays: Displays, people: SwapPosterior | None) -> Target:
    return surrogate.response_density(people, displays)


def _human_without_swaps(displays: Displays, people: SwapPosterior | None) -> Target:
    return surrogate.response_density(people, displays.only_cued())


NO_SWAPS = Answers("none", _no_swaps, swap=False)
HUMAN_SWAPS = Answers("human", _human_swaps, from_people=True)
HUMAN_RESPONSES = Answers("human density", _human_responses, from_people=True, narrow=False)
HUMAN_WITHOUT_SWAPS = Answers(
    "human density without swaps", _human_without_swaps, swap=False, from_people=True, narrow=False
)
