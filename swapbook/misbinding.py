"""Networks whose memory misbinds at a known rate, trained on from the stored swap network, and how often they swap.

`theory/misbinding/<scale>/<rate in percent>_<seed>/`: config, weights, log, metrics, provenance.
"""

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from swapbook.evaluation import HELD_OUT_SEED, held_out_displays
from swapbook.networks import Network
from swapbook.places import results_folder
from swapbook.plan import Plan
from swapbook.theory.draws import flipped
from swaputils import behaviour
from swaputils.angles import to_angle
from swaputils.diffusion.schedule import Schedule, signal_weights
from swaputils.files import StoreError, shown
from swaputils.network.rnn import RNN
from swaputils.responders import Noisy
from swaputils.run_folder import Run, provenance, read_run, write_run
from swaputils.task import DelayedEstimation
from swaputils.training.lessons import Batch
from swaputils.training.loop import TrainConfig, Training
from swaputils.training.objectives import diffusion_sampled
from swaputils.trials import Displays

MISBINDING_RATES = (0.0, 0.05, 0.10, 0.20)
_TRAINING = {
    "smoke": TrainConfig(batch=16, distribution_updates=5),
    "laptop": TrainConfig(batch=128, distribution_updates=800),
}
MISBINDING_SCALES = tuple(_TRAINING)
_SOURCE = "index_swap"


@dataclass(frozen=True)
class Misbinding:
    """Swaps of a network whose memory holds the wrong item as the cued one with probability `rate`.

    Attributes:
        total: share of responses nearest to an item that was not cued.
        conditional: share nearest to an item that its memory does not hold as the cued one.
    """

    rate: float
    total: behaviour.Share
    conditional: behaviour.Share


def _misbound(displays: Displays, rate: float, generator: torch.Generator) -> Displays:
    """The displays as a memory holds them that takes the other item for the cued one with probability `rate`."""
    return flipped(displays, torch.rand(len(displays), device=displays.cued.device, generator=generator) < rate)


def has_misbinding(scale: str, seed: int) -> bool:
    """Whether the networks of all MISBINDING_RATES are stored."""
    return all(_folder(rate, scale, seed).is_dir() for rate in MISBINDING_RATES)


def misbinding_swaps(rate: float, scale: str, seed: int) -> Misbinding:
    """Stored swaps at a misbinding rate; StoreError where that network has not been trained."""
    folder = _folder(rate, scale, seed)
    if not folder.is_dir():
        raise StoreError(f"{shown(folder)}: not trained yet; run chapter 2 with recompute=True")
    metrics = read_run(folder).metrics
    return Misbinding(rate, *(behaviour.Share(**metrics[which]) for which in ("total", "conditional")))


def recompute_misbinding(rate: float, scale: str, seed: int, data: str) -> None:
    """Train the stored swap network on with a memory that misbinds at `rate`, and store it with its swaps.

    The input, and so the memory, belongs to the misbound display and the response to the shown one. The sampled target is
    used: that in closed form takes the display for known, which this memory does not hold.
    """
    if scale not in _TRAINING:
        raise StoreError(f"no misbinding networks are planned at scale {scale!r}; allowed are {', '.join(_TRAINING)}")
    source = Network(_SOURCE, scale, seed, data).load()
    plan, rnn = source.plan, source.rnn.float().requires_grad_(True)
    training = replace(_TRAINING[scale], distribution_rate=3e-3, averaging=0.99)
    lesson = replace(plan.distribution, loss=partial(_misbound_loss, rate, plan.task, plan.schedule))
    generator = torch.Generator().manual_seed(seed)
    updates = Training(rnn, [], lesson, training, generator=generator)
    bar = tqdm(updates, total=training.distribution_updates, desc=f"misbinding {rate}", unit="update")
    log = [{"update": progress.update, "loss": progress.loss} for progress in bar if progress.update % 20 == 0]
    metrics = _measure(deepcopy(rnn).double(), plan, rate)
    config = {"source": _SOURCE, "scale": scale, "seed": seed, "rate": rate, "train": training.stored()}
    weights = {name: value.float().contiguous() for name, value in rnn.state_dict().items()}
    write_run(_folder(rate, scale, seed), Run(config, weights, log, metrics, provenance()))


def _folder(rate: float, scale: str, seed: int) -> Path:
    return results_folder() / "theory" / "misbinding" / scale / f"{round(100 * rate)}_{seed}"


def _misbound_loss(
    rate: float, task: DelayedEstimation, schedule: Schedule, rnn: RNN, batch: Batch, *, generator: torch.Generator
) -> torch.Tensor:
    """The sampled diffusion objective with the inputs of misbound displays."""
    held = _misbound(batch.displays, rate, generator)
    changed = replace(batch, inputs=task.encode(held).to(rnn.readout))
    return diffusion_sampled(rnn, changed, schedule=schedule, weights=signal_weights(schedule), generator=generator)


@torch.no_grad()
def _measure(rnn: RNN, plan: Plan, rate: float) -> dict[str, dict[str, float]]:
    """Swaps of the free-running network against the display that was shown and against the one that it holds."""
    generator = torch.Generator().manual_seed(HELD_OUT_SEED + 2)
    shown_displays = held_out_displays(plan, plan.scale.evaluated)
    held = _misbound(shown_displays, rate, generator)
    ends = Noisy(rnn, plan.task).end_points(held, generator)
    response = to_angle(ends)
    total, conditional = (behaviour.is_swap(displays, response) for displays in (shown_displays, held))
    return {"total": asdict(behaviour.share(total)), "conditional": asdict(behaviour.share(conditional))}
