"""The recurrence of dendritic trees as compiled loops over whole periods, in float32 on a CPU.

Up to rounding the numbers are those of `recurrence` with the tree's `evaluate` and `pull_back`, which spend most of their time
between operations, and on a tape of all leaves. Here the leaves stay in one buffer that fits the processor's cache: the
backward pass computes them again.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from swaputils.network.softplus import ONE, loop, power_of_minus, softplus2_of

LAYERS = 3  # leaves, branches and somas, each with a context and with weights
_LN2 = np.float32(np.log(2))


def takes(*tensors: Tensor) -> bool:
    """Whether the loops take these tensors."""
    return all(tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in tensors)


class Unrolled(torch.autograd.Function):
    """States and drives [K, M, U] of a tree, see `recurrence.run`; differentiable in weights and contexts."""

    @staticmethod
    def forward(ctx, lengths, initial, noise, leak, forcing, *tensors):
        """States and drives.

        Args:
            lengths: steps of each span.
            tensors: the tree's weights, then the context of each span.
        """
        steps, trials, _ = noise.shape
        weights, contexts = _arrays(*tensors[:LAYERS]), _arrays(*tensors[LAYERS:])
        from_state, leaf_weight, _ = weights
        states, drives, starts, somas = (np.empty(noise.shape, np.float32) for _ in range(4))
        branches = np.empty((steps, trials, leaf_weight.shape[1]), np.float32)
        leaves = np.empty((trials, from_state.shape[1]), np.float32)
        state, given = _arrays(initial, noise)
        for span, part in enumerate(_parts(lengths)):
            layers = contexts[span * LAYERS : (span + 1) * LAYERS]
            outputs = [values[part] for values in (states, drives, starts, branches, somas)]
            forced = _forced(forcing, part, trials, from_state.shape[0])
            _ahead(state, *weights, *layers, given[part], np.float32(leak), *forced, *outputs, leaves)
            state = states[part.stop - 1]
        ctx.lengths, ctx.leak, ctx.forcing, ctx.tape = lengths, leak, forcing, (starts, branches, somas)
        ctx.save_for_backward(*tensors)
        return torch.from_numpy(states), torch.from_numpy(drives)

    @staticmethod
    def backward(ctx, state_gradients, drive_gradients):
        """Gradients at weights and contexts, in the order of `tensors`, from those at states and drives."""
        weights, contexts = _arrays(*ctx.saved_tensors[:LAYERS]), _arrays(*ctx.saved_tensors[LAYERS:])
        given = _arrays(state_gradients, drive_gradients)
        totals = [np.zeros(values.shape, np.float32) for values in (*weights, *contexts)]
        _, trials, units = given[0].shape
        flow = np.zeros((trials, units), np.float32)
        buffers = [np.empty((trials, size), np.float32) for size in (weights[0].shape[1], weights[1].shape[1], units)]
        for span, part in reversed(list(enumerate(_parts(ctx.lengths)))):
            first = span * LAYERS
            to_layers = totals[LAYERS + first : 2 * LAYERS + first]
            tape = [values[part] for values in (*given, *ctx.tape)]
            forced, projection, _ = _forced(ctx.forcing, part, trials, units)
            leak = np.float32(ctx.leak)
            _back(
                flow, *weights, contexts[first], leak, forced, projection, *tape, *totals[:LAYERS], *to_layers, *buffers
            )
        return (None,) * 5 + tuple(torch.from_numpy(total) for total in totals)


def _arrays(*tensors: Tensor) -> list[np.ndarray]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def _parts(lengths: list[int]) -> list[slice]:
    """The steps of each span."""
    ends = np.cumsum(lengths).tolist()
    return [slice(end - length, end) for end, length in zip(ends, lengths)]


def _forced(forcing: Any, part: slice, trials: int, units: int) -> tuple[bool, np.ndarray, np.ndarray]:
    """Whether the steps are forced, the projection, and what is put into the plane; empty where they are not."""
    if forcing is None or part.start < forcing.start:
        return False, np.empty((units, units), np.float32), np.empty((0, trials, units), np.float32)
    steps = slice(part.start - forcing.start, part.stop - forcing.start)
    projection, plane = _arrays(forcing.projection, forcing.plane[steps])
    return True, projection, plane


@loop
def _tree(leaves, at_leaves, leaf_weight, branches, at_branches, branch_weight, somas, at_somas):
    """Writes branches [M, B] and somas [M, U] from the sums at the leaves [M, L]; the context adds one row for all trials or M."""
    per_branch, branch_count = leaf_weight.shape
    per_unit, units = branch_weight.shape
    for m in range(len(leaves)):
        row = m if len(at_leaves) > 1 else 0
        branches[m] = at_branches[m if len(at_branches) > 1 else 0]
        somas[m] = at_somas[m if len(at_somas) > 1 else 0]
        for k in range(per_branch):
            for n in range(branch_count):
                value = softplus2_of(leaves[m, k * branch_count + n] + at_leaves[row, k * branch_count + n])
                branches[m, n] += value * leaf_weight[k, n]
        for k in range(per_unit):
            for n in range(units):
                value = softplus2_of(branches[m, k * units + n])
                branches[m, k * units + n] = value
                somas[m, n] += value * branch_weight[k, n]
        for n in range(units):
            somas[m, n] = softplus2_of(somas[m, n])


@loop
def _through_somas(through_drive, branches, branch_weight, branch_total, at_branches, somas, at_somas):
    """The gradient at the drive to those at the sums that somas and branches take; adds that of the branches' weights."""
    per_unit, units = branch_weight.shape
    for m in range(len(somas)):
        for n in range(units):
            at_somas[m, n] = through_drive[m, n] * _LN2 * (ONE - power_of_minus(somas[m, n]))
        for k in range(per_unit):
            for n in range(units):
                value, gradient = branches[m, k * units + n], at_somas[m, n]
                branch_total[k, n] += value * gradient
                at_branches[m, k * units + n] = gradient * branch_weight[k, n] * (ONE - power_of_minus(value))


