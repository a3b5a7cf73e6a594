"""The recurrent drives of the network, each with the derivative of one step by hand.

A drive gives `recurrence` two functions, `evaluate` and `pull_back`. Softplus has base 2, see `softplus`; the factors
ln 2 are absorbed by the weights.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from swaputils.network.rotated import Sums
from swaputils.network.unrolled import Unrolled

LOG2_E = 1 / math.log(2)


class GatedDrive(nn.Module):
    """f(z, e, h) = S_w (W_o (sigmoid(a) * c) + b_o), (a, c) = W_z S_r z + W_e e + W_h h + b.

    Hidden units that multiply (Dauphin et al. 2017): the drive that the diffusion objective asks for is a product of plane state and
    memory, inside and outside of a sigmoid, which a sum of softplus units has to piece together.

    The fixed S_r and S_w read and write the state in natural units: the readout plane as it is (written 1 / leak times larger, as
    a kernel target is), the null space in units of `memory_scale`. They change no function that f can be; they let
    training start from memories that beat the noise and from a plane that is not drowned by them.

    Attributes:
        units, hidden: sizes.
        input_size, clock: lengths of h and e.
        readout: the plane.
    """

    reading: Tensor
    writing: Tensor

    def __init__(
        self,
        units: int,
        hidden: int,
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
        self.from_state, self.from_input, self.from_time = _first_layer(2 * hidden, units, input_size, clock)
        self.output = nn.Linear(hidden, units)

    def weights(self) -> tuple[Tensor, ...]:
        """The parameters that act at every step."""
        from_state = (self.from_state.weight @ self.reading).T
        return from_state, self.output.weight.T @ self.writing.T, self.writing @ self.output.bias

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """What reaches gates and values besides the state: [S, M, 2 hidden], or [S, 1, 2 hidden] without input [M, D].

        Args:
            time: [S, clock] code of the steps.
        """
        hidden = (self.from_time(time) + self.from_state.bias)[:, None]
        return (hidden if inputs is None else hidden + self.from_input(inputs),)

    @staticmethod
    def evaluate(weights, state, context):
        from_state, output, bias = weights
        before_gate, value = torch.addmm(context[0], state, from_state).chunk(2, dim=1)
        gate = before_gate.sigmoid()
        hidden = gate * value
        return torch.addmm(bias, hidden, output), (state, gate, hidden)

    @staticmethod
    def pull_back(weights, saved, gradient, weight_gradients):
        from_state, output, _ = weights
        state, gate, hidden = saved
        at_hidden = gradient @ output.T
        at_gate = (at_hidden * hidden).mul_(1 - gate)
        at_both = torch.cat((at_gate, at_hidden.mul_(gate)), dim=1)
        weight_gradients[0].addmm_(state.T, at_both)
        weight_gradients[1].addmm_(hidden.T, gradient)
        weight_gradients[2].add_(gradient.sum(0))
        return at_both @ from_state.T, (at_both,)


class TreeDrive(nn.Module):
    """Dendritic tree of each unit: softplus leaves feed softplus branches feed a softplus soma (f >= 0).

    leaf_kji = softplus(a_kji . S_r z + c_kji . e + d_kji . s h + b_kji),

    branch_ji = softplus(sum_k w_kji leaf_kji + c_ji . e + b_ji),

    f_i = softplus(sum_j w_ji branch_ji + c_i . e + b_i)

    for leaf k of branch j of unit i. The unit is the last index because sums over any other run along contiguous memory. S_r is that of
    the gated drive; an input scale s of the size of memories lets an input write activity of that size, where it would take thousands
    of updates for the weights to grow.

    Args:
        units: how many.
        branching: branches of a unit, and leaves of a branch.
        input_size: length of the input h.
        clock: length of the code e of the step.
        readout: as for the gated drive.
        memory_scale: as for the gated drive.
        input_scale: the scale s.
    """

    reading: Tensor

    unrolled = Unrolled

    def __init__(
        self,
        units: int,
        branching: tuple[int, int],
        input_size: int,
        clock: int,
        readout: Float[Tensor, "2 units"],
        memory_scale: float,
        input_scale: float,
    ):
        super().__init__()
        self.register_buffer("reading", natural_units(readout, memory_scale, leak=1.0)[0])
        self.input_scale = input_scale
        branches, leaves = branching
        nodes = leaves * branches * units
        self.from_state, self.from_input, self.leaf_time = _first_layer(nodes, units, input_size, clock)
        self.branch_time = nn.Linear(clock, branches * units)
        self.soma_time = nn.Linear(clock, units)
        self.leaf_weight = nn.Parameter(torch.empty(leaves, branches * units))
        self.branch_weight = nn.Parameter(torch.empty(branches, units))

    def weights(self) -> tuple[Tensor, ...]:
        """The parameters that act at every step."""
        from_state = (LOG2_E * self.from_state.weight @ self.reading).T
        return from_state.contiguous(), self.leaf_weight, self.branch_weight

    def context(self, inputs: Tensor | None, time: Tensor) -> tuple[Tensor, ...]:
        """What reaches leaves, branches and somas besides the state: [S, M, ...], or [S, 1, ...] without input [M, D].

        Args:
            time: [S, clock] code of the steps.
        """
        leaves = (self.leaf_time(time) + self.from_state.bias)[:, None]
        leaves = leaves if inputs is None else leaves + self.from_input(self.input_scale * inputs)
        return LOG2_E * leaves, LOG2_E * self.branch_time(time)[:, None], LOG2_E * self.soma_time(time)[:, None]

    def sums(self) -> list[Sums]:
        """The weights by the sums that they belong to: of leaves, branches and somas."""
        leaves = [self.from_state.weight, self.from_state.bias, self.from_input.weight, self.leaf_time.weight]
        return [Sums(leaves), Sums([self.leaf_weight], shared=False), Sums([self.branch_weight], shared=False)]

    @staticmethod
    def evaluate(weights, state, context):
        from_state, leaf_weight, branch_weight = weights
        branches, leaves = dendrites(torch.addmm(context[0], state, from_state), leaf_weight, context[1])
        somas, branches = dendrites(branches, branch_weight, context[2])
        somas = softplus2(somas)
        return somas / LOG2_E, (state, leaves, branches, somas)

    @staticmethod
    def pull_back(weights, saved, gradient, weight_gradients):
        from_state, leaf_weight, branch_weight = weights
        state, leaves, branches, somas = saved
        at_somas = through_softplus2(gradient / LOG2_E, somas)
        at_branches = through_dendrites(at_somas, branches, branch_weight, weight_gradients[2])
        at_leaves = through_dendrites(at_branches, leaves, leaf_weight, weight_gradients[1])
        weight_gradients[0].addmm_(state.T, at_leaves)
        return at_leaves @ from_state.T, (at_leaves, at_branches, at_somas)


def _first_layer(nodes: int, units: int, input_size: int, clock: int) -> tuple[nn.Linear, nn.Linear, nn.Linear]:
    """Weights to the nodes from the state, with their bias, from the input and from the clock."""
    return nn.Linear(units, nodes), nn.Linear(input_size, nodes, bias=False), nn.Linear(clock, nodes, bias=False)


def natural_units(readout: Float[Tensor, "2 units"], memory_scale: float, leak: float) -> tuple[Tensor, Tensor]:
    """S_r and S_w, [U, U]: how the state is read and the drive written, see `GatedDrive`."""
    in_plane = readout.T @ readout
    outside = torch.eye(len(in_plane)).to(in_plane) - in_plane
    return in_plane + outside / memory_scale, in_plane / leak + outside * memory_scale


def softplus2(before: Float[Tensor, "trials nodes"]) -> Float[Tensor, "trials nodes"]:
    """log2(1 + 2^x) of each entry."""
    return torch.logaddexp2(before, before.new_zeros(()))


def through_softplus2(
    gradient: Float[Tensor, "trials nodes"], values: Float[Tensor, "trials nodes"]
) -> Float[Tensor, "trials nodes"]:
    """The gradient before softplus2 from that at its values; `gradient` is overwritten."""
    return gradient.addcmul_(gradient, torch.exp2(-values), value=-1)


def dendrites(
    before: Float[Tensor, "trials nodes"], weight: Float[Tensor, "terms sums"], offset: Tensor
) -> tuple[Float[Tensor, "trials sums"], Float[Tensor, "trials nodes"]]:
    """sum_k w_kn y_kn + offset_n, and the values y = softplus2(before).

    Args:
        before: [M, K * N], the K terms of the N sums one after the other.
        offset: [M, N], or [1, N] where all trials share it.
    """
    values = softplus2(before)
    return (values.unflatten(1, weight.shape) * weight).sum(1) + offset, values


def through_dendrites(
    at_sums: Float[Tensor, "trials sums"],
    values: Float[Tensor, "trials nodes"],
    weight: Float[Tensor, "terms sums"],
    weight_gradient: Float[Tensor, "terms sums"],
) -> Float[Tensor, "trials nodes"]:
    """The gradient before softplus2 from that at the sums; the weights' is added to `weight_gradient`."""
    weight_gradient.add_((values.unflatten(1, weight.shape) * at_sums[:, None]).sum(0))
    return through_softplus2((at_sums[:, None] * weight).flatten(1), values)
