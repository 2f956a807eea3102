# SPDX-License-Identifier: BSD-3-Clause
"""Freestanding 440 programs as KVM guests: each ends as KVM of the era would have let it end.

KVM only stores DBCR0, so a program that ends with a reset of the core spins afterwards, with nothing pending.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from simobjects import EventKind
from tests.golden.test_bare_metal_programs import PROGRAMS, by_hardware
from tests.helpers import qemu
from tests.helpers.kvm_guests import SCHEMES, Ended, run_guest

EARLY, LATER = SCHEMES[:3], SCHEMES[3:]
"""Shadows with the guest's own TIDs; TID 1 for the guest's kernel and 0 for its user, whichever process."""
LOST_DCBI = "  EXC DTLB srr0=00011b60 srr1=00000000 esr=00800000 dear=50000010"


@dataclass(frozen=True)
class Rounds:
    """How often a speed loop goes round: the two instructions that load the count, and what is printed for another."""

    high: int
    low: int
    fewer: int
    output: str


ROUNDS = {
    "s1_compute": Rounds(0x38A0_0000, 0x60A5_EA60, 600, "S1 b4f86e81\r\nEND\r\n"),
    "s2_thrash": Rounds(0x3D20_0016, 0x6129_E360, 60_000, "S2 misses 52938 sum ba32f0a0\r\nEND\r\n"),
    "s3_fit": Rounds(0x3D20_05F5, 0x6129_E100, 1_000_000, "S3 misses 48 sum 2f63bf50\r\nEND\r\n"),
}


def run(program: str, scheme: str) -> Ended:
    return run_guest(PROGRAMS / f"{program}.elf", scheme)


def expected(program: str) -> str:
    return by_hardware(program, (PROGRAMS / f"{program}.expected").read_bytes().decode("latin-1"))


def shorter(program: str, folder: Path) -> Path:
    """A speed loop with fewer rounds: the same instructions but for the count."""
    rounds = ROUNDS[program]
    image = (PROGRAMS / f"{program}.elf").read_bytes()
    for word, half in ((rounds.high, rounds.fewer >> 16), (rounds.low, rounds.fewer & 0xFFFF)):
        before = word.to_bytes(4, "big")
        assert image.count(before) == 1
        image = image.replace(before, (word >> 16 << 16 | half).to_bytes(4, "big"))
    path = folder / f"{program}.elf"
    path.write_bytes(image)
    return path


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("program", ROUNDS)
def test_speed_loops_print_what_they_print_natively(program: str, scheme: str, tmp_path: Path) -> None:
    """Hundreds of times round the TLB are enough: what comes after repeats them."""
    ended = run_guest(shorter(program, tmp_path), scheme)
    ended.assert_spins()
    assert ended.output == ROUNDS[program].output


@pytest.mark.parametrize("program", ROUNDS)
def test_shorter_speed_loops_print_the_same_under_qemu(program: str, tmp_path: Path) -> None:
    printed = qemu.run(shorter(program, tmp_path), tmp_path).uart.decode()
    assert printed == ROUNDS[program].output.replace("\r", "")


def test_a_million_misses_of_a_guest_are_counted_as_natively() -> None:
    ended = run("s2_thrash", "e4")
    ended.assert_spins()
    assert ended.output == expected("s2_thrash")


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
