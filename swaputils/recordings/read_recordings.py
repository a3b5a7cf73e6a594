"""From the variables of a file to a recording: axes in order, angles in rad, trials in sessions, and a sentence on each step."""

from dataclasses import replace

import numpy as np
import torch

from swaputils.data.table import DataError
from swaputils.files import shown
from swaputils.recordings.columns_of_trials import angles, cued_items
from swaputils.recordings.mean_activity import read_means
from swaputils.recordings.recording_formats import Stored, Variable, open_recording
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import Recording, Session
from swaputils.recordings.timing import Timing, binned, cue_time, time_axis, timing
from swaputils.recordings.unusable import checked_neurons, refuse_design
from swaputils.recordings.variable_roles import Assigned, assign, axes_of, matrix


def read_recording(source: str, described: Described = Described()) -> Recording:  # noqa: B008 (frozen)
    """A recording of a file or of a public data set, and what is unclear about it; DataError where it cannot be read at all."""
    stored = open_recording(source, described)
    found = assign(stored, described)
    if not {"colours", "colour_0", "colour_1"} & set(found.of):
        return read_means(source, stored, found, described)
    colours = _colour_columns(stored, found)
    reported = {found.titles["report"]: found.of["report"]} if "report" in found.of else {}
    columns, unit = angles({**colours, **reported}, described)
    pair = torch.stack([columns[title] for title in colours], dim=1)
    trials = len(pair)
    activity, when = _activity(stored, found, described, trials)
    said = [f"{shown(stored.path)}: {stored.kind}, {trials} trials, in '{found.titles['activity']}'."]
    said += _time_sentences(when, found, described)
    names = {title.split("[")[0] for title in colours}
    shown_as = " and ".join(f"'{title}'" for title in found.titles.values() if title in names)
    said.append(f"Colours, in {shown_as}: read as {_unit(unit)}.")
    per_trial = {ours: _per_trial(stored, found, ours, trials) for ours in ("cued", "session") if ours in found.of}
    cued = None
    if "cued" in per_trial:
        title = found.titles["cued"]
        cued, named = cued_items(title, per_trial["cued"], _item_names(stored, found), described)
        counts = [int((cued == item).sum()) for item in (0, 1)]
        first, second = list(colours)
        said.append(
            f"Cued item, in '{title}': {named[0]} ({counts[0]} trials) is the item of '{first}', {named[1]} ({counts[1]} trials) "
            f"that of '{second}'."
        )
    else:
        said.append("Which item was cued is not on record: all trials are taken alike throughout.")
    report = None
    if reported:
        title = found.titles["report"]
        report = columns[title]
        said.append(f"Report, in '{title}': read as {_unit(unit)}.")
        if len(report) != trials:
            raise DataError(f"'{title}' has {len(report)} entries, but there are {trials} trials; give one for each")
    else:
        said.append("There is no report: all trials count, right or wrong.")
    usable, problems = _usable(pair, cued, report, described, said)
    session = per_trial.get("session", np.array([stored.path.stem] * trials)).astype(str)
    parts = (activity, pair, None if cued is None else torch.as_tensor(cued), report)
    sessions, more = _sessions(found, session, usable, parts, described, said)
    problems += more or refuse_design(sessions)
    said.append(
        f"{sum(len(s.activity) for s in sessions)} of {trials} trials and {sum(s.activity.shape[2] for s in sessions)} neurons can be "
        f"used{'' if len(sessions) == 1 else f', in {len(sessions)} sessions'}."
    )
    if found.unread:
        said.append(f"Not read: {', '.join(map(repr, found.unread))}.")
    read = Recording(source, tuple(said), tuple(problems), tuple(sessions))
    if when is None:
        return read
    windows: dict = {"cue_time": when.cue, "before": when.before, "after": when.after}
    return replace(read, time=torch.as_tensor(when.time), unit=when.unit, **windows)


