# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects plot`: figures of a sweep, or of a run in windows."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

from simobjects.base.errors import ExitCode
from simobjects.base.files import write_whole
from simobjects.study.config_script import build, check_script
from simobjects.study.figures import (
    Catalogue,
    Course,
    Drawn,
    Figure,
    Page,
    draw,
    draw_series,
    form_of,
    parse_length,
    planned,
    read_results,
)
from simobjects.study.space import Space, split_assignment

from ._common import say


def plot(arguments: argparse.Namespace) -> int:
    """Carry out the command."""
    figure = replace(
        Figure.parse(arguments.figure, "plot"),
        x=arguments.x,
        y=arguments.y,
        lines=arguments.lines,
        facets=tuple(arguments.facet),
        between=arguments.between,
        where=_where(arguments.where),
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
        drawn = draw(read_results(arguments.source), figure, page, arguments.window)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, drawn.content)
    for remark in drawn.remarks:
        say(remark)
    print(output)
    return ExitCode.OK


def check_figure(figure: Figure, config: Path, fixed: Mapping[str, str], space: Space) -> None:
    """PlotError when a sweep could not draw the figure in the end; nothing runs.

    What its first point is made of says which statistics there are; a point that cannot be made says so when it is run.
    """
    check_script(config)
    try:
        with redirect_stdout(io.StringIO()):
            catalogue = Catalogue.of(build(config, {**fixed, **next(iter(space)).values}).stats)
    except Exception:  # whatever a script may raise: it is reported as what became of the point
        return
    planned(figure, space.axes, catalogue)


def _where(texts: list[str]) -> dict[str, tuple[str, ...]]:
    made = {}
    for text in texts:
        path, values = split_assignment(text, "--where")
        made[path] = tuple(value.strip() for value in values.split(","))
    return made
