"""Adam along the directions in which the gradient of a sum's weights varies."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

KEPT = 0.95  # of the gradient's covariance, from one update to the next
EVERY, AT_FIRST = 10, 20  # updates between two turns of the axes; updates after each of which they turn


@dataclass(frozen=True)
class Sums:
    """Weights of sums that take the same kinds of input.

    Attributes:
        parameters: matrices [N, K] and biases [N] of N sums that share their inputs, joined along these; or one matrix
            [K, N] when each of the N sums has K inputs of its own.
        shared: which of the two.
    """

    parameters: list[Tensor]
    shared: bool = True

    def joined(self, tensors: list[Tensor]) -> Tensor:
        """Tensors of the parameters' shapes as [B, N / B, K]: one block where the inputs are shared, else one for each sum."""
        if not self.shared:
            return tensors[0].T[:, None]
        return torch.cat([tensor if tensor.dim() == 2 else tensor[:, None] for tensor in tensors], dim=1)[None]

    def parted(self, joined: Tensor) -> list[Tensor]:
        """The inverse of `joined`."""
        if not self.shared:
            return [joined[:, 0].T]
        sizes = [parameter.shape[1] if parameter.dim() == 2 else 1 for parameter in self.parameters]
        return [part.reshape(p.shape) for p, part in zip(self.parameters, joined[0].split(sizes, dim=1))]


class RotatedAdam(torch.optim.Optimizer):
    """Adam in the principal axes of the gradient over the inputs of each kind of sum.

    Activities that are never negative have a large common part, which the gradients of all weights of a sum share; steps sized
    for each weight of its own are slow across it. Of the two sides that SOAP (Vyas et al. 2024) rotates this is that of the
    inputs.

    Attributes:
        parameters: all to be learnt; those that no `sums` name are moved as by Adam.
    """

    def __init__(self, parameters: list[nn.Parameter], sums: list[Sums], lr: float, betas: tuple[float, float]):
        named = {id(parameter) for each in sums for parameter in each.parameters}
        rest = [parameter for parameter in parameters if id(parameter) not in named]
        self.sums = sums + [Sums([parameter]) for parameter in rest]
        super().__init__(parameters, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self, closure=None):
        """Move all parameters that have a gradient; no closure is called."""
        (settings,) = self.param_groups
        for each in self.sums:
            gradients = [parameter.grad for parameter in each.parameters if parameter.grad is not None]
            if len(gradients) < len(each.parameters):
                continue
            change = _change(each.joined(gradients), self.state[each.parameters[0]], settings["betas"])
            for parameter, part in zip(each.parameters, each.parted(change)):
                parameter.sub_(part, alpha=settings["lr"])


def _change(gradient: Tensor, state: dict[str, Tensor], betas: tuple[float, float]) -> Tensor:
    """The direction of Adam's step in units of its rate, [B, N, K]; the state is kept up."""
    covariance = gradient.mT @ gradient
    if not state:
        state["step"] = torch.tensor(0.0)
        state["mean"], state["square"] = torch.zeros_like(gradient), torch.zeros_like(gradient)
        state["covariance"], state["axes"] = covariance, torch.linalg.eigh(covariance).eigenvectors.flip(-1)
    state["step"] += 1
    step = int(state["step"])
    state["covariance"].lerp_(covariance, 1 - KEPT)
    if step % EVERY == 0 or step < AT_FIRST:
        state["axes"] = torch.linalg.qr(state["covariance"] @ state["axes"]).Q
    along = gradient @ state["axes"]
    state["mean"].lerp_(gradient, 1 - betas[0])
    state["square"].mul_(betas[1]).addcmul_(along, along, value=1 - betas[1])
    mean = state["mean"] @ state["axes"] / (1 - betas[0] ** step)
    spread = (state["square"] / (1 - betas[1] ** step)).sqrt_().add_(1e-8)
    return (mean / spread) @ state["axes"].mT