def _colour_columns(stored: Stored, found: Assigned) -> dict[str, Variable]:
    """The colours of either item, one column each."""
    if "colours" in found.of:
        each, title = found.of["colours"], found.titles["colours"]
        if each.values.ndim != 2 or 2 not in each.values.shape:
            raise DataError(f"{title!r} has the shape {list(each.values.shape)}; colours are [trials, 2]")
        return {f"{title}[{item}]": Variable(matrix(each)[:, item], unit=each.unit) for item in (0, 1)}
    pair = [ours for ours in ("colour_0", "colour_1") if ours in found.of]
    if len(pair) < 2:
        raise DataError(
            f"{found.titles[pair[0]]!r} is the colour of one item only; --columns colour_0=NAME colour_1=NAME names two"
        )
    columns = {found.titles[ours]: found.of[ours] for ours in pair}
    lengths = {title: each.values.shape for title, each in columns.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        shapes = " and ".join(f"{title!r} {list(shape)}" for title, shape in lengths.items())
        raise DataError(f"{shown(stored.path)}: {shapes} are not one colour for each trial; give both as [trials]")
    return columns


def _activity(stored: Stored, found: Assigned, described: Described, trials: int) -> tuple[torch.Tensor, Timing | None]:
    """[trials, steps, neurons], and its timing where it has steps."""
    lengths = {"trials": trials}
    if "time" in found.of:
        lengths["time"] = found.of["time"].values.size
    axes = axes_of(stored, found, described, lengths)
    if not {"trials", "neurons"} <= set(axes) <= {"trials", "time", "neurons"}:
        fault = f"activity has the axes {', '.join(axes)}"
        raise DataError(f"{fault}; trials have trials, neurons and, where there are steps, time")
    values = found.of["activity"].values
    if values.dtype.kind not in "fiub":
        raise DataError(f"{found.titles['activity']!r} holds no numbers; activity is rates or counts")
    order = [axes.index(axis) for axis in ("trials", "time", "neurons") if axis in axes]
    ordered = values.transpose(order).astype(float)
    if "time" not in axes:
        return torch.as_tensor(ordered[:, None]), None
    title = found.titles.get("time", "time")
    time, unit = time_axis(title, found.of.get("time"), ordered.shape[1], described)
    cue = None
    if "cued" in found.of or described.cue_time is not None:
        cue = cue_time(found.titles.get("cue_time", ""), found.of.get("cue_time"), time, stored.cue_at_zero, described)
    if described.bin is not None and stored.cue_at_zero is None:
        ordered, time = binned(ordered, time, described.bin, cue)
    return torch.as_tensor(ordered), timing(time, unit, cue, described)


def _per_trial(stored: Stored, found: Assigned, ours: str, trials: int) -> np.ndarray:
    values, title = found.of[ours].values, found.titles[ours]
    values = np.full(trials, values[()]) if values.ndim == 0 and ours == "session" else values.squeeze()
    if values.shape != (trials,):
        raise DataError(
            f"{shown(stored.path)}: {title!r} has the shape {list(values.shape)}, but there are {trials} trials; give one entry each"
        )
    return values


def _item_names(stored: Stored, found: Assigned) -> tuple[str, ...]:
    """Names of the items in the order of their colours: of the axis of the colours, or what tells their two variables apart."""
    if "colours" in found.of:
        for dim in found.of["colours"].dims or ():
            names = stored.variables.get(dim)
            if names is not None and names.values.shape == (2,):
                return tuple(map(str, names.values))
        return ()
    one, other = (found.titles[ours] for ours in ("colour_0", "colour_1"))
    start = next((k for k, (a, b) in enumerate(zip(one, other)) if a != b), 0)
    end = next((k for k, (a, b) in enumerate(zip(one[::-1], other[::-1])) if a != b), 0)
    return tuple(name[start : len(name) - end].strip("_- .") for name in (one, other))


def _time_sentences(when: Timing | None, found: Assigned, described: Described) -> list[str]:
    if when is None:
        return ["There is no time axis: one moment is measured."]
    unit = f" {when.unit}" if when.unit else ""
    said = [f"Time: {len(when.time)} steps from {when.time[0]:g} to {when.time[-1]:g}{unit}."]
    if when.cue is None or when.after is None:
        return [*said, f"There is no cue; planes are measured over {when.before[0]:g} to {when.before[1]:g}{unit}."]
    named = found.titles.get("cue_time")
    source = f"in '{named}'" if named else "where the time axis is 0"
    source = source if described.cue_time is None else "as --cue-time says"
    windows = (
        f"The cue came at {when.cue:g}{unit} ({source}); before it planes are measured over {when.before[0]:g} to "
        f"{when.before[1]:g}{unit}, after it over {when.after[0]:g} to {when.after[1]:g}{unit}."
    )
    return [*said, windows]


def _usable(pair, cued, report, described: Described, said: list[str]) -> tuple[torch.Tensor, list[str]]:
    """[trials] which have what they need, and the problem of those that do not."""
    lacks = {"a colour": pair.isnan().any(1)}
    lacks |= {} if cued is None else {"a cue": torch.as_tensor(np.isnan(cued))}
    lacks |= {} if report is None else {"a report": report.isnan()}
    usable = ~torch.stack(list(lacks.values())).any(0)
    reasons = ", ".join(f"{int(missing.sum())} lack {what}" for what, missing in lacks.items() if missing.any())
    if not reasons:
        return usable, []
    if described.drop_unanswered:
        said.append(f"{int((~usable).sum())} trials are left out: {reasons}.")
        return usable, []
    return usable, [f"of {len(usable)} trials {reasons}; --drop-unanswered leaves them out"]


def _sessions(
    found: Assigned, names, usable, parts, described: Described, said: list[str]
) -> tuple[list[Session], list[str]]:
    """The trials of each session with its own neurons, and what is wrong with these."""
    activity, pair, cued, report = parts
    labels = found.of["neuron"].values.astype(str) if "neuron" in found.of else None
    if labels is not None and labels.shape != (activity.shape[2],):
        labels = None
    owner = found.of["neuron_session"].values.astype(str) if "neuron_session" in found.of else None
    if owner is not None and owner.shape != (activity.shape[2],):
        fault = f"{found.titles['neuron_session']!r} has {owner.size} entries"
        raise DataError(f"{fault}, but there are {activity.shape[2]} neurons")
    distinct = list(dict.fromkeys(names))
    unknown = [name for name in described.without if name not in distinct]
    if unknown:
        raise DataError(f"--without names {unknown[0]!r}, which is no session; there are {', '.join(distinct)}")
    sessions, problems = [], []
    for name in distinct:
        if name in described.without:
            continue
        here = torch.as_tensor(names == name) & usable
        own = activity[here]
        mine = torch.ones(own.shape[2], dtype=torch.bool) if owner is None else torch.as_tensor(owner == name)
        if len(distinct) > 1 and owner is None:
            mine = ~own.isnan().all(0).all(0)
        which = f"session {name}: " if len(distinct) > 1 else ""
        kept, wrong = checked_neurons(own, mine, labels, which, described, said)
        problems += wrong
        cues = None if cued is None else cued[here].nan_to_num().long()
        sessions.append(Session(name, own[:, :, kept], pair[here], cues, None if report is None else report[here]))
    if "session" in found.titles:
        sizes = ", ".join(f"{s.name} ({len(s.activity)} trials, {s.activity.shape[2]} neurons)" for s in sessions)
        said.append(f"Sessions, in '{found.titles['session']}': {sizes}.")
    return sessions, problems


def _unit(unit: str) -> str:
    return unit if unit in ("rad", "deg") else f"parts of a full turn of {float(unit):g}"
