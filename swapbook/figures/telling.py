"""Numbers, tables and figures of a chapter handed to its text; tables are worded elsewhere, without MyST-NB.

Who runs a chapter sees its figures below their cells; on the book's pages they stand in the text alone.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from IPython.display import HTML
from matplotlib.figure import Figure
from myst_nb import glue

from swapbook.wording import worded  # noqa: F401 (chapters import all that they tell from here)


def tell(digits: int | None = None, **numbers: float) -> None:
    """Give numbers to the text, rounded to so many digits; an underscore in a name is a hyphen there."""
    for name, number in numbers.items():
        glue(name.replace("_", "-"), round(float(number), digits), display=False)


def tell_interval(digits: int, name: str, values: Sequence[float]) -> None:
    """Give an effect and the ends of its interval to the text, the ends as NAME-low and NAME-high."""
    for end, value in zip(("", "_low", "_high"), values):
        tell(digits, **{f"{name}{end}": value})


def play(name: str, picture: str) -> None:
    """Show a figure to play with, which is HTML, and give it to the text."""
    glue(name, HTML(picture))


def show(name: str, figure: Figure) -> None:
    """Show a figure, give it to the text, and close it."""
    glue(name, figure)
    plt.close(figure)
