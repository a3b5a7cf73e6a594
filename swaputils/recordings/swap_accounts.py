"""At which step swaps arise in a recording: the accounts of `geometry.accounts`, from the windows before and after the cue."""

import pandas as pd
import torch

from swaputils.geometry.accounts import LEAST_SEPARATION, PAIRS, accounts_of, evidence
from swaputils.recordings.sessions import Session
from swaputils.recordings.timing import Part

MEANINGS = {
    "misbinding": "colours exchanged before the cue",
    "misselection": "colours exchanged from the cue on",
    "misinterpretation": "as if the other item had been cued",
    "none": "no trace in activity after the cue",
}


def swap_accounts(
    sessions: tuple[Session, ...], before: Part, after: Part, *, generator: torch.Generator
) -> pd.DataFrame:
    """what ("share of swaps" or "separation"), of, value, low, high, note; UnusableActivity where swaps or trials are too few."""
    said = []
    for session in sessions:
        first, then = (part.moment(session).activity[:, 0] for part in (before, after))
        first, then = (held[:, (held != held[:1]).any(0)] for held in (first, then))
        if session.cued is None or session.report is None:
            return pd.DataFrame()
        said.append(evidence(first, then, session.colours, session.cued, session.report, generator=generator))
    found = accounts_of(said, generator=generator)
    rows: list[tuple] = []
    for group, *ends in zip(found.told, found.share.tolist(), found.low.tolist(), found.high.tolist()):
        note = "; ".join(f"{account}: {MEANINGS[account]}" for account in group)
        note += "" if len(group) == 1 else "; these cannot be told apart"
        rows.append(("share of swaps", " or ".join(group), *ends, note))
    for (when, one, other), apart in zip(PAIRS, found.separation.tolist()):
        note = f"d', {'told apart' if apart >= LEAST_SEPARATION else 'not told apart'} from {LEAST_SEPARATION:g}"
        rows.append(("separation", f"{one} and {other}, {when} the cue", apart, None, None, note))
    rows.append(("expected swaps", "all trials", found.swaps, None, None, "sum of probabilities, from the reports"))
    return pd.DataFrame(rows, columns=["what", "of", "value", "low", "high", "note"])
