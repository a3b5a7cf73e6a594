"""The named conditions of the book: which task, which answers, which objective."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

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
from swaputils.training.recipes import (
    DIFFUSION,
    DIFFUSION_AS_OFTEN,
    DIFFUSION_SAMPLED,
    DIFFUSION_SHARPENED,
    ENERGY_SCORE,
    ENERGY_SCORE_SELECTED,
    MEAN_REGRESSION,
    MIXTURE_DENSITY,
    MOMENT_MATCHING,
    TASK_OPTIMAL,
    Objective,
    diffusion_rollouts,
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
        learns_from: data set whose people it learns from, whatever data a run names; None for those that the run names.
        objective: how it is taught; None for a network that is not trained.
        start: condition whose trained network is the initial one; None to start from scratch with the selection stage.
        drive, units: of the network: gated; tree, a small one; dendrites, the paper's tree; rate, one matrix between units.
            At the paper's scale gated ones are that tree.
        announced_in: period in which a number is shown, see `task.DelayedEstimation`; None for no such number.
        periods, rnn, train: durations (s), and settings of network and training, where they are not those of the scale.
        update_factor: times the usual number of updates for the distribution.
        betas: noise added at the first and the last level, see `linear_schedule`; None for the paper's.
    """

    title: str
    cueing: Literal["index", "probe"]
    probes: Literal["continuous", "locations"]
    answers: Answers
    objective: Objective | None
    items: int = 2
    learns_from: str | None = None
    start: str | None = None
    drive: Literal["gated", "tree", "dendrites", "rate"] = "gated"
    units: int = 16
    announced_in: Literal["stimulus", "delay", "cue", "post_cue_delay"] | None = None
    periods: Mapping[str, float] = field(default_factory=dict)
    rnn: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    update_factor: float = 1.0
    betas: tuple[float, float] | None = None

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
_six_items = partial(_probe, objective=DIFFUSION, items=6, units=64, learns_from="bays2009")
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
    "probe_energy_score_selected": _probe(
        "energy score after selection by diffusion, similarity swaps",
        answers=similarity(0.0),
        objective=ENERGY_SCORE_SELECTED,
    ),
    "index_energy_score_selected": _index(
        "energy score after selection by diffusion, Flat .10",
        answers=flat(0.10),
        objective=ENERGY_SCORE_SELECTED,
        update_factor=0.5,
    ),
    "probe_mixture_density": _probe(
        "mixture-density readout, similarity swaps", answers=similarity(0.0), objective=MIXTURE_DENSITY
    ),
    "n4_task_optimal": _probe("task-optimal, four items", answers=NO_SWAPS, objective=TASK_OPTIMAL, items=4, units=32),
    "human_n4": _probe("human responses, four items", answers=HUMAN_RESPONSES, objective=DIFFUSION, items=4, units=32),
    "human_n4_no_swap": _probe(
        "human responses without swaps, four items", answers=HUMAN_WITHOUT_SWAPS, objective=DIFFUSION, items=4, units=32
    ),
    "human_n6": _six_items("human responses, six items", answers=HUMAN_RESPONSES),
    "human_n6_no_swap": _six_items("human responses without swaps, six items", answers=HUMAN_WITHOUT_SWAPS),
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
    **_with((*_INDEX, "index_mean_regression"), "dendrites", "dendrites", drive="dendrites"),
    **_with(
        ("probe_task_optimal", "probe_mean_regression", "probe_similarity_00", "probe_flat"),
        "places",
        "dendrites, any place",
        drive="dendrites",
        probes="continuous",
        rnn={"projection": 6},
    ),
    **_with(_INDEX, "waits", f"{ANIMALS_DELAY:g} s after the cue", periods={"post_cue_delay": ANIMALS_DELAY}),
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
ROLLOUTS = (1, 16, 64)
# Networks that settle swaps in the cue, or in the report, go on learning the same swaps while their number tells nothing of the response
_went_on = partial(replace, SETTLED["index_swap_idle"], start="index_swap_settled_cue")
CONTINUED = {
    **{
        f"index_swap_rollouts_{count}": _went_on(
            title=f"Flat .10, settled in the cue; then {count} rollout{'s' * (count > 1)}",
            objective=diffusion_rollouts(count),
            train={"wrong_items": 0.5},  # a few rollouts ask for more swaps than the target has
        )
        for count in ROLLOUTS
    },
    "index_swap_own_cue_rollouts": replace(
        _MAIN["index_swap"],
        title=f"Flat .10, settled by noise of the cue; then {ROLLOUTS[-1]} rollouts",
        objective=diffusion_rollouts(ROLLOUTS[-1]),
        start="index_swap_own_cue",
    ),
    "index_swap_scored_early": _went_on(
        title="Flat .10, settled in the cue; then energy score", objective=ENERGY_SCORE, update_factor=0.25
    ),
    "index_swap_scored_late": _went_on(
        title="Flat .10, an idle number; then energy score",
        objective=ENERGY_SCORE,
        update_factor=0.25,
        start="index_swap_idle",
    ),
}
NOISE = 0.55  # standard deviation of a step's noise before the report
RATIOS = (100, 30, 10)  # of the longest memory to it that the drive allows
# A network that starts with short memories does not select. So the first bound is wide, and each of the others goes on from the last.
BOUNDED = {
    f"{name}_ratio_{ratio}": replace(
        _MAIN[name],
        title=f"{_MAIN[name].title}; memory at most {ratio} times the noise",
        rnn={"memory_bound": ratio * NOISE},
        start=f"{name}_ratio_{wider}" if wider else None,
        update_factor=0.5 if wider else 1.0,
    )
    for name in ("index_swap", "index_no_swap")
    for ratio, wider in zip(RATIOS, (None, *RATIOS))
}
RATE = _with(_INDEX, "rate", "rate network", drive="rate", units=64)
_PAIR = ("index_swap", "probe_similarity_00")
# What the book's training adds to the paper's, taken away one by one, and the same training for longer
DEPARTURES = {
    **_with(_PAIR, "as_often", "swaps practised as often as they are", objective=DIFFUSION_AS_OFTEN),
    **_with(_PAIR, "sampled", "sampled target", objective=DIFFUSION_SAMPLED),
    **_with(_PAIR, "unaveraged", "last weights", train={"averaging": 0.0}),
    **_with(_PAIR, "unscaled", "memory scale 1", rnn={"memory_scale": 1.0}),
}
# The late steps of the report, where a response becomes precise, count little in the weights that are good for learning the choice
_SHARPENED = {
    f"{name}_sharpened": replace(
        _MAIN[name],
        title=f"{_MAIN[name].title}; longer, then equal weights of the steps",
        objective=DIFFUSION_SHARPENED,
        start=f"{name}_longer",
        update_factor=2.0,
    )
    for name in _PAIR
}
LONGER = _with(_PAIR, "longer", "five times the updates", update_factor=5.0) | _SHARPENED
# The same swaps with other schedules of noise and other lengths of the report: the ideal sampler commits itself at other times
TIMED = {
    **_with(["index_swap"], "early", "less noise", betas=(0.02, 0.20)),
    **_with(["index_swap"], "late", "more noise", betas=(0.005, 0.50)),
    **_with(["index_swap"], "short", "report of 1.5 s", periods={"report": 1.5}),
    **_with(["index_swap"], "long", "report of 3 s", periods={"report": 3.0}),
}
BASIC = tuple(_MAIN)  # with the gated drive and nothing else varied
PLAIN = (*_MAIN, *VARIANTS)  # swaps that are not settled by design, and training that is the book's
CONDITIONS = _MAIN | VARIANTS | SETTLED | CONTINUED | BOUNDED | RATE | DEPARTURES | LONGER | TIMED
SHOWN = {
    name: each.title.replace("swap target", "Flat").replace("swap data", "Flat") for name, each in CONDITIONS.items()
}
"""Every condition as figures, tables and pages name it; a title is part of what runs have stored, so it stays as it was."""


def named(kind: str, name: str, table: dict):
    """The entry of a table; UnknownName lists what there is."""
    if name not in table:
        raise UnknownName(f"unknown {kind} {name!r}; known are {', '.join(table)}")
    return table[name]
