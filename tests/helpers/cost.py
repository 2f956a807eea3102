# SPDX-License-Identifier: BSD-3-Clause
"""`pytest --cost`: processor seconds of every test, those of the processes that it started included.

The table of all tests is written to `build/cost.tsv`. `python -m tests.helpers.cost OLD NEW` compares two of them: the
tests that are in both, and all.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.helpers import commands

TABLE = Path(__file__).resolve().parents[2] / "build" / "cost.tsv"
DEAREST = 25
REST = "(a process's start, collecting, and what ended late)"


def used() -> tuple[float, float]:
    """Processor seconds of this process, and of all that it started and that have ended."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system + commands.server_seconds()


class Cost:
    """What each test used: the process that carries it out writes it into its reports, the one that prints adds up."""

    def __init__(self) -> None:
        self._last = used()
        self._tests: dict[str, list[float]] = {}

    def pytest_runtest_logstart(self) -> None:
        self._last = used()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """After each of a test's three phases."""
        report = yield
        now = used()
        report.__dict__["cost"] = [after - before for before, after in zip(self._last, now, strict=True)]
        self._last = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "cost" in report.__dict__:
            so_far = self._tests.get(report.nodeid, [0.0, 0.0])
            self._tests[report.nodeid] = [a + b for a, b in zip(so_far, report.__dict__["cost"], strict=True)]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Workers have ended when this is called, so that all of theirs is known."""
        whole = sum(used())
        rest = whole - sum(map(sum, self._tests.values()))
        rows = [(name, own, others) for name, (own, others) in self._tests.items()]
        rows = sorted([*rows, (REST, rest, 0.0)], key=lambda row: -row[1] - row[2])
        TABLE.parent.mkdir(exist_ok=True)
        with TABLE.open("w", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerows((name, f"{own:.2f}", f"{others:.2f}") for name, own, others in rows)
        files: defaultdict[str, float] = defaultdict(float)
        folders: defaultdict[str, float] = defaultdict(float)
        for name, own, others in rows:
            path = name.split("::")[0]
            files[path] += own + others
            folders["/".join(path.split("/")[:2])] += own + others
        write = terminalreporter.write_line
        terminalreporter.section("processor seconds")
        write(f"{whole:8.1f} in all, {len(self._tests):,} tests; every test is in {os.path.relpath(TABLE)}")
        for title, of in ("folders", folders), ("dearest files", files):
            write(f"{title}:")
            for path, seconds in sorted(of.items(), key=lambda each: -each[1])[:DEAREST]:
                write(f"{seconds:8.1f} {path}")
        write("dearest tests (alone, processes that it started):")
        for name, own, others in rows[:DEAREST]:
            write(f"{own:8.1f} {others:6.1f} {name}")


def read(path: str) -> dict[str, float]:
    with open(path, newline="") as file:
        return {name: float(own) + float(others) for name, own, others in csv.reader(file, delimiter="\t")}


def main(old: str, new: str) -> None:
    """Print the seconds of both tables, and how much less or more the tests take that are in both."""
    before, after = read(old), read(new)
    both = (before.keys() & after.keys()) - {REST}
    for what, names in ("in both", both), ("all", before.keys() | after.keys()):
        first, second = (sum(table.get(name, 0) for name in names) for table in (before, after))
        counts = (len(names & table.keys() - {REST}) for table in (before, after))
        tests = next(counts), next(counts)
        print(f"{what}: {first:.1f} s for {tests[0]:,} tests, {second:.1f} s for {tests[1]:,}: {second / first:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
