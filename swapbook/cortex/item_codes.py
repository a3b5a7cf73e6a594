"""The shape of the memory of one item in probe-cued networks, by persistent homology: a torus of place and colour, rings, or slots."""

import math
from itertools import product

import pandas as pd
import torch
from torch import Tensor

from swapbook.collection import stored
from swapbook.conditions import CONDITIONS
from swapbook.networks import Network, Trained
from swaputils.angles import distance, to_xy, wrap
from swaputils.geometry.holes import Holes, holes
from swaputils.network import recurrence
from swaputils.network.rollout import draw_noise
from swaputils.responders import CHUNK
from swaputils.trials import Displays

COLOURS, PLACES = 24, 8  # of the grid on which an item is shown, to networks of continuous places too
APART = math.pi / 4  # least distance of two items in colour and in place
UNITS = 14  # of the planted null space
ASKED = ("probe_task_optimal", "probe_no_swap", "probe_flat", "probe_human", "probe_similarity_00")
ASKED += tuple(name for name in CONDITIONS if name.startswith("probe_") and name.endswith("_places"))
SEED = 1_000_069  # of planted codes and of noise
KINDS = {
    "torus": "torus",
    "turning torus": "torus",
    "smooth conjunction": "torus",
    "double ring": "double ring",
    "slots": "slots",
    "ring": "ring",
}
"""What is planted, and what it is to be called."""
STRENGTHS = (0.25, 0.5, 1.0, 2.0)  # of place to colour
SUMS = ((0.05, False), (0.05, True), (1.0, True))
"""Noise of a trial over the spread of the code, networks have about the first, and whether the sum of two items saturates."""
DRAWS = {PLACES: 1}  # of planted codes, by places
LEAST = 1.1  # ratio of distances over which a shape has to last, chosen on planted codes of other draws
PLANTED_SHOWN, BARS = ("torus", "double ring", "slots", "ring"), 12


def pairs(places: int) -> Tensor:
    """[trials, 4] place and colour of either item in steps of the grid: every display of two items that keep their distance."""
    grid = torch.cartesian_prod(*(torch.arange(count) for count in (places, COLOURS) * 2))
    far = 2 * math.pi * (grid[:, 1] - grid[:, 3]).double().abs() / COLOURS
    allowed = torch.minimum(far, 2 * math.pi - far) >= APART - 1e-9
    far = 2 * math.pi * (grid[:, 0] - grid[:, 2]).double().abs() / places
    return grid[allowed & (torch.minimum(far, 2 * math.pi - far) >= APART - 1e-9)]


def memories(activity: Tensor, shown: Tensor, places: int) -> Tensor:
    """[places * COLOURS, units] the part of an item in activity that is a sum over both, by regression on both items' place and colour.

    x = F(place_1, colour_1) + F(place_2, colour_2) + rest. Two items are never at one place nor of near colours, so that means by place and
    colour of one item would hold the other one too; fixing the other item would leave out its place and the colours near its own.
    """
    cells = shown[:, 0::2] * COLOURS + shown[:, 1::2]
    held = activity.new_zeros((len(shown), places * COLOURS)).scatter_(1, cells, 1.0)
    return torch.linalg.solve(held.T @ held, held.T @ activity)


def shape(found: Holes, places: int, least: float = LEAST) -> tuple[str, float, float]:
    """The shape of states: its numbers of pieces, loops and hollows are theirs from one distance to another, `least` times as large or more.

    Of several shapes the first of: torus 1, 2, 1; double ring 2, 2, 0; slots k, k, 0 with as many as there are places; ring 1, 1, 0. Few places
    make a torus look like slots from nearby, and a weak place like a ring from afar. Gives its name and the two distances, of the widest range.
    """
    widest = dict.fromkeys(("torus", "double ring", "slots", "ring"), (1.0, 1.0))
    for low, high, (pieces, loops, hollows) in found.at_distances(least):
        name = {(1, 2, 1): "torus", (2, 2, 0): "double ring", (1, 1, 0): "ring"}.get((pieces, loops, hollows))
        name = "slots" if (pieces, loops, hollows) == (places, places, 0) else name
        if name and high / low > widest[name][1] / widest[name][0]:
            widest[name] = low, high
    told = ((name, low, high) for name, (low, high) in widest.items() if high >= least * low)
    return next(told, ("none of these", math.nan, math.nan))


