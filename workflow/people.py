"""Score the stored networks of all of people's responses on held-out people: python -m workflow.people [SCALE [DATA]]"""

import sys

from swaputils import results
from swaputils.conditions import SCALES, UnknownName, named
from swaputils.data import DataError
from swaputils.store import StoreError


def main(scale: str = "laptop", name: str = "vandenberg2012_color") -> None:
    try:
        named("scale", scale, SCALES)
        results.recompute_people(scale, name)
    except (DataError, StoreError, UnknownName) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(f"error: at most a scale and a data set can be given\n{__doc__}")
    main(*sys.argv[1:])
