"""A drive whose part outside the readout plane is bounded, so that memories cannot grow far above the noise."""

from typing import Any

import torch
from torch import Tensor, nn


class BoundedDrive(nn.Module):
    """f + (g - 1) P f with f another drive, P the projection onto the null space, g = 1 / sqrt(1 + |P f|^2 / B^2).

    The null-space part of the drive, and with it that of the state without noise, is shorter than B; what is small passes as it is.

    Attributes:
        inner: the other drive, f.
        bound: the bound, B, in units of activity.
    """

    outside: Tensor
    bound: Tensor

    def __init__(self, inner: Any, readout: Tensor, bound: float):
        super().__init__()
        self.inner = inner
        self.register_buffer("outside", torch.eye(readout.shape[1]).to(readout) - readout.T @ readout)
        self.register_buffer("bound", readout.new_tensor(bound), persistent=False)

    def weights(self) -> tuple[Tensor, ...]:
        """What acts at every step: of the other drive, P and B."""
        return *self.inner.weights(), self.outside, self.bound

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """What reaches the other drive, see `GatedDrive.context`."""
        return self.inner.context(inputs, time)

    def evaluate(self, weights, state, context):
        *others, outside, bound = weights
        drive, saved = self.inner.evaluate(others, state, context)
        memory = drive @ outside
        gain = (1 + (memory / bound).square().sum(1, keepdim=True)).rsqrt()
        return torch.addcmul(drive, memory, gain - 1), (saved, memory, gain)

    def pull_back(self, weights, saved, gradient, weight_gradients):
        *others, outside, bound = weights
        before, memory, gain = saved
        along = (memory * gradient).sum(1, keepdim=True) * gain**3 / bound**2
        through = torch.addmm(gradient, (gain - 1) * gradient - along * memory, outside)
        return self.inner.pull_back(others, before, through, weight_gradients)
