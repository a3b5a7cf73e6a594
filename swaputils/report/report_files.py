"""From a reading to the files of its report: the user's names in every table, conditions fitted apart."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from swaputils.data.reading import Reading
from swaputils.data.understood import options, understood
from swaputils.files import json_bytes
from swaputils.report import contrasts
from swaputils.report.findings import findings, limits
from swaputils.report.fitting import FitConfig, Fitted, fit
from swaputils.report.network_findings import network_findings, network_lead, network_limits
from swaputils.report.network_measures import Beside
from swaputils.report.page import page
from swaputils.run_folder import PROVENANCE, provenance, run_contents
from swaputils.surrogate.posterior_files import as_run


@dataclass(frozen=True)
class Report:
    """Files of a report to be written together, and its sentences for the terminal."""

    files: Mapping[Path, bytes]
    said: tuple[str, ...]


def report_on(reading: Reading, config: FitConfig, folder: Path) -> Report:
    """Fit what was read and write about it; each condition in a folder of its own, with a table of contrasts beside them."""
    trials, name = reading.settled(), Path(reading.name).name
    column = reading.layout.condition
    if column is None or not reading.conditions:
        return report_of(reading, fit(trials, config), folder)
    read, settings, said_as = understood(reading, names=None), _settings(reading), ", ".join(options(reading.layout))
    fits = {}
    for code, condition in reading.conditions.items():
        chosen = trials[trials.condition == code]
        if len(chosen):
            fits[condition] = with_names(fit(replace(chosen, condition=None), config), reading.people)
    folders = contrasts.folder_names(list(fits))
    overview = contrasts.overview(fits, folders, column, name, read)
    table = contrasts.contrasts(fits).to_csv(index=False, lineterminator="\n")
    files, said = {folder / "report.html": overview.encode(), folder / "contrasts.csv": table.encode()}, []
    for condition, fitted in fits.items():
        title, settings["condition"] = f"{name}, {column} = {condition}", condition
        files |= contents(fitted, title, folder / folders[condition], read, settings, said_as)
        said += [f"{condition}: {sentence}" for sentence in (*findings(fitted), *limits(fitted))]
    return Report(files, tuple(said))


def report_of(reading: Reading, fitted: Fitted, folder: Path, network: Beside | None = None) -> Report:
    """Write about what was fitted to all that was read, and about the network that was taught it, if any."""
    named, read = with_names(fitted, reading.people), understood(reading, names=None)
    how = ", ".join(options(reading.layout))
    files = contents(named, Path(reading.name).name, folder, read, _settings(reading), how, network)
    learnt = [] if network is None else [network_lead(network), *network_findings(network), *network_limits(network)]
    return Report(files, (*findings(named), *limits(named), *learnt))


def contents(
    fitted: Fitted,
    name: str,
    folder: Path,
    read: Sequence[str] = (),
    settings: Mapping | None = None,
    options: str = "",
    network: Beside | None = None,
) -> dict[Path, bytes]:
    """Every file of the report, to be written together: the page, its tables as CSV, the posteriors, and the network.

    posterior/<model>/set_size_<n> is what `surrogate.load` reads, network/ a run folder; provenance.json holds versions, the settings of
    the fit, and with `read` and `settings` (JSON values) what was understood of the data and by which options.
    """
    tables = {"mixtures": fitted.people, "mixtures_group": fitted.group}
    tables |= {"models": fitted.ladder, "swap_functions": fitted.functions, "errors": fitted.errors}
    written = {folder / "report.html": page(fitted, name, read, options, network).encode()}
    made = provenance() | {"data": name, "fit": asdict(fitted.config), "read": list(read), **(settings or {})}
    written[folder / PROVENANCE] = json_bytes(folder / PROVENANCE, made)
    if network is not None:
        tables |= {"network": network.measures, "network_errors": network.errors}
        tables |= {"network_swaps": network.by_cue, "network_planes": network.planes}
        measures = {row.pop("who"): row for row in network.measures.to_dict("records")}
        written |= run_contents(folder / "network", network.taught.as_run(measures))
    for title, rows in tables.items():
        if len(rows):
            written[folder / f"{title}.csv"] = rows.to_csv(index=False, lineterminator="\n").encode()
    for model, posteriors in fitted.posteriors.items():
        for size, posterior in posteriors.items():
            run = as_run(posterior, data=name, model=model, seed=fitted.config.seed, **(settings or {}))
            written |= run_contents(folder / "posterior" / model / f"set_size_{size}", run)
    return written


def with_names(fitted: Fitted, people: Mapping[int, str]) -> Fitted:
    """The fit with the user's names of people in its table."""
    if not len(fitted.people):
        return fitted
    return replace(fitted, people=fitted.people.assign(subject=fitted.people["subject"].map(people)))


def _settings(reading: Reading) -> dict:
    """What a report keeps of how its data were read, as JSON values."""
    return {
        "options": reading.layout.given,
        "units": reading.layout.units,
        "ignored_columns": list(reading.ignored),
        "dropped_trials": reading.dropped,
        "people": {str(number): name for number, name in reading.people.items()},
    }
