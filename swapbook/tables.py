"""What the book stores about a data set, and how it is read or recomputed.

- `surrogate/<data>/mixture.csv`: parametric mixture of every person and set size
- `surrogate/<data>/errors.csv`: responses around the items, in people and in the surrogate, at every set size
- `surrogate/<data>/<table>.csv`: the tables of TABLES
- `surrogate/studies/<study>.csv`: the studies of STUDIES, on observers that are known
- `surrogate/<data>/set_size_<n>/`: posterior over the swap function of cue distance
- `surrogate/<data>/without_fold_<k>/set_size_<n>/`: the same at one set size without a fifth of the people, for
  networks that are scored on these

Each file has its provenance beside it.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from swapbook.conditions import UnknownName, named
from swapbook.places import results_folder
from swapbook.studies import model_checks, planted_planes, recovery, swap_functions, swap_worth
from swapbook.studies.swap_worth import FOLDS, fold_of
from swaputils import surrogate
from swaputils.angles import wrap
from swaputils.data import catalogue
from swaputils.data.simulated import simulated_trials
from swaputils.files import StoreError, shown
from swaputils.run_folder import write_with_provenance
from swaputils.surrogate import LADDER, BnsConfig, SwapModel, SwapPosterior
from swaputils.trials import Displays, Trials

SIMULATED = "simulated"
PEOPLE = "vandenberg2012_color"  # the data set of the book's networks
SURROGATE_SEED = 0
_FOLDED = {"bays2009": 6}  # set size of the folds, where it is not 4
ERROR_BINS = 60  # of 6 degrees around 0, so that each holds as many of the colours that experiments recorded
TOLERANCE = 1e-3  # rad; files round angles
# the column that tells the retro-cues apart, in alphabetical order: invalid 0, neutral 1, valid 2
CONDITIONS_OF = {"oberauer_lin2017_e2": "cue_condition", "oberauer_lin2017_e3": "cue_condition"}
TITLES = {
    "vandenberg2012_color": "van den Berg et al. 2012",
    "bays2009": "Bays et al. 2009",
    "oberauer_lin2017_e2": "Oberauer & Lin 2017, exp. 2",
    "oberauer_lin2017_e3": "Oberauer & Lin 2017, exp. 3",
}
"""The data sets that chapter 1 compares, as it names them."""
TABLES = {
    "baselines": model_checks.baseline_table,
    "functions": swap_functions.function_table,
    "shares": swap_functions.share_table,
    "people": swap_functions.person_table,
    "contrasts": swap_functions.contrast_table,
    "checks": model_checks.predictive_check_table,
    "histograms": model_checks.histogram_table,
    "hamiltonian": model_checks.hamiltonian_table,
    "accounts": model_checks.account_table,
    "ladder": model_checks.ladder_table,
    "worth": swap_worth.worth_table,
}
"""What is computed from the trials of a data set, by name."""
STUDIES = {
    "recovery": recovery.recovery,
    "calibration": recovery.calibration,
    "confound": recovery.confound,
    "hamiltonian": model_checks.known_hamiltonian_table,
    "share_power": recovery.share_power,
    "gradient_power": recovery.gradient_power,
    "planted_planes": planted_planes.planted_table,
    "recorded_planes": planted_planes.recorded_table,
}
"""What is computed from observers that are known, by name."""


def trials(name: str) -> Trials:
    """Trials of a data set, or of simulated observers for the name "simulated"."""
    if name == SIMULATED:
        return simulated_trials(SURROGATE_SEED)
    return catalogue.load(name, condition=CONDITIONS_OF.get(name))


def check_data(name: str) -> None:
    """UnknownName unless it is a known data set or the simulated observers."""
    named("data set", name, {SIMULATED: {}} | catalogue.registry())


def surrogate_folder(name: str) -> Path:
    """Folder of what was fitted to a data set; UnknownName for an unknown one."""
    check_data(name)
    return results_folder() / "surrogate" / name


def fit_folder(name: str) -> Path | None:
    """Folder of the posteriors over a swap function of cue distance in a folder that `swaputils fit` wrote; None for any other name."""
    fitted = Path(name) / "posterior" / "cue"
    return fitted if fitted.is_dir() else None


def posterior_folder(name: str) -> Path:
    """Folder of the posteriors over a swap function of cue distance: of a data set, or in a folder that `swaputils fit` wrote."""
    try:
        return fit_folder(name) or surrogate_folder(name)
    except UnknownName as error:
        raise UnknownName(f"{error}, or a folder that `swaputils fit` wrote") from None


def recompute_surrogate(name: str) -> None:
    """Fit a data set anew and store everything that the chapters read about it; nothing is written before all is fitted.

    The people outside of each fold are fitted too, at the set size of `folded_size`, where they saw so many items.
    """
    observed, folder = trials(name), surrogate_folder(name)
    posteriors, size_of_folds = _fit_swap_functions(observed), folded_size(name)
    folds = _fit_folds(observed, size_of_folds)
    mixture = surrogate.fit_mixture_table(observed)
    errors = pd.concat([_around_items(chosen, posteriors.get(size)) for size, chosen in _by_set_size(observed)])
    write_with_provenance(folder / "mixture.csv", mixture.to_csv(index=False))
    write_with_provenance(folder / "errors.csv", errors.to_csv(index=False, float_format="%.6g"))
    for size, fitted in posteriors.items():
        surrogate.save(fitted, folder / f"set_size_{size}", data=name, seed=SURROGATE_SEED)
    for held_out, fitted in folds.items():
        place = _fold_folder(folder, held_out, size_of_folds)
        surrogate.save(fitted, place, data=name, seed=SURROGATE_SEED, held_out=held_out)


def folded_size(name: str) -> int:
    """Set size at which networks learn all of a data set's responses."""
    return _FOLDED.get(name, 4)