def planted(kind: str, places: int, strength: float, *, generator: torch.Generator) -> Tensor:
    """[places, COLOURS, UNITS] a code of one item in random directions, of spread 1; `strength` of place over that of colour.

    In a turning torus the ring of places turns with the colour: no place has a mean of its own.
    """
    place, colour = (2 * math.pi * torch.arange(count, dtype=torch.float64) / count for count in (places, COLOURS))
    ring = to_xy(colour)[None].expand(places, -1, -1)
    if kind == "slots":
        axes = torch.linalg.qr(torch.randn((places, UNITS, 3), dtype=torch.float64, generator=generator)).Q
        code = torch.einsum("pci,pui->pcu", ring, axes[:, :, :2]) + strength * axes[:, None, :, 2]
    else:
        if kind == "smooth conjunction":  # von Mises tuning to both, as the networks' input has it
            tuned = [(5 * (distance(each[:, None], colour).cos() - 1)).exp() for each in (place, colour)]
            parts = torch.einsum("pi,cj->pcij", *tuned).flatten(2)
        elif kind == "ring":
            parts = ring
        elif kind == "turning torus":
            both = torch.einsum("pi,cj->pcij", to_xy(place), to_xy(colour)).flatten(2)
            parts = torch.cat((ring, strength * both), dim=2)
        else:
            half = 2.0 * (torch.arange(places) >= places / 2).double()[:, None] - 1
            own = to_xy(place) if kind == "torus" else half
            parts = torch.cat((ring, strength * own[:, None].expand(-1, COLOURS, -1)), dim=2)
        parts = parts - parts.mean((0, 1))
        parts = parts.flatten(0, 1) @ torch.linalg.svd(parts.flatten(0, 1), full_matrices=False).Vh[:UNITS].T
        axes = torch.linalg.qr(torch.randn((UNITS, UNITS), dtype=torch.float64, generator=generator)).Q
        code = (parts @ axes[: parts.shape[1]]).unflatten(0, (places, COLOURS))
    code = code - code.mean((0, 1))
    return code / code.square().sum(2).mean().sqrt()


def planted_activity(
    code: Tensor, shown: Tensor, noise: float, saturating: bool, *, generator: torch.Generator
) -> Tensor:
    """[trials, UNITS] two items held at once: their sum, or what units that saturate make of it, with noise over the spread of the code."""
    held = code[shown[:, 0], shown[:, 1]] + code[shown[:, 2], shown[:, 3]]
    held = held.mul(UNITS**0.5).tanh() / UNITS**0.5 if saturating else held
    return held + noise / UNITS**0.5 * torch.randn(held.shape, dtype=held.dtype, generator=generator)


