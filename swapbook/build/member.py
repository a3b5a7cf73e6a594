"""One network of the collection, trained and shown by executing chapter 3."""

import os
from pathlib import Path

from swapbook.build.chapters import NOTEBOOKS, ChapterError, defaults, execute, failed_copy, parse_parameters
from swapbook.networks import Network

CHAPTER = NOTEBOOKS / "03_rnn_training.ipynb"


def train_member(output: Path, assignments: list[str]) -> None:
    """Train and show a network by executing chapter 3 with these parameters; `output` is the executed notebook.

    The chapter goes on to what other stored networks and their scores show: where some of that is missing or outdated
    the notebook ends there, and the network counts as trained.

    Raises:
        ParameterError: for a parameter that the chapter does not have.
    """
    parameters = parse_parameters(assignments, CHAPTER)
    try:
        execute(CHAPTER, parameters, output)
    except ChapterError as error:
        whole = defaults(CHAPTER) | parameters
        if not Network(*(whole[name] for name in ("condition", "scale", "seed", "data"))).is_current():
            raise
        os.replace(failed_copy(output), output)
        print(f"the network is trained; the notebook ends where others are shown: {error}")
