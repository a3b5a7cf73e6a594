"""A drive whose part outside the readout plane is bounded, so that memories cannot grow far above the noise."""

import torch
from torch import Tensor, nn

from swaputils.network.drives import GatedDrive


class BoundedDrive(nn.Module):
    """f + (g - 1) P f with f the gated drive, P the projection onto the null space, g = 1 / sqrt(1 + |P f|^2 / B^2).

    The null-space part of the drive, and with it that of the state without noise, is shorter than B; what is small passes as it is.

    Attributes:
        gated: f.
        bound: B.
    """

    outside: Tensor
    bound: Tensor

    def __init__(self, gated: GatedDrive, readout: Tensor, bound: float):
        super().__init__()
        self.gated = gated
        self.register_buffer("outside", torch.eye(readout.shape[1]).to(readout) - readout.T @ readout)
        self.register_buffer("bound", readout.new_tensor(bound))

    def weights(self) -> tuple[Tensor, ...]:
        """What acts at every step: of the gated drive, P and B."""
        return *self.gated.weights(), self.outside, self.bound

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """See `GatedDrive.context`."""
        return self.gated.context(inputs, time)

    @staticmethod
    def evaluate(weights, state, context):
        *gated, outside, bound = weights
        drive, saved = GatedDrive.evaluate(gated, state, context)
        memory = drive @ outside
        gain = (1 + (memory / bound).square().sum(1, keepdim=True)).rsqrt()
        return torch.addcmul(drive, memory, gain - 1), (saved, memory, gain)

    @staticmethod
    def pull_back(weights, saved, gradient, weight_gradients):
        *gated, outside, bound = weights
        before, memory, gain = saved
        along = (memory * gradient).sum(1, keepdim=True) * gain**3 / bound**2
        through = torch.addmm(gradient, (gain - 1) * gradient - along * memory, outside)
        return GatedDrive.pull_back(gated, before, through, weight_gradients)
