"""A figure to play with: a swap function, and the responses to one display that it makes.

SVG that stands alone and is drawn here as it is at first; book/_ext/static/playing.js draws it anew when a slider moves.
"""

import json
import math
from html import escape

import torch
from jaxtyping import Float
from torch import Tensor

from swaputils.angles import von_mises_log_density
from swaputils.data.simulated import GROUP_MEANS, SHARPNESS, simulated_swap_function
from swaputils.drawing import COLOURS

SIZE = (260, 170)  # pixels of a panel, across and down
NODES = 180  # steps of a curve
LEAST, TOP = 1e-3, 1.6  # the smallest weight and the largest density (1/rad) of the axes
DISTANCES = (0, 45, 90, 180)  # degrees from the cue; the first item is the cued one
COLOUR = (0, 80, -100, 160)  # degrees
AT_FIRST = (
    round(math.exp(float(simulated_swap_function(torch.tensor(0.0), 8))), 2),
    SHARPNESS,
    round(GROUP_MEANS[8].concentration, 1),
)
"""Strength, decay and concentration of the simulated observers at eight items."""
SLIDERS = (("strength", 0.01, 1, 0.01), ("decay with distance", 0, 4, 0.1), ("precision κ", 0.5, 25, 0.1))


def weight(strength: float, decay: float, distance: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Weight of an item at a distance (rad) from the cue, relative to the cued one: exp f with f = log strength + decay (cos - 1)."""
    return strength * (decay * (distance.cos() - 1)).exp()


def response_density(
    strength: float, decay: float, concentration: float, response: Float[Tensor, " responses"]
) -> Float[Tensor, " responses"]:
    """Density (1/rad) of responses to the display that the figure shows, without guesses."""
    items = weight(strength, decay, _radians(DISTANCES))
    items[0] = 1
    bells = von_mises_log_density(response[:, None] - _radians(COLOUR), torch.tensor(concentration).to(response)).exp()
    return bells @ items / items.sum()


def heights(strength: float, decay: float, concentration: float) -> tuple[Tensor, Tensor]:
    """Pixels from the top of both curves, the weight from 0 to 180 degrees and the density from -180 to 180."""
    turns = torch.linspace(0, 1, NODES + 1, dtype=torch.float64)
    density = response_density(strength, decay, concentration, math.pi * (2 * turns - 1))
    return _down(weight(strength, decay, math.pi * turns)), SIZE[1] * (1 - density / TOP)


def swaps(name: str) -> str:
    """The figure: weight over distance, density of responses, and three sliders."""
    wide, high = SIZE
    weights, density = heights(*AT_FIRST)
    items = weight(*AT_FIRST[:2], _radians(DISTANCES[1:]))
    dots = "".join(
        f'<circle cx="{wide * degrees / 180:g}" cy="{height:.1f}" r="4" fill="{COLOURS["nontarget"]}"></circle>'
        for degrees, height in zip(DISTANCES[1:], _down(items).tolist())
    )
    marks = "".join(
        f'<line x1="{x:g}" y1="{high}" x2="{x:g}" y2="{high - 10}" stroke="{COLOURS[role]}" stroke-width="4"></line>'
        for x, role in zip(
            (wide * (degrees + 180) / 360 for degrees in COLOUR), ("cued", *["nontarget"] * (len(COLOUR) - 1))
        )
    )
    left = _panel(
        "weight by distance from the cue (°)", (0, 45, 90, 135, 180), ("1", "0.001"), weights, "surrogate", dots
    )
    right = _panel("density by response (°)", (-180, -90, 0, 90, 180), (f"{TOP:g}", "0"), density, "human", marks)
    share = float(items.sum() / (1 + items.sum()))
    controls = "".join(
        f'<label style="display:block">{text} <input type="range" min="{low:g}" max="{most:g}" step="{step:g}" value="{value:g}">'
        f" <output>{value:g}</output></label>"
        for (text, low, most, step), value in zip(SLIDERS, AT_FIRST)
    )
    data = {"size": SIZE, "nodes": NODES, "least": LEAST, "top": TOP}
    data |= {"distances": _radians(DISTANCES).tolist(), "colours": _radians(COLOUR).tolist()}
    stored = f'<script type="application/json">{json.dumps(data, separators=(",", ":"))}</script>'
    return (
        f'<div id="{name}" class="swaps" style="font-size:0.85em">{left}{right}<p>share of swaps '
        f'<b class="share">{share:.2f}</b></p><div hidden>{controls}</div>{stored}</div>'
    )


def _radians(degrees: tuple[int, ...]) -> Tensor:
    return torch.tensor(degrees, dtype=torch.float64).deg2rad()


def _down(weights: Tensor) -> Tensor:
    """Pixels from the top of a logarithmic axis from 1 to LEAST."""
    return SIZE[1] * (weights.log() / math.log(LEAST)).clamp(max=1)


def _panel(title: str, ticks: tuple[int, ...], ends: tuple[str, str], heights: Tensor, role: str, marks: str) -> str:
    """A curve in a frame, with names of ticks below, of the upper and the lower end at the left, and marks above it."""
    wide, high = SIZE
    points = zip(torch.linspace(0, wide, NODES + 1).tolist(), heights.tolist())
    path = "M" + "L".join(f"{round(x, 1):g},{round(y, 1):g}" for x, y in points)
    step = wide / (len(ticks) - 1)
    texts = "".join(
        f'<text x="{i * step:g}" y="{high + 16}" text-anchor="middle">{tick}</text>' for i, tick in enumerate(ticks)
    )
    texts += "".join(f'<text x="-6" y="{y}" text-anchor="end">{text}</text>' for text, y in zip(ends, (10, high)))
    return (
        f'<figure style="display:inline-block;margin:0 8px 0 0;max-width:100%"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="-44 -6 {wide + 64} {high + 30}" width="{wide + 64}" style="max-width:100%" role="img" '
        f'aria-label="{escape(title)}" font-size="12">'
        f'<rect width="{wide}" height="{high}" fill="white" stroke="{COLOURS["guess"]}"></rect>'
        f'<path d="{path}" fill="none" stroke="{COLOURS[role]}" stroke-width="2"></path>{marks}'
        f'<g fill="currentColor">{texts}</g></svg></figure>'
    )
