"""Networks that settle swaps early, judged by the bound with one rollout and with several."""

import pandas as pd
import torch
from torch import Tensor

from swapbook.conditions import CONTINUED
from swapbook.networks import Network, Trained
from swapbook.origins.replays import SEED
from swapbook.origins.settlement import each_network
from swapbook.theory.bounds import ideal_means
from swapbook.theory.importance import effective_sample_size, importance_bound
from swaputils.diffusion.noising import forward_trajectory
from swaputils.diffusion.targets import Target
from swaputils.network.rollout import draw_noise, rollout
from swaputils.training.objectives import rollout_log_weights
from swaputils.trials import Displays

COUNTS = (1, 4, 16, 64)  # of rollouts
DISPLAYS = 400
CHUNK = 50  # displays whose rollouts run at once, to bound memory
SCORED = ("index_swap_settled_cue", *CONTINUED, "index_swap_idle")


def rollouts() -> pd.DataFrame:
    """What the bound charges each network of SCORED when its number tells nothing of the response, beyond the ideal sampler.

    One row for each network and number of rollouts: condition, seed, rollouts; excess, the negative bound minus the ideal sampler's
    (nats a trial, mean over displays), with the half-width of its 95 % interval; effective, mean effective sample size.
    """
    return each_network(_charged, *SCORED, most=5)


def _charged(network: Network) -> list[dict]:
    """Rows of one network."""
    trained = network.load()
    generator = torch.Generator().manual_seed(SEED)
    displays = trained.plan.task.config.sample(DISPLAYS, generator=generator)
    target = Network("index_swap_idle").plan.task.target(displays)  # swaps of the same rate, whatever the number is
    path = forward_trajectory(trained.plan.schedule, target.sample(generator=generator), generator=generator)
    ideal = rollout_log_weights(trained.plan.schedule, target, path, ideal_means(trained.plan.schedule, target, path))
    weights = torch.cat(
        [
            log_weights(trained, displays[part], target, path[part], generator)
            for part in torch.arange(DISPLAYS).split(CHUNK)
        ]
    )
    rows = []
    for count in COUNTS:
        groups = weights.unflatten(1, (-1, count)).flatten(0, 1)
        excess = (ideal[:, None] - importance_bound(groups).unflatten(0, (DISPLAYS, -1))).mean(1)
        half = 1.96 * float(excess.std()) / DISPLAYS**0.5
        effective = float(effective_sample_size(groups).mean())
        rows.append({"rollouts": count, "excess": float(excess.mean()), "half": half, "effective": effective})
    return rows


def log_weights(
    trained: Trained, displays: Displays, target: Target, path: Tensor, generator: torch.Generator
) -> Tensor:
    """[M, rollouts] log weights of rollouts along each path, each with noise and a number of its own."""
    many = displays[torch.arange(len(displays)).repeat_interleave(COUNTS[-1])]
    inputs = trained.plan.task.encode(trained.plan.task.announce(many, generator=generator)).to(trained.rnn.readout)
    forced = path.repeat_interleave(COUNTS[-1], dim=0)
    with torch.no_grad():
        run = rollout(trained.rnn, inputs, draw_noise(trained.rnn, inputs, generator=generator), teacher=forced[:, :-1])
    means = torch.lerp(forced[:, :-1], run.plane_drive, trained.rnn.config.leak)
    return rollout_log_weights(trained.plan.schedule, target, forced, means).unflatten(0, (len(displays), -1))
