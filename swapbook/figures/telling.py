"""Numbers and figures of a chapter handed to its text."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from myst_nb import glue


def tell(digits: int | None = None, **numbers: float) -> None:
    """Give numbers to the text, rounded to so many digits; an underscore in a name is a hyphen there."""
    for name, number in numbers.items():
        glue(name.replace("_", "-"), round(float(number), digits), display=False)


def show(name: str, figure: Figure) -> None:
    """Give a figure to the text, and close it."""
    glue(name, figure, display=False)
    plt.close(figure)
