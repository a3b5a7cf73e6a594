"""Which variable of a file is what part of a recording: by the options, or by names that are common."""

from dataclasses import dataclass

import numpy as np

from swaputils.data.table import DataError
from swaputils.files import shown
from swaputils.recordings.columns_of_trials import KNOWN_ITEMS
from swaputils.recordings.recording_formats import CUE_TIMES, Stored, Variable
from swaputils.recordings.recording_options import Described, plain

NAMES = {  # without blanks, marks and capitals
    "activity": "activity rates rate firingrates firingrate spikerates fr spikes spikecounts counts means dat data neural x",
    "colours": "colours colors colour color hues hue stimuli stimulus items features feature angles theta itemcolours itemcolors",
    "cued": "cued cue cueditem cuedlocation cueside cuelocation selected selecteditem target targetitem probed probeditem",
    "report": "report reports reported response responses resp answer choice reportedcolour reportedcolor responsecolour "
    "responsecolor",
    "time": "time times t timeaxis timebins timebin bins timepoints tvec",
    "cue_time": CUE_TIMES,
    "session": "session sessions sessionid recording day",
    "neuron": "neuron neurons unit units cell cells channel channels neuronid unitid neuronname unitname",
    "neuron_session": "neuronsession neuronsessions unitsession sessionofneuron sessionofunit",
}
STEMS = "colour color hue c angle theta item stim stimulus feature itemcolour itemcolor colouritem coloritem stimcolour stimcolor"
PAIRS = (("0", "1"), ("1", "2"), *KNOWN_ITEMS)
STEPS = {"time": "steps"}
AXES = {
    "trials": "trials trial",
    "time": NAMES["time"],
    "neurons": NAMES["neuron"],
    "items": "items item location locations place places position",
    "colours": "colours colors colour color bins bin hue hues",
    "conditions": "conditions condition",
}


@dataclass(frozen=True)
class Assigned:
    """The parts that were found, by our names, with their names in the file; and what is not read."""

    of: dict[str, Variable]
    titles: dict[str, str]
    unread: tuple[str, ...]


def assign(stored: Stored, described: Described) -> Assigned:
    """What each variable is; DataError where two could be one part, or one that was named is not there."""
    titles = dict(described.named)
    for ours, theirs in titles.items():
        if theirs not in stored.variables:
            there = ", ".join(stored.variables)
            raise DataError(f"{shown(stored.path)}: has no {theirs!r}, to be read as {ours}; it holds {there}")
    free = [name for name in stored.variables if name not in titles.values()]
    if not {"colours", "colour_0", "colour_1"} & set(titles):
        titles |= _colours(stored, free)
    for ours, names in NAMES.items():
        if ours in titles or ours == "colours":
            continue
        fitting = {name: stored.variables[name] for name in free if plain(name) in names.split()}
        if ours == "activity":
            fitting = {name: each for name, each in fitting.items() if each.values.ndim > 1}
            fitting = fitting or {name: stored.variables[name] for name in _matrices(stored, free, titles)}
        if len(fitting) > 1:
            both = " and ".join(map(repr, fitting))
            raise DataError(
                f"{shown(stored.path)}: {both} could each be the {ours}; name one: --columns {ours}={next(iter(fitting))}"
            )
        if fitting:
            titles[ours] = next(iter(fitting))
    if "activity" not in titles:
        shapes = ", ".join(f"{name} {list(each.values.shape)}" for name, each in stored.variables.items())
        raise DataError(
            f"{shown(stored.path)}: no variable is recognised as activity; name it by --columns activity=NAME, of {shapes}"
        )
    unread = tuple(name for name in stored.variables if name not in titles.values())
    return Assigned({ours: stored.variables[name] for ours, name in titles.items()}, titles, unread)


def _colours(stored: Stored, free: list[str]) -> dict[str, str]:
    """One variable with the colours of both items, or one for each; nothing where there are none."""
    both = [name for name in free if plain(name) in NAMES["colours"].split() and _two_columns(stored.variables[name])]
    found = [{"colours": name} for name in both]
    keys = {plain(name): name for name in free if stored.variables[name].values.ndim == 1}
    for first, second in PAIRS:
        for stem in STEMS.split():
            for one, other in ((stem + first, stem + second), (first + stem, second + stem)):
                if one in keys and other in keys:
                    found.append({"colour_0": keys[one], "colour_1": keys[other]})
    if len(found) > 1:
        sets = " and ".join(" with ".join(map(repr, each.values())) for each in found)
        raise DataError(
            f"{shown(stored.path)}: {sets} could each be the two colours; name them by --columns colour_0=NAME colour_1=NAME"
        )
    if not found:
        _refuse_one_colour(stored, free)
    return found[0] if found else {}