def _fit_folds(observed: Trials, size: int) -> dict[int, SwapPosterior]:
    """Posterior of the people outside of each fold, at one set size; none where nobody saw it."""
    observed = observed[observed.displays.set_size == size]
    if not len(observed):
        return {}
    fold = fold_of(observed)
    return {held_out: _fit_swap_functions(observed[fold != held_out])[size] for held_out in range(FOLDS)}


def _fold_folder(folder: Path, fold: int, size: int) -> Path:
    return folder / f"without_fold_{fold}" / f"set_size_{size}"


def _by_set_size(observed: Trials) -> list[tuple[int, Trials]]:
    """Each set size with its trials, ascending."""
    sizes = observed.displays.set_size
    return [(size, observed[sizes == size]) for size in sizes.unique().tolist()]


def _fit_swap_functions(observed: Trials) -> dict[int, SwapPosterior]:
    """Posterior over the swap function at every set size above 1."""
    posteriors = {}
    for size, chosen in _by_set_size(observed):
        if size > 1:
            generator = torch.Generator().manual_seed(SURROGATE_SEED)
            fit = surrogate.fit_bns(chosen, SwapModel(LADDER["cue"]), BnsConfig(), generator=generator)
            posteriors[size] = surrogate.cell(fit, set_size=size)
    return posteriors


