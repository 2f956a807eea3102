# SPDX-License-Identifier: BSD-3-Clause
"""Tables that a study writes into a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects.base.text import replace_marked


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("head\n<!-- one -->\nold\n<!-- /one -->\nfoot\n<!-- two -->\nold\n<!-- /two -->\n")
    replace_marked(page, {"one": "new\nlines"})
    assert page.read_text() == "head\n<!-- one -->\nnew\nlines\n<!-- /one -->\nfoot\n<!-- two -->\nold\n<!-- /two -->\n"


@pytest.mark.parametrize("text", ["", "<!-- one -->\nold\n", "old\n<!-- /one -->\n"])
def test_a_page_without_the_marks_stays_as_it_is(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match=r"page\.md has no place for a table: put the lines <!-- one -->"):
        replace_marked(page, {"one": "new"})
    assert page.read_text() == text