def _refuse_one_colour(stored: Stored, free: list[str]) -> None:
    """DataError where trials have the colour of one item only; the axis of condition means is no such colour."""
    for name in free:
        each = stored.variables[name]
        named = plain(name) in NAMES["colours"].split() or any(
            plain(name) in (stem + mark, mark + stem) for pair in PAIRS for mark in pair for stem in STEMS.split()
        )
        if named and each.values.ndim == 1 and each.values.size > 1 and each.dims != (name,):
            raise DataError(
                f"{shown(stored.path)}: {name!r} is the colour of one item only; two are needed, as a matrix [trials, 2] or as "
                "--columns colour_0=NAME colour_1=NAME"
            )


def _two_columns(each: Variable) -> bool:
    return each.values.ndim == 2 and 2 in each.values.shape and each.values.dtype.kind in "fiu"


def _matrices(stored: Stored, free: list[str], titles: dict[str, str]) -> list[str]:
    """The variables with most axes, of numbers."""
    able = {
        name: stored.variables[name].values.ndim
        for name in free
        if name not in titles.values() and stored.variables[name].values.dtype.kind in "fiub"
    }
    most = max(able.values(), default=0)
    return [name for name, axes in able.items() if axes == most > 1]


def axes_of(stored: Stored, found: Assigned, described: Described, lengths: dict[str, int]) -> tuple[str, ...]:
    """Our names of the axes of the activity, in their order in the file; DataError where they cannot be told.

    Args:
        lengths: of the axes that other variables have told.
    """
    activity, title = found.of["activity"], found.titles["activity"]
    shape = activity.values.shape
    if described.dims:
        if len(described.dims) != len(shape):
            raise DataError(f"--dims names {len(described.dims)} axes, but {title!r} has the shape {list(shape)}")
        named: tuple[str, ...] = described.dims
    elif activity.dims is not None and (known := _known(activity.dims)) is not None:
        named = known
    else:
        named = _by_length(stored, title, shape, lengths)
    for axis, length in lengths.items():
        if axis in named and shape[named.index(axis)] != length:
            raise DataError(
                f"{shown(stored.path)}: {title!r} has {shape[named.index(axis)]} {STEPS.get(axis, axis)}, but other variables have {length}; "
                "--dims names its axes in their order, as in trials time neurons"
            )
    return named


def _known(dims: tuple[str, ...]) -> tuple[str, ...] | None:
    """The axes by common names, all of them or none."""
    found = [next((ours for ours, names in AXES.items() if plain(name) in names.split()), None) for name in dims]
    known = [axis for axis in found if axis is not None]
    return tuple(known) if len(known) == len(set(known)) == len(dims) else None


def _by_length(stored: Stored, title: str, shape: tuple[int, ...], lengths: dict[str, int]) -> tuple[str, ...]:
    """The axes of trials by the lengths of other variables: trials, then time, then neurons where several would fit."""
    if len(shape) not in (2, 3):
        allowed = "[trials, neurons] and [trials, time, neurons]"
        raise DataError(f"{shown(stored.path)}: {title!r} has the shape {list(shape)}; allowed are {allowed}")
    trials = lengths["trials"]
    wanted = ["trials", "time", "neurons"] if len(shape) == 3 else ["trials", "neurons"]
    orders = [wanted, ["neurons", "time", "trials"], ["trials", "neurons", "time"], ["neurons", "trials", "time"]]
    orders += [["time", "trials", "neurons"], ["time", "neurons", "trials"], ["neurons", "trials"]]
    for order in orders:
        if sorted(order) == sorted(wanted) and all(lengths.get(a, n) == n for a, n in zip(order, shape)):
            return tuple(order)
    steps = f" and a time axis of {lengths['time']} steps" if "time" in lengths else ""
    raise DataError(
        f"{shown(stored.path)}: {title!r} has the shape {list(shape)}, which does not go with colours of {trials} trials{steps}; "
        "--dims names its axes in their order, as in trials time neurons"
    )


def matrix(each: Variable) -> np.ndarray:
    """[trials, 2] of a variable with both colours, whichever way round it is stored."""
    values = each.values
    return values if values.shape[1] == 2 else values.T
