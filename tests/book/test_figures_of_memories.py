"""Figures of one item's memory and of networks on their way: what stands in the tables is drawn."""

import pandas as pd

from swapbook.figures import of_memories
from swaputils import drawing


def test_a_bar_for_each_hole_and_the_range_of_the_shape():
    drawing.set_style()
    rows = [("one", "ring", 0.4, 1.7, 0, 0.0, float("inf")), ("one", "ring", 0.4, 1.7, 1, 0.4, 1.7)]
    rows += [("one", "ring", 0.4, 1.7, 2, 0.4, 0.41)]  # too short to be seen
    rows += [("two", "none of these", float("nan"), float("nan"), 0, 0.0, float("inf"))]
    names = ["system", "shape", "low", "high", "dimension", "born", "died"]
    figure = of_memories.bars(pd.DataFrame(rows, columns=names), {"one": "first", "two": "second"})
    first, second = figure.axes
    assert [list(line.get_xdata()) for line in first.lines] == [[0, of_memories.LONGEST], [0.4, 1.7]]
    assert len(first.patches) == 1 and not second.patches and first.get_title(loc="left") == "first\nfound: ring"


def test_a_path_for_each_gated_network_that_was_stopped_and_a_mark_for_each_end():
    rows = [("index_swap", "gated", seed, level, loss) for seed in (0, 1) for level, loss in ((0.3, 0.1), (None, 0.01))]
    rows += [("index_swap", "gated", 2, None, 0.01), ("index_swap", "tree", 0, None, 0.05)]
    table = pd.DataFrame(rows, columns=["condition", "drive", "seed", "level", "loss"])
    table = table.assign(update=6000 * table["level"].isna(), before=0.5, after=0.9)
    before, after = of_memories.on_the_way(table).axes
    for axes in (before, after):
        paths = [line for line in axes.lines if line.get_linestyle() == "-"]
        assert [len(line.get_xdata()) for line in paths] == [2, 2] and axes.xaxis_inverted()
        marks = {line.get_label(): len(line.get_xdata()) for line in axes.lines if len(line.get_xdata())}
        assert marks["gated, on its way"] == 2 and marks["gated, ended"] == 3 and marks["small tree, ended"] == 1
