# SPDX-License-Identifier: BSD-3-Clause
"""One program, several steady states: what a shared round robin near its capacity settles at, and what moves it.

    python configs/studies/steady_states.py --out results

runs loops over a few more pages than there are slots, and two processes whose kernel goes over such a loop at each
switch, both with turns of a host task that move the round robin's hand; the pages of a real Linux guest's ping-pong
(`pingpong_pages.txt`) in a ring by themselves; and the shipped sqlite trace with its I/O calls a little earlier or
later. It prints a table of each, and writes every run into `steady-states.csv` and `steady-states.svg`.
`--replicates N` is how many runs each case has (63, one for each slot), `--parts` chooses.

    python configs/studies/steady_states.py --linux ELF DTB INITRD --kernel 3.14 --replicates 16 --out results

boots a Linux guest whose init stores to the marker at 0xEF600000 (+0 a window begins, +4 it ends, +0x10 the last), with
a VMM that works longer and longer, so that the guest's ticks fall elsewhere, and one that touches more and more pages.
`--work LEAST MOST` boots only the former, within a range. `--pingpong WINDOW` is the window to be shown boot by boot
and drawn exchange by exchange, `--record FILE` writes its pages.
`--page docs/steady-states.md` writes that page's tables and figures anew.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from steady_cycle import pingpong, pingpong_table  # these are beside this script
from steady_linux import LEAST_WORK, MOST_WORK, Guest, boots_by_pages, boots_by_work, record
from steady_linux_page import PAGES, WORK, boot_runs, linux_figure, linux_table, pingpong_boots
from steady_loops import loop_figure, loop_table, loops
from steady_processes import processes, processes_table
from steady_run import SLOTS, Run
from steady_sqlite import sqlite, sqlite_table

from simobjects.base.text import replace_marked
from simobjects.framework import SimObjectsError

HEAD = """SPDX-License-Identifier: BSD-3-Clause
The pages that an exchange of two Linux processes over pipes uses, in order: what
configs/studies/steady_states.py --linux ELF DTB INITRD --record FILE
writes. A page that is one of the last two is left out."""


def write_csv(file: Path, runs: Iterable[Run]) -> None:
    """Every figure, a line each."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow([field.name for field in fields(Run)])
        rows.writerows(astuple(run) for run in runs)


@dataclass(frozen=True)
class Result:
    """What a command made: runs, tables by the page's mark, a figure, and a table that no page has."""

    name: str
    runs: Sequence[Run]
    tables: dict[str, str]
    figure: bytes | None
    detail: str = ""

    def write(self, out: Path | None, page: Path | None) -> None:
        print("\n\n".join(each for each in (*self.tables.values(), self.detail) if each))
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            write_csv(out / f"{self.name}.csv", self.runs)
            self._draw(out)
        if page is not None:
            replace_marked(page, self.tables)
            self._draw(page.parent)

    def _draw(self, folder: Path) -> None:
        if self.figure is not None:
            (folder / f"{self.name}.svg").write_bytes(self.figure)


PARTS: dict[str, tuple[Callable[[int], Iterator[Run]], Callable[[Sequence[Run]], str]]] = {
    "loops": (loops, loop_table),
    "processes": (processes, processes_table),
    "pingpong": (pingpong, pingpong_table),
    "sqlite": (sqlite, sqlite_table),
}
"""What needs nothing but the project: the runs of each part, and their table."""


def shipped(parts: Sequence[str], replicates: int) -> Result:
    runs = {part: list(PARTS[part][0](replicates)) for part in parts}
    tables = {part: PARTS[part][1](found) for part, found in runs.items()}
    figure = loop_figure(runs["loops"]) if "loops" in runs else None
    return Result("steady-states", [run for found in runs.values() for run in found], tables, figure)


def linux(guest: Guest, replicates: int, work: Sequence[int] | None) -> Result:
    """The windows of a guest; with a range of the VMM's work, the ping-pong alone."""
    by_work = dict(boots_by_work(guest, replicates, *(work or (LEAST_WORK, MOST_WORK))))
    by_pages = {} if work else dict(boots_by_pages(guest, replicates))
    runs = [
        run
        for varied, boots in ((WORK, by_work), (PAGES, by_pages))
        for value, found in boots.items()
        for run in boot_runs(guest, varied, value, found)
    ]
    tables = {} if work else {"linux_" + guest.kernel.replace(".", "_"): linux_table(runs)}
    figure = linux_figure(runs, guest.kernel)
    return Result(f"steady-states-{guest.kernel}", runs, tables, figure, pingpong_boots(guest, by_work))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=SLOTS, metavar="N", help="runs of each case (63)")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}, with commas between")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the table of all runs and the figure go")
    parser.add_argument("--page", type=Path, help="a page whose tables and figures are to be replaced")
    parser.add_argument("--linux", nargs=3, type=Path, metavar=("ELF", "DTB", "INITRD"), help="boot this guest instead")
    parser.add_argument("--kernel", default="3.14", help="of the guest's host, as HostKernel takes it (3.14)")
    parser.add_argument("--pingpong", type=int, default=11, metavar="WINDOW", help="window of the ping-pong (11)")
    parser.add_argument(
        "--work",
        nargs=2,
        type=int,
        metavar=("LEAST", "MOST"),
        help=f"vary instructions of a turn of the VMM's from here to here ({LEAST_WORK} {MOST_WORK}), and no pages",
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the pages of an exchange, and nothing else")
    given = parser.parse_args()
    if given.replicates < 1:
        parser.error(f"--replicates {given.replicates}: expected at least 1")
    if given.work and not 1 <= given.work[0] < given.work[1]:
        parser.error(f"--work {given.work[0]} {given.work[1]}: expected two numbers of instructions, the smaller first")
    parts = given.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"--parts {unknown[0]}: expected {', '.join(PARTS)}")
    if given.record and not given.linux:
        parser.error("--record: needs a guest; give --linux ELF DTB INITRD")
    if not given.linux:
        shipped(parts, given.replicates).write(given.out, given.page)
        return
    guest = Guest(given.linux[0], given.linux[1], given.linux[2], given.kernel, given.pingpong)
    if given.record:
        record(guest).write(given.record, f"{HEAD} Host {guest.kernel}.")
        return
    linux(guest, given.replicates, given.work).write(given.out, given.page)


if __name__ == "__main__":
    try:
        main()
    except SimObjectsError as problem:
        raise SystemExit(str(problem)) from None
