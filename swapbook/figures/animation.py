"""A small picture that moves, as HTML that stands alone: SVG drawn at its middle frame, a slider, and its numbers.

The script that moves it is book/_ext/static/playing.js; without it the picture stands still, and its controls are hidden.
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from swaputils.drawing import COLOURS

SIZE, REACH = 300, 4.2  # pixels of a panel, and the plane's half width that it shows
RING = 14  # pixels of the radius of the ring around an item


def flow(
    name: str,
    out: ArrayLike,
    back: ArrayLike,
    grid: ArrayLike,
    field: ArrayLike,
    items: ArrayLike,
    roles: Mapping[str, Sequence[str]],
    titles: tuple[str, str],
) -> str:
    """Two panels with one slider for the noise level: noised responses, and samples moving back along a field.

    Args:
        name: identifier of the picture in its page.
        out, back: [dots, T + 1, 2] places in network time (the first is level T), the same slider for both.
        grid: [points, 2] where lines of the field start, each with a dot.
        field: [T, points, 2] where they end.
        items: [2, 2] places of the cued and of the other item, which get a ring each.
        roles: of each dot, by "out" and "back".
        titles: of the two panels.
    """
    out, back, grid, field, items = (_pixels(values) for values in (out, back, grid, field, items))
    frames = len(field)
    middle = frames // 2
    data = {"frames": frames, "out": out[:, ::-1].tolist(), "back": back.tolist(), "field": field.tolist()}
    lines = "".join(f'<line x1="{x}" y1="{y}" x2="{u}" y2="{v}"></line>' for (x, y), (u, v) in zip(grid, field[middle]))
    starts = "".join(f"M{x},{y}h0" for x, y in grid)
    lines += f'<path d="{starts}" stroke-width="4" stroke-linecap="round"></path>'
    rings = _rings(items)
    left = rings + _dots(out[:, middle], roles["out"])
    right = f'<g class="field" stroke="{COLOURS["ideal"]}" stroke-width="1">{lines}</g>{rings}'
    right += _dots(back[:, middle], roles["back"])
    panels = _panel("out", left, titles[0]) + _panel("back", right, titles[1])
    controls = (
        '<button type="button" style="width:5em">Play</button> '
        f'<input type="range" min="0" max="{frames}" value="{middle}" style="width:320px;max-width:60%" aria-label="report step"> '
        f"<output>level t = {frames - middle}</output>"
    )
    stored = f'<script type="application/json">{json.dumps(data, separators=(",", ":"))}</script>'
    return f'<div id="{name}" class="flow" style="font-size:0.85em">{panels}<div hidden>{controls}</div>{stored}</div>'


def _pixels(places: ArrayLike) -> np.ndarray:
    """Places of the plane as whole pixels of a panel, downwards."""
    places = np.clip(np.asarray(places), -REACH, REACH) * np.array([1, -1])
    return np.rint((places / REACH + 1) * SIZE / 2).astype(int)


def _dots(places: np.ndarray, roles: Sequence[str]) -> str:
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="3" fill="{COLOURS[role]}" fill-opacity="0.75"></circle>'
        for (x, y), role in zip(places, roles)
    )


def _rings(items: np.ndarray) -> str:
    """Rounded squares: the script takes circles for dots that move."""
    return "".join(
        f'<rect x="{x - RING}" y="{y - RING}" width="{2 * RING}" height="{2 * RING}" rx="{RING}" fill="none" '
        f'stroke="{COLOURS[role]}" stroke-width="2"></rect>'
        for (x, y), role in zip(items, ("cued", "nontarget"))
    )


def _panel(kind: str, content: str, title: str) -> str:
    frame = f'<rect width="{SIZE}" height="{SIZE}" fill="white" stroke="{COLOURS["guess"]}"></rect>'
    return (
        f'<figure style="display:inline-block;margin:0 12px 0 0"><figcaption>{title}</figcaption>'
        f'<svg class="{kind}" width="{SIZE}" height="{SIZE}" role="img" aria-label="{title}">{frame}{content}</svg></figure>'
    )
