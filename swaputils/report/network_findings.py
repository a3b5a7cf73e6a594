"""What was found of the network that was taught, in sentences that follow from the numbers."""

import math

import pandas as pd

from swaputils.geometry.alignment import TOLD
from swaputils.inputs import Periods
from swaputils.report.network_measures import IDEAL, NETWORK, PEOPLE, Beside

COLUMNS = {
    "p_nontarget": "swaps, by the fit",
    "swap_rate": "nearer to a non-target",
    "p_guess": "guesses, by the fit",
    "far": "farther than 14° from every item",
    "median_error": "median error, °",
    "wasserstein": "distance of errors from the fitted, °",
    "log_density": "log density, nats/rad",
    "responses": "responses",
}
IN_DEGREES = ("median_error", "wasserstein")
EXPLANATION = (
    "People's own trials; the same displays shown to the network again and again; and the ideal sampler, which is what a network with "
    "these report steps tends to as it learns. Swaps and guesses by the fit: mean probability, under what was fitted to people, "
    "that a response came from a non-target or from nowhere. The log density is that of the responses under what was fitted; for people it is that of the "
    "data that the fit has seen. The distance of errors is the circular Wasserstein distance from errors of responses drawn from the fit."
)


def network_lead(found: Beside) -> str:
    """The one sentence at the top of the page."""
    network, ideal, people = (found.of(who) for who in (NETWORK, IDEAL, PEOPLE))
    return (
        f"A recurrent network that was taught what was fitted at set size {found.taught.course.items} swaps on "
        f"{network['p_nontarget']:.1%} of trials, where the best that its training allows is {ideal['p_nontarget']:.1%} and people "
        f"have {people['p_nontarget']:.1%}."
    )


def network_findings(found: Beside) -> list[str]:
    """One sentence for each thing that was measured of the network."""
    network, ideal = found.of(NETWORK), found.of(IDEAL)
    density = (
        f"The network's responses have a mean log density of {network['log_density']:.3f} nats per rad under what was fitted to "
        f"people, the ideal sampler's {ideal['log_density']:.3f}; their errors are {math.degrees(network['wasserstein']):.1f}° from "
        f"the fitted ones (ideal sampler {math.degrees(ideal['wasserstein']):.1f}°)."
    )
    far = f"{network['far']:.0%} of its responses lie farther than 14° from every item, {ideal['far']:.0%} of the ideal sampler's."
    said = [density, far]
    said += [_planes(part, found.taught.course.task.periods) for _, part in found.planes.groupby("apart", dropna=False)]
    return said


def network_limits(found: Beside) -> list[str]:
    """What the network cannot say."""
    course = found.taught.course
    one_seed = (
        f"The network is one of seed {course.seed}; another --seed gives another, and the spread between them is the error of all "
        "that is said about the network."
    )
    said = [one_seed, "A network shows what is enough to answer as these people do, not how they do it."]
    if not course.by_place:
        said.append(
            "The file has no cue columns, so the network is told the number of the item to report: its swaps are flat in cue distance."
        )
    return said


def measures_table(found: Beside) -> pd.DataFrame:
    """People, network and ideal sampler side by side, as the page shows them."""
    table = found.measures.set_index("who")
    shown = {}
    for name, title in COLUMNS.items():
        values = table[name].map(math.degrees) if name in IN_DEGREES else table[name]
        digits = 0 if name == "responses" else 1 if name in IN_DEGREES else 3
        shown[title] = [f"{value:.{digits}f}" for value in values]
    return pd.DataFrame(shown, index=table.index).T.rename_axis(None, axis=1).rename_axis("measure").reset_index()


def _planes(part: pd.DataFrame, periods: Periods) -> str:
    """Alignment of one pair of items before and after the cue."""
    apart, begins = part["apart"].iloc[0], periods.stimulus + periods.delay
    which = "the first two items" if math.isnan(apart) else f"items {math.degrees(apart):.0f}° apart"
    moments = {"at the end of the delay": begins, "at the end of the cue": begins + periods.cue}
    said = []
    for name, moment in moments.items():
        row = part.iloc[(part["seconds"] - moment).abs().argmin()]
        value = f"{row['alignment']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        said.append(f"{value if row['verdict'] == TOLD else row['verdict']} {name}")
    return f"Alignment of the colour planes of {which} (0 orthogonal, 1 the same): {', '.join(said)}."
