"""A network's trial that goes on from another state: at one step its state is replaced, and the rest of the trial is run from there."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.errors import SwaputilsError
from swaputils.inputs import TrialInputs
from swaputils.network import recurrence
from swaputils.network.recurrence import Span
from swaputils.network.rnn import RNN
from swaputils.network.rollout import TrialNoise


@torch.no_grad()
def continued(
    rnn: RNN, inputs: TrialInputs, noise: TrialNoise, step: int, state: Float[Tensor, "trials units"]
) -> Float[Tensor, "trials steps units"]:
    """States after each later step when the state after `step` steps is replaced; inputs and noise are those of the trials.

    Raises:
        SwaputilsError: for a step outside the trial.
    """
    if not 0 <= step < len(noise.steps):
        raise SwaputilsError(f"a state after {step} steps cannot go on; allowed are 0 to {len(noise.steps) - 1}")
    spans = _after(rnn.contexts(inputs), step)
    weights, leak = rnn.drive.weights(), rnn.config.leak
    states, _ = recurrence.run(rnn.drive, weights, spans, state, noise.steps[step:], leak, None)
    return states.transpose(0, 1)


def _after(spans: list[Span], step: int) -> list[Span]:
    """What is left of the spans after some steps."""
    left = []
    for span in spans:
        gone, step = min(step, span.steps), max(step - span.steps, 0)
        if gone < span.steps:
            context = tuple(layer[gone:] if len(layer) > 1 else layer for layer in span.context)
            left.append(replace(span, steps=span.steps - gone, context=context))
    return left