def planted_table() -> pd.DataFrame:
    """What planted codes are called, in the displays of the networks: a row for each of DRAWS of every kind, strength, noise and sum.

    kind, to_call (what it is), places, strength, noise, saturating, draw, shape (what it is called), low, high.
    """
    rows = []
    for places, draws in DRAWS.items():
        shown = pairs(places)
        for draw, kind, strength in product(range(draws), KINDS, STRENGTHS):
            if strength != 1 and kind in ("ring", "smooth conjunction"):
                continue
            for noise, saturating in SUMS:
                found = shape(holes(_planted_memories(kind, places, strength, noise, saturating, draw, shown)), places)
                rows.append((kind, KINDS[kind], places, strength, noise, saturating, draw, *found))
    names = ["kind", "to_call", "places", "strength", "noise", "saturating", "draw", "shape", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def _planted_memories(
    kind: str, places: int, strength: float, noise: float, saturating: bool, draw: int, shown: Tensor
) -> Tensor:
    generator = torch.Generator().manual_seed(SEED + draw)
    code = planted(kind, places, strength, generator=generator)
    return memories(planted_activity(code, shown, noise, saturating, generator=generator), shown, places)


def network_table() -> pd.DataFrame:
    """What the memories of networks are called at the end of the delay, a row for each network of two items that a probe cues.

    condition, seed, places; shape, low, high, see `shape`; of_place, of_colour and of_both, shares of the variance of the memory of one item; sum, the share of
    the variance of activity that the sum over both items explains.
    """
    rows = []
    for network in probed():
        found = remembered(network)
        called = dict(zip(("shape", "low", "high"), shape(holes(found.pop("memories")), found["places"])))
        rows.append({"condition": network.condition, "seed": network.seed} | called | found)
    return pd.DataFrame(rows)


def probed() -> list[Network]:
    """The stored networks of the conditions that are asked, by condition and seed."""
    return [network for name in ASKED for network in stored(name)]


def remembered(network: Network) -> dict:
    """The memories of one item in a network's null space at the end of the delay, [cells, units], and numbers on them."""
    trained = network.load()
    shown = pairs(PLACES)
    step = torch.tensor([2 * math.pi / PLACES, 2 * math.pi / COLOURS] * 2, dtype=torch.float64)
    angles = wrap(shown * step)
    displays = Displays(angles[:, 1::2], angles[:, 0::2], torch.zeros(len(shown), dtype=torch.long))
    generator = torch.Generator().manual_seed(SEED + network.seed)
    activity = trained.rnn.in_null_space(_at_end_of_delay(trained, displays, generator))
    found = memories(activity, shown, PLACES)
    parts = found.unflatten(0, (PLACES, COLOURS))
    parts = parts - parts.mean((0, 1))
    total = parts.square().sum((0, 1, 2))
    place, colour = (parts.mean(axis).square().sum() * parts.shape[axis] / total for axis in (1, 0))
    cells = shown[:, 0::2] * COLOURS + shown[:, 1::2]
    rest = activity - found[cells].sum(1)
    explained = 1 - rest.square().sum() / (activity - activity.mean(0)).square().sum()
    shares = {"of_place": place, "of_colour": colour, "of_both": 1 - place - colour, "sum": explained}
    return {"places": PLACES, "memories": found} | {name: float(value) for name, value in shares.items()}


@torch.no_grad()
def _at_end_of_delay(trained: Trained, displays: Displays, generator: torch.Generator) -> Tensor:
    """[trials, units] states when the cue is about to be shown; the rest of the trial is left out."""
    rnn, states = trained.rnn, []
    for part in (displays[start : start + CHUNK] for start in range(0, len(displays), CHUNK)):
        inputs = trained.plan.task.encode(part).to(rnn.readout)
        noise, steps = draw_noise(rnn, inputs, generator=generator), sum(inputs.steps[:2])
        spans, weights = rnn.contexts(inputs)[:2], rnn.drive.weights()
        run, _ = recurrence.run(rnn.drive, weights, spans, noise.initial, noise.steps[:steps], rnn.config.leak, None)
        states.append(run[-1])
    return torch.cat(states)


def bars_table() -> pd.DataFrame:
    """The longest bars of planted shapes and of the first network of each condition.

    system; shape, low, high, see `shape`; dimension, 0 for pieces, 1 for loops, 2 for hollows; born and died, distances over the spread of the states,
    inf for the last piece.
    """
    shown, parts = pairs(8), []
    systems = {
        f"planted {kind}": _planted_memories(kind, 8, 1.0, SUMS[0][0], False, 0, shown) for kind in PLANTED_SHOWN
    }
    systems |= {name: remembered(Network(name))["memories"] for name in ASKED if stored(name)}
    for system, states in systems.items():
        found = holes(states)
        called = dict(zip(("shape", "low", "high"), shape(found, len(states) // COLOURS)))
        for dimension, (born, lasting) in enumerate(zip(found.born, found.lasting)):
            part = pd.DataFrame({"born": born[:BARS].numpy(), "died": (born + lasting)[:BARS].numpy()})
            parts.append(part.assign(system=system, dimension=dimension, **called))
    return pd.concat(parts, ignore_index=True)
