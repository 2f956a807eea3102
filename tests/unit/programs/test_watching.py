# SPDX-License-Identifier: BSD-3-Clause
"""Watching a program: the instruction trace, the profile by function, and reports of programs that cannot go on."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from simobjects import EventKind, Simulation, System
from simobjects.framework import SimObjectsError
from simobjects.programs.instruction_trace import HEAD
from simobjects.study import config_script
from tests.differential.encode import RFI, SYSTEM_CALL, d_form, load_constant, spr_form, x_form
from tests.helpers.commands import simobjects
from tests.helpers.small_programs import RESET, START, console, elf_file, end_with, load, machine, run, spend, store

ROOT = Path(__file__).parents[3]


def traced(
    system: System,
    first: int = 1,
    last: int | None = None,
    *,
    references: int | None = None,
    cycles: int | None = None,
) -> tuple[Simulation, list[str]]:
    lines: list[str] = []
    sim = Simulation(system)
    sim.trace_instructions(lines.append, first, last)
    list(sim.run(references=references, cycles=cycles))
    return sim, lines


# IVPR is 0, IVOR8 is 0x2000 and a handler is copied there: li r3,5; rfi.
HANDLER = [
    *store(0x2000, d_form(14, 3, 0, 5)),
    *store(0x2004, RFI),
    *load_constant(5, 0x2000),
    spr_form(467, 5, 408),
]


def test_a_line_for_each_instruction(tmp_path: Path) -> None:
    words = [d_form(14, 4, 0, 1), d_form(12, 4, 4, -1), x_form(31, 266, 6, 4, 4, 1), *RESET]
    _, lines = traced(machine(elf_file(tmp_path / "p.elf", words)))
    assert lines == [
        HEAD,
        "1 00010000 38800001 li      r4,1 ; r4=00000001",
        "2 00010004 3084ffff addic   r4,r4,-1 ; r4=00000000 xer=20000000",
        "3 00010008 7cc42215 add.    r6,r4,r4 ; cr=20000000",
        "4 0001000c 3fe03000 lis     r31,12288 ; r31=30000000",
        "5 00010010 63ff0000 ori     r31,r31,0",
        "6 00010014 7ff44ba6 mtdbcr0 r31 ; dbcr0=30000000",
    ]


def test_exceptions_have_lines_of_their_own(tmp_path: Path) -> None:
    words = [*HANDLER, SYSTEM_CALL, *RESET]
    at = START + 4 * len(HANDLER)
    _, lines = traced(machine(elf_file(tmp_path / "p.elf", words)), len(HANDLER) + 1, len(HANDLER) + 4)
    number = len(HANDLER) + 1
    assert lines[1:] == [
        f"{number} {at:08x} 44000002 sc ; srr0={at + 4:08x}",
        f"! {at + 4:08x} system call",
        f"{number + 1} 00002000 38600005 li      r3,5 ; r3=00000005",
        f"{number + 2} 00002004 4c000064 rfi",
        f"{number + 3} {at + 4:08x} 3fe03000 lis     r31,12288 ; r31=30000000",
    ]


def test_a_part_is_what_the_whole_has_there() -> None:
    _, whole = traced(machine("refill"), last=3000)
    assert len(whole) > 3000
    first = next(number for number, line in enumerate(whole) if line.startswith("2501 "))
    _, part = traced(machine("refill"), 2501, 3000)
    assert part == [HEAD, *whole[first:]]
    assert any(line.startswith("! ") and line.endswith("data TLB miss") for line in whole)


def test_tracing_changes_nothing() -> None:
    plain, _ = run(machine("refill"))
    sim, lines = traced(machine("refill"), 100_001, 110_000)
    assert sim.stats.table("system") == plain.stats.table("system")
    assert console(sim) == console(plain)
    assert sum(not line.startswith(("!", "#")) for line in lines) == 10_000


def test_limits_hold_while_tracing(tmp_path: Path) -> None:
    elf = elf_file(tmp_path / "p.elf", [*spend(1000), *RESET])
    sim, lines = traced(machine(elf), references=50)
    assert (sim.reference, len(lines)) == (50, 51)
    sim, lines = traced(machine(elf), cycles=40)
    assert (sim.cycle, sim.events[-1].kind) == (40, EventKind.CYCLE_LIMIT)
    with pytest.raises(ValueError, match="expected 1 <= first <= last"):
        sim.trace_instructions(lines.append, 5, 4)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    example = ROOT / "configs" / "examples" / "bare_metal.py"
    return simobjects("run", str(example), *arguments, cwd=folder)


def test_two_traces_on_the_command_line_are_equal(tmp_path: Path) -> None:
    for name in ("one", "two"):
        said = command(tmp_path, "--trace-instructions", name, "--trace-from", "10", "--trace-count", "20")
        assert said.returncode == 0, said.stderr
    text = (tmp_path / "one").read_text()
    assert text == (tmp_path / "two").read_text()
    assert [line.split()[0] for line in text.splitlines()] == ["#", *map(str, range(10, 30))]
    said = command(tmp_path, "--trace-count", "20")
    assert (said.returncode, "--trace-instructions FILE" in said.stderr) == (2, True)


def test_the_profile_by_function(tmp_path: Path) -> None:
    said = command(tmp_path, "--set", "system.core.workload.elf=refill", "--profile")
    table = said.stdout.splitlines()
    assert table[5].split()[:2] == ["function", "cycles"], said.stdout
    with (tmp_path / table[-1] / "system.core.profile.csv").open() as file:
        rows = {row["function"]: row for row in csv.DictReader(file)}
    assert sum(int(row["data_TLB_miss"]) for row in rows.values()) == 8 + 24 + 30 + 1198 + 2560 + 128
    assert int(rows["main"]["data_TLB_miss"]) == 8 + 24 + 30 + 1198 + 2560 + 128, "all misses are in main"
    assert set(rows) <= {"main", "data_miss", "print", "print_number"}
    sampled = sum(int(row["instructions"]) for row in rows.values())
    assert 100_000 < sampled <= 115_893


def test_a_profile_changes_nothing_and_covers_nearly_everything() -> None:
    plain, _ = run(machine("refill"))
    sim = Simulation(machine("refill"))
    sim.start_profile(every=500)
    list(sim.run())
    assert sim.stats.table("system") == plain.stats.table("system")
    rows = sim.profile.rows
    instructions = sim.stats["system.core.instructions"]
    assert isinstance(instructions, int)
    assert instructions - 1024 < sum(row.instructions for row in rows) <= instructions
    assert abs(sum(row.cycles for row in rows) - sim.cycle) < 5000
    assert sum(row.misses for row in rows) == sim.stats.by_label("system.core.interrupts")["data TLB miss"]
    # The handler executes 27 instructions for each of 3948 misses.
    assert sim.profile["data_miss"].instructions / sum(row.instructions for row in rows) == pytest.approx(
        27 * 3948 / instructions, rel=0.1
    )


def test_a_core_without_a_program_has_no_profile() -> None:
    sim = Simulation(config_script.load(ROOT / "configs" / "examples" / "native.py", {}))
    attempts: list[Callable[[], object]] = [sim.start_profile, lambda: sim.trace_instructions(print)]
    for attempt in attempts:
        with pytest.raises(SimObjectsError, match=r"system\.core follows a reference stream; .* give it a program"):
            attempt()


MAIN = ("main", START, 0)
UNSET = "its handler faults itself, or IVPR and IVORs lead nowhere"
BAD: dict[str, tuple[list[int], str]] = {
    "nowhere": (
        [*load_constant(3, 0xD0000000), spr_form(467, 3, 9), x_form(19, 528, 20, 0, 0, 1), *RESET],
        "instruction TLB miss exception at pc 0xd0000000 (address 0xd0000000) and then 16 more, the last program at pc "
        f"0x00000000, without an instruction completed: {UNSET}\n"
        "at 0xd0000000; the link register holds main+0x10",
    ),
    "opcode": (
        [0],
        "program exception at pc 0x00010000 (address 0x00000000) and then 16 more, the last program at pc 0x00000000, "
        f"without an instruction completed: {UNSET}\n"
        "at main; the link register holds 0x00000000",
    ),
    "unmapped": (
        load(3, 0xD0000000),
        "data TLB miss exception at pc 0x00010008 (address 0xd0000000) and then 16 more, the last program at pc "
        f"0x00000000, without an instruction completed: {UNSET}\n"
        "at main+0x8; the link register holds 0x00000000",
    ),
}


def report(tmp_path: Path, words: Sequence[int], **system: dict[str, object]) -> list[str]:
    elf = elf_file(tmp_path / "p.elf", words, symbols=[MAIN])
    _, events = run(machine(elf, **system))  # type: ignore[arg-type]
    assert events[-1].kind is EventKind.FAILED
    return str(events[-1]).splitlines()


@pytest.mark.parametrize("name", BAD)
def test_a_program_that_cannot_go_on_is_shown_with_its_registers(tmp_path: Path, name: str) -> None:
    words, expected = BAD[name]
    head, *text = report(tmp_path, words)
    assert head.startswith("the guest cannot go on at cycle ")
    lines = expected.splitlines()
    assert text[: len(lines)] == lines
    registers = text[len(lines) :]
    assert registers[0].split()[:4] == ["r0", "00000000", "r1", "00fffff8"]
    assert registers[5].split()[4:8] == ["pc", "00000000", "msr", "00000000"]
    assert ["esr", "08000000"] == [word for line in registers for word in line.split() if word in ("esr", "08000000")]


def test_a_device_that_is_not_there_ends_the_run_if_asked(tmp_path: Path) -> None:
    words = [*load(3, 0xEF600800), *end_with()]
    head, text, place, *registers = report(tmp_path, words, bus={"stop_on_unanswered": True})
    assert text == "nothing answers at physical address 0x0ef600800 (pc 0x0001000c)"
    assert place == "at main+0xc; the link register holds 0x00000000"
    assert "r9     ef600800" in registers[1]


def test_a_device_that_is_not_there_is_a_machine_check(tmp_path: Path) -> None:
    """With MSR[ME] its vector is entered; without, it is lost and counted."""
    handler = [*store(0x2000, d_form(14, 3, 0, 7)), *store(0x2004, x_form(19, 38, 0, 0, 0))]  # li r3,7; rfmci
    words = [
        *handler,
        *load_constant(5, 0x2000),
        spr_form(467, 5, 401),
        *load(4, 0xEF600800),
        *end_with(),
    ]
    elf = elf_file(tmp_path / "p.elf", words)
    sim, events = run(machine(elf, registers={"msr": 0x1000}))
    assert events[-1].payload["reason"] == "marker"
    assert sim.peers[sim.system.core].read_register("r3") == 7
    assert sim.stats.by_label("system.core.interrupts")["machine check"] == 1
    sim, events = run(machine(elf))
    assert sim.stats.by_label("system.core.interrupts")["machine check"] == 0
    assert sim.stats.by_label("system.core.diagnostics")["unanswered_access"] == 1
    assert sim.stats["system.board.bus.unanswered"] == 1


def test_a_breakpoint_names_its_function(tmp_path: Path) -> None:
    sim = Simulation(machine(elf_file(tmp_path / "p.elf", [*spend(3), *RESET], symbols=[MAIN])))
    sim.peers[sim.system.core].set_breakpoint(START + 8)
    (event,) = sim.run()
    assert (event.kind, event.payload["function"]) == (EventKind.BREAKPOINT, "main+0x8")
