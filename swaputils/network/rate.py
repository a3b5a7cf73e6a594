"""The recurrent drive of standard rate networks: one matrix between units, an input and a clock that add to it."""

from jaxtyping import Float
from torch import Tensor, nn

from swaputils.network.drives import natural_units


class RateDrive(nn.Module):
    """f(z, e, h) = S_w (W tanh(S_r z) + W_h h + W_e e + b), the units' rates tanh(S_r z) joined by one matrix W.

    With the leak this is the usual network in continuous time, tau dz/dt = -z + W tanh(z) + W_h h + ... (Sussillo & Barak 2013,
    eq. 1). S_r and S_w are those of the gated drive.

    Args:
        units: how many.
        input_size: length of the input h.
        clock: length of the code e of the step.
        readout: as for the gated drive.
        memory_scale: as for the gated drive.
        leak: as for the gated drive.
    """

    reading: Tensor
    writing: Tensor

    def __init__(
        self,
        units: int,
        input_size: int,
        clock: int,
        readout: Float[Tensor, "2 units"],
        memory_scale: float,
        leak: float,
    ):
        super().__init__()
        reading, writing = natural_units(readout, memory_scale, leak)
        self.register_buffer("reading", reading)
        self.register_buffer("writing", writing)
        self.recurrent = nn.Linear(units, units)
        self.from_input = nn.Linear(input_size, units, bias=False)
        self.from_time = nn.Linear(clock, units, bias=False)

    def weights(self) -> tuple[Tensor, ...]:
        """What acts at every step."""
        return self.reading, self.recurrent.weight.T @ self.writing.T

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """What is added to the drive: [S, M, U], or [S, 1, U] without input [M, D].

        Args:
            time: [S, clock] code of the steps.
        """
        added = (self.from_time(time) + self.recurrent.bias)[:, None]
        return ((added if inputs is None else added + self.from_input(inputs)) @ self.writing.T,)

    @staticmethod
    def evaluate(weights, state, context):
        reading, recurrent = weights
        rates = (state @ reading).tanh()
        return rates @ recurrent + context[0], rates

    @staticmethod
    def pull_back(weights, rates, gradient, weight_gradients):
        reading, recurrent = weights
        weight_gradients[1].addmm_(rates.T, gradient)
        return (gradient @ recurrent.T) * (1 - rates.square()) @ reading.T, (gradient,)
