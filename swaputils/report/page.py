"""The page and the files of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from string import Template

import pandas as pd

from swaputils.files import json_bytes
from swaputils.report import panels
from swaputils.report.analysis import Fitted
from swaputils.report.findings import MEANINGS, findings, limits
from swaputils.run_folder import PROVENANCE, provenance, run_contents
from swaputils.surrogate.posterior_files import as_run

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd; }
th { vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1.2rem 0; }
img { max-width: 100%; height: auto; }
figcaption, footer { font-size: .9rem; color: #444; }
</style>
</head>
<body>
<h1>$title</h1>
$body
<footer>$footer</footer>
</body>
</html>
""")
SHARES = {"p_target": "target", "p_nontarget": "non-targets", "p_uniform": "guesses"}


def page(fitted: Fitted, name: str, read: Sequence[str] = ()) -> str:
    """The report as one HTML page that needs no other file; `name` is that of the data, `read` what was understood of it."""
    parts = [_list(findings(fitted)), _heading("What these data cannot say"), _list(limits(fitted))]
    parts += [_heading("Data"), _data_table(fitted)]
    if read:
        parts += [_paragraph("What was read, and how:"), _list(list(read))]
    if len(fitted.group):
        parts += [_heading("Mixtures"), _paragraph(_MIXTURES), _mixture_table(fitted.group)]
    if len(fitted.ladder):
        parts += [_heading("Swap models"), _paragraph(_LADDER), _ladder_table(fitted.ladder)]
        parts.append(_figure(panels.swap_functions(fitted), _FUNCTIONS))
        parts += [_heading("Do predicted responses look like the observed ones?"), _paragraph(_CHECKS)]
        parts.append(_figure(panels.target_errors(fitted), "Errors from the target, by set size."))
        parts.append(_figure(panels.nontarget_errors(fitted), _AROUND))
        parts += [_heading("Did the fits settle?"), _figure(panels.bound_traces(fitted), _TRACES)]
    title = f"Swap errors in {name}"
    return PAGE.substitute(title=escape(title), body="\n".join(parts), footer=_footer(fitted))


def contents(
    fitted: Fitted, name: str, folder: Path, read: Sequence[str] = (), settings: Mapping | None = None
) -> dict[Path, bytes]:
    """Every file of the report, to be written together: the page, its tables as CSV, and the posteriors.

    posterior/<model>/set_size_<n> is what `surrogate.load` reads; provenance.json holds versions, the settings of the fit, and
    with `read` and `settings` (JSON values) what was understood of the data and by which options.
    """
    tables = {"mixtures": fitted.people, "mixtures_group": fitted.group}
    tables |= {"models": fitted.ladder, "swap_functions": fitted.functions, "errors": fitted.errors}
    files = {folder / "report.html": page(fitted, name, read).encode()}
    made = provenance() | {"data": name, "fit": asdict(fitted.config), "read": list(read), **(settings or {})}
    files[folder / PROVENANCE] = json_bytes(folder / PROVENANCE, made)
    for table, rows in tables.items():
        if len(rows):
            files[folder / f"{table}.csv"] = rows.to_csv(index=False, lineterminator="\n").encode()
    for model, posteriors in fitted.posteriors.items():
        for size, posterior in posteriors.items():
            run = as_run(posterior, data=name, model=model, seed=fitted.config.seed, **(settings or {}))
            files |= run_contents(folder / "posterior" / model / f"set_size_{size}", run)
    return files


