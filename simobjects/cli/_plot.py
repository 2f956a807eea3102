# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects plot`: figures of a sweep, or of a run in windows."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from simobjects.base.errors import ExitCode
from simobjects.base.files import write_whole
from simobjects.study.figures import (
    Course,
    Drawn,
    Figure,
    Page,
    draw,
    draw_series,
    form_of,
    parse_length,
    read_sweep,
)

from ._common import say, where_of


def plot(arguments: argparse.Namespace) -> int:
    """Draw a figure of a sweep, or of the windows of one run, write it and print its path; remarks go to stderr.

    Raises:
        UsageError: a length, an ending or a parameter that is named is not possible.
        PlotError: the sweep does not have what such a figure shows.
        InputError: there is no sweep, or its table is damaged.
    """
    figure = replace(
        Figure.parse(arguments.figure, "plot"),
        x=arguments.x,
        y=arguments.y,
        lines=arguments.lines,
        facets=tuple(arguments.facet),
        between=arguments.between,
        where=where_of(arguments.where),
    )
    output: Path = arguments.output or arguments.source / f"{figure.kind}.svg"
    page = Page(
        width=parse_length(arguments.width, "--width"),
        height=parse_length(arguments.height, "--height") if arguments.height else None,
        form=form_of(output),
        title=arguments.title,
        xlabel=arguments.xlabel,
        ylabel=arguments.ylabel,
    )
    if figure.kind == "series":
        drawn = Drawn(draw_series(Course.read(arguments.source), figure, page, arguments.window))
    else:
        drawn = draw(read_sweep(arguments.source), figure, page, arguments.window)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, drawn.content)
    for remark in drawn.remarks:
        say(remark)
    print(output)
    return ExitCode.OK
