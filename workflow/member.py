"""One member of the collection: python -m workflow.member OUTPUT NAME=value ...

Trains and shows a network by executing chapter 3 with these parameters; OUTPUT is the executed notebook. A parameter that the
chapter does not have is refused.
"""

import sys
from pathlib import Path

from workflow.chapters import NOTEBOOKS, ChapterError, ParameterError, execute, parse_parameters

CHAPTER = NOTEBOOKS / "03_rnn_training.ipynb"


def main() -> None:
    if len(sys.argv) < 2 or "=" in sys.argv[1]:
        sys.exit(f"error: the notebook to write is missing\n{__doc__}")
    try:
        execute(CHAPTER, parse_parameters(sys.argv[2:], CHAPTER), Path(sys.argv[1]))
    except (ChapterError, ParameterError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
