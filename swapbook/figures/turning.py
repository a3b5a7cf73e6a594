"""Pictures of rings in three dimensions that a reader can turn: SVG that stands alone, and a few lines of script that turn it.

The script is book/_ext/static/playing.js; without it the picture stands still.
"""

import json
import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from matplotlib.colors import hsv_to_rgb, to_hex
from numpy.typing import ArrayLike

from swaputils.drawing import COLOURS

SIZE = 138  # pixels of a panel
VIEW = (0.6, 0.45)  # angles that it is seen from at first: around the upright axis, and above the ground (rad)
ROLES = ("cued", "nontarget")  # colours of the two rings
DASHES = ("", ' stroke-dasharray="4 2"')


def rings(name: str, rows: Sequence[tuple[str, Sequence[tuple[str, ArrayLike]]]], says: str) -> str:
    """Rows of panels, each with the rings of two items.

    Args:
        name: identifier of the picture in its page.
        rows: a title, and for each panel a title with [2, colours, 3] places of the rings, which are drawn to the same scale within a
            panel.
        says: what is seen, for those who do not see it.
    """
    panels = [_pixels(places) for _, row in rows for _, places in row]
    data = {"size": SIZE, "view": VIEW, "panels": [places.tolist() for places in panels]}
    drawn = iter(panels)
    body = ""
    for title, row in rows:
        figures = "".join(_panel(next(drawn), text) for text, _ in row)
        body += f'<p style="margin:0.3em 0 0"><b>{escape(title)}</b></p><div>{figures}</div>'
    stored = f'<script type="application/json">{json.dumps(data, separators=(",", ":"))}</script>'
    return (
        f'<div id="{name}" class="turning" tabindex="0" role="img" aria-label="{escape(says)}" '
        f'style="touch-action:pan-y;cursor:grab;font-size:0.85em">{body}{stored}</div>'
    )


def before_and_after(table: pd.DataFrame, titles: Mapping[str, str], says: str) -> str:
    """The rings of `swapbook.cortex.rings.ring_table` in two rows, before the cue and after it; `titles` are those of the conditions."""
    rows = []
    for moment, title in (("before", "End of the delay"), ("after", "0.3 s after the cue")):
        panels = []
        for (condition, apart), part in table[table["moment"] == moment].groupby(["condition", "apart"], sort=False):
            places = part.sort_values(["item", "colour"])[["x", "y", "z"]].to_numpy().reshape(2, -1, 3)
            panels.append((f"{titles[condition]}, {apart}°", places))
        rows.append((title, panels))
    return rings("rings", rows, says)


def seen(places: np.ndarray) -> np.ndarray:
    """Pixels [..., 2] of places [..., 3] as they are seen at first, downwards."""
    (yaw, pitch), (x, y, z) = VIEW, np.moveaxis(places, -1, 0)
    across = x * math.cos(yaw) - y * math.sin(yaw)
    down = (x * math.sin(yaw) + y * math.cos(yaw)) * math.sin(pitch) - z * math.cos(pitch)
    return np.round(SIZE / 2 + np.stack((across, down), axis=-1), 1)


def _pixels(places: ArrayLike) -> np.ndarray:
    """Places around the middle of a panel as whole pixels, so that the farthest stays inside however it is turned."""
    places = np.asarray(places, dtype=float)
    places = places - places.mean((0, 1))
    return np.rint(places / np.linalg.norm(places, axis=-1).max() * 0.46 * SIZE).astype(int)


def _panel(places: np.ndarray, title: str) -> str:
    """The two rings as polygons, and a dot for each colour."""
    hues = [to_hex(hsv_to_rgb((colour / places.shape[1], 0.75, 0.85))) for colour in range(places.shape[1])]
    shapes, dots = "", ""
    for ring, role, dash in zip(seen(places), ROLES, DASHES):
        points = " ".join(f"{x},{y}" for x, y in ring)
        filled = f'fill="{COLOURS[role]}" fill-opacity="0.18" stroke="{COLOURS[role]}" stroke-width="1.6"{dash}'
        shapes += f'<polygon points="{points}" {filled}></polygon>'
        dots += "".join(f'<circle cx="{x}" cy="{y}" r="2.6" fill="{hue}"></circle>' for (x, y), hue in zip(ring, hues))
    frame = (
        f'<rect width="{SIZE}" height="{SIZE}" fill="white" stroke="{COLOURS["guess"]}" stroke-opacity="0.4"></rect>'
    )
    return (
        f'<figure style="display:inline-block;margin:0 8px 4px 0"><figcaption>{escape(title)}</figcaption>'
        f'<svg width="{SIZE}" height="{SIZE}" aria-hidden="true">{frame}{shapes}{dots}</svg></figure>'
    )