@loop
def _through_branches(at_branches, leaves, at_leaves, leaf_weight, leaf_total):
    """The sums at the leaves [M, L], without their context, become the gradient at them; adds that of the leaves' weights."""
    per_branch, branch_count = leaf_weight.shape
    for m in range(len(leaves)):
        row = m if len(at_leaves) > 1 else 0
        for k in range(per_branch):
            for n in range(branch_count):
                gradient = at_branches[m, n]
                value = softplus2_of(leaves[m, k * branch_count + n] + at_leaves[row, k * branch_count + n])
                leaf_total[k, n] += value * gradient
                leaves[m, k * branch_count + n] = gradient * leaf_weight[k, n] * (ONE - power_of_minus(value))


@loop
def _add(total, part):
    """Adds a part [M, N] to a total of its shape, or its sum over trials to a total of one row."""
    shared = len(total) == 1
    for m in range(len(part)):
        row = 0 if shared else m
        for n in range(part.shape[1]):
            total[row, n] += part[m, n]


@loop
def _ahead(
    state, from_state, leaf_weight, branch_weight, to_leaves, to_branches, to_somas, noise, leak, forced, projection, plane,
    states, drives, starts, branches, somas, leaves,
):  # fmt: skip
    """The steps of one span; a context has as many rows as there are steps, or one, and in each as many as trials, or one."""
    for k in range(len(noise)):
        start, drive = starts[k], drives[k]
        if forced:
            np.dot(state, projection, start)
            _add(start, plane[k])
        else:
            start[:] = state
        np.dot(start, from_state, leaves)
        at_leaves = to_leaves[k if len(to_leaves) > 1 else 0]
        at_branches = to_branches[k if len(to_branches) > 1 else 0]
        at_somas = to_somas[k if len(to_somas) > 1 else 0]
        _tree(leaves, at_leaves, leaf_weight, branches[k], at_branches, branch_weight, somas[k], at_somas)
        state = states[k]
        for m in range(state.shape[0]):
            for n in range(state.shape[1]):
                drive[m, n] = _LN2 * somas[k, m, n]
                state[m, n] = start[m, n] + leak * (drive[m, n] - start[m, n]) + noise[k, m, n]


@loop
def _back(
    flow, from_state, leaf_weight, branch_weight, to_leaves, leak, forced, projection,
    state_gradients, drive_gradients, starts, branches, somas,
    from_state_total, leaf_total, branch_total, to_leaves_total, to_branches_total, to_somas_total,
    leaves, at_branches, at_somas,
):  # fmt: skip
    """The span's steps in reverse: adds to the totals of weights and contexts; the flow [M, U] becomes that at its first state."""
    product, through_drive, back = np.empty_like(from_state), np.empty_like(flow), np.empty_like(flow)
    for k in range(len(starts) - 1, -1, -1):
        for m in range(flow.shape[0]):
            for n in range(flow.shape[1]):
                flow[m, n] += state_gradients[k, m, n]
                through_drive[m, n] = drive_gradients[k, m, n] + leak * flow[m, n]
        np.dot(starts[k], from_state, leaves)
        at_leaves = to_leaves[k if len(to_leaves) > 1 else 0]
        _through_somas(through_drive, branches[k], branch_weight, branch_total, at_branches, somas[k], at_somas)
        _through_branches(at_branches, leaves, at_leaves, leaf_weight, leaf_total)
        _add(to_leaves_total[k if len(to_leaves) > 1 else 0], leaves)
        _add(to_branches_total[k if len(to_branches_total) > 1 else 0], at_branches)
        _add(to_somas_total[k if len(to_somas_total) > 1 else 0], at_somas)
        np.dot(starts[k].T, leaves, product)
        _add(from_state_total, product)
        np.dot(leaves, from_state.T, back)
        for m in range(flow.shape[0]):
            for n in range(flow.shape[1]):
                back[m, n] += (ONE - leak) * flow[m, n]
        if forced:
            np.dot(back, projection, flow)
        else:
            flow[:] = back