def _around_items(observed: Trials, fitted: SwapPosterior | None) -> pd.DataFrame:
    """Density of responses around the items of one set size, in people and, given its posterior, in the surrogate.

    One row per cue distance and bin. set_size; distance of the items from the cued one (rad; only the cued item itself
    without a posterior or where distances are continuous); error, bin centre of response minus report feature (rad);
    count; human, density of the responses; surrogate, its mean density at the bin centre over the same displays.
    """
    displays = observed.displays
    apart = surrogate.cue_distances(displays) if fitted else torch.where(displays.is_cued, 0.0, torch.nan)
    places = [0.0] if fitted is None or fitted.continuous else [0.0, *fitted.distances.tolist()]
    edges = torch.linspace(-torch.pi, torch.pi, ERROR_BINS + 1, dtype=torch.float64)
    width = 2 * torch.pi / ERROR_BINS
    parts = []
    for place in places:
        trial, item = ((apart - place).abs() <= TOLERANCE).nonzero(as_tuple=True)
        features, chosen = displays.report[trial, item].double(), observed[trial]
        counts = torch.histogram(wrap(chosen.response.double() - features + width / 2), edges).hist
        part = pd.DataFrame({"error": edges[:-1], "count": counts.long(), "human": counts / counts.sum() / width})
        if fitted:
            part["surrogate"] = _mean_density(fitted, chosen.displays, features, part["error"])
        parts.append(part.assign(distance=place, set_size=int(displays.set_size[0])))
    return pd.concat(parts, ignore_index=True)


def _mean_density(fitted: SwapPosterior, displays: Displays, features: Tensor, errors: Iterable[float]) -> list[float]:
    """Mean over the displays of the surrogate's density at each error from one report feature [M] of every display."""
    densities = (surrogate.response_log_density(fitted, displays, wrap(features + error)) for error in errors)
    return [log_density.exp().mean().item() for log_density in densities]


def recompute_table(name: str, table: str) -> None:
    """Compute one of TABLES from the trials of a data set, or one of STUDIES for the name "studies", and store it."""
    if name == "studies":
        computed = named("study", table, STUDIES)()
    else:
        computed = named("table", table, TABLES)(trials(name))
    write_with_provenance(_table_path(name, table), computed.to_csv(index=False, float_format="%.6g"))


def is_stored(name: str, table: str) -> bool:
    """Whether a table has been computed."""
    return _table_path(name, table).is_file()


def surrogate_table(name: str, table: str) -> pd.DataFrame:
    """A stored table about a data set: "mixture", "errors" or one of TABLES; of "studies": one of STUDIES.

    Raises:
        StoreError: when it has not been computed.
    """
    path = _table_path(name, table)
    if not path.is_file():
        raise StoreError(f"{shown(path)}: not computed yet; run chapter 1 with recompute=True")
    return pd.read_csv(path)


def of_sets(table: str, sets: Iterable[str] = tuple(TITLES)) -> pd.DataFrame:
    """A stored table of several data sets, told apart in the column `data` by their titles."""
    parts = {TITLES[name]: surrogate_table(name, table) for name in sets}
    return pd.concat(parts, names=["data"]).reset_index("data")


def without_retro_cues(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `of_sets` where no cue came back to an item: those of neutral cues in the experiments that have retro-cues."""
    neutral = table["data"].isin([TITLES[name] for name in CONDITIONS_OF]).astype(int)
    return table[table["condition"] == neutral]


def _table_path(name: str, table: str) -> Path:
    folder = results_folder() / "surrogate" / name if name == "studies" else surrogate_folder(name)
    return folder / f"{table}.csv"


def posterior(name: str, set_size: int) -> SwapPosterior:
    """The stored posterior over the swap function at a set size, of a data set or in a folder that `swaputils fit` wrote.

    Raises:
        StoreError: says which set sizes there are.
    """
    return surrogate.load(posterior_folder(name) / f"set_size_{set_size}")


def posterior_without(name: str, fold: int, set_size: int) -> SwapPosterior:
    """The posterior at a set size of the people outside of a fold; of all people in a folder that `swaputils fit` wrote."""
    if fit_folder(name):
        return posterior(name, set_size)
    return surrogate.load(_fold_folder(surrogate_folder(name), fold, set_size))


def largest_set_size(name: str) -> int:
    """The set size at which people swap most, the largest with a posterior; StoreError where there is none."""
    folder = posterior_folder(name)
    sizes = [int(each.name.removeprefix("set_size_")) for each in folder.glob("set_size_*")]
    if not sizes:
        raise StoreError(f"{shown(folder)}: not computed yet; run chapter 1 with recompute=True")
    return max(sizes)
