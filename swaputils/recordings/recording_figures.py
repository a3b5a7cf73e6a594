"""The figures of the report of a recording: small panels, each with a text that says what it shows."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from swaputils import drawing
from swaputils.recordings.measuring import Measured
from swaputils.report.page_pieces import Panel, encoded, key, new_panel

ROLES = {
    "both items": "human",
    "selected": "cued",
    "non-selected": "nontarget",
    "selected and non-selected": "task_optimal",
}
OTHERS = {
    "phase": "phase ψ (°)",
    "rho_cross": "correlation across items",
    "rho_self": "correlation of halves",
    "additive_r2": "additive share (R²)",
}
HALF_TURN = 180  # degrees
MEASURES = {  # title, what is on the axis, its ends
    "alignment": ("alignment of the planes", "mean squared cosine", (0.0, 1.0)),
    "published angle (degrees)": ("published angle", "degrees", (0.0, 90.0)),
    "rho_cross": ("correlation across items", "cosine of halves", (-1.0, 1.0)),
}


def courses(measured: Measured) -> list[Panel]:
    """Alignment at each step: all trials, then correct ones."""
    return [_course(measured, trials) for trials in measured.course["trials"].unique()]


def _course(measured: Measured, trials: str) -> Panel:
    table = measured.course[measured.course["trials"] == trials]
    drawn, axes = new_panel(f"{trials} trials", _label(measured), "alignment")
    for _, part in _rows(table, "chance", "both items", "selected").groupby("period", sort=False):
        drawing.band(axes, part["time"], part["low"], part["high"], "reference")
    names, ends = {}, []
    for name, role in ROLES.items():
        for _, part in _rows(table, "alignment", name).groupby("period", sort=False):
            told = part[["value", "low", "high"]].where(part["verdict"] == "told")
            drawing.band(axes, part["time"], told["low"].clip(-0.1, 1.1), told["high"].clip(-0.1, 1.1), role)
            drawing.curve(axes, part["time"], told["value"], role)
            names[name] = role
            ends.append(f"{name}, {part['value'].iloc[0]:.2f} at first and {part['value'].iloc[-1]:.2f} at last")
    _cue(axes, measured)
    axes.set(ylim=(-0.12, 2.0), yticks=[0, 0.5, 1])
    key(axes, names)
    return encoded(drawn, f"Alignment of planes through time, {trials} trials: {'; '.join(ends)}.")


def others(measured: Measured) -> list[Panel]:
    """Phase, correlations and additive share at each step, all trials."""
    table = measured.course[measured.course["trials"] == "all"]
    found = []
    for measure, label in OTHERS.items():
        drawn, axes = new_panel(label, _label(measured), "")
        rows = _rows(table, measure, "both items", "selected", "")
        for _, part in rows.groupby("period", sort=False):
            if measure == "phase":  # nothing where any phase would do
                part = part.mask(part["high"] - part["low"] > HALF_TURN)
            if measure == "additive_r2":
                part = part.where(part["verdict"] == "told")
            drawing.band(axes, part["time"], part["low"], part["high"], "human")
            drawing.curve(axes, part["time"], part["value"], "human", linewidth=1.2)
        _cue(axes, measured)
        axes.set(ylim=(-1.05, 1.05))
        if measure == "phase":
            axes.set(ylim=(-190, 190), yticks=[-180, -90, 0, 90, 180])
        ends = f"from {rows['value'].min():.2f} to {rows['value'].max():.2f}"
        found.append(encoded(drawn, f"{label} through time: {ends}."))
    return found


def beside(rows: pd.DataFrame) -> list[Panel]:
    """Yours beside those of networks and macaques, before (circles) and after the cue (diamonds).

    Args:
        rows: who, measure, moment, value, low, high, as in the table of references, yours first.
    """
    parts = {measure: rows[rows["measure"] == measure] for measure in MEASURES}
    return [_beside(part, measure) for measure, part in parts.items() if len(part)]


def _beside(rows: pd.DataFrame, measure: str) -> Panel:
    title, label, (low, high) = MEASURES[measure]
    drawn, axes = new_panel(title, label, "")
    people = list(dict.fromkeys(rows["who"]))
    for row in rows.itertuples():
        role = "cued" if row.who == "yours" else "network" if row.who.startswith("networks") else "human"
        above, marker = (0.14, "o") if row.moment == "before" else (-0.14, "D")
        height = len(people) - people.index(row.who) + above
        axes.plot([row.low, row.high], [height, height], color=drawing.COLOURS[role], linewidth=1.4)
        axes.plot(row.value, height, marker, color=drawing.COLOURS[role], markersize=4.5)
    margin = 0.05 * (high - low)
    axes.set(ylim=(0.4, len(people) + 0.6), xlim=(low - margin, high + margin))
    axes.set_yticks(range(len(people), 0, -1), labels=[who.replace(", ", ",\n") for who in people])
    said = "; ".join(f"{row.who} {row.moment} {row.value:.2f}" for row in rows.itertuples())
    return encoded(drawn, f"{measure}: {said}.")


def of_means(means: pd.DataFrame) -> list[Panel]:
    """Each measure of condition means beside 95 % of those with permuted colours: angles, then shares and correlations."""
    angles = means["measure"].str.contains("degrees")
    found = []
    for rows, label in ((means[angles], "degrees"), (means[~angles], "share or correlation")):
        drawn, axes = new_panel("bar: colours permuted", label, "")
        places = np.arange(len(rows))[::-1]
        axes.hlines(places, rows["low"], rows["high"], color=drawing.COLOURS["reference"], linewidth=5, alpha=0.4)
        axes.plot(rows["value"], places, "o", color=drawing.COLOURS["human"])
        names = rows["measure"].str.replace(" (degrees)", "").str.replace(r" (in|of) ", r"\n\1 ", regex=True)
        axes.set_yticks(places, labels=names)
        axes.set(ylim=(-0.6, len(rows) - 0.4))
        said = [f"{row.measure} {row.value:.3g}, permuted {row.low:.3g} to {row.high:.3g}" for row in rows.itertuples()]
        found.append(encoded(drawn, f"{'; '.join(said)}."))
    return found


def _rows(table: pd.DataFrame, measure: str, *planes: str) -> pd.DataFrame:
    return table[(table["measure"] == measure) & table["planes"].isin(planes)]


def _cue(axes: Axes, measured: Measured) -> None:
    """The time of the cue, and room for all steps, those with gaps among them."""
    times = measured.course["time"]
    margin = 0.03 * (times.max() - times.min()) or 1.0
    axes.set_xlim(times.min() - margin, times.max() + margin)
    if measured.recording.cue_time is not None:
        axes.axvline(measured.recording.cue_time, color=drawing.COLOURS["reference"], linewidth=1, linestyle="--")


def _label(measured: Measured) -> str:
    return f"time ({measured.recording.unit})" if measured.recording.unit else "time"
