# SPDX-License-Identifier: BSD-3-Clause
"""A program on the bare machine: saved at any instruction, restored and run on, any number of times: all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simobjects import Event, EventKind, MicroTLB, Simulation, System
from simobjects.isa import arch
from tests.helpers.assembler import asm
from tests.helpers.machines440 import PAUSED, Compiled
from tests.helpers.running440 import build
from tests.helpers.small_programs import (
    MARKERS,
    RESET,
    START,
    UART,
    console,
    elf_file,
    load,
    machine,
    say,
    spend,
    store,
)

PROGRAMS = Path(__file__).parents[1] / "data" / "baremetal"
MICRO_TLBS = {"none": (0, 0, False), "functional": (4, 8, False), "faithful": (2, 3, True)}
"""Entries for instructions and for data, and whether stale ones are kept as on the hardware."""
SRR0, SRR1, DEC, IVPR, TSR, TCR, IVOR10 = (
    arch.SPR[name] for name in ("SRR0", "SRR1", "DEC", "IVPR", "TSR", "TCR", "IVOR10")
)
EE_AND_WE, DIE = 0x48000, arch.TCR.DIE


def parts(machine: Compiled) -> list[Any]:
    """Every peer with state; the core, which knows the others, last."""
    return [machine.tlb, machine.memory, machine.uic, machine.bus, machine.core]


def saved(machine: Compiled) -> list[dict[str, Any]]:
    return [part.save() for part in parts(machine)]


def restored(seed: int, states: list[dict[str, Any]]) -> Compiled:
    made = build(seed)
    for part, state in zip(parts(made), states, strict=True):
        part.restore(state)
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 1 << 30), st.lists(st.tuples(st.booleans(), st.integers(1, 4_000)), min_size=1, max_size=5))
def test_random_programs(seed: int, pieces: list[tuple[bool, int]]) -> None:
    """Faults, timers and wait states without end; micro-TLBs of each kind. Each piece runs, or is stepped, to a cut."""
    whole, part = build(seed), build(seed)
    for stepped, amount in pieces:
        reasons = [one.core.step(amount) if stepped else one.core.advance(amount, -1) for one in (whole, part)]
        assert reasons[0] == reasons[1]
        states = saved(part)
        part = restored(seed, states)
        assert saved(part) == states
        assert part.core.digest() == whole.core.digest()
        assert part.core.read_stats() == whole.core.read_stats()
        if reasons[0][0] != PAUSED:
            return


def waiting_program(turns: int = 6) -> list[int]:
    """Prints without ending a line, reads the serial port, sleeps until the decrementer's interrupt; in windows."""
    handler = [
        asm("addis", rt=31, ra=0, si=-1), asm("mtspr", spr=TSR, rs=31),
        asm("addi", rt=31, ra=0, si=0), asm("mtspr", spr=SRR1, rs=31),
        *say("t"), asm("rfi"),
    ]  # fmt: skip
    words = [asm("b", li=4 * (4 + len(handler))), *[asm("ori")] * 3, *handler]
    for spr, value in ((IVPR, START), (IVOR10, 0x10), (TCR, DIE)):
        words += [asm("addis", rt=3, ra=0, si=value >> 16), asm("ori", ra=3, rs=3, ui=value & 0xFFFF)]
        words += [asm("mtspr", spr=spr, rs=3)]
    words += store(UART + 2, 1, size=1)  # the receiver's queue
    for turn in range(turns):
        words += [*store(MARKERS, turn), *say("ab"), *load(5, UART, size=1), *store(MARKERS + 8, turn), *spend(20)]
        words += [asm("addi", rt=3, ra=0, si=700 + 90 * turn), asm("mtspr", spr=DEC, rs=3)]
        words += [asm("addis", rt=4, ra=0, si=EE_AND_WE >> 16), asm("ori", ra=4, rs=4, ui=EE_AND_WE & 0xFFFF)]
        words += [asm("mtmsr", rs=4), asm("isync"), *store(MARKERS + 4, turn)]
    return [*words, *say("!\n"), *RESET]


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return elf_file(tmp_path_factory.mktemp("elf") / "waiting.elf", waiting_program())


def system_of(elf: Path, micro: str) -> System:
    instruction, data, faithful = MICRO_TLBS[micro]
    core = {"itlb": MicroTLB(entries=instruction), "dtlb": MicroTLB(entries=data), "faithful": faithful}
    return machine(elf, core=core, uart={"input": "hello, guest", "input_interval": 333})


def told(events: list[Event]) -> list[Event]:
    """What a run in one piece says, too."""
    return [event for event in events if event.kind is not EventKind.REFERENCE_LIMIT]


def state(simulation: Simulation) -> dict[Any, Any]:
    """All that can be seen of a machine: registers, TLB, memory, every statistic of every window, the console."""
    rows = {(row.window, row.path, row.stat, row.index): row.value for row in simulation.stats.rows()}
    return {**rows, "digest": simulation.engine.digest(), "console": console(simulation)}


def cut_here_and_there(elf: Path, micro: str, distances: list[int], folder: Path) -> None:
    whole, part = Simulation(system_of(elf, micro)), Simulation(system_of(elf, micro))
    events = told(list(whole.run()))
    assert events[-1].kind is EventKind.END_OF_WORKLOAD
    seen: list[Event] = []
    for distance in distances:
        place = part.engine.instructions() + distance
        seen += told(list(part.run_to(distance)))
        if seen and seen[-1].kind.final:
            break
        assert part.engine.instructions() == place
        part.save(folder / "c")
        part = Simulation(system_of(elf, micro))
        part.restore(folder / "c")
        part.save(folder / "again")
        assert (folder / "again").read_bytes() == (folder / "c").read_bytes()
    seen += told(list(part.run())) if not seen or not seen[-1].kind.final else []
    assert seen == events
    assert state(part) == state(whole)


@pytest.mark.parametrize("micro", MICRO_TLBS)
def test_waiting_and_printing(micro: str, waiting: Path, tmp_path: Path) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(1, 250), min_size=1, max_size=6))
    def check(distances: list[int]) -> None:
        cut_here_and_there(waiting, micro, distances, tmp_path)

    check()


@pytest.mark.parametrize("micro", MICRO_TLBS)
def test_bare_metal_programs(micro: str, tmp_path: Path) -> None:
    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(["t02_pid", "t03_as", "t05_miss", "t06_refill", "t09_irq", "t10_dev"]),
        st.lists(st.integers(1, 25_000), min_size=1, max_size=3),
    )
    def check(program: str, distances: list[int]) -> None:
        cut_here_and_there(PROGRAMS / f"{program}.elf", micro, distances, tmp_path)

    check()


def test_the_waiting_program_waits_reads_and_prints(waiting: Path) -> None:
    """What the cuts fall into: idle time, received characters, windows, a line that is not at its end."""
    simulation = Simulation(system_of(waiting, "none"))
    assert told(list(simulation.run()))[-1].payload["reason"] == "reset"
    assert console(simulation) == "abt" * 6 + "!\n"
    assert simulation.stats.counts("system.core.interrupts")["decrementer"] == 6
    assert simulation.stats.count("system.board.uart0.received") > 3
    assert simulation.stats["system.board.marker.windows"] == 6
