"""Files with a row per item, turned into a row per trial."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from swaputils.data.roles import Roles
from swaputils.data.sources import Source
from swaputils.data.table import DataError
from swaputils.files import shown

YES = {"1", "true", "yes", "y", "t", "target", "probed", "cued", "tested"}


def widened(path: Path, source: Source, roles: Roles) -> tuple[Source, Roles]:
    """The table with a row per trial, whose item columns are named after the user's column and the place of the item.

    A trial is a run of rows that agree in person, block, trial number and response.

    Raises:
        DataError: unless each has one target.
    """
    cells = source.cells
    keys = [roles.of[name] for name in ("subject", "block", "trial", "response") if name in roles.of]
    text = cells[keys].fillna("")
    first = (text != text.shift()).any(axis=1).to_numpy()
    run = first.cumsum() - 1
    target = cells[roles.of["is_target"]].fillna("").str.lower().isin(YES).to_numpy()
    count = np.bincount(run, weights=target)
    if (count != 1).any():
        row = int((count != 1).argmax())
        line = source.lines[(run == row).argmax()]
        raise DataError(
            f"{shown(path)}, row {line}: the trial that begins here has {int(count[row])} targets by "
            f"'{roles.of['is_target']}'; with --long every trial needs one, and a trial is a run of rows that agree in "
            + ", ".join(f"'{key}'" for key in keys)
        )
    place = np.where(target, 0, pd.Series(~target).groupby(run).cumsum())  # of an item in its trial: 0 for the target
    most = int(place.max())
    columns, named = {}, {}
    for ours, prefix in (("item", ""), ("cue", "cue_")):
        if ours not in roles.of:
            continue
        header = roles.of[ours]
        wide = np.full((run[-1] + 1, most + 1), None, dtype=object)
        wide[run, place] = cells[header].to_numpy()
        for k in range(most + 1):
            title = f"{header} of the target" if k == 0 else f"{header} of non-target {k}"
            columns[title] = wide[:, k]
            named[f"{prefix}target" if k == 0 else f"{prefix}nontarget_{k}"] = title
    dropped = [roles.of[name] for name in ("item", "cue", "is_target") if name in roles.of]
    kept = cells[first].drop(columns=dropped).reset_index(drop=True)
    of = {ours: header for ours, header in roles.of.items() if ours not in ("item", "cue", "is_target")}
    wide_cells = pd.concat([kept, pd.DataFrame(columns, dtype=object)], axis=1)
    facts = (*source.facts, f"{len(cells)} rows, one per item, make {len(kept)} trials")
    return Source(wide_cells, source.lines[first], facts), replace(roles, of=of | named)
