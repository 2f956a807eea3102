# SPDX-License-Identifier: BSD-3-Clause
"""Tables."""

from __future__ import annotations

from simobjects.base.text import columns, markdown, numbered


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_without_blanks() -> None:
    assert columns([["a", "long"], ["word", "b"]]) == "a     long\nword  b\n"


def test_numbers_are_aligned_to_the_right() -> None:
    assert numbered([["name", "n"], ["a", "100"]]) == "name    n\na     100\n"


def test_a_unit_stands_close_to_its_number() -> None:
    assert columns([["a", "1", "x", "# what"]], right={1}, narrow={1}) == "a  1 x  # what\n"


def test_no_rows_are_no_text() -> None:
    assert columns([]) == numbered([]) == ""


def test_markdown_says_which_columns_have_numbers() -> None:
    assert markdown(["a", "b", "c"], [("x", "y", "1")], left=(0, 1)) == "| a | b | c |\n|---|---|---:|\n| x | y | 1 |"


def test_a_bar_in_a_cell_is_no_column() -> None:
    assert markdown(["a"], [("x|y",)]) == "| a |\n|---|\n| x\\|y |"
