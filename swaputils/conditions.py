"""The named conditions of the book: which task, whose responses, which objective; and the sizes at each scale."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from swaputils.records import Periods
from swaputils.rnn import RNNConfig
from swaputils.train import TrainConfig


class UnknownName(ValueError):
    """A condition or a scale that the book does not have."""


@dataclass(frozen=True)
class Condition:
    """What a network is taught.

    cueing, probes: the task, see TaskConfig.
    swaps:          "none", "flat" (`swap_probability` at every distance), "similarity" (the paper's function of probe distance
                    with `offset`), "human" (the swap function fitted to people, with narrow clusters), or "human density" (all
                    of people's fitted responses: swaps, precision and guesses).
    objective:      a key of `experiment.OBJECTIVES`, or "untrained".
    items:          set size.
    start:          condition whose trained network is the initial one; None to start from scratch with the selection stage.
    drive, units:   of the network; at the paper's scale the drive is its tree in any case.
    """

    title: str
    cueing: Literal["index", "probe"]
    probes: Literal["continuous", "locations"]
    swaps: Literal["none", "flat", "similarity", "human", "human density", "human density without swaps"]
    objective: str
    swap_probability: float = 0.0
    offset: float = 0.0
    items: int = 2
    start: str | None = None
    drive: Literal["plain", "gated", "tree"] = "gated"
    units: int = 16


def _index(title: str, objective: str, swap_probability: float = 0.0) -> Condition:
    """An index-cued condition of two items with flat swaps."""
    swaps = "flat" if swap_probability else "none"
    return Condition(title, "index", "continuous", swaps, objective, swap_probability)


_probe = partial(Condition, cueing="probe", probes="locations")
SIMILARITY_OFFSETS = {"00": 0.0, "05": -0.5, "10": -1.0, "17": -1.7, "20": -2.0}  # of the paper's networks

_MAIN = {
    "index_untrained": _index("untrained", "untrained"),
    "index_task_optimal": _index("task-optimal", "task_optimal"),
    "index_no_swap": _index("no swaps", "diffusion"),
    "index_mean_regression": _index("mean regression, swap data .10", "mean_regression", 0.10),
    "index_swap_05": _index("swap target .05", "diffusion", 0.05),
    "index_swap": _index("swap target .10", "diffusion", 0.10),
    "probe_untrained": _probe("untrained", swaps="none", objective="untrained"),
    "probe_task_optimal": _probe("task-optimal", swaps="none", objective="task_optimal"),
    "probe_no_swap": _probe("no swaps", swaps="none", objective="diffusion"),
    "probe_mean_regression": _probe(
        "mean regression, similarity swaps", swaps="similarity", objective="mean_regression"
    ),
    "probe_moment_matching": _probe(
        "moment matching, similarity swaps", swaps="similarity", objective="moment_matching"
    ),
    "probe_flat": _probe("swap target .10", swaps="flat", objective="diffusion", swap_probability=0.10),
    **{
        f"probe_similarity_{name}": _probe(
            f"similarity swaps, offset {offset:g}", swaps="similarity", objective="diffusion", offset=offset
        )
        for name, offset in SIMILARITY_OFFSETS.items()
    },
    "probe_human": _probe("human swap function", swaps="human", objective="diffusion"),
    "probe_energy_score": _probe("energy score, similarity swaps", swaps="similarity", objective="energy_score"),
    "probe_energy_score_continued": _probe(
        "energy score after diffusion, similarity swaps",
        swaps="similarity",
        objective="energy_score",
        start="probe_similarity_00",
    ),
    "probe_mixture_density": _probe(
        "mixture-density readout, similarity swaps", swaps="similarity", objective="mixture_density"
    ),
    "n4_task_optimal": _probe("task-optimal, four items", swaps="none", objective="task_optimal", items=4, units=32),
    "human_n4": _probe("human responses, four items", swaps="human density", objective="diffusion", items=4, units=32),
    "human_n4_no_swap": _probe(
        "human responses without swaps, four items",
        swaps="human density without swaps",
        objective="diffusion",
        items=4,
        units=32,
    ),
}
# The conditions that most claims are about, and the same with another drive, more units or another ancestry
HEADLINE = (
    "index_task_optimal",
    "index_no_swap",
    "index_swap",
    "probe_task_optimal",
    "probe_similarity_00",
    "probe_human",
)
VARIANTS = {
    **{f"{name}_tree": replace(_MAIN[name], title=f"{_MAIN[name].title}; tree", drive="tree") for name in HEADLINE},
    **{f"{name}_64": replace(_MAIN[name], title=f"{_MAIN[name].title}; 64 units", units=64) for name in HEADLINE},
    "index_swap_continued": replace(
        _MAIN["index_swap"], title=f"{_MAIN['index_swap'].title}; after task-optimal", start="index_task_optimal"
    ),
}
CONDITIONS = _MAIN | VARIANTS


@dataclass(frozen=True)
class Scale:
    """Sizes of a run: durations, network and training by drive, and responses evaluated.

    projection: rows and columns of the learned input projection of probe-cued networks; None for none.
    """

    periods: Periods
    rnn: dict[str, RNNConfig]
    train: dict[str, TrainConfig]
    evaluated: int
    projection: int | None = None


# Too small to learn anything: it shows within seconds that everything runs, so its selection check lets all pass.
_SMOKE = TrainConfig(
    batch=64,
    selection_updates=20,
    distribution_updates=20,
    delay_step=2,
    check_every=5,
    log_every=5,
    median_error=4.0,
    wrong_items=1.1,
)
_PAPER = TrainConfig(batch=32 * 512, selection_updates=50_000, distribution_updates=200_000)
DRIVES = ("plain", "gated", "tree")
_TREE = RNNConfig(drive="tree", branching=(10, 10))

SCALES = {
    "smoke": Scale(
        Periods(delay=0.15, report=0.4),
        {
            "plain": RNNConfig(hidden=32),
            "gated": RNNConfig(drive="gated", hidden=32),
            "tree": RNNConfig(drive="tree", branching=(2, 2)),
        },
        dict.fromkeys(DRIVES, _SMOKE),
        500,
    ),
    "laptop": Scale(
        Periods(),
        {
            "plain": RNNConfig(hidden=256),
            "gated": RNNConfig(drive="gated", hidden=128),
            "tree": RNNConfig(drive="tree", branching=(10, 10)),
        },
        {
            "plain": TrainConfig(),
            "gated": TrainConfig(distribution_updates=6_000),
            "tree": TrainConfig(batch=64, distribution_updates=16_000, distribution_rate=1.4e-2, rotated=True),
        },
        20_000,
    ),
    "paper": Scale(Periods(), dict.fromkeys(DRIVES, _TREE), dict.fromkeys(DRIVES, _PAPER), 20_000, projection=6),
}


def named(kind: str, name: str, table: dict):
    """The entry of a table; UnknownName lists what there is."""
    if name not in table:
        raise UnknownName(f"unknown {kind} {name!r}; known are {', '.join(table)}")
    return table[name]


def learns_from_people(condition: str) -> bool:
    """Whether a condition needs a posterior over people's responses."""
    return named("condition", condition, CONDITIONS).swaps.startswith("human")


def learns_all_responses(condition: str) -> bool:
    """Whether it learns their precision and guesses too."""
    return named("condition", condition, CONDITIONS).swaps.startswith("human density")
