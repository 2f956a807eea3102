# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark on a small part of the trace: counts, rows and the form of the report; never a rate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.naive import compiler
from benchmarks.row import Cost, Goal, Row, Section, chosen, take_turns
from benchmarks.sample import Sample
from benchmarks.sections import all_sections
from benchmarks.setting import Setting
from benchmarks.table import data, markdown, missed, section_table
from simobjects.cext.traces.columns import fifo_misses
from simobjects.kvm.schemes.family import historical, what_ifs
from simobjects.traces.columns import DTYPES, Columns

REFERENCES = 300_000
compiled = pytest.mark.skipif(shutil.which(compiler()[0]) is None, reason="no C compiler to build the naive scan with")
SAME = ["stream*", "others/naive scan", "others/native*", "others/Python*", "others/pycachesim"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Section]:
    """The sections of reference streams, one round of each row."""
    setting = Setting(tmp_path_factory.mktemp("bench"), references=REFERENCES)
    sections = chosen(all_sections(setting, SAME), SAME)
    take_turns(sections, 1, lambda _: None)
    return sections


@compiled
def test_every_simulator_counts_the_same_misses(found: list[Section]) -> None:
    """The native machine is a round robin of N - 1 slots; so are both scans, and a fourth program says the same."""
    columns = Sample.take("sqlite", REFERENCES).columns
    expected = fifo_misses(columns.fetch_page, columns.data_page, columns.accesses, columns.fetches, 63)
    assert expected > 0
    for section in found:
        assert section.agree
        assert {cost.answer for row in section.rows if row.agrees for cost in row.costs} == {expected}
        assert sum(row.agrees and bool(row.costs) for row in section.rows) >= 3


@compiled
def test_there_is_a_row_for_every_machine(found: list[Section]) -> None:
    stream, others = found
    names = {row.name for row in stream.rows}
    assert names >= {"native", "native, no I/O", "scheme in Python", *historical(), *what_ifs()}
    assert names >= {f"{kind}, micro-TLBs 4/8" for kind in ("native", "e3b", "e4")}
    assert names >= {"native, 16 KiB pages", "e4, 64 KiB pages", "e4, two processes", "e4, more pins"}
    assert {row.name for row in others.rows} >= {"Python set and ring", "Python dict", "pycachesim"}
    assert all(row.costs and section.rate(row) for section in found for row in section.rows if row.measure)
    assert stream.times(stream.row("naive scan"), "naive scan") == pytest.approx(1)


@compiled
def test_the_report_has_every_row(found: list[Section]) -> None:
    page = markdown(found, {"processor": "of a test"}, 1)
    assert "All rows in turn, 1 round:" in page
    assert "native, no I/O: " in page and ": equal." in page and "| processor | of a test |" in page
    assert all(f"| {row.name} | " in page for section in found for row in section.rows)
    assert set(json.loads(json.dumps(data(found, {})))["sections"]) == {"stream-sqlite", "others"}


@compiled
def test_sections_that_nobody_asks_for_are_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Setting, "sample", lambda *_: pytest.fail("a trace was read"))
    names = [section.name for section in all_sections(Setting(tmp_path), ["start/--help", "swee?", "program-s2"])]
    assert names == ["program-s1", "program-s2", "program-s3", "program-large", "start", "sweep", "import", "capture"]


def fixed(name: str, *seconds: float, **more: object) -> Row:
    turns = iter(seconds)
    return Row(name, f"about {name}", lambda: Cost(next(turns), 5), **more)  # type: ignore[arg-type]


def section(*rows: Row, bases: tuple[str, ...] = ("base",)) -> Section:
    return Section("some", "Some", "Intro.", list(rows), bases, 12.0, "M things")


