# SPDX-License-Identifier: BSD-3-Clause
"""Freestanding 440 programs as KVM guests: each ends as KVM of the era would have let it end.

KVM only stores DBCR0, so a program that ends with a reset of the core spins afterwards, with nothing pending.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from simobjects import (
    Bamboo,
    Core440,
    ElfProgram,
    Event,
    EventKind,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    Simulation,
    System,
)
from tests.golden.test_bare_metal_programs import PROGRAMS, by_hardware

EARLY, LATER = ("e0", "e1", "e2"), ("e3", "e3b", "e4", "e5", "e6")
EVERY = EARLY + LATER
LOST_DCBI = "  EXC DTLB srr0=00011b60 srr1=00000000 esr=00800000 dear=50000010"


def machine(program: str, scheme: str, **host: Any) -> System:
    """A shipped test program with 32 MiB as guest of a kernel with that scheme."""
    system = System(clock="400MHz", memory="256MiB")
    system.core = Core440(workload=ElfProgram(str(PROGRAMS / f"{program}.elf"), memory="32MiB", start="kvm"))
    system.tlb = HardwareTLB(entries=64)
    system.guest_tlb = GuestTLB(entries=64)
    system.host = HostKernel(scheme=scheme, **host)
    system.board = Bamboo()
    system.board.uart0.console = "none"
    system.core.translation = system.tlb.core_side
    system.core.memory = system.board.ram.port
    system.core.devices = system.board.bus.core_side
    system.core.exceptions = system.host.exits
    return system


@dataclass(frozen=True)
class Ended:
    """How a guest ended, and what it had printed."""

    last: Event
    output: str
    simulation: Simulation

    @property
    def message(self) -> str:
        return str(self.last.payload.get("message", ""))


def run(program: str, scheme: str, **host: Any) -> Ended:
    system = machine(program, scheme, **host)
    simulation = Simulation(system)
    last = list(simulation.run())[-1]
    return Ended(last, simulation.peers[system.board.uart0].sent_bytes.decode("latin-1"), simulation)


def expected(program: str) -> str:
    return by_hardware(program, (PROGRAMS / f"{program}.expected").read_bytes().decode("latin-1"))


def assert_spins(ended: Ended) -> None:
    assert ended.last.kind is EventKind.END_OF_WORKLOAD
    assert ended.last.payload["reason"] == "spins for nothing"


LOOPS = [("s1_compute", "e4"), *(("s2_thrash", scheme) for scheme in EVERY), ("s3_fit", "e0"), ("s3_fit", "e3b")]
"""Each program once under a scheme that could change it: the other pairs print the same, but take minutes together."""


@pytest.mark.parametrize(("program", "scheme"), LOOPS)
def test_speed_loops_print_what_they_print_natively(program: str, scheme: str) -> None:
    ended = run(program, scheme)
    assert_spins(ended)
    assert ended.output == expected(program)


@pytest.mark.parametrize("scheme", EARLY)
def test_pids_are_told_apart_while_shadows_carry_them(scheme: str) -> None:
    ended = run("t02_pid", scheme)
    assert_spins(ended)
    assert ended.output == expected("t02_pid")


@pytest.mark.parametrize("scheme", ["e3", "e3b", "e6"])
def test_entries_of_other_pids_are_live_at_once_later(scheme: str) -> None:
    """The eager map at tlbwe looks at no PID: the program reads pages of others, and misses where it should not."""
    ended = run("t02_pid", scheme)
    assert_spins(ended)
    assert ended.output != expected("t02_pid")
    assert ended.simulation.stats["system.host.eager_other_tid"] > 0


@pytest.mark.parametrize("scheme", ["e4", "e5"])
def test_a_put_that_restores_nothing_hides_that(scheme: str) -> None:
    """Each character printed is a heavy exit, and its sweep takes the eager maps away before the pages are read."""
    ended = run("t02_pid", scheme)
    assert_spins(ended)
    assert ended.output == expected("t02_pid")
    assert ended.simulation.stats["system.host.eager_other_tid"] > 0


@pytest.mark.parametrize("scheme", LATER)
@pytest.mark.parametrize("program", ["t03_as", "t04_perm", "t07_prog"])
def test_user_code_in_pages_of_tid_0_misses_for_ever(program: str, scheme: str) -> None:
    ended = run(program, scheme)
    assert ended.last.kind is EventKind.WATCHDOG
    assert "invariant 42" in ended.message
    assert "user mode" in ended.message


@pytest.mark.parametrize("scheme", EARLY)
def test_permissions_are_the_guests_while_shadows_carry_its_tids(scheme: str) -> None:
    ended = run("t04_perm", scheme)
    assert_spins(ended)
    assert ended.output == expected("t04_perm")


@pytest.mark.parametrize("scheme", EVERY)
@pytest.mark.parametrize("program", ["t01_sizes", "t06_refill", "t08_readback"])
def test_tlbre_ends_a_guest(program: str, scheme: str) -> None:
    if program == "t06_refill" and scheme not in ("e0", "e3b", "e4"):
        pytest.skip("91 million instructions: three schemes are enough")
    ended = run(program, scheme)
    assert ended.last.kind is EventKind.FAILED
    assert "instruction 0x7d030764" in ended.message
    assert "not one that KVM of this release emulates" in ended.message
    assert "pc" in ended.last.payload["registers"]
    assert expected(program).startswith(ended.output)


@pytest.mark.parametrize("scheme", EVERY)
def test_reading_dec_ends_a_guest_of_2_6_29(scheme: str) -> None:
    ended = run("t09_irq", scheme)
    assert ended.last.kind is EventKind.FAILED
    assert "does not emulate reading that special purpose register" in ended.message


@pytest.mark.parametrize("scheme", EVERY)
def test_dcbi_is_nothing_to_kvm(scheme: str) -> None:
    """It is emulated as nothing, so the store that hardware makes of it does not miss: one line is not printed."""
    ended = run("t05_miss", scheme)
    assert_spins(ended)
    lines = expected("t05_miss").split("\r\n")
    lines.remove(LOST_DCBI)
    assert ended.output.split("\r\n") == lines
