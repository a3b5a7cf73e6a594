"""Neurons and trials that cannot be used: each kind is named, with the option that settles it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from swaputils.geometry.crossproducts import cross_products
from swaputils.geometry.harmonics import UnusableActivity, most_harmonics
from swaputils.recordings.recording_options import Described
from swaputils.recordings.sessions import Session

MOST_NAMED = 8
LEADING_FROM = 2  # harmonics that the colours allow, from which the regression with interactions can be made


def checked_neurons(
    activity: Tensor, mine: Tensor, labels, which: str, described: Described, said: list[str]
) -> tuple[Tensor, list[str]]:
    """[neurons] those that are used, and the problems of those that should be and cannot.

    Args:
        activity: [trials, steps, neurons] of one session.
        mine: [neurons] which belong to the session.
        labels: names of the neurons; None where they have none.
        which: the session, as messages begin.
    """
    unusable = {"nan": ~activity.isfinite().all(0).all(0) & mine}
    unusable["constant"] = (activity == activity[:1, :1]).all(0).all(0) & mine if len(activity) else ~mine & mine
    what = {"nan": "NaN or infinite in", "constant": "constant in"}
    kept, problems = mine.clone(), []
    for kind, wrong in unusable.items():
        if not wrong.any():
            continue
        sentence = f"{which}activity is {what[kind]} {_named(wrong, labels)}"
        if kind in described.drop_neurons:
            said.append(f"{sentence}; left out.")
            kept &= ~wrong
        else:
            problems.append(f"{sentence}; --drop-neurons {kind} leaves {'it' if wrong.sum() == 1 else 'them'} out")
    if not problems and int(kept.sum()) < 2:
        problems.append(f"{which}{int(kept.sum())} neurons are left; a plane needs 2 or more")
    return kept, problems


def _named(wrong: Tensor, labels) -> str:
    """The neurons that are true, a few by name, or by number."""
    places = wrong.nonzero().flatten().tolist()
    names = [str(place) if labels is None else labels[place] for place in places[:MOST_NAMED]]
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    count = "" if labels is not None else " (counted from 0)"
    return f"neuron{'s' if len(places) > 1 else ''} {', '.join(names)}{more}{count}"


def harmonics_of(sessions: Sequence[Session], by_cue: bool) -> int:
    """The harmonics of the regression that all sessions allow, 2 or 1; UnusableActivity, with the session, where none."""
    try:
        for session in sessions:
            _try_design(session, 2, by_cue)
    except UnusableActivity:
        for session in sessions:
            try:
                _try_design(session, 1, by_cue)
            except UnusableActivity as error:
                if len(sessions) == 1:
                    raise
                named = f"session {session.name}: {error}; --without {session.name} leaves it out"
                raise UnusableActivity(named) from error
        return 1
    return 2


def _try_design(session: Session, harmonics: int, by_cue: bool) -> None:
    """UnusableActivity where the colours and trials do not allow the regression; the colours stand for activity."""
    stand_in, cued = session.colours.cos(), session.cued if by_cue else None
    how: dict = {"generator": torch.Generator().manual_seed(0), "harmonics": harmonics, "jackknife": False}
    cross_products(stand_in, session.colours, cued, **how)


def refuse_design(sessions: list[Session]) -> list[str]:
    """The problem of colours or trials that allow no regression, or of sessions that cannot be pooled."""
    try:
        for by_cue in (False, True):
            harmonics_of(sessions, by_cue)
    except UnusableActivity as error:
        return [str(error)]
    enough = {session.name: most_harmonics(session.colours) >= LEADING_FROM for session in sessions}
    if len(set(enough.values())) > 1:
        few, many = (", ".join(name for name, able in enough.items() if able == wanted) for wanted in (False, True))
        differ = (
            f"sessions {few} have fewer than 5 distinct colours and {many} more, so they allow different regressions"
        )
        return [f"{differ}; --without leaves sessions out"]
    return []
