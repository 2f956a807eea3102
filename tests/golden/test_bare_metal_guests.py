# SPDX-License-Identifier: BSD-3-Clause
"""Freestanding 440 programs as KVM guests: each ends as KVM of the era would have let it end.

KVM only stores DBCR0, so a program that ends with a reset of the core spins afterwards, with nothing pending.
"""

from __future__ import annotations

import pytest

from simobjects import EventKind
from tests.golden.test_bare_metal_programs import PROGRAMS, by_hardware
from tests.helpers.kvm_guests import SCHEMES, Ended, run_guest

EARLY, LATER = SCHEMES[:3], SCHEMES[3:]
"""Shadows with the guest's own TIDs; TID 1 for the guest's kernel and 0 for its user, whichever process."""
LOST_DCBI = "  EXC DTLB srr0=00011b60 srr1=00000000 esr=00800000 dear=50000010"


def run(program: str, scheme: str) -> Ended:
    return run_guest(PROGRAMS / f"{program}.elf", scheme)


def expected(program: str) -> str:
    return by_hardware(program, (PROGRAMS / f"{program}.expected").read_bytes().decode("latin-1"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("program", ["s1_compute", "s2_thrash", "s3_fit"])
def test_speed_loops_print_what_they_print_natively(program: str, scheme: str) -> None:
    ended = run(program, scheme)
    ended.assert_spins()
    assert ended.output == expected(program)


@pytest.mark.parametrize("scheme", EARLY)
def test_pids_are_told_apart_while_shadows_carry_them(scheme: str) -> None:
    ended = run("t02_pid", scheme)
    ended.assert_spins()
    assert ended.output == expected("t02_pid")


@pytest.mark.parametrize("scheme", ["e3", "e3b", "e6"])
def test_entries_of_other_pids_are_live_at_once_later(scheme: str) -> None:
    """The eager map at tlbwe looks at no PID: process 0 reads a page of another one where it should miss."""
    ended = run("t02_pid", scheme)
    ended.assert_spins()
    assert "pid 0 tlbsx 0 value aaaa" in ended.output
    assert ended.simulation.stats.count("system.host.eager_other_tid") > 0


@pytest.mark.parametrize("scheme", ["e4", "e5"])
def test_a_put_that_restores_nothing_hides_that(scheme: str) -> None:
    """Each character printed is a heavy exit, and its sweep takes the eager maps away before the pages are read.

    tests/golden/test_entries_of_other_pids.py shows what becomes of them without one.
    """
    ended = run("t02_pid", scheme)
    ended.assert_spins()
    assert ended.output == expected("t02_pid")
    assert ended.simulation.stats.count("system.host.eager_other_tid") > 0


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
    ended.assert_spins()
    assert ended.output == expected("t04_perm")


@pytest.mark.parametrize("scheme", EARLY)
def test_shadows_do_not_tell_address_spaces_apart(scheme: str) -> None:
    """They are all in the hardware's AS 1: a load in AS 1 finds the shadow that an access in AS 0 has left."""
    ended = run("t03_as", scheme)
    ended.assert_spins()
    assert "msr 00000010 value 5a5a0001" in expected("t03_as")
    assert "msr 00000010 value 5a5a0000" in ended.output


@pytest.mark.parametrize("scheme", EARLY)
def test_an_illegal_instruction_of_the_guests_kernel_ends_it(scheme: str) -> None:
    """KVM emulates what traps in the guest's kernel; it delivers a program interrupt to the guest's user mode only."""
    ended = run("t07_prog", scheme)
    assert ended.last.kind is EventKind.FAILED
    assert "instruction 0x00000000" in ended.message
    assert ".long 0x00000000 at p_ill" in ended.message


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("program", ["t01_sizes", "t06_refill", "t08_readback"])
def test_tlbre_ends_a_guest(program: str, scheme: str) -> None:
    ended = run(program, scheme)
    assert ended.last.kind is EventKind.FAILED
    assert "instruction 0x7d030764" in ended.message
    assert "not one that KVM of this release emulates\ntlbre r8,r3,0 at tlbr" in ended.message
    assert "pc" in ended.last.payload["registers"]
    assert expected(program).startswith(ended.output)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_reading_dec_ends_a_guest_of_2_6_29(scheme: str) -> None:
    ended = run("t09_irq", scheme)
    assert ended.last.kind is EventKind.FAILED
    assert "does not emulate reading special purpose register 22\nmfdec" in ended.message


@pytest.mark.parametrize("scheme", SCHEMES)
def test_dcbi_is_nothing_to_kvm(scheme: str) -> None:
    """It is emulated as nothing, so the store that hardware makes of it does not miss: one line is not printed."""
    ended = run("t05_miss", scheme)
    ended.assert_spins()
    lines = expected("t05_miss").split("\r\n")
    lines.remove(LOST_DCBI)
    assert ended.output.split("\r\n") == lines
