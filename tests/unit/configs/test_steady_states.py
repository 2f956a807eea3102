# SPDX-License-Identifier: BSD-3-Clause
"""The study of steady states: loops settle where the ring says, the recorded ping-pong has several states."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from simobjects.kvm.ring import Ring, loop_rates, settle
from tests.helpers.steady_study import command, steady_study

STUDY = steady_study()


def rates(scheme: str, pages: int, offset: int) -> list[float]:
    return [run.misses for run in STUDY.loops.loop_runs(scheme, pages, offset)]


def test_a_loop_settles_at_one_rate_after_another_and_each_is_the_rings() -> None:
    """Nothing but five host pages at a tick comes between: the guest's work is the same from the first to the last."""
    found = rates("e6", 66, 5)
    assert found[:4] == [66, 33, 22, 16.5]
    assert {*found} <= {float(rate) for rate in loop_rates(66, STUDY.run.SLOTS)}


def test_a_put_of_e4_empties_the_tlb_and_so_always_leads_to_the_worst_rate() -> None:
    assert rates("e4", 66, 5) == [66] * STUDY.loops.TURNS


def test_two_processes_go_from_state_to_state() -> None:
    """Only the host's turns, five pages each, come between; the misses of an exchange fall by a quarter."""
    found = [misses for _, misses in STUDY.loops.settled(STUDY.processes.processes_machine(5), 22)]
    assert found[0] > 63
    assert min(found) < 46


def test_the_recorded_ping_pong_misses_once_in_each_half_in_every_second_or_in_every_third() -> None:
    cycle = STUDY.cycle.Cycle.read(STUDY.cycle.CYCLE)
    assert (len({*cycle.pages}), len(cycle.switches)) == (67, 2)
    assert cycle.settle(STUDY.cycle.start(cycle, 0)).rate == 69
    assert cycle.settle(STUDY.cycle.start(cycle, 31)).rate == 130
    third = Ring(STUDY.run.SLOTS)
    pages = list(dict.fromkeys(cycle.pages))
    for page in sorted(pages, key=lambda page: (pages.index(page) % 3, pages.index(page))):
        third.use(page)
    assert 46 < cycle.settle(third).rate < 48


def test_a_cycle_that_fits_has_one_state() -> None:
    cycle = STUDY.cycle.Cycle.read(STUDY.cycle.CYCLE)
    found = {settle(ring, cycle.pages).rate for ring in (Ring(67), Ring(70))}
    assert found == {0}


def test_the_command_writes_every_run_and_a_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- loops -->\nold\n<!-- /loops -->\n", encoding="utf-8")
    arguments = ["--parts", "loops", "--replicates", "1", "--out", str(tmp_path / "out"), "--page", str(page)]
    command(monkeypatch, *arguments)
    table = capsys.readouterr().out.rstrip("\n")
    assert page.read_text(encoding="utf-8") == f"<!-- loops -->\n{table}\n<!-- /loops -->\n"
    with (tmp_path / "out" / "steady-states.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == (len(STUDY.loops.LOOPS) + 1) * STUDY.loops.TURNS
    assert {row["host"] for row in rows} == {"e4", "e6"}
    figure = (tmp_path / "out" / "steady-states.svg").read_bytes()
    assert figure.startswith(b"<?xml")
    assert (tmp_path / "steady-states.svg").read_bytes() == figure


def test_io_a_little_later_moves_the_misses_of_sqlite() -> None:
    """Of the 32 runs of the page the first and the thirteenth."""
    first, later = (STUDY.sqlite.sqlite_run("native", 1_000_000 + offset).misses for offset in (0, 12_000))
    assert later > 1.2 * first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--parts", "loop"], "--parts loop: expected loops, processes, pingpong, sqlite"),
        (["--replicates", "0"], "--replicates 0: expected at least 1"),
        (["--work", "9", "3"], "--work 9 3: expected two numbers of instructions, the smaller first"),
        (["--record", "pages.txt"], "--record: needs a guest; give --linux ELF DTB INITRD"),
    ],
)
def test_wrong_options(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command(monkeypatch, *arguments)
    assert message in capsys.readouterr().err


def test_a_damaged_cycle_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "pages.txt"
    file.write_text("# a head\nc0000\nhere\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"pages\.txt:3: 'here'; expected a page number in hexadecimal, or switch"):
        STUDY.cycle.Cycle.read(file)
