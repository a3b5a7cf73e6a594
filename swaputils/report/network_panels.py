"""The figures of the report about the network that was taught."""

import math

import numpy as np

from swaputils import drawing
from swaputils.report.network_measures import IDEAL, NETWORK, PEOPLE, Beside
from swaputils.report.page_pieces import Panel, encoded, key, new_panel

ROLES = {PEOPLE: "human", NETWORK: "network", IDEAL: "ideal"}
NORMAL_95 = 1.96
SIDE = 3.0  # degrees by which the three are set apart at a cue distance


def errors_beside(found: Beside) -> list[Panel]:
    """Errors around the target and around non-targets, of all three."""
    panels: list[Panel] = []
    for around, part in found.errors.groupby("around", sort=False):
        label = "error from the target (°)" if around == "target" else "response minus non-target (°)"
        drawn, axes = new_panel(f"around the {around}" if around == "target" else str(around), label, "density (1/rad)")
        at_zero = []
        for who, role in ROLES.items():
            one = part[part["who"] == who]
            style = {"linestyle": "none", "marker": "o", "markersize": 2.5} if who == PEOPLE else {"linewidth": 1.3}
            drawing.curve(axes, np.degrees(one["error"]), one["density"], role, **style)
            at_zero.append(f"{who} {one['density'].iloc[one['error'].abs().argmin()]:.2f}")
        axes.set(xlim=(-180, 180), ylim=(0, None), xticks=(-180, -90, 0, 90, 180))
        if not panels:
            key(axes, ROLES)
        panels.append(encoded(drawn, f"Density around the {around} at 0°, per rad: {', '.join(at_zero)}."))
    return panels


def swaps_by_cue(found: Beside) -> list[Panel]:
    """How often a response came from a non-target, by its cue distance, of all three; none where items are numbered."""
    if found.by_cue.empty:
        return []
    drawn, axes = new_panel("responses that came from a non-target", "cue distance (°)", "probability")
    said = []
    for place, (who, role) in enumerate(ROLES.items()):
        one = found.by_cue[found.by_cue["who"] == who]
        half = NORMAL_95 * one["standard_error"]
        degrees = np.degrees(one["distance"]) + SIDE * (place - 1)
        drawing.points(axes, degrees, one["probability"], one["probability"] - half, one["probability"] + half, role)
        nearest, farthest = one["probability"].iloc[[0, -1]]
        said.append(f"{who} {nearest:.3f} at the nearest and {farthest:.3f} at the farthest")
    drawing.distance_axis(axes, np.degrees(found.by_cue["distance"].unique()).tolist())
    axes.set_ylim(0, 1.3 * (found.by_cue["probability"] + NORMAL_95 * found.by_cue["standard_error"]).max())
    key(axes, ROLES)
    return [encoded(drawn, f"Probability that a response came from a non-target, by cue distance: {'; '.join(said)}.")]


def planes(found: Beside) -> list[Panel]:
    """Alignment of two items' colour planes through a trial, beside chance."""
    panels, periods = [], found.taught.course.task.periods
    for apart, part in found.planes.groupby("apart", dropna=False):
        title = "items 1 and 2" if math.isnan(apart) else f"items {math.degrees(apart):.0f}° apart"
        drawn, axes = new_panel(f"colour planes of {title}", "seconds since the display", "alignment")
        drawing.band(axes, part["seconds"], part["chance_low"], part["chance_high"], "reference")
        drawing.band(axes, part["seconds"], part["low"], part["high"], "network")
        drawing.curve(axes, part["seconds"], part["alignment"], "network")
        begins = periods.stimulus + periods.delay
        axes.axvspan(begins, begins + periods.cue, color=drawing.COLOURS["cued"], alpha=0.12, linewidth=0)
        drawing.say(axes, begins, 1.06, "cue", "cued", va="bottom")
        axes.set(ylim=(-0.1, 1.2), xlim=(0, part["seconds"].max()), yticks=(0, 0.5, 1))
        drawing.say(axes, 0.98, 0.05, "chance", "reference", xycoords="axes fraction", ha="right")
        moments = (begins, begins + periods.cue)
        before, after = (part["alignment"].iloc[(part["seconds"] - at).abs().argmin()] for at in moments)
        ends = f"{before:.2f} at the end of the delay and {after:.2f} at the end of the cue"
        panels.append(encoded(drawn, f"Alignment of the colour planes of {title}: {ends}."))
    return panels
