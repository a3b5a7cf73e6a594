"""A small picture that moves, as HTML that stands alone: SVG drawn at its middle frame, and a few lines of script with a slider."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from swaputils.drawing import COLOURS

SIZE, REACH = 300, 4.2  # pixels of a panel, and the plane's half width that it shows

_SCRIPT = """
(() => {
  const box = document.getElementById("NAME"), data = JSON.parse(box.querySelector("script[type='application/json']").textContent);
  const slider = box.querySelector("input"), button = box.querySelector("button"), label = box.querySelector("output");
  const dots = ["out", "back"].map(side => [...box.querySelectorAll("." + side + " circle")]);
  const arrows = [...box.querySelectorAll(".field line")];
  const draw = frame => {
    dots.forEach((row, side) => row.forEach((dot, i) => {
      const [x, y] = data[side ? "back" : "out"][i][side ? frame : data.frames - frame];
      dot.setAttribute("cx", x); dot.setAttribute("cy", y);
    }));
    arrows.forEach((line, i) => {
      const [x, y] = data.field[Math.min(frame, data.frames - 1)][i];
      line.setAttribute("x2", x); line.setAttribute("y2", y);
    });
    label.textContent = "level t = " + (data.frames - frame);
  };
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  const next = () => {
    if (+slider.value >= data.frames) { stop(); return; }
    slider.value = +slider.value + 1; draw(+slider.value);
  };
  button.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (+slider.value >= data.frames) { slider.value = 0; draw(0); }
    timer = setInterval(next, 150); button.textContent = "Pause";
  });
  slider.addEventListener("input", () => { stop(); draw(+slider.value); });
})();
"""


def flow(
    name: str,
    out: ArrayLike,
    back: ArrayLike,
    grid: ArrayLike,
    field: ArrayLike,
    roles: Mapping[str, Sequence[str]],
    titles: tuple[str, str],
) -> str:
    """Two panels with one slider: responses being noised, and samples moving back along a field.

    Args:
        name: identifier of the picture in its page.
        out, back: [dots, T + 1, 2] places in network time (the first is level T), the same slider for both.
        grid: [points, 2] where arrows start.
        field: [T, points, 2] where they end.
        roles: of each dot, by "out" and "back".
        titles: of the two panels.
    """
    out, back, grid, field = (_pixels(values) for values in (out, back, grid, field))
    frames = len(field)
    middle = frames // 2
    data = {"frames": frames, "out": out[:, ::-1].tolist(), "back": back.tolist(), "field": field.tolist()}
    arrows = "".join(
        f'<line x1="{x}" y1="{y}" x2="{u}" y2="{v}"></line>' for (x, y), (u, v) in zip(grid, field[middle])
    )
    left = _dots(out[:, middle], roles["out"])
    right = f'<g class="field" stroke="{COLOURS["ideal"]}" stroke-width="1">{arrows}</g>' + _dots(
        back[:, middle], roles["back"]
    )
    panels = _panel("out", left, titles[0]) + _panel("back", right, titles[1])
    controls = (
        '<button type="button" style="width:5em">Play</button> '
        f'<input type="range" min="0" max="{frames}" value="{middle}" style="width:320px" aria-label="report step"> '
        f"<output>level t = {frames - middle}</output>"
    )
    stored = f'<script type="application/json">{json.dumps(data, separators=(",", ":"))}</script>'
    script = f"<script>{_SCRIPT.replace('NAME', name)}</script>"
    return f'<div id="{name}" style="font-size:0.85em">{panels}<div>{controls}</div>{stored}{script}</div>'


def _pixels(places: ArrayLike) -> np.ndarray:
    """Places of the plane as whole pixels of a panel, downwards."""
    places = np.clip(np.asarray(places), -REACH, REACH) * np.array([1, -1])
    return np.rint((places / REACH + 1) * SIZE / 2).astype(int)


def _dots(places: np.ndarray, roles: Sequence[str]) -> str:
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="3" fill="{COLOURS[role]}" fill-opacity="0.75"></circle>'
        for (x, y), role in zip(places, roles)
    )


def _panel(kind: str, content: str, title: str) -> str:
    frame = f'<rect width="{SIZE}" height="{SIZE}" fill="white" stroke="{COLOURS["guess"]}"></rect>'
    return (
        f'<figure style="display:inline-block;margin:0 12px 0 0"><figcaption>{title}</figcaption>'
        f'<svg class="{kind}" width="{SIZE}" height="{SIZE}" role="img" aria-label="{title}">{frame}{content}</svg></figure>'
    )
