"""Evaluate stored networks anew, where the measures have changed: python -m workflow.remeasure RUN ...

RUN is <scale>/<condition>/<seed>; those that learn from people are of the book's data set. Weights and logs stay as they are.
"""

import sys

import torch
from tqdm import tqdm

from swaputils import results
from swaputils.conditions import UnknownName
from swaputils.store import StoreError

DATA = "vandenberg2012_color"


def main() -> None:
    if len(sys.argv) < 2 or any(run.count("/") != 2 or not run.rpartition("/")[2].isdigit() for run in sys.argv[1:]):
        sys.exit(f"error: runs are named like laptop/index_swap/0\n{__doc__}")
    torch.set_num_threads(1)  # as when they were trained
    try:
        for run in tqdm(sys.argv[1:], desc="measuring", unit="network"):
            scale, condition, seed = run.split("/")
            results.remeasure(condition, scale, int(seed), DATA)
    except (StoreError, UnknownName) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
