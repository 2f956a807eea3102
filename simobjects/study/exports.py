# SPDX-License-Identifier: BSD-3-Clause
"""A table of a sweep for other programs and for papers: CSV, LaTeX with booktabs, Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from simobjects.base.names import by_ending
from simobjects.base.text import markdown
from simobjects.framework.citation import tex

from .sheet import Cell, Column, Sheet, digits_of


@dataclass(frozen=True)
class Style:
    r"""How a table is written for a reader; of CSV nothing depends on it.

    Attributes:
        digits: the significant ones of numbers that are not whole.
        caption: with it, or a label, LaTeX's table floats.
        label: for `\ref`.
    """

    digits: int = 4
    caption: str = ""
    label: str = ""


def as_csv(table: Sheet, style: Style | None = None) -> str:
    """Paths over the columns, every number with all its digits, nothing where there is no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([["" if cell is None else cell for cell in row] for row in table.rows])
    return text.getvalue()


def as_markdown(table: Sheet, style: Style | None = None) -> str:
    """Words over the columns; numbers to the right."""
    written = style or Style()
    left = [place for place, column in enumerate(table.columns) if not column.numbers]
    rows = [[_plain(cell, written.digits) for cell in row] for row in table.rows]
    return markdown([column.title for column in table.columns], rows, left) + "\n"


def as_latex(table: Sheet, style: Style | None = None) -> str:
    """A tabular with the rules of booktabs; statistics over the values of a parameter that stand side by side."""
    written = style or Style()
    lines = ["% \\usepackage{booktabs}", *_before(written)]
    lines.append(f"\\begin{{tabular}}{{{''.join('r' if column.numbers else 'l' for column in table.columns)}}}")
    lines += ["\\toprule", *_heads(table.columns), "\\midrule"]
    lines += [_line(_in_tex(cell, written.digits) for cell in row) for row in table.rows]
    lines += ["\\bottomrule", "\\end{tabular}"]
    if written.caption or written.label:
        lines.append("\\end{table}")
    return "\n".join(lines) + "\n"


Writer = Callable[[Sheet, Style | None], str]
FORMS: Mapping[str, Writer] = {".csv": as_csv, ".tex": as_latex, ".md": as_markdown}


def writer_of(file: Path) -> Writer:
    """What writes the form that the name of a file says.

    Raises:
        UsageError: it is another one.
    """
    return by_ending(file, FORMS, "a table")


def _before(style: Style) -> Iterator[str]:
    if style.caption or style.label:
        yield from ("\\begin{table}", "\\centering")
    if style.caption:
        yield f"\\caption{{{tex(style.caption)}}}"
    if style.label:
        yield f"\\label{{{style.label}}}"


def _heads(columns: tuple[Column, ...]) -> Iterator[str]:
    """The row of heads; above it one of what they belong to, with a rule below each."""
    if any(column.group for column in columns):
        cells, rules, place = [], [], 1
        for group, run in groupby(columns, lambda column: column.group):
            wide = len(list(run))
            cells.append(f"\\multicolumn{{{wide}}}{{c}}{{{tex(group)}}}" if group else " & " * (wide - 1))
            if group:
                rules.append(f"\\cmidrule(lr){{{place}-{place + wide - 1}}}")
            place += wide
        yield _line(cells)
        yield " ".join(rules)
    yield _line(tex(f"{column.head} ({column.unit})" if column.unit else column.head) for column in columns)


def _line(cells: Iterator[str] | list[str]) -> str:
    return " & ".join(cells) + " \\\\"


def _plain(cell: Cell, digits: int) -> str:
    return "" if cell is None else cell if isinstance(cell, str) else digits_of(cell, digits)


def _in_tex(cell: Cell, digits: int) -> str:
    if cell is None or isinstance(cell, str):
        return tex(cell or "--")
    mantissa, exponent, power = digits_of(cell, digits).partition("e")
    text = mantissa.replace(",", "{,}")
    if exponent:
        return f"${text} \\times 10^{{{power}}}$"
    return f"${text}$" if text.startswith("-") else text
