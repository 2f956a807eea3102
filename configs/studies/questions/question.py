# SPDX-License-Identifier: BSD-3-Clause
"""A study of this folder: what it asks, the points that answer it, and the page that is written from its table."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from answers import Found  # these are beside this script
from guests import LINUX, Workloads, machine, workloads

from simobjects.base.errors import SimObjectsError
from simobjects.base.files import write_whole
from simobjects.base.text import replace_marked
from simobjects.cli.arguments.shared import count
from simobjects.study import LocalProcesses, Study
from simobjects.study.space import Point, Space
from simobjects.study.task import Result

DATA = Path(__file__).parent / "data"
"""The tables of which the pages are made."""
DOCS = Path(__file__).parents[3] / "docs"


@dataclass(frozen=True)
class Question:
    """A question and how it is answered.

    `space` are its points for some workloads, `keep` the statistics that it needs. Of what was found `tables` makes the
    page's tables by mark, `figures` its figures by file name, and `answer` one sentence.
    """

    name: str
    asks: str
    space: Callable[[Workloads], Space]
    keep: tuple[str, ...]
    tables: Callable[[Found], Mapping[str, str]]
    figures: Callable[[Found], Mapping[str, bytes]]
    answer: Callable[[Found], str]

    @property
    def data(self) -> Path:
        """The table of the page."""
        return DATA / f"{self.name}.parquet"

    @property
    def page(self) -> Path:
        """The page."""
        return DOCS / f"study-{self.name}.md"

    def parts(self, found: Found) -> dict[str, str]:
        """All that the page has from the table, by mark."""
        return {"answer": self.answer(found), "sizes": found.sizes(), **self.tables(found)}

    def run(self, chosen: Workloads, out: Path, references: int | None, jobs: int | None) -> Path:
        """Run what is not there yet; the study's table.

        Raises:
            SimObjectsError: a point failed, or cannot be run.
        """
        points = self.space(chosen)
        kept = [f"system.{name}" for name in self.keep]
        study = Study(machine, points, out=out, references=references, keep=kept, question=self.asks)
        total = len(points)
        done = 0

        def report(point: Point, result: Result) -> None:
            nonlocal done
            done += 1
            if sys.stderr.isatty() or done % 100 == 0 or done == total:
                print(f"{done} of {total}: {point.label[:80]}", file=sys.stderr, flush=True)

        outcome = study.run(LocalProcesses(jobs), report)
        if outcome.failed:
            point, result = outcome.failed[0]
            raise SimObjectsError(f"{len(outcome.failed)} points failed; the first: {point.label}: {result.error}")
        if outcome.interrupted:
            raise SystemExit(130)
        return out / "sweep.parquet"


def main(question: Question, arguments: list[str] | None = None) -> int:
    """The command line of a study."""
    given = parsed(question, arguments)
    try:
        if given.table is not None:
            table = given.table
        else:
            chosen = workloads(given.suite or ["traces"], given.linux, given.windows.split(","))
            table = question.run(chosen, given.out, given.references, given.jobs)
        found = Found.read(table)
        parts, figures = question.parts(found), question.figures(found)
    except SimObjectsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for name, text in parts.items():
        print(f"{name}\n\n{text}\n")
    folder = given.figures or (question.page.parent / "figures" if given.publish else None)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in figures.items():
            write_whole(folder / name, content)
    if given.publish:
        if table.resolve() != question.data.resolve():
            question.data.parent.mkdir(exist_ok=True)
            shutil.copyfile(table, question.data)
        replace_marked(question.page, parts)
    return 0


def parsed(question: Question, arguments: list[str] | None) -> argparse.Namespace:
    """What a command line asks for."""
    parser = argparse.ArgumentParser(description=question.asks)
    parser.add_argument(
        "--suite", action="append", metavar="SUITE", help="workloads: traces (the default), DIR/suite.json; repeatable"
    )
    parser.add_argument("--linux", type=Path, metavar="DIR", help="and windows of the Linux guest built there")
    parser.add_argument(
        "--windows",
        default=",".join(LINUX),
        metavar="A,B",
        help="which of them, of the suite linux (default: %(default)s)",
    )
    parser.add_argument("--references", type=count, metavar="N", help="end each run here; for Linux leave it out")
    parser.add_argument("--jobs", type=int, metavar="N", help="points at a time (default: all cores)")
    parser.add_argument(
        "--out", type=Path, default=Path("sweeps", question.name), metavar="DIR", help="folder of the runs"
    )
    parser.add_argument("--from", type=Path, dest="table", metavar="FILE", help="run nothing: a table of this study")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="where the figures go")
    parser.add_argument("--publish", action="store_true", help="write the project's page, its figures and its table")
    return parser.parse_args(arguments)