def test_ratios_are_medians_of_the_rounds_ratios() -> None:
    one = section(
        fixed("base", 2, 30, 4), fixed("fast", 1, 10, 1, goal=Goal(least=3, to="base")), fixed("bad", 9, 9, 9)
    )
    one.row("bad").goal = Goal(most=8)
    take_turns([one], 3, lambda _: None)
    assert (one.times(one.row("fast"), "base"), one.rate(one.row("fast"))) == (3, 12)
    assert [one.met(row) for row in one.rows] == [None, True, False]
    assert "| fast | 1 s | 12 | 3 | >= 3 x base | yes |" in section_table(one)
    assert missed([one]) == ["some/bad: <= 8 wanted"]


def test_rows_take_turns_forth_and_back() -> None:
    order: list[str] = []
    clock: Iterator[int] = count(1)

    def noting(name: str) -> Row:
        return Row(name, "", lambda: order.append(name) or Cost(next(clock)))  # type: ignore[func-returns-value]

    take_turns([section(noting("base"), noting("a")), section(noting("base"), noting("b"))], 2, lambda _: None)
    assert order == ["base", "a", "base", "b", "b", "base", "a", "base"]


def test_a_run_that_is_stopped_has_its_whole_rounds() -> None:
    turns = iter([Cost(1), Cost(2)])

    def stopping() -> Cost:
        try:
            return next(turns)
        except StopIteration:
            raise KeyboardInterrupt from None

    one = section(fixed("base", 1, 1, 1), Row("slow", "", stopping))
    told: list[str] = []
    assert take_turns([one], 5, told.append) == 2
    assert [len(row.costs) for row in one.rows] == [2, 2]
    assert told[-1] == "stopped: 2 of 5 rounds are whole"
    with pytest.raises(KeyboardInterrupt):
        take_turns([section(fixed("base", 1), Row("slow", "", stopping))], 2, told.append)


def test_counts_that_differ_are_told() -> None:
    one = section(fixed("base", 1, agrees=True), Row("other", "", lambda: Cost(1, 6), agrees=True))
    take_turns([one], 1, lambda _: None)
    assert one.agree is False
    assert missed([one]) == ["some: counts of misses differ"]
    assert "NOT EQUAL" in markdown([one], {}, 1)


def test_what_is_not_installed_is_a_row_that_says_what_to_do() -> None:
    one = section(fixed("base", 1), Row("peer", "", None, missing="pip install peer", goal=Goal(least=2, to="base")))
    take_turns([one], 1, lambda _: None)
    assert "| peer | pip install peer |  |  | >= 2 x base |  |" in section_table(one)
    assert missed([one]) == []


def test_rows_are_chosen_by_name_with_what_they_are_compared_with() -> None:
    both = [section(fixed("base"), fixed("a"), fixed("b")), Section("more", "", "", [fixed("c"), fixed("d")])]
    assert [[row.name for row in each.rows] for each in chosen(both, ["some/a", "mor?"])] == [["base", "a"], ["c", "d"]]
    assert chosen(both, []) == both
    with pytest.raises(ValueError, match="no row is named 'some/x'; there are the sections some, more"):
        chosen(both, ["some/x"])


def test_look_ups_are_expanded_in_the_order_of_the_records() -> None:
    """5 fetches of page 1 and 2 accesses of page 9: 2 of them, an access, 3, an access; then 2 fetches alone."""
    records = ([1, 4], [9, 0], [0, 0], [2, 0], [5, 2])
    columns = Columns._make(np.array(values, dtype) for values, dtype in zip(records, DTYPES.values(), strict=True))
    assert list(Sample("made up", columns, 9, 7).pages()) == [1, 1, 9, 1, 1, 1, 9, 4, 4]


@pytest.mark.parametrize("simulate", [peers.python_set, peers.python_dict])
def test_python_round_robin(simulate: peers.Simulate) -> None:
    assert simulate([1, 2, 3, 1, 2, 3], 2) == 6
    assert simulate([1, 2, 1, 2, 3, 2, 1], 2) == 4


def test_too_few_references_are_refused() -> None:
    with pytest.raises(ValueError, match="no whole record"):
        Sample.take("sqlite", 0)
