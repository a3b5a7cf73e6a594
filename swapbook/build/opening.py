"""The opening page's figure and its table of verdicts, made from what is stored; tests compare both with what this writes."""

import io
import re
from collections import Counter

import matplotlib.pyplot as plt

from swapbook import plane_tables, tables
from swapbook.build import verdicts
from swapbook.claims import DOES_NOT, HOLDS, IN_PART, overall
from swapbook.collection import collection
from swapbook.figures.of_opening import VERDICTS, Opening, opening
from swapbook.places import ROOT
from swapbook.scales import BOOK
from swapbook.studies.readings import functions
from swapbook.tables import PEOPLE
from swaputils import drawing
from swaputils.files import write_files

PAGE = ROOT / "book" / "intro.md"
FIGURE = ROOT / "book" / "opening.png"
ITEMS = 8
COUNTED = re.compile(r"(?<=\| claims of the paper and of this book \|).*(?=\|)")
GROUPS = {"taught swaps": "index_swap", "taught none": "index_no_swap", "task-optimal": "index_task_optimal"}
NAMES = dict(zip((HOLDS, IN_PART, DOES_NOT), ("hold", "hold in part", "do not hold")))


def counted() -> dict[str, int]:
    """How many claims hold, hold in part, are open and do not hold."""
    found = Counter(NAMES.get(overall(each), "open") for each in verdicts.judgements().values())
    return {verdict: found[verdict] for verdict in VERDICTS}


def gathered() -> Opening:
    """What the figure shows, from stored tables, posteriors, networks and claims."""
    around = tables.surrogate_table(PEOPLE, "errors").query("set_size == @ITEMS and distance > 0")
    networks = collection(BOOK, PEOPLE)
    before = {text: plane_tables.at_moments(networks, name)["before"].to_numpy() for text, name in GROUPS.items()}
    return Opening(
        around=around[around["distance"] == around["distance"].min()],
        function=functions({ITEMS: tables.posterior(PEOPLE, ITEMS)}),
        networks=networks[networks["condition"] == "probe_human"],
        overlap=before,
        verdicts=counted(),
    )


def drawn(shown: Opening) -> bytes:
    """The figure as PNG."""
    with plt.rc_context():
        drawing.set_style()
        figure, file = opening(shown), io.BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
        plt.close(figure)
    return file.getvalue()


def with_counts(page: str, verdicts: dict[str, int]) -> str:
    """The page with the row of its table that says how many claims have which verdict."""
    words = ", ".join(f"{verdict}: {count}" for verdict, count in verdicts.items())
    return COUNTED.sub(f" {words} ", page)


def write_opening() -> None:
    """Write the figure and the page's counts of verdicts."""
    shown = gathered()
    write_files({FIGURE: drawn(shown), PAGE: with_counts(PAGE.read_text(), dict(shown.verdicts)).encode()})
