"""The book's commands: `python -m swapbook COMMAND --help`; errors are one message and a non-zero exit status."""

import sys
import time
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import tyro
from tqdm import tqdm

from swapbook import induced, other_people, people
from swapbook.build import (
    appendix,
    chapters,
    example,
    exercises,
    handout,
    missing_networks,
    opening,
    pdf,
    rerun,
    rooms_drawn,
    site,
    verdicts,
    workshop,
)
from swapbook.collection import stored
from swapbook.conditions import CONDITIONS, named
from swapbook.cortex import compared
from swapbook.evaluation import evaluate
from swapbook.measures import unmeasured
from swapbook.networks import Network
from swapbook.scales import BOOK, SCALES
from swapbook.tables import PEOPLE
from swaputils.command_line import run
from swaputils.errors import SwaputilsError
from swaputils.files import read_json, shown
from swaputils.run_folder import METRICS

Assignments = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME=value")]
Name = Annotated[str, tyro.conf.Positional]
CURVES = {
    "curve": "swap rate by probe distance",
    "responsibilities": "probability that a response came from a non-target, by its probe distance",
    "refit": "swap function of chapter 1's model fitted to the responses",
    "generalisation": "other numbers of items",
}


def build(outputs: Name, assignments: Assignments = ()) -> None:
    """Build the book.

    Args:
        outputs: "executed", of chapters executed now where something changed, or "stored", those in notebooks/.
        assignments: parameters of the chapters, for executed ones.
    """
    chapters.BUILD.mkdir(exist_ok=True)
    start = time.monotonic()
    ways = {"executed": lambda: site.build_executed(list(assignments)), "stored": site.build_stored}
    summary = named("kind of outputs", outputs, ways)()
    print(f"The book lies at {summary}; {time.monotonic() - start:.0f} s. Open it in a browser.")


def print_book() -> None:
    """Build the book from the stored outputs, and print it into one PDF; a Chromium does the printing."""
    build("stored")
    print(f"printed: {shown(pdf.print_book())}")


def store_outputs(names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()) -> None:
    """Execute chapters with their default parameters, and exercises; store their outputs, those of the page that adds a task, and the map.

    Args:
        names: notebooks; all of them, that page and the map, unless given.
    """
    chapters.refresh_all(list(names))
    if not names:
        example.refresh_example()
        draw_map()


def collection(assignments: Assignments = ()) -> None:
    """Train the networks of the book that are missing or outdated.

    Args:
        assignments: SCALE, DATA, SEEDS, CONDITIONS, CORES, DEVICE, PROFILE, DRYRUN; see swapbook/build/collection.yaml.
    """
    if missing := missing_networks.train(*missing_networks.parse(assignments)):
        raise SwaputilsError(missing_networks.failures(missing))


def train_member(output: Annotated[Path, tyro.conf.Positional], assignments: Assignments = ()) -> None:
    """Train one network by executing chapter 3, as the collection does.

    Args:
        output: the executed notebook.
        assignments: parameters of the chapter.
    """
    missing_networks.train_member(output, list(assignments))


def train(condition: Name, scale: str = BOOK, seed: int = 0, data: str = PEOPLE, device: str | None = None) -> None:
    """Train a network of a condition from scratch, measure it, and keep the run in the results folder.

    Args:
        condition: for example index_swap or probe_human.
        scale: smoke (seconds), laptop (minutes) or paper.
        seed: seed of the random numbers.
        data: whose responses the human conditions learn: a data set, or a folder that `swaputils fit` wrote.
        device: cpu, or cuda for a GPU; the one that SWAPUTILS_DEVICE names unless given, else cpu.
    """
    network = Network(condition, scale, seed, data)
    network.train(device)
    print(f"kept in {shown(network.folder)}")
    show(condition, scale, seed, data)


def show(condition: Name, scale: str = BOOK, seed: int = 0, data: str = PEOPLE) -> None:
    """Measure a stored network on held-out displays, beside the ideal sampler and the network without noise, and print it.

    Args:
        condition: for example index_swap or probe_human.
        scale: smoke, laptop or paper.
        seed: seed of the network.
        data: whose responses the human conditions learnt.
    """
    trained = Network(condition, scale, seed, data).load()
    found = pd.DataFrame(evaluate(trained.rnn, trained.plan))
    tables = found.map(lambda value: isinstance(value, dict)).any(axis=1)
    print(found[~tables].astype(float).round(4).to_string())
    for name, title in CURVES.items():
        for who, curve in found.loc[name].items() if name in found.index else ():
            if isinstance(curve, dict):
                print(f"{title}: {who.replace('_', ' ')}")
                print(pd.DataFrame(curve).round(3).to_string(index=False))


