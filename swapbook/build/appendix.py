"""The appendix: every condition and every stored network of the book in tables that are written from results/.

A test compares the page with what this writes, so that page and results cannot disagree.
"""

from pathlib import Path

import pandas as pd

from swapbook import claims
from swapbook.places import ROOT
from swapbook.scales import BOOK
from swapbook.summaries import collected
from swapbook.summaries.collected import those
from swapbook.tables import PEOPLE
from swaputils.files import write_text

PAGE = ROOT / "book" / "all_networks.md"
OPENING = """# Appendix: every network

The tables behind [](../notebooks/03_rnn_training.ipynb): all conditions, and every stored network of the `laptop` scale.
This page is written by `python -m swapbook claims`; a test fails when it and the stored networks disagree.
"""
CONDITIONS_TEXT = """## Conditions and trainings

Every condition that was trained is a row; where *taught* names no other objective it is diffusion. *Seeds* counts the networks of it that are
stored, each with initial weights of its own. Networks *after* another condition, or taught one thing and *then* another, go on from a network
whose minutes are not counted; *untrained* ones are the initial weights. *Stopped* counts the trainings that diverged or did not select the
cued item. *CPU minutes* is the mean training time on one core; processors of different kinds were used, some twice as fast as others, with
two versions of torch.
"""
IDEAL_TEXT = """## Beside the ideal sampler

Networks with narrow targets, on 20,000 displays each. *Swap rate* and *median error*, to the nearest item, are means over seeds, with the least
and the largest in brackets; *ideal* and *ideal's* are the ideal sampler's. Where many responses are far from both items, as with moment
matching, mean regression and the energy score from scratch, the nearest item says little. *Radial SD* is the spread of the distance from the
origin, in units of the target's radius. *Moved* is the circular Wasserstein distance between the errors to the cued item and those of the target
itself: how far probability has to be moved (rad). *Noise off* is the largest swap rate among the seeds with no noise in any step and the initial
state at its mean; responses of the mixture-density networks are drawn from their output, so they have no entry.
"""
AGREEMENT_TEXT = """## How far seeds agree

Conditions with two or more trainings. *Converged* is the share of the trainings that ended with the cued item selected. *SD* is the standard
deviation of the swap rate between the networks, *SD of responses* what would be left of it if all were the ideal sampler and only the number of
responses was finite, *SD of curves* that between their swap curves, mean over probe distances. The nearest item says little about networks of all
of people's responses, so they have no rate.
"""


def markdown(table: pd.DataFrame, name: str = "") -> str:
    """A table in Markdown; its index is the first column, and a dash stands for no number."""
    rows = [[name, *table.columns], ["---"] * (1 + len(table.columns))]
    rows += [[title, *row] for title, row in zip(table.index, table.astype(str).replace("nan", "-").to_numpy())]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows) + "\n"


def page() -> str:
    """The page as the stored networks have it."""
    attempts = claims.trainings(BOOK, PEOPLE)
    narrow = those(attempts[attempts["converged"]], lambda each: each.answers.narrow)
    parts = (
        (CONDITIONS_TEXT, collected.conditions(attempts), "condition"),
        (IDEAL_TEXT, collected.beside_ideal(narrow), "networks"),
        (AGREEMENT_TEXT, collected.agreement(attempts), "networks"),
    )
    return "\n".join([OPENING, *(f"{text}\n{markdown(table, name)}" for text, table, name in parts)])


def write_page() -> Path:
    """Write the appendix, whole or not at all, and say where."""
    write_text(PAGE, page())
    return PAGE
