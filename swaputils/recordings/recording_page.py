"""The page and the files of the report of a recording."""

from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from importlib.resources import files
from pathlib import Path

import pandas as pd

from swaputils.files import json_bytes
from swaputils.recordings import recording_figures as drawn
from swaputils.recordings.measuring import Measured
from swaputils.recordings.recording_findings import findings, limits, more_findings
from swaputils.recordings.recording_methods import citations, methods
from swaputils.report.page import PAGE
from swaputils.report.page_pieces import figure, heading, listed, paragraph, table, to_copy
from swaputils.run_folder import PROVENANCE, provenance

SHOWN = {  # measures of the table on the page
    "alignment": "alignment",
    "with_interactions": "with interactions",
    "larger_angle": "larger angle (°)",
    "smaller_angle": "smaller angle (°)",
    "phase": "ψ (°)",
    "rho_cross": "ρ cross",
    "rho_self": "ρ self",
    "index": "alignment index",
    "additive_r2": "additive R²",
}
TABLES = ("course", "moments", "levels", "published", "accounts", "means")
YOURS = "yours"


def page(measured: Measured) -> str:
    """The report as one HTML page that needs no other file."""
    recording = measured.recording
    parts = [f'<p class="lead">{escape(" ".join(findings(measured)))}</p>', *_figures(measured)]
    if more := more_findings(measured):
        parts += [heading("What else was found"), listed(more)]
    parts += [heading("What these data cannot say"), listed(limits(measured)), heading("Tables"), *_tables(measured)]
    parts += [heading("How the data were read"), listed(recording.said)]
    parts += to_copy(methods(measured), citations(measured))
    title, made = f"Colour planes in {Path(recording.name).name}", provenance()
    footer = f"swaputils {made['swaputils']}, torch {made['torch']}, {made['date']}. Seed {measured.config.seed}."
    return PAGE.substitute(title=escape(title), body="\n".join(parts), footer=escape(footer))


def contents(measured: Measured, folder: Path, options: Mapping) -> dict[Path, bytes]:
    """Every file of the report, to be written together: the page, its tables as CSV, and provenance.json.

    Args:
        options: by which the files were read, as JSON values.
    """
    made = provenance() | {"data": measured.recording.name, "measured": asdict(measured.config)}
    made |= {"read": list(measured.recording.said), "options": dict(options)}
    written = {folder / "report.html": page(measured).encode()}
    written[folder / PROVENANCE] = json_bytes(folder / PROVENANCE, made)
    tables = {name: getattr(measured, name) for name in TABLES}
    for name, rows in (tables | {"beside": beside(measured)}).items():
        if len(rows):
            text = rows.to_csv(index=False, lineterminator="\n", float_format="%.6g")
            written[folder / f"{name}.csv"] = text.encode()
    return written


def beside(measured: Measured) -> pd.DataFrame:
    """Your values with those of the book's networks and of recorded macaques: who, measure, moment, value, low, high, citation."""
    with (files("swaputils.geometry") / "references.csv").open() as file:
        references = pd.read_csv(file)
    head = {"who": YOURS, "n": measured.recording.neurons, "note": "neurons"}
    own = pd.DataFrame([head | row for row in _own(measured)])
    if not len(own):
        return references
    both = pd.concat([own, references[references["measure"].isin(own["measure"])]], ignore_index=True)
    return both[list(references.columns)]


def _own(measured: Measured) -> list[dict]:
    """The measures that the references have."""
    if len(measured.means):
        rows = measured.means.set_index("measure")
        names = {"published angle (degrees)": "angle in three components (degrees)", "alignment of means": "alignment"}
        return [_as_reference(ours, "before", rows.loc[theirs]) for ours, theirs in names.items()]
    found, chosen = [], "trials == 'all' and planes in ('both items', 'selected', '')"
    for row in measured.moments.query(chosen).to_dict("records"):
        if row["measure"] in ("alignment", "rho_cross", "additive_r2") and row["verdict"] == "told":
            found.append(_as_reference(row["measure"], row["period"], row))
    for row in measured.published.to_dict("records"):
        if row["measure"].startswith("angle of four colours"):
            found.append(_as_reference("published angle (degrees)", row["moment"], row))
    return found


def _as_reference(measure: str, period: str, row: Mapping | pd.Series) -> dict:
    """A row of the references, for a measure before or after the cue."""
    moment = "after" if period.startswith("after") else "before"
    return {"measure": measure, "moment": moment} | {name: row[name] for name in ("value", "low", "high")}