def measure(scale: str = BOOK, data: str = PEOPLE, conditions: tuple[str, ...] = ()) -> None:
    """Measure stored networks anew where a measure is missing or comes from other code; nothing is trained.

    Args:
        scale: smoke, laptop or paper.
        data: whose responses the human conditions learnt.
        conditions: all unless given.
    """
    chosen = [network for name in conditions or CONDITIONS for network in stored(name, scale, data)]
    for network in tqdm(chosen, desc="measuring", unit="network"):
        if unmeasured(read_json(network.folder / METRICS), CONDITIONS[network.condition]):
            network.measure()


def score(what: Name, scale: str = BOOK, data: str = PEOPLE) -> None:
    """Score networks or other learners on held-out people, or read changed networks.

    Args:
        what: networks, the stored ones of all of people's responses; learners, which get some human trials and no other; changed,
            task-optimal networks with nearer probes and more noise; or unfitted, people whom nothing was fitted to.
        scale: smoke, laptop or paper.
        data: the data set.
    """
    named("scale", scale, SCALES)
    ways = {
        "networks": lambda: people.recompute_people(scale, data),
        "learners": lambda: rerun.score_learners(scale, data),
    }
    ways |= {"changed": lambda: induced.recompute_induced(scale), "unfitted": other_people.recompute}
    if failed := named("kind of scores", what, ways)():
        raise SwaputilsError("\n".join((f"{len(failed)} learners have no score", *failed)))


def tables(name: Annotated[str | None, tyro.conf.Positional] = None, chosen: tuple[str, ...] = ()) -> None:
    """Compute the stored tables of chapter 1 that are missing.

    Args:
        name: a data set, or "studies" for observers that are known; all unless given.
        chosen: tables to compute whether they are stored or not.
    """
    rerun.compute(name, *chosen)


def compare(chosen: Annotated[tuple[str, ...], tyro.conf.Positional] = ()) -> None:
    """Compute what chapter 4 shows of stored networks beside recordings, one by one.

    Args:
        chosen: comparisons to compute whether they are stored or not; those that are missing unless given.
    """
    missing = [name for name in compared.COMPARISONS if not compared.is_stored(name)]
    rerun.compare(chosen or missing)


def claims() -> None:
    """Write what is made of claims.yml and the stored networks: the page of claims, the appendix, the opening page's figure and counts."""
    print(f"written: {shown(verdicts.write_page())}, {shown(appendix.write_page())}")
    opening.write_opening()


def draw_map() -> None:
    """Draw the map of the house, book/rooms.svg, from the imports in the code."""
    rooms_drawn.draw_map()
    print(f"drawn: {shown(rooms_drawn.MAP)}")


def solve() -> None:
    """Run the solution of every exercise, and store how many processor seconds it takes."""
    for number, seconds in exercises.store_seconds().items():
        print(f"{number:3} {seconds:5.1f} s")


def write_workshop() -> None:
    """Write the folders for a class: exercises with all that they need, without solutions and with them."""
    for archive in workshop.write_workshop():
        print(f"written: {shown(archive)}, {workshop.size(archive):.0f} MB")


def print_handout() -> None:
    """Print two pages of key figures, of the stored outputs, into build/handout.pdf."""
    site.build_stored()
    print(f"printed: {shown(handout.print_handout())}")


def recompute(assignments: Assignments = ()) -> None:
    """Recompute what is in results/ from the data, see swapbook/build/rerun.py.

    Args:
        assignments: parameters of the chapters.
    """
    rerun.rerun(list(assignments))


COMMANDS = {
    "build": build,
    "pdf": print_book,
    "refresh": store_outputs,
    "collection": collection,
    "member": train_member,
    "train": train,
    "show": show,
    "measure": measure,
    "score": score,
    "tables": tables,
    "compare": compare,
    "claims": claims,
    "map": draw_map,
    "exercises": solve,
    "workshop": write_workshop,
    "handout": print_handout,
    "rerun": recompute,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    torch.set_num_threads(1)  # training depends on their number
    return run("swapbook", COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
