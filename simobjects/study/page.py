# SPDX-License-Identifier: BSD-3-Clause
"""Tables of a study in a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table; the first `left` columns are aligned to the left, the others, which hold numbers, to the right."""
    rule = [*["---"] * left, *["---:"] * (len(headings) - left)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))


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
    page.write_text(text, encoding="utf-8")
