"""One member of the collection: python -m workflow.member OUTPUT NAME=value ...

Trains and shows a network by executing chapter 3 with these parameters; OUTPUT is the executed notebook. The chapter goes on to
what other stored networks and their scores show: where some of that is missing or outdated the notebook ends there, and the
network counts as trained. A parameter that the chapter does not have is refused.
"""

import os
import sys
from pathlib import Path

from swaputils.results.collection import is_current
from workflow.chapters import (
    NOTEBOOKS,
    ChapterError,
    ParameterError,
    defaults,
    execute,
    failed_copy,
    parse_parameters,
)

CHAPTER = NOTEBOOKS / "03_rnn_training.ipynb"


def main() -> None:
    if len(sys.argv) < 2 or "=" in sys.argv[1]:
        sys.exit(f"error: the notebook to write is missing\n{__doc__}")
    output = Path(sys.argv[1])
    try:
        parameters = parse_parameters(sys.argv[2:], CHAPTER)
        execute(CHAPTER, parameters, output)
    except ParameterError as error:
        sys.exit(f"error: {error}")
    except ChapterError as error:
        whole = defaults(CHAPTER) | parameters
        if not is_current(*(whole[name] for name in ("condition", "scale", "seed", "data"))):
            sys.exit(f"error: {error}")
        os.replace(failed_copy(output), output)
        print(f"the network is trained; the notebook ends where others are shown: {error}")


if __name__ == "__main__":
    main()
