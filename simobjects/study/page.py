# SPDX-License-Identifier: BSD-3-Clause
"""Tables of a study in a page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simobjects.base.files import write_whole


def replace_marked(page: Path, parts: Mapping[str, str]) -> None:
    """Put each text between the lines `<!-- MARK -->` and `<!-- /MARK -->` of `page`, and write it.

    Raises:
        ValueError: `page` has no such lines.
    """
    text = page.read_text(encoding="utf-8")
    for mark, lines in parts.items():
        begin, end = f"<!-- {mark} -->\n", f"\n<!-- /{mark} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{page} has no place for a table: put the lines {begin.strip()} and {end.strip()} there")
        text = f"{before}{begin}{lines}{end}{after}"
    write_whole(page, text.encode())
