"""The sizes of a run at each scale: durations, networks, trainings, and how many responses are evaluated."""

from dataclasses import dataclass, replace

from swaputils.inputs import Periods
from swaputils.network.rnn import RNNConfig
from swaputils.training.loop import TrainConfig

BOOK = "laptop"  # the scale that the book shows


@dataclass(frozen=True)
class Scale:
    """Sizes of a run.

    Attributes:
        rnn, train: by drive: gated; tree, a small one; dendrites, the paper's tree trained along its gradient's axes; rate.
        evaluated: responses that the measures of behaviour are taken on; planes, activity: trials of activity, and bins
            of colour in them.
        answers: responses of a network to each display that people saw.
        projection: rows and columns of the learned input projection of probe-cued networks; None for none.
    """

    periods: Periods
    rnn: dict[str, RNNConfig]
    train: dict[str, TrainConfig]
    evaluated: int = 20_000
    activity: int = 8_000
    bins: int = 16
    answers: int = 2_000
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
_TREE = RNNConfig(drive="tree", branching=(10, 10))
_SMALL_TREE = RNNConfig(drive="tree", branching=(2, 2))
_RATE = RNNConfig(drive="rate")
DRIVES = ("gated", "tree", "dendrites", "rate")

SCALES = {
    "smoke": Scale(
        Periods(delay=0.15, report=0.4),
        {"gated": RNNConfig(hidden=32), "tree": _SMALL_TREE, "dendrites": _SMALL_TREE, "rate": _RATE},
        dict.fromkeys(DRIVES, _SMOKE),
        evaluated=500,
        activity=1_000,
        bins=4,
        answers=20,
    ),
    "laptop": Scale(
        Periods(),
        {
            "gated": RNNConfig(hidden=128),
            "tree": RNNConfig(drive="tree", branching=(5, 5)),
            "dendrites": replace(_TREE, input_scale=10.0),
            "rate": _RATE,
        },
        {
            "gated": TrainConfig(distribution_updates=6_000),
            "tree": TrainConfig(),
            "dendrites": TrainConfig(batch=64, distribution_updates=16_000, distribution_rate=1.4e-2, rotated=True),
            "rate": TrainConfig(distribution_updates=12_000),
        },
    ),
    "paper": Scale(
        Periods(),
        {"gated": _TREE, "tree": _TREE, "dendrites": replace(_TREE, input_scale=10.0), "rate": _RATE},
        dict.fromkeys(DRIVES, _PAPER),
        projection=6,
    ),
}
