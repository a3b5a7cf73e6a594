"""The page of all networks is written from what is stored."""

import pandas as pd

from swapbook.build.appendix import PAGE, markdown, page


def test_the_page_agrees_with_the_results():
    assert PAGE.read_text() == page()


def test_a_table_keeps_its_index_and_its_columns():
    table = pd.DataFrame({"one": [1, 2], "two": ["a", "b"]}, index=["first", "second"])
    lines = markdown(table, "which").splitlines()
    assert lines == ["| which | one | two |", "| --- | --- | --- |", "| first | 1 | a |", "| second | 2 | b |"]
