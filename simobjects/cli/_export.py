# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects export`: a table of a sweep for a paper or another program."""

from __future__ import annotations

import argparse
from pathlib import Path

from simobjects.base.errors import ExitCode, UsageError
from simobjects.base.files import write_whole
from simobjects.study.exports import Style, as_markdown, writer_of
from simobjects.study.figures import read_sweep
from simobjects.study.sheet import sheet

from ._common import where_of


def export(arguments: argparse.Namespace) -> int:
    """Print a table of a sweep as Markdown, or write it in the form that the ending of `--output` says.

    The path of a file that is written is printed; its folder is made. A file that is there is replaced as a whole.

    Raises:
        UsageError: the ending or the number of digits is not possible.
        PlotError: the sweep has no such statistic, or no point is left.
        InputError: there is no sweep, or its table is damaged.
    """
    output: Path | None = arguments.output
    write = writer_of(output) if output is not None else as_markdown
    if not 1 <= arguments.digits <= 15:
        raise UsageError("no number of digits", where=f"--digits {arguments.digits}", fix="1 to 15 are possible")
    style = Style(arguments.digits, arguments.caption, arguments.label)
    table = sheet(
        read_sweep(arguments.source),
        arguments.stats,
        across=arguments.across,
        where=where_of(arguments.where),
        window=arguments.window,
    )
    text = write(table, style)
    if output is None:
        print(text, end="")
        return ExitCode.OK
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, text.encode())
    print(output)
    return ExitCode.OK
