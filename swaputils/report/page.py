"""The page of a report."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from swaputils.report import fit_panels, network_panels, page_tables
from swaputils.report.findings import caution, findings, lead, limits
from swaputils.report.fitting import Fitted
from swaputils.report.methods import methods, references
from swaputils.report.network_findings import (
    EXPLANATION,
    measures_table,
    network_findings,
    network_lead,
    network_limits,
)
from swaputils.report.network_measures import Beside
from swaputils.report.page_pieces import figure, heading, listed, paragraph, table, to_copy
from swaputils.run_folder import provenance

PAGE = Template((files("swaputils.report") / "page.html").read_text())


def page(fitted: Fitted, name: str, read: Sequence[str] = (), options: str = "", network: Beside | None = None) -> str:
    """The report as one HTML page that needs no other file.

    Args:
        name: of the data.
        read: sentences on what was understood of them.
        options: by which they were read, as on the command line.
        network: what was measured of a network that was taught what was fitted.
    """
    said, cannot = lead(fitted), limits(fitted)
    if network is not None:
        said, cannot = [*said[:2], network_lead(network)], [*cannot, *network_limits(network)]
    parts = [paragraph(caution(fitted))] if caution(fitted) else []
    parts += [f'<p class="lead">{escape(" ".join(said))}</p>', *_figures(fitted)]
    parts += [] if network is None else _network_figures(network)
    found = [*findings(fitted), *([] if network is None else network_findings(network))]
    parts += [heading("What was found"), listed(found), heading("What these data cannot say"), listed(cannot)]
    parts += [heading("Tables"), *_tables(fitted, network)]
    if len(fitted.ladder):
        parts += [heading("Did the fits settle?"), figure(fit_panels.bound_traces(fitted), _TRACES)]
    if read:
        parts += [heading("How the data were read"), listed(read)]
    taught = None if network is None else network.taught
    parts += to_copy(methods(fitted, name, options, taught), references(taught))
    return PAGE.substitute(title=escape(f"Swap errors in {name}"), body="\n".join(parts), footer=_footer(fitted))


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
    "Errors from the target, by set size. Dots: observed densities. Line and band: mean and 95 % range of data sets that the best "
    "model predicts for the same displays. About one dot in twenty lies outside of the band if the model is right."
)
_AROUND = (
    "Responses around non-targets at the largest set size. Swaps raise the density at 0; items that keep a distance from the "
    "target lower it."
)
_TRACES = "The evidence bound, estimated from a few random functions at each step: it should level off."
_BESIDE = (
    "Responses to the displays that people saw: of people (dots), of the network that was taught what was fitted to them, and of the "
    "ideal sampler, which is what such a network tends to as it learns."
)
_BY_CUE = (
    "Mean probability, under what was fitted to people, that a response came from a given non-target, by its cue distance; 95 % "
    "intervals. The three are set apart for the eye."
)
_PLANES = (
    "How far the planes in which the network's activity follows the colours of two items are aligned, on displays with independent "
    "colours: 0 orthogonal, 1 the same plane; 95 % band over trials. Grey: 95 % of pairs of random planes in the same activity. After "
    "the cue (shaded) each plane comes from the trials that cue its item. Gaps: it cannot be told."
)


def _figures(fitted: Fitted) -> list[str]:
    """What was fitted to people, in pictures."""
    if not len(fitted.ladder):
        return []
    return [
        heading("When do people report another item?"),
        figure(fit_panels.swap_functions(fitted), _FUNCTIONS),
        heading("Do predicted responses look like the observed ones?"),
        figure(fit_panels.target_errors(fitted), _CHECKS),
        figure(fit_panels.nontarget_errors(fitted), _AROUND),
    ]


def _network_figures(network: Beside) -> list[str]:
    """What was measured of the network, in pictures."""
    parts = [heading("Does a network that was taught these responses answer as people do?")]
    parts.append(figure(network_panels.errors_beside(network), _BESIDE))
    if by_cue := network_panels.swaps_by_cue(network):
        parts.append(figure(by_cue, _BY_CUE))
    return [*parts, heading("How does it hold the colours?"), figure(network_panels.planes(network), _PLANES)]


def _tables(fitted: Fitted, network: Beside | None) -> list[str]:
    parts = [heading("Data", 3), table(page_tables.data_table(fitted))]
    if network is not None:
        parts += [heading("Network", 3), paragraph(EXPLANATION), table(measures_table(network))]
    if len(fitted.group):
        parts += [heading("Mixtures", 3), paragraph(_MIXTURES), table(page_tables.mixture_table(fitted.group))]
    if len(fitted.ladder):
        parts += [heading("Swap models", 3), paragraph(_LADDER), table(page_tables.ladder_table(fitted.ladder))]
    return parts


def _footer(fitted: Fitted) -> str:
    """How it was made."""
    made, config = provenance(), fitted.config
    sizes = "all set sizes from 2 on" if config.set_size is None else f"set size {config.set_size}"
    return escape(
        f"swaputils {made['swaputils']}, torch {made['torch']}, {made['date']}. Emission {config.emission}, {sizes}, "
        f"{config.folds} folds, {config.resamples} resamples, {config.swap.steps} steps, seed {config.seed}."
    )
