"""Pieces of a report's page: headings, paragraphs, lists, tables, and small panels that say what they show."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from swaputils import drawing

WIDTH, HEIGHT = 3.2, 2.5  # inches of a panel; at the width of a phone its letters are as large as the text
DPI = 200


@dataclass(frozen=True)
class Panel:
    """A picture, PNG in base64, and what it shows in words."""

    png: str
    shows: str


def figure(panels: list[Panel], caption: str) -> str:
    """Panels side by side as far as the page is wide, with one caption."""
    images = "".join(f'<img src="data:image/png;base64,{each.png}" alt="{escape(each.shows)}">' for each in panels)
    return f'<figure><div class="panels">{images}</div><figcaption>{escape(caption)}</figcaption></figure>'


def new_panel(title: str, label: str, upwards: str) -> tuple[Figure, Axes]:
    """A figure of its own, beside pyplot, with one pair of axes."""
    drawing.set_style()
    drawn = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = drawn.subplots()
    axes.set(title=title, xlabel=label, ylabel=upwards)
    return drawn, axes


def encoded(drawn: Figure, shows: str) -> Panel:
    """The figure as a panel."""
    stream = io.BytesIO()
    drawn.savefig(stream, format="png", dpi=DPI)
    return Panel(base64.b64encode(stream.getvalue()).decode(), shows)


def key(axes: Axes, names: Mapping[str, str]) -> None:
    """What each colour stands for, one below the other in the right upper corner: names by role."""
    for row, (name, role) in enumerate(names.items()):
        drawing.say(axes, 0.98, 0.98 - 0.1 * row, name, role, xycoords="axes fraction", ha="right", va="top")


def heading(text: str, level: int = 2) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def listed(sentences: Sequence[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "\n</ul>"


def to_copy(methods: Sequence[str], references: Sequence[str]) -> list[str]:
    """What a reader takes over: paragraphs on the methods, and what to cite."""
    cite = paragraph(
        "If you use these results, cite the software, the methods it builds on, and the authors of the data:"
    )
    copied = f'<div class="copy">{"".join(map(paragraph, methods))}</div>'
    return [heading("Methods, to copy"), copied, heading("Cite"), cite, listed(references)]


def table(rows: pd.DataFrame) -> str:
    return f'<div class="table">{rows.to_html(index=False, border=0)}</div>'
