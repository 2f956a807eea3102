# SPDX-License-Identifier: BSD-3-Clause
"""The page of steady states: its theory is the ring's, and runs of its study are among those of its tables."""

from __future__ import annotations

import re

import pytest

from simobjects.kvm.ring import loop_rates
from tests.helpers.steady_study import PAGE, cells, marked_rows, steady_study

STUDY = steady_study()


def number(text: str) -> float:
    return float(text.replace(",", ""))


def shown(cell: str) -> dict[float, int]:
    """What came out, and how often: `1 (40), 2 (22)`."""
    return {number(value): int(number(count)) for value, count in re.findall(r"([\d.,]+) \(([\d,]+)\)", cell)}


def test_the_table_of_loops_is_the_rings() -> None:
    lines = re.findall(r"^\| (?:pages n|k up to|most misses|fewest).*$", PAGE, re.MULTILINE)
    pages, most_k, most, fewest = (list(map(number, cells(line)[1:])) for line in lines)
    for column, count in enumerate(pages):
        rates = loop_rates(int(count), 63)
        assert [most_k[column], most[column]] == [float(len(rates)), float(rates[0])]
        assert fewest[column] == pytest.approx(float(rates[-1]), abs=0.006)


@pytest.mark.parametrize(("pages", "scheme", "offset"), [(66, "e6", 9), (66, "e4", 30), (80, "e6", 20)])
def test_runs_of_loops_are_among_those_of_the_table(pages: int, scheme: str, offset: int) -> None:
    found = list(STUDY.loops.loop_runs(scheme, pages, offset))
    row = next(row for row in marked_rows("loops") if (row[0], row[2]) == (str(pages), scheme))
    for cell, turn in zip(row[3:], (0, 1, STUDY.loops.TURNS - 1), strict=True):
        assert STUDY.loops.rounds_of(found[turn].misses, pages) in shown(cell)
        assert sum(shown(cell).values()) == 62


def test_a_run_of_two_processes_lies_in_the_range_of_the_table() -> None:
    found = STUDY.loops.settled(STUDY.processes.processes_machine(17), 22)
    for (turn, misses), row in zip(found, marked_rows("processes"), strict=True):
        assert turn == f"turn {row[0]}"
        assert number(row[1]) - 0.1 <= misses <= number(row[3]) + 0.1


def test_disturbances_of_the_ping_pong_are_among_those_of_the_table() -> None:
    table = {(row[0], row[1]): shown(row[2]) for row in marked_rows("pingpong")}
    assert {sum(row.values()) for row in table.values()} == {63 * STUDY.cycle.PLACES}
    for run in STUDY.cycle.pingpong(2):
        assert round(run.misses, 1) in table[run.host, run.varied]


def test_runs_of_sqlite_lie_in_the_range() -> None:
    least, _, most = map(number, next(row for row in marked_rows("sqlite") if row[0] == "native")[1:4])
    one, none = (STUDY.sqlite.sqlite_run("native", every).misses for every in (STUDY.sqlite.IO_EVERY, 0))
    assert least <= one <= most
    assert f"{none:,}" in PAGE
    assert f"{one:,}" in PAGE
