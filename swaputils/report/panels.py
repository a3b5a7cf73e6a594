"""The figures of the report, as PNG."""

import base64
import io

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from swaputils import drawing
from swaputils.report.analysis import Fitted

COLUMNS = 4
HEIGHT = 2.1  # inches of a row of panels


def swap_functions(fitted: Fitted) -> str:
    """Weight of a non-target by cue and by report distance at the largest set size."""
    size = fitted.functions["set_size"].max()
    models = list(fitted.functions["model"].unique())
    figure, axes = _panels(len(models), height=2.9)
    for panel, model in zip(axes, models):
        part = fitted.functions.query("model == @model and set_size == @size")
        posterior = fitted.posteriors[model][size]
        degrees = np.degrees(part["distance"])
        middle, low, high = (np.exp(part[name]) for name in ("f", "low", "high"))
        if model == "cue" and not posterior.continuous:
            drawing.points(panel, degrees, middle, low, high, "surrogate")
            drawing.support(panel, degrees.tolist())
            drawing.distance_axis(panel, degrees.tolist())
        else:
            drawing.band(panel, degrees, low, high, "surrogate")
            drawing.curve(panel, degrees, middle, "surrogate")
            drawing.support(panel, [degrees.min(), degrees.max()])
            panel.set(xlim=(-5, 185), xticks=range(0, 181, 45))
        drawing.weight_axis(panel)
        panel.set(xlabel=f"{model} distance (°)", title=f"by {model} distance, {size} items")
        panel.set_ylim(min(1e-3, low.min()), max(1, 1.2 * high.max()))
    axes[0].set_ylabel("weight relative\nto the cued item")
    return _encoded(figure)


def target_errors(fitted: Fitted) -> str:
    """Errors from the target at every set size, in people and as predicted."""
    errors = fitted.errors[fitted.errors["around"] == "target"]
    parts = {f"{size} items": part for size, part in errors.groupby("set_size")}
    return _error_panels(parts, "error from the target (°)")


def nontarget_errors(fitted: Fitted) -> str:
    """Responses around non-targets at the largest set size, in people and as predicted."""
    errors = fitted.errors[fitted.errors["set_size"] == fitted.errors["set_size"].max()]
    errors = errors[errors["around"] != "target"]
    return _error_panels(dict(list(errors.groupby("around", sort=False))), "response minus non-target (°)")


def bound_traces(fitted: Fitted) -> str:
    """The evidence bound at each step of the fits."""
    figure, axes = _panels(len(fitted.posteriors), height=2.1)
    for panel, (model, posteriors) in zip(axes, fitted.posteriors.items()):
        trace = next(iter(posteriors.values())).elbo_trace.numpy()
        drawing.curve(panel, range(1, len(trace) + 1), trace, "surrogate", linewidth=0.8)
        panel.set(xlabel="step", title=f"model “{model}”", xlim=(1, len(trace)))
        late = trace[len(trace) // 20 :]
        panel.set_ylim(late.min() - 1, late.max() + 0.1 * (late.max() - late.min()) + 1)
    axes[0].set_ylabel("evidence bound (nats)")
    return _encoded(figure)


def _error_panels(parts: dict[str, pd.DataFrame], label: str) -> str:
    figure, axes = _panels(len(parts), height=HEIGHT)
    for number, (panel, (title, part)) in enumerate(zip(axes, parts.items())):
        degrees = np.degrees(part["error"])
        drawing.band(panel, degrees, part["low"], part["high"], "surrogate")
        drawing.curve(panel, degrees, part["surrogate"], "surrogate", linewidth=1.2)
        drawing.curve(panel, degrees, part["human"], "human", linestyle="none", marker="o", markersize=2.5)
        panel.set(xlim=(-180, 180), ylim=(0, None), xticks=(-180, 0, 180), title=title, xlabel=label)
        if number % COLUMNS == 0:
            panel.set_ylabel("density (1/rad)")
    return _encoded(figure)


def _panels(count: int, height: float) -> tuple[Figure, list]:
    """A figure of its own, beside pyplot, with `count` panels in rows."""
    drawing.set_style()
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(min(drawing.WIDTH, 3.6 * columns), height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for empty in axes[count:]:
        empty.set_visible(False)
    return figure, axes[:count]


def _encoded(figure: Figure) -> str:
    """The figure as a PNG in base64."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=160)
    return base64.b64encode(stream.getvalue()).decode()
