"""How large a memory is beside the noise of a step."""

import pandas as pd
import torch

from swapbook.conditions import BOUNDED, CONDITIONS, CONTINUED, NOISE, SETTLED
from swapbook.evaluation import held_out_displays
from swapbook.networks import Network
from swapbook.origins.settlement import each_network
from swaputils.network.rollout import rollout, silent_noise

DISPLAYS = 2_000


def signal_to_noise() -> pd.DataFrame:
    """The ratio of memory to noise that networks attain: with and without a bound, and with swaps that are settled at a known time.

    One row for each network: condition, seed; bound, the largest ratio that its drive allows (infinite without); ratio, how far the state
    outside the readout plane lies from its mean over displays at the end of the delay (root mean square over displays, without noise),
    over the standard deviation of a unit's noise in one step; length, the same of the state itself.
    """
    return each_network(
        _of_one, "index_no_swap", "index_swap", *BOUNDED, *SETTLED, *CONTINUED, "probe_similarity_00", most=5
    )


@torch.no_grad()
def _of_one(network: Network) -> list[dict]:
    trained = network.load()
    rnn, plan = trained.rnn, trained.plan
    inputs = plan.task.encode(held_out_displays(plan, DISPLAYS)).to(rnn.readout)
    periods = plan.task.config.periods
    end = periods.steps("stimulus") + periods.steps("delay")
    memory = rnn.in_null_space(rollout(rnn, inputs, silent_noise(rnn, inputs)).preparation[:, end - 1])
    noise = float(rnn.report_noise[0])
    found = {"ratio": memory - memory.mean(0), "length": memory}
    bound = CONDITIONS[network.condition].rnn.get("memory_bound", float("inf")) / NOISE
    return [
        {"bound": bound} | {name: float(each.square().sum(1).mean().sqrt()) / noise for name, each in found.items()}
    ]
