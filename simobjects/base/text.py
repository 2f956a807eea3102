# SPDX-License-Identifier: BSD-3-Clause
"""Text for who reads along: aligned columns, Markdown tables and their places in pages, numbers, time spans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from .files import write_whole

GAP = "  "


def columns(rows: Sequence[Sequence[str]], right: Collection[int] = (), narrow: Collection[int] = ()) -> str:
    """Rows of text as lines of aligned columns.

    `right`: the columns aligned to the right; `narrow`: those that one blank, not two, divides from the next.
    """
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def cell(column: int, text: str) -> str:
        placed = text.rjust(widths[column]) if column in right else text.ljust(widths[column])
        return placed + (" " if column in narrow else GAP)

    return "".join("".join(cell(column, text) for column, text in enumerate(row)).rstrip() + "\n" for row in rows)


def numbered(rows: Sequence[Sequence[str]]) -> str:
    """The same for a table whose first column has names and whose others have numbers."""
    return columns(rows, right=range(1, len(rows[0]) if rows else 0))


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """A table of Markdown; the columns in `left` are aligned to the left, the others, with numbers, to the right."""
    rule = "|" + "".join("---|" if column in left else "---:|" for column in range(len(heads)))
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (heads, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


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


def as_typed(text: str) -> bytes:
    """The bytes of a text. Those of the command line that are no UTF-8, which Python keeps as half characters, are what
    they were.
    """
    return text.encode("utf-8", "surrogateescape")


def readable(text: str) -> str:
    """The same text for files that are UTF-8: half characters as `\\udce9`."""
    return text.encode("utf-8", "backslashreplace").decode()


def short(value: float, digits: int = 3) -> str:
    """A number for who reads along, rounded to so many digits: 950, 12.3k, 4.56M, 2G."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")):
        if abs(value) >= size:
            scaled = f"{value / size:.{digits}g}"
            return (f"{value / size:.0f}" if "e" in scaled else scaled) + letter
    return f"{value:.{digits}g}"


def clock(seconds: float) -> str:
    """A time span as m:ss or h:mm:ss."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
