"""What a network is taught, and the conditions that the others are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from swapbook.answers import (
    HUMAN_RESPONSES,
    HUMAN_SWAPS,
    HUMAN_WITHOUT_SWAPS,
    NO_SWAPS,
    Answers,
    flat,
    similarity,
)
from swaputils.training.recipes import (
    DIFFUSION,
    ENERGY_SCORE,
    ENERGY_SCORE_SELECTED,
    MEAN_REGRESSION,
    MIXTURE_DENSITY,
    MOMENT_MATCHING,
    TASK_OPTIMAL,
    Objective,
)


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
SIMILARITY_OFFSETS = {"00": 0.0, "05": -0.5, "10": -1.0, "17": -1.7, "20": -2.0}  # of the paper's networks

MAIN = {
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
