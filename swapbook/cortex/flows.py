"""What the step of index-cued networks does with a memory: where states stand still, how a cue moves them, what the report amplifies."""

import math
from collections.abc import Iterator

import pandas as pd
import torch
from torch import Tensor

from swapbook.networks import Network, Trained
from swaputils.inputs import STEP_SECONDS
from swaputils.network import fixedpoints
from swaputils.network.fixedpoints import Step, prepared_step, report_steps, slow_directions
from swaputils.network.rollout import Rollout, rollout, silent_noise
from swaputils.trials import Displays

CONDITIONS = ("index_swap", "index_no_swap", "index_task_optimal")
SEEDS = (0, 1, 2)
COLOURS = 16  # of either item in a grid
STARTS = 96  # of the search for slow points
SLOWEST, STANDING = 0.01, 1e-6  # speeds a step, over the spread of the memories
APART = 0.02  # distance of two points, likewise
MODULI = 6  # eigenvalues that are stored
HELD = 100  # steps that a delay or a cue is made to last: 5 s


def fixed_points() -> pd.DataFrame:
    """Slow points under the delay's and each cue's constant input, and the spectrum at the memories themselves, for each network.

    One row a point: condition, seed, period (delay, cue 0, cue 1), kind ("stands still", "slow", or "memory" for the mean over the
    states at the end of the delay), speed a step over the spread of the memories, slow_directions, and modulus_1, ... of the eigenvalues.
    """
    rows = []
    for names, trained in each_network():
        run, displays = silent_grid(trained, 0)
        memory = end_of(trained, run, "delay")
        spread = spread_of(memory)
        for period, step in _steps(trained, displays).items():
            held = _after(step, memory, HELD)
            starts = torch.cat((memory, held))[:: 2 * len(memory) // STARTS]
            found = fixedpoints.slow_points(step, starts, SLOWEST * spread, APART * spread)
            moduli = fixedpoints.spectrum(step, memory)
            here = {"kind": "memory", "speed": _speed(step, memory) / spread}
            here |= {"slow_directions": float(slow_directions(moduli).double().mean())}
            rows.append(names | {"period": period} | here | _moduli(moduli.abs().mean(0)))
            for speed, values in zip(found.speed / spread, found.eigenvalues):
                kind = "stands still" if speed < STANDING else "slow"
                here = {"kind": kind, "speed": float(speed), "slow_directions": int(slow_directions(values))}
                rows.append(names | {"period": period} | here | _moduli(values.abs()))
    return pd.DataFrame(rows)


def cue_moves() -> pd.DataFrame:
    """The torus of two colours through cue and report, for each network, without noise; root mean squares over the two cues.

    One row a moment: condition, seed, moment, and, in units of the spread of the memories at the end of the delay: cued and other, the
    radii of the rings of either colour (root mean square of its main effect); interaction, what depends on both; travelled, how far a
    memory has moved since the end of the delay; speed, how far it moves in the next step. Moments "held" did not happen: the delay,
    or the cue, was made to last for another 5 s.
    """
    rows = []
    for names, trained in each_network():
        by_cue = [_moments(trained, cue) for cue in (0, 1)]
        for moment in by_cue[0]:
            pairs = {key: [found[moment][key] for found in by_cue] for key in by_cue[0][moment]}
            mean = {key: math.hypot(*pair) / math.sqrt(2) for key, pair in pairs.items()}
            rows.append(names | {"moment": moment} | mean)
    return pd.DataFrame(rows)


def report_gains() -> pd.DataFrame:
    """The report, step by step along the path that each display takes without noise; the network is told the time, so no point stands still.

    One row a step: condition, seed, time (s), modulus, the largest of an eigenvalue of that step, and by how much the end of the readout
    moves for a push of 1 before the step in the direction that matters most: plane_gain within the readout plane, null_gain within
    the null space; means over displays.
    """
    rows = []
    for names, trained in each_network():
        rnn, (run, _) = trained.rnn, silent_grid(trained, 0)
        states = run.report[:: COLOURS // 2]
        after = rnn.readout.expand(len(states), -1, -1)
        found = []
        for number, step in reversed(list(enumerate(report_steps(rnn)))):
            slope = fixedpoints.jacobians(step, states[:, number])
            after = after @ slope
            here = {"modulus": torch.linalg.eigvals(slope).abs().max(1).values}
            here |= {"plane_gain": torch.linalg.matrix_norm(rnn.in_plane(after), 2)}
            here |= {"null_gain": torch.linalg.matrix_norm(rnn.in_null_space(after), 2)}
            found.append(names | {"time": number * STEP_SECONDS} | {key: float(at.mean()) for key, at in here.items()})
        rows += found[::-1]
    return pd.DataFrame(rows)


def silent_grid(trained: Trained, cue: int) -> tuple[Rollout, Displays]:
    """Every pair of COLOURS colours with one item cued, without noise; the colour of item 0 varies most slowly."""
    colour = 2 * math.pi * torch.arange(COLOURS, dtype=torch.float64) / COLOURS - math.pi
    pairs = torch.cartesian_prod(colour, colour)
    displays = Displays(pairs, torch.zeros_like(pairs), torch.full((len(pairs),), cue))
    inputs = trained.plan.task.encode(displays).to(trained.rnn.readout)
    return rollout(trained.rnn, inputs, silent_noise(trained.rnn, inputs)), displays


def end_of(trained: Trained, run: Rollout, period: str) -> Tensor:
    """[M, U] states after the last step of a period before the report."""
    periods = trained.plan.task.config.periods
    order = ("stimulus", "delay", "cue", "post_cue_delay")
    steps = sum(periods.steps(name) for name in order[: order.index(period) + 1])
    return run.preparation[:, steps - 1]


def spread_of(states: Tensor) -> float:
    """Root mean squared distance of states from their mean."""
    return float((states - states.mean(0)).square().sum(1).mean().sqrt())


def rings(states: Tensor) -> Tensor:
    """[COLOURS, COLOURS, U] parts of a grid of states: main effects of either item's colour, and what depends on both."""
    grid = states.unflatten(0, (COLOURS, COLOURS))
    grid = grid - grid.mean((0, 1))
    first, second = (grid.mean(1 - item, keepdim=True).expand_as(grid) for item in (0, 1))
    return torch.stack((first, second, grid - first - second))


def each_network() -> Iterator[tuple[dict, Trained]]:
    for condition in CONDITIONS:
        for seed in SEEDS:
            yield {"condition": condition, "seed": seed}, Network(condition, seed=seed).load()


def _steps(trained: Trained, displays: Displays) -> dict[str, Step]:
    """The maps of delay and cues."""
    found = {"delay": prepared_step(trained.rnn, None)}
    for cue in (0, 1):
        one = Displays(displays.report[:1], displays.probe[:1], torch.tensor([cue]))
        found[f"cue {cue}"] = prepared_step(trained.rnn, trained.plan.task.encode(one).shown[2][0])
    return found


def _moments(trained: Trained, cue: int) -> dict[str, dict[str, float]]:
    run, displays = silent_grid(trained, cue)
    steps = _steps(trained, displays)
    delay, cued = steps["delay"], steps[f"cue {cue}"]
    memory, at_cue = end_of(trained, run, "delay"), end_of(trained, run, "cue")
    waited = _after(delay, memory, trained.plan.task.config.periods.steps("cue"))
    reports = report_steps(trained.rnn)
    states = {
        "end of stimulus": (end_of(trained, run, "stimulus"), delay),
        "end of delay": (memory, cued),
        "end of cue": (at_cue, delay),
        "no cue": (waited, delay),
        "end of report": (run.report[:, -1], reports[-1]),
        "delay held": (_after(delay, memory, HELD), delay),
        "cue held": (_after(cued, memory, HELD), cued),
    }
    spread = spread_of(memory)
    return {moment: _measured(*at, memory, spread, cue) for moment, at in states.items()}


def _measured(states: Tensor, step: Step, memory: Tensor, spread: float, cue: int) -> dict[str, float]:
    parts = rings(states)
    radii = [spread_of(part.flatten(0, 1)) / spread for part in parts]
    travelled = float((states - memory).norm(dim=1).mean()) / spread
    found = {"cued": radii[cue], "other": radii[1 - cue], "interaction": radii[2]}
    return found | {"travelled": travelled, "speed": _speed(step, states) / spread}


def _after(step: Step, states: Tensor, steps: int) -> Tensor:
    for _ in range(steps):
        states = step(states)
    return states


def _speed(step: Step, states: Tensor) -> float:
    return float((step(states) - states).norm(dim=1).mean())


def _moduli(values: Tensor) -> dict[str, float]:
    return {f"modulus_{number}": float(value) for number, value in enumerate(values[:MODULI], start=1)}
