"""What a training step of the paper's network costs: `python -m swapbook.benchmarks.step_cost` measures it.

Forward pass, backward pass and update of the index-cued network at the published sizes, on one thread of the CPU, in
sequences per second of processor time, beside the same trial as a loop over steps with the tree written out as its equations say
and differentiated by torch. Every measurement runs in a process of its own, so that none profits from memory that another freed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from unittest import mock

import torch
from torch import Tensor
from torch.nn.functional import softplus
from tqdm import tqdm

from swapbook.plan import plan_of
from swaputils.diffusion.schedule import linear_schedule, report_noise, signal_weights
from swaputils.inputs import TrialInputs
from swaputils.network.drives import LOG2_E
from swaputils.network.rnn import RNN
from swaputils.network.rollout import Rollout, TrialNoise
from swaputils.training import objectives
from swaputils.training.loop import IN_FLIGHT, Training


@dataclass(frozen=True)
class Job:
    """One measurement: which version, at which sizes; `report` in seconds."""

    version: str
    sequences: int = IN_FLIGHT["cpu"]
    report: float = 2.0
    units: int = 16
    branching: int = 10
    repetitions: int = 15


PUBLISHED = (Job("package"), Job("plain loop"))
LARGE = Job("package", sequences=2_048, repetitions=3)
ROUNDS = 3
LEAST_RATE, LEAST_RATIO, MOST_GIGABYTES = 1_120, 2, 1.2


def tree_by_its_equations(tree, state: Tensor, context: tuple[Tensor, ...]) -> Tensor:
    """One evaluation of the dendritic tree as a plain torch expression: leaves, branches and soma on trailing axes."""
    leaf_offset, branch_offset, soma_offset = (offset / LOG2_E for offset in context)
    branches, units = tree.branch_weight.shape
    shape = (len(tree.leaf_weight), branches, units)
    leaves = softplus(leaf_offset + state @ (tree.from_state.weight @ tree.reading).T)
    leaves = leaves.unflatten(1, shape).permute(0, 3, 2, 1)
    weight = tree.leaf_weight.unflatten(1, shape[1:]).permute(2, 1, 0)
    branches = softplus((leaves * weight).sum(-1) + branch_offset.unflatten(1, shape[1:]).permute(0, 2, 1))
    return softplus((branches * tree.branch_weight.T).sum(-1) + soma_offset)


def rollout_by_a_loop(network: RNN, inputs: TrialInputs, noise: TrialNoise, teacher: Tensor | None = None) -> Rollout:
    """The trials of `rollout.rollout` as a plain loop, whose derivative is left to torch."""
    leak, start = network.config.leak, inputs.preparation
    contexts = [
        tuple(layer[step if len(layer) > 1 else 0] for layer in span.context)
        for span in network.contexts(inputs)
        for step in range(span.steps)
    ]
    state, states, plane_drives = noise.initial, [], []
    for step, context in enumerate(contexts):
        if teacher is not None and step >= start:
            state = state + (teacher[:, step - start] - network.in_plane(state)) @ network.readout
        drive = tree_by_its_equations(network.drive, state, context)
        plane_drives.append(network.in_plane(drive))
        state = (1 - leak) * state + leak * drive + noise.steps[step]
        states.append(state)
    states = torch.stack(states, dim=1)
    return Rollout(states[:, :start], states[:, start - 1 :], torch.stack(plane_drives[start:], dim=1))


def a_training(job: Job) -> Training:
    """A diffusion training of the paper's index-cued network at the sizes of the job, past its curriculum."""
    plan = plan_of("index_swap", "paper", 0)
    shown = replace(plan.task.config, periods=replace(plan.task.periods, report=job.report))
    task = replace(plan.task, config=shown)
    schedule = linear_schedule(task.periods.steps("report"))
    weights = signal_weights(schedule)
    loss = partial(objectives.diffusion_closed_form, schedule=schedule, weights=weights)
    lesson = replace(plan.distribution, task=task, loss=loss)
    generator = torch.Generator().manual_seed(0)
    config = replace(plan.rnn, units=job.units, branching=(job.branching, job.branching))
    network = RNN(config, task.input_size, report_noise(schedule), generator=generator)
    return Training(network, [], lesson, replace(plan.train, batch=job.sequences), generator=generator)


def seconds(operation: Callable[[], object], repetitions: int) -> float:
    """The least processor time of some repetitions, after one that warms up."""
    operation()
    taken = []
    for _ in range(repetitions):
        start = time.process_time()
        operation()
        taken.append(time.process_time() - start)
    return min(taken)


def measure(job: Job) -> dict[str, float]:
    """Sequences per second of processor time, and the largest memory of this process in GB."""
    torch.set_num_threads(1)
    training = a_training(job)
    version = rollout_by_a_loop if job.version == "plain loop" else objectives.rollout
    with mock.patch.object(objectives, "rollout", version):
        taken = seconds(lambda: next(iter(training)), job.repetitions)
    return {"rate": job.sequences / taken, "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def apart(job: Job) -> dict[str, float]:
    """`measure` in a process of its own, on one thread."""
    command = [sys.executable, "-m", "swapbook.benchmarks.step_cost", "--measure", json.dumps(asdict(job))]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    finished = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
    return json.loads(finished.stdout)


def main() -> None:
    """Measure everything, print it, and exit with 1 where a bar is missed."""
    found: dict[Job, dict[str, float]] = {}
    # the versions in turn, so that a busy machine slows all of them
    for job in tqdm([LARGE, *ROUNDS * PUBLISHED], desc="measuring", unit="size"):
        measured = apart(job)
        if job not in found or measured["rate"] > found[job]["rate"]:
            found[job] = measured
    package, loop = (found[job]["rate"] for job in PUBLISHED)
    print("training step of the paper's tree [10, 10], 16 units; sequences per second of processor time, one thread")
    print(f"  package {package:.0f}, plain loop {loop:.0f}: {package / loop:.2f} times as fast")
    print(f"  peak memory at 2,048 sequences per update: {found[LARGE]['gigabytes']:.2f} GB")
    bars = {
        f"at least {LEAST_RATE} sequences per CPU-second": package >= LEAST_RATE,
        f"at least {LEAST_RATIO} times the plain loop": package >= LEAST_RATIO * loop,
        f"at most {MOST_GIGABYTES} GB": found[LARGE]["gigabytes"] <= MOST_GIGABYTES,
    }
    missed = [text for text, met in bars.items() if not met]
    sys.exit(f"missed: {'; '.join(missed)}" if missed else None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a training step of the paper's network costs.")
    called = "one job as JSON, in this process; what the benchmark calls itself with"
    parser.add_argument("--measure", metavar="JOB", help=called)
    job = parser.parse_args().measure
    if job:
        print(json.dumps(measure(Job(**json.loads(job)))))
    else:
        main()