def _figures(measured: Measured) -> list[str]:
    found = {}
    if len(measured.means):
        found["Are the planes of the two items aligned?"] = figure(drawn.of_means(measured.means), _MEANS)
    if len(measured.course):
        found["When are the planes of the two items aligned?"] = figure(drawn.courses(measured), _COURSE)
    found["Beside networks and macaques"] = figure(drawn.beside(beside(measured)), _BESIDE)
    if len(measured.course):
        found["How do they lie to one another?"] = figure(drawn.others(measured), _OTHERS)
    return [part for title, picture in found.items() for part in (heading(title), picture)]


def _tables(measured: Measured) -> list[str]:
    if len(measured.means):
        return [paragraph(_MEANS), table(measured.means.round(3))]
    parts = [heading("Planes in the windows", 3), paragraph(_MOMENTS), table(_moments_table(measured.moments))]
    for title, text, rows in (
        ("What alignment is by chance and at most", _LEVELS, measured.levels.round(3)),
        ("As published", _PUBLISHED, _filled(measured.published.round(3))),
        ("Where swaps arise", _ACCOUNTS, _filled(measured.accounts.round(3))),
    ):
        if len(rows):
            parts += [heading(title, 3), paragraph(text), table(rows)]
    columns = ["who", "measure", "moment", "value", "low", "high", "n", "note"]
    return [*parts, heading("Beside networks and macaques", 3), table(_filled(beside(measured)[columns].round(3)))]


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    """Nothing where there is no value."""
    return rows.astype(object).where(rows.notna(), "")


def _moments_table(moments: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair of planes, with intervals."""
    rows = []
    chosen = moments[moments["measure"].isin(list(SHOWN)) | moments["measure"].eq("chance")]
    shares = chosen[chosen["measure"] == "additive_r2"].set_index(["moment", "trials"])
    for (moment, trials, planes), part in chosen.groupby(["moment", "trials", "planes"], sort=False):
        if not planes:
            continue
        row = {"when": moment, "trials": f"{trials} ({part['count'].iloc[0]})", "planes": planes}
        row["verdict"] = part["verdict"].iloc[0]
        known = part.set_index("measure")
        known.loc["additive_r2"] = shares.loc[(moment, trials)]
        for measure, label in SHOWN.items():
            row[label] = _with_interval(known.loc[measure], 0 if "°" in label else 2) if measure in known.index else ""
        chance = known.loc["chance"]
        rows.append(row | {"chance": f"{chance['low']:.2f} to {chance['high']:.2f}"})
    return pd.DataFrame(rows)


def _with_interval(row: pd.Series, digits: int) -> str:
    if row["verdict"] == "cannot be told":
        return "cannot be told"
    return f"{row['value']:z.{digits}f} [{row['low']:z.{digits}f}, {row['high']:z.{digits}f}]"


_COURSE = (
    "Mean squared cosine of the principal angles of two planes, 0 orthogonal, 1 the same; bands: 95 % over trials; grey: 95 % of pairs of "
    "random planes within the measured activity; gaps: it cannot be told or is not identified. Dashed: the cue. Before it all trials give "
    "the planes of both items; after it the selected planes are those of each item in the trials that cue it, the non-selected ones those of "
    "each item in the trials that cue the other."
)
_OTHERS = (
    "Of both items' planes, all trials, with 95 % bands. ψ: how far the second ring is ahead of the first inside the plane, gaps: any phase "
    "would do. Correlations: cosine between the activity of one colour at the two items, and of one item in halves of the trials. "
    "Additive share: main effects of the colours over main effects and interaction."
)
_BESIDE = (
    "Circles: before the cue; diamonds: after it. Your values with 95 % intervals, the book's trained networks (mean and 95 % interval over networks) and published recordings of macaques; "
    "of the published angle the bars of recordings are quartiles of bootstraps. Angles from few trials lie near 90 degrees by noise alone."
)
_MEANS = (
    "Each measure of your means; low, median and high: 95 % and median of the same means with colours permuted within each neuron, which is "
    "what noise and tuning without a relation between neurons give."
)
_MOMENTS = (
    "Averages over the windows. Verdict: “cannot be told” where a ring cannot be told from noise or the interval is wide, “not identified” "
    "where the colours depend on one another and the regression with interactions disagrees."
)
_LEVELS = (
    "Alignment with the names of the items exchanged in half of the trials, of planes that do not differ; and of an item's plane with itself in "
    "another half of the trials."
)
_PUBLISHED = (
    "They average over one item's colour alone, within three components: noise carries them towards orthogonal, a least distance of the "
    "two colours biases them, and planes in three dimensions always share a line."
)
_ACCOUNTS = (
    "Shares of the swaps by account, with 95 % intervals from bootstraps over trials, from a mixture model of single trials before and after "
    "the cue (Alleman et al., 2024). Separation: how many standard deviations two states lie apart."
)
