"""What teacher forcing makes of memory: no decision before the report, and errors of memory that count twice."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from swapbook.theory.draws import even_swaps, flipped
from swaputils.angles import to_angle
from swaputils.behaviour import is_swap
from swaputils.diffusion.ideal import sample_path
from swaputils.diffusion.schedule import Schedule
from swaputils.diffusion.targets import ResponseMixture
from swaputils.trials import Displays


def misbinding_rate(noise: float) -> float:
    """Probability that the sign of 1 + noise * standard normal is wrong: a memory that keeps which of two items was cued."""
    return float(norm.cdf(-1 / noise)) if noise > 0 else 0.0


def twice_counted(swap_probability: float, misbinding: float | np.ndarray) -> float | np.ndarray:
    """Swap rate s of the optimum when memory misbinds: 1 - 2 s = (1 - 2 p) (1 - 2 m)^2, so s = p + 2 m to first order."""
    return 0.5 - 0.5 * (1 - 2 * swap_probability) * (1 - 2 * misbinding) ** 2


def predicted(swap_probability: float, misbinding: Sequence[float]) -> pd.DataFrame:
    """Swap rates by misbinding rate m if errors of memory count twice, once, or are absorbed."""
    m = np.asarray(misbinding)
    rates = {"twice": twice_counted(swap_probability, m), "once": swap_probability + m - 2 * swap_probability * m}
    return pd.DataFrame(rates | {"absorbed": swap_probability}, index=pd.Index(m, name="m"))


def counted_with_confidence(swap_probability: float, correct: Float[Tensor, " memories"]) -> float:
    """Swap rate p + (1 - 2 p) E[2 rho (1 - rho)] when memory keeps how likely its binding is to be right.

    At most the rate of `twice_counted`.

    Args:
        correct: rho, the probability of the right binding given each memory.
    """
    disagreement = 2 * correct * (1 - correct)
    return swap_probability + (1 - 2 * swap_probability) * float(disagreement.mean())


def held_binding(trials: int, noise: float, *, generator: torch.Generator) -> Float[Tensor, " trials"]:
    """Memories 1 + noise * standard normal of bindings, with the sign + for right."""
    return 1 + noise * torch.randn(trials, dtype=torch.float64, generator=generator)


def binding_confidence(held: Float[Tensor, " trials"], noise: float) -> Float[Tensor, " trials"]:
    """Posterior probability that the right binding was +: the logistic function of 2 held / noise^2."""
    return torch.sigmoid(2 * held / noise**2)


def sample_from_memory(
    schedule: Schedule, mixture: ResponseMixture, trusted: Float[Tensor, " trials"], *, generator: torch.Generator
) -> Float[Tensor, "trials 2"]:
    """End points of the optimum of a network whose memory says that a two-item display is as given with probability `trusted`.

    The optimum reverses the noising of the mixture that memory leaves possible, trusted * target + (1 - trusted) * target with the items
    exchanged.
    """
    weights = mixture.log_weights.exp()
    possible = trusted[:, None] * weights + (1 - trusted[:, None]) * weights.flip(1)
    believed = ResponseMixture(mixture.angles, possible.log(), mixture.spread, mixture.radius)
    return sample_path(schedule, believed, generator=generator)[:, -1]


def optimum_swaps(
    schedule: Schedule, displays: Displays, noise: float, swap_probability: float, *, generator: torch.Generator
) -> dict[str, Bool[Tensor, " trials"]]:
    """Whether the optimum swaps when noise in memory may exchange the items.

    For a memory that keeps the "sign" of the binding alone, and for a "graded" one, which also keeps how sure it is.
    """
    held = held_binding(len(displays), noise, generator=generator)
    trust = {"sign": torch.full_like(held, 1 - misbinding_rate(noise)), "graded": binding_confidence(held.abs(), noise)}
    target, swaps = even_swaps(flipped(displays, held < 0), swap_probability), {}
    for kind, trusted in trust.items():
        ends = sample_from_memory(schedule, target, trusted, generator=generator)
        swaps[kind] = is_swap(displays, to_angle(ends))
    return swaps


def information_gain(
    labels: Tensor, known: Float[Tensor, "trials known"], added: Float[Tensor, "trials added"]
) -> tuple[float, float]:
    """Information (bits a trial, with its standard error) about a binary label that `added` gives beyond `known`.

    Difference of the cross-validated log losses of two logistic regressions, on `known` and on both.
    """
    target = labels.long().numpy()
    losses = []
    for features in (known, torch.cat((known, added), dim=1)):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
        chance = cross_val_predict(model, features.numpy(), target, cv=5, method="predict_proba")
        losses.append(-np.log2(chance[np.arange(len(target)), target]))
    gain = losses[0] - losses[1]
    return float(gain.mean()), float(gain.std() / len(gain) ** 0.5)


def plane_knowledge(
    schedule: Schedule, mixture: ResponseMixture, path: Float[Tensor, "trials times 2"]
) -> Float[Tensor, "trials steps 3"]:
    """What x_t tells of the end point of a two-item display: the log odds of the first item (within +-30), and x_t itself."""
    noised = path[:, :-1]
    log_odds = mixture.responsibilities(schedule, noised).log().diff(dim=2).neg().clamp(-30, 30)
    return torch.cat((log_odds, noised), dim=2)


def information_by_step(
    labels: Tensor,
    known: Float[Tensor, "trials steps known"],
    null_space: Float[Tensor, "trials steps null"],
    steps: list[int],
    lag: int = 0,
) -> Float[Tensor, "shown 2"]:
    """`information_gain` of the null space at some report steps, beyond what was known `lag` steps before, with its error."""
    pairs = [information_gain(labels, known[:, max(step - lag, 0)], null_space[:, step]) for step in steps]
    return torch.tensor(pairs, dtype=torch.float64)
