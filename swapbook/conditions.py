"""The named conditions of the book: which task, which answers, which objective."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from swapbook.answers import (
    HUMAN_RESPONSES,
    HUMAN_SWAPS,
    HUMAN_WITHOUT_SWAPS,
    NO_SWAPS,
    Answers,
    announced_flat,
    announced_similarity,
    flat,
    similarity,
)
from swaputils.errors import SwaputilsError
from swaputils.inputs import Periods
from swaputils.training.recipes import (
    DIFFUSION,
    ENERGY_SCORE,
    MEAN_REGRESSION,
    MIXTURE_DENSITY,
    MOMENT_MATCHING,
    TASK_OPTIMAL,
    Objective,
    own_noise,
)


class UnknownName(SwaputilsError):
    """A condition, a scale or another name that the book does not have."""


@dataclass(frozen=True)
class Condition:
    """What a network is taught.

    Attributes:
        cueing, probes, items: the task, see TaskConfig.
        answers: the distribution of answers.
        objective: how it is taught; None for a network that is not trained.
        start: condition whose trained network is the initial one; None to start from scratch with the selection stage.
        drive, units: of the network: gated; tree, a small one; dendrites, the paper's tree; rate, one matrix between units.
            At the paper's scale gated ones are that tree.
        post_cue_delay: time between cue and report, s.
        announced_in: period in which a number is shown, see `task.DelayedEstimation`; None for no such number.
        memory_bound: largest activity outside the readout plane that a drive asks for; None for no bound.
    """

    title: str
    cueing: Literal["index", "probe"]
    probes: Literal["continuous", "locations"]
    answers: Answers
    objective: Objective | None
    items: int = 2
    start: str | None = None
    drive: Literal["gated", "tree", "dendrites", "rate"] = "gated"
    units: int = 16
    post_cue_delay: float = Periods.post_cue_delay
    announced_in: Literal["stimulus", "delay", "cue", "post_cue_delay"] | None = None
    memory_bound: float | None = None

    @property
    def settings(self) -> dict:
        """What it is, as JSON values."""
        own = {name: getattr(self, name) for name in ("title", "cueing", "probes", "items", "start", "drive", "units")}
        taught = {"swaps": self.answers.name, "swap_probability": self.answers.swap_probability}
        taught |= {"offset": self.answers.offset, "objective": self.objective.name if self.objective else "untrained"}
        taught |= {} if self.announced_in is None else {"announced_in": self.announced_in}
        return own | taught


_index = partial(Condition, cueing="index", probes="continuous")
_probe = partial(Condition, cueing="probe", probes="locations")
ANIMALS_DELAY = 0.6  # s; between .5 and .7 in Panichello & Buschman (2021)
SIMILARITY_OFFSETS = {"00": 0.0, "05": -0.5, "10": -1.0, "17": -1.7, "20": -2.0}  # of the paper's networks

_MAIN = {
    "index_untrained": _index("untrained", answers=NO_SWAPS, objective=None),
    "index_task_optimal": _index("task-optimal", answers=NO_SWAPS, objective=TASK_OPTIMAL),
    "index_no_swap": _index("no swaps", answers=NO_SWAPS, objective=DIFFUSION),
    "index_mean_regression": _index("mean regression, swap data .10", answers=flat(0.10), objective=MEAN_REGRESSION),
    "index_swap_05": _index("swap target .05", answers=flat(0.05), objective=DIFFUSION),
    "index_swap": _index("swap target .10", answers=flat(0.10), objective=DIFFUSION),
    "probe_untrained": _probe("untrained", answers=NO_SWAPS, objective=None),
    "probe_task_optimal": _probe("task-optimal", answers=NO_SWAPS, objective=TASK_OPTIMAL),
    "probe_no_swap": _probe("no swaps", answers=NO_SWAPS, objective=DIFFUSION),
    "probe_mean_regression": _probe(
        "mean regression, similarity swaps", answers=similarity(0.0), objective=MEAN_REGRESSION
    ),
    "probe_moment_matching": _probe(
        "moment matching, similarity swaps", answers=similarity(0.0), objective=MOMENT_MATCHING
    ),
    "probe_flat": _probe("swap target .10", answers=flat(0.10), objective=DIFFUSION),
    **{
        f"probe_similarity_{name}": _probe(
            f"similarity swaps, offset {offset:g}", answers=similarity(offset), objective=DIFFUSION
        )
        for name, offset in SIMILARITY_OFFSETS.items()
    },
    "probe_human": _probe("human swap function", answers=HUMAN_SWAPS, objective=DIFFUSION),
    "probe_energy_score": _probe("energy score, similarity swaps", answers=similarity(0.0), objective=ENERGY_SCORE),
    "probe_energy_score_continued": _probe(
        "energy score after diffusion, similarity swaps",
        answers=similarity(0.0),
        objective=ENERGY_SCORE,
        start="probe_similarity_00",
    ),
    "probe_mixture_density": _probe(
        "mixture-density readout, similarity swaps", answers=similarity(0.0), objective=MIXTURE_DENSITY
    ),
    "n4_task_optimal": _probe("task-optimal, four items", answers=NO_SWAPS, objective=TASK_OPTIMAL, items=4, units=32),
    "human_n4": _probe("human responses, four items", answers=HUMAN_RESPONSES, objective=DIFFUSION, items=4, units=32),
    "human_n4_no_swap": _probe(
        "human responses without swaps, four items", answers=HUMAN_WITHOUT_SWAPS, objective=DIFFUSION, items=4, units=32
    ),
}
# The conditions that most claims are about, and the same with another drive, more units, the animals' delay or another ancestry
_INDEX = ("index_task_optimal", "index_no_swap", "index_swap")
HEADLINE = (*_INDEX, "probe_task_optimal", "probe_similarity_00", "probe_human")


def _with(names: Sequence[str], ending: str, text: str, **changed) -> dict[str, Condition]:
    """Some conditions with something changed."""
    return {f"{name}_{ending}": replace(_MAIN[name], title=f"{_MAIN[name].title}; {text}", **changed) for name in names}


VARIANTS = {
    **_with(HEADLINE, "tree", "tree", drive="tree"),
    **_with(HEADLINE, "64", "64 units", units=64),
    **_with(_INDEX, "dendrites", "dendrites", drive="dendrites"),
    **_with(_INDEX, "waits", f"{ANIMALS_DELAY:g} s after the cue", post_cue_delay=ANIMALS_DELAY),
    **_with(["index_swap"], "continued", "after task-optimal", start="index_task_optimal"),
}
PERIODS = ("stimulus", "delay", "cue")
# The same behaviour with swaps that are settled at a known time, and controls: the number tells nothing, or comes after the cue
_settled = partial(replace, _MAIN["index_swap"], answers=announced_flat(0.10))
SETTLED = {
    **{
        f"index_swap_settled_{period}": _settled(title=f"Flat .10, settled in the {period}", announced_in=period)
        for period in PERIODS
    },
    "index_swap_settled_late": _settled(title="Flat .10, settled after the cue", announced_in="post_cue_delay"),
    **_with(("index_swap", "index_no_swap"), "idle", "a number that tells nothing", announced_in="cue"),
    **{
        f"index_swap_own_{period}": replace(
            _MAIN["index_swap"], title=f"Flat .10, settled by noise of the {period}", objective=own_noise(period)
        )
        for period in PERIODS
    },
    **{
        f"probe_similarity_settled_{period}": replace(
            _MAIN["probe_similarity_00"],
            title=f"similarity swaps, settled in the {period}",
            answers=announced_similarity(0.0),
            announced_in=period,
        )
        for period in PERIODS
    },
}
NOISE = 0.55  # standard deviation of a step's noise before the report
RATIOS = (100, 30, 10, 3, 1)  # of the longest memory to it that the drive allows
BOUNDED = {
    name: bounded
    for ratio in RATIOS
    for name, bounded in _with(
        ("index_swap", "index_no_swap"),
        f"ratio_{ratio}",
        f"memory at most {ratio} times the noise",
        memory_bound=ratio * NOISE,
    ).items()
}
RATE = _with(_INDEX, "rate", "rate network", drive="rate", units=64)
BASIC = tuple(_MAIN)  # with the gated drive and nothing else varied
CONDITIONS = _MAIN | VARIANTS | SETTLED | BOUNDED | RATE
SHOWN = {
    name: each.title.replace("swap target", "Flat").replace("swap data", "Flat") for name, each in CONDITIONS.items()
}
"""Every condition as figures, tables and pages name it; a title is part of what runs have stored, so it stays as it was."""


def named(kind: str, name: str, table: dict):
    """The entry of a table; UnknownName lists what there is."""
    if name not in table:
        raise UnknownName(f"unknown {kind} {name!r}; known are {', '.join(table)}")
    return table[name]
