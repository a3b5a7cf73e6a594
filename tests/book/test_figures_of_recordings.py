"""Figures of networks beside recordings draw what stored tables hold."""

import matplotlib.pyplot as plt

from swapbook.cortex.compared import comparison
from swapbook.figures import of_recordings

ANIMALS = {"before": (79.1, 71.4, 85.1), "after": (20.1, 11.6, 29.0)}


def test_the_pipeline_has_a_pair_of_points_for_each_condition_and_the_animals():
    recordings = comparison("recordings")
    axes = of_recordings.pipeline(plt.figure().subplots(), recordings, ANIMALS)
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(marks) == 2 * (1 + recordings["condition"].nunique())
    assert marks[0].get_ydata()[0] == ANIMALS["before"][0]
    plt.close("all")


def test_pooling_has_points_for_each_condition_open_before_the_cue_and_filled_after_it():
    recordings = comparison("recordings")
    axes = of_recordings.found_by_pooling(plt.figure().subplots(), recordings)
    hollow = [points.lines[0].get_markerfacecolor() == "white" for points in axes.containers]
    assert hollow == [True, False] * recordings["condition"].nunique()
    plt.close("all")


def test_effects_have_a_row_for_each_finding_and_are_filled_where_told():
    table = comparison("beside_animals")
    axes = of_recordings.effects(plt.figure().subplots(), table)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(dict.fromkeys(table["short"]))
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s") and len(line.get_xdata()) == 1]
    hollow = sum(line.get_markerfacecolor() == "white" for line in marks)
    assert len(marks) == len(table) and hollow == (table["verdict"] == "cannot be told").sum()
    plt.close("all")
