"""What a reading understood of a file, in sentences for the terminal and the report."""

from collections.abc import Iterable

from swaputils.data.layout import Layout
from swaputils.data.reading import Column, Reading

MOST_NAMES = 12


def understood(reading: Reading, names: int | None = MOST_NAMES) -> list[str]:
    """One sentence for each thing that was understood, in the user's own names of columns, people and conditions.

    Args:
        names: how many people are named; None names all.
    """
    said = [f"{reading.name}: {reading.rows} rows" + "".join(f"; {fact}" for fact in reading.facts) + "."]
    said.append(_people(reading, names))
    trials = reading.trials
    if trials is not None and trials.condition is not None:
        counts = trials.condition.tolist()
        parts = [f"{name} ({counts.count(code)} trials)" for code, name in reading.conditions.items()]
        said.append(f"Conditions, in '{reading.layout.condition}': {', '.join(parts)}; each is fitted alone.")
    said += _set_sizes(reading)
    said += [_column(column) for column in reading.columns]
    if trials is not None and reading.columns:
        said.append(_cues(reading.layout, bool(trials.displays.probe.isnan().all())))
    lost = sum(reading.dropped.values())
    reasons = ", ".join(f"{count} with {reason}" for reason, count in reading.dropped.items())
    unusable = f"; {lost} cannot: {reasons}" if lost else ""
    said.append(f"{reading.rows - lost} of {reading.rows} trials can be used{unusable}.")
    if reading.pooled:
        pooled = ", ".join(f"'{header}' ({', '.join(values)})" for header, values in reading.pooled.items())
        apart = "" if reading.conditions else "; --condition fits the values of one of them apart"
        said.append(f"Trials were pooled over {pooled}{apart}.")
    said += reading.notes
    if reading.layout.given:
        said.append(f"Options: {', '.join(options(reading.layout))}.")
    if reading.ignored:
        said.append(f"Not read: {', '.join(repr(header) for header in reading.ignored)}.")
    return said


def options(layout: Layout) -> list[str]:
    """What was said about a file, as on the command line."""
    return [_option(*pair) for pair in layout.given.items()]


def _option(name: str, value: object) -> str:
    said = "" if value is True else f" {' '.join(map(str, value)) if isinstance(value, list) else value}"
    return f"--{name.replace('_', '-')}{said}"


def _people(reading: Reading, most: int | None) -> str:
    names = list(reading.people.values())
    if "subject" not in reading.read_as:
        return "One person: there is no column of people." if len(names) == 1 else f"{len(names)} people."
    more = f" and {len(names) - most} more" if most and len(names) > most else ""
    some = ", ".join(names[:most]) + more
    return f"{len(names)} {'person' if len(names) == 1 else 'people'}, in '{reading.read_as['subject']}': {some}."


def _set_sizes(reading: Reading) -> list[str]:
    counts = reading.set_sizes
    sizes = ", ".join(f"{size} ({count} trials)" for size, count in counts.items())
    header = reading.read_as.get("set_size")
    source = f"in '{header}'" if header else "counted from the filled items"
    said = [f"Set sizes, {source}: {sizes}."]
    unknown = 0 if reading.trials is None else int((~reading.trials.displays.recorded).sum())
    if unknown:
        said.append(
            f"The non-targets of {unknown} trials are not on record: at their set sizes only the mixture of target and guesses is "
            "fitted, and no swaps."
        )
    return said


def _column(column: Column) -> str:
    unit = column.unit if column.unit in ("rad", "deg", "places") else f"of a full turn of {column.unit}"
    span = f"{column.low:.4g} to {column.high:.4g} {unit}" if column.filled else "empty"
    return f"'{column.title}' ({column.role}): {span}, {column.filled} cells."


def _cues(layout: Layout, none: bool) -> str:
    period = f"Report angles are {layout.units}" + (", with a period of 180°, doubled" if layout.period == 180 else "")
    if none:
        return f"{period}; there are no cues, so swaps by cue distance are not fitted."
    kind = f"{layout.cue_slots} places on a circle" if layout.cue_slots else layout.cue_units or layout.units
    doubled = ", with a period of 180°, doubled" if layout.cue_period == 180 else ""
    return f"{period}; cues are {kind}{doubled}."


def listing(sentences: Iterable[str]) -> str:
    """The sentences, one a line."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
