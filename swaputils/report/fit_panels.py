"""The figures of the report on what was fitted to people: small panels, so that a phone can stack them."""

import numpy as np
import pandas as pd

from swaputils import drawing
from swaputils.report.fitting import Fitted
from swaputils.report.page_pieces import Panel, encoded, key, new_panel


def swap_functions(fitted: Fitted) -> list[Panel]:
    """Weight of a non-target by cue and by report distance at the largest set size."""
    size = fitted.functions["set_size"].max()
    panels: list[Panel] = []
    for model in fitted.functions["model"].unique():
        part = fitted.functions.query("model == @model and set_size == @size").sort_values("distance")
        posterior = fitted.posteriors[model][size]
        degrees = np.degrees(part["distance"])
        middle, low, high = (np.exp(part[name]) for name in ("f", "low", "high"))
        drawn, axes = new_panel(f"by {model} distance, {size} items", f"{model} distance (°)", "weight of a non-target")
        if model == "cue" and not posterior.continuous:
            drawing.points(axes, degrees, middle, low, high, "surrogate")
            drawing.support(axes, degrees.tolist())
            drawing.distance_axis(axes, degrees.tolist())
        else:
            drawing.band(axes, degrees, low, high, "surrogate")
            drawing.curve(axes, degrees, middle, "surrogate")
            drawing.support(axes, [degrees.min(), degrees.max()])
            axes.set(xlim=(-5, 185), xticks=range(0, 181, 45))
        drawing.weight_axis(axes)
        axes.set_ylim(min(1e-3, low.min()), max(1, 1.2 * high.max()))
        ends = " and ".join(f"{middle.iloc[at]:.3f} at {degrees.iloc[at]:.0f}°" for at in (0, -1))
        panels.append(encoded(drawn, f"Weight of a non-target by {model} distance, {size} items: {ends}."))
    return panels


def target_errors(fitted: Fitted) -> list[Panel]:
    """Errors from the target at every set size, in people and as predicted."""
    errors = fitted.errors[fitted.errors["around"] == "target"]
    parts = {f"{size} items" if size > 1 else "1 item": part for size, part in errors.groupby("set_size")}
    return _error_panels(parts, "error from the target (°)")


def nontarget_errors(fitted: Fitted) -> list[Panel]:
    """Responses around non-targets at the largest set size, in people and as predicted."""
    errors = fitted.errors[fitted.errors["set_size"] == fitted.errors["set_size"].max()]
    errors = errors[errors["around"] != "target"]
    return _error_panels(dict(list(errors.groupby("around", sort=False))), "response minus non-target (°)")


def bound_traces(fitted: Fitted) -> list[Panel]:
    """The evidence bound at each step of the fits."""
    panels: list[Panel] = []
    for model, posteriors in fitted.posteriors.items():
        trace = next(iter(posteriors.values())).elbo_trace.numpy()
        drawn, axes = new_panel(f"model “{model}”", "step", "evidence bound (nats)")
        drawing.curve(axes, range(1, len(trace) + 1), trace, "surrogate", linewidth=0.8)
        late = trace[len(trace) // 20 :]
        axes.set(xlim=(1, len(trace)), ylim=(late.min() - 1, late.max() + 0.1 * (late.max() - late.min()) + 1))
        shows = f"Evidence bound of the model {model}: {trace[0]:.0f} at the first step, {trace[-1]:.0f} at the last."
        panels.append(encoded(drawn, shows))
    return panels


def _error_panels(parts: dict[str, pd.DataFrame], label: str) -> list[Panel]:
    panels: list[Panel] = []
    for title, part in parts.items():
        degrees = np.degrees(part["error"])
        drawn, axes = new_panel(title, label, "density (1/rad)")
        drawing.band(axes, degrees, part["low"], part["high"], "surrogate")
        drawing.curve(axes, degrees, part["surrogate"], "surrogate", linewidth=1.2)
        drawing.curve(axes, degrees, part["human"], "human", linestyle="none", marker="o", markersize=2.5)
        axes.set(xlim=(-180, 180), ylim=(0, None), xticks=(-180, -90, 0, 90, 180))
        if not panels:
            key(axes, {"people": "human", "model": "surrogate"})
        inside = part.eval("low <= human <= high").mean()
        at = part["error"].abs().argmin()
        shows = (
            f"{title}, {label.removesuffix(' (°)')}: at 0° the density is {part['human'].iloc[at]:.2f} per rad in people and "
            f"{part['surrogate'].iloc[at]:.2f} as predicted; {inside:.0%} of the dots lie in the predicted range."
        )
        panels.append(encoded(drawn, shows))
    return panels