_MIXTURES = (
    "Responses are von Mises distributed with concentration κ around the target or (three components) one of the non-targets, "
    "or uniform guesses. Means over people of maximum-likelihood fits to each, with 95 % intervals from resampling trials within "
    "people; AIC and BIC summed over people, smaller is better. With one item there are no non-targets."
)
_LADDER = (
    "Models of the weight of a non-target relative to the cued item, each containing those before it, apart from “cue” and "
    "“report”. Evidence: the lower bound on the log evidence above that of the best model. Held out: log density of responses "
    "that the fit had not seen; the gain over “none” carries its standard error over people (over trials where there is one "
    "person). A model that explains more without predicting better is not to be believed."
)
_FUNCTIONS = (
    "Posterior mean and 95 % band of the weight of a non-target relative to the cued item, each distance in the model that has "
    "it alone. Marks above the axis: the distances that occurred; points stand for single distances, a line for a range."
)
_CHECKS = (
    "Dots: observed densities. Line and band: mean and 95 % range of data sets that the best model predicts for the same displays. "
    "About one dot in twenty lies outside of the band if the model is right."
)
_AROUND = (
    "Responses around non-targets at the largest set size. Swaps raise the density at 0; items that keep a distance from the "
    "target lower it."
)
_TRACES = "The evidence bound, estimated from a few random functions at each step: it should level off."


def _data_table(fitted: Fitted) -> str:
    trials = fitted.trials
    table = pd.DataFrame({"set size": trials.displays.set_size.tolist(), "person": trials.subject.tolist()})
    counts = table.groupby("set size")["person"].agg(trials="size", people="nunique").reset_index()
    total = pd.DataFrame({"set size": ["all"], "trials": [len(table)], "people": [table["person"].nunique()]})
    return _table(pd.concat([counts, total]))


def _mixture_table(group: pd.DataFrame) -> str:
    """Shares and concentration with their intervals, one row per set size and mixture."""
    rows = []
    for row in group[(group["set_size"] > 1) | (group["mixture"] == "2 components")].to_dict("records"):
        shown = {"set size": row["set_size"], "mixture": row["mixture"], "people": row["people"]}
        for parameter in (*SHARES, "concentration"):
            digits = 1 if parameter == "concentration" else 3
            ends = [row[f"{parameter}{end}"] for end in ("_low", "_high") if f"{parameter}{end}" in row]
            interval = f" [{', '.join(f'{end:.{digits}f}' for end in ends)}]" if ends else ""
            shown[SHARES.get(parameter, "κ")] = f"{row[parameter]:.{digits}f}{interval}"
        rows.append(shown | {"AIC": f"{row['aic']:.1f}", "BIC": f"{row['bic']:.1f}"})
    return _table(pd.DataFrame(rows))


def _ladder_table(ladder: pd.DataFrame) -> str:
    """The nested models in order."""
    columns = {
        "model": ladder["model"],
        "the weight of a non-target": ladder["model"].map(MEANINGS),
        "evidence, nats": [f"{value:.1f}" for value in ladder["elbo"] - ladder["elbo"].max()],
    }
    if "held_out" not in ladder:
        return _table(pd.DataFrame(columns))
    columns |= {
        "held out, nats/trial": [f"{value:.4f}" for value in ladder["held_out"]],
        "gain, 0.001 nats/trial": [
            "0 (reference)" if row == 0 else f"{gain:+.1f} ± {error:.1f}"
            for row, (gain, error) in enumerate(zip(ladder["gain"], ladder["standard_error"]))
        ],
        "people who gain": [f"{some} of {everybody}" for some, everybody in zip(ladder["people"], ladder["of"])],
    }
    return _table(pd.DataFrame(columns))


def _footer(fitted: Fitted) -> str:
    """How it was made."""
    made, config = provenance(), fitted.config
    sizes = "all set sizes from 2 on" if config.set_size is None else f"set size {config.set_size}"
    return escape(
        f"swaputils {made['swaputils']}, torch {made['torch']}, {made['date']}. Emission {config.emission}, {sizes}, "
        f"{config.folds} folds, {config.resamples} resamples, {config.swap.steps} steps, seed {config.seed}."
    )


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _list(sentences: list[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "\n</ul>"


def _table(rows: pd.DataFrame) -> str:
    return f'<div class="table">{rows.to_html(index=False, border=0)}</div>'


def _figure(png: str, caption: str) -> str:
    image = f'<img src="data:image/png;base64,{png}" alt="{escape(caption)}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"
