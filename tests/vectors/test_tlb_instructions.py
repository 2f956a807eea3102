# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 36 to 42: tlbsx, tlbre, tlbwe."""

from __future__ import annotations

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, MSR_PR, SR, Bench

PROGRAM = 6
PIL, PPR = 0x08000000, 0x04000000
STS = 0x00010000
EQ, SO = 0x20000000, 0x10000000
A = 0xC0000000
TLBSX = asm("tlbsx", record=True, rt=6, ra=0, rb=4)


def test_vector_36_tlbsx_honours_the_space(bench: Bench) -> None:
    bench.map(17, epn=A, ts=1)
    bench.run(TLBSX, r4=A, mmucr=0)
    assert bench["cr"] & 0xF0000000 == 0
    bench.run(TLBSX, r4=A, mmucr=STS)
    assert bench["cr"] & 0xF0000000 == EQ
    assert bench["r6"] == 17


def test_vector_37_tlbsx_copies_so(bench: Bench) -> None:
    bench.map(17, epn=A)
    bench.run(TLBSX, r4=A, xer=0x80000000)
    assert bench["cr"] >> 28 == 0b0011
    bench.run(TLBSX, r4=A + 0x10000, xer=0x80000000)
    assert bench["cr"] >> 28 == 0b0001


def test_vector_38_tlbre_of_word_0_brings_the_tid(bench: Bench) -> None:
    bench.map(17, epn=A, attributes=SR, tid=9)
    bench.run(asm("tlbre", rt=6, ra=4, ws=1), asm("tlbre", rt=7, ra=4, ws=2), r4=17, mmucr=0x01410003)
    assert (bench["mmucr"], bench["r6"], bench["r7"]) == (0x01410003, 0x00100000, SR)
    bench.run(asm("tlbre", rt=6, ra=4, ws=0), r4=17)
    assert (bench["mmucr"], bench["r6"]) == (0x01410009, A | 0x210)


def test_vector_39_tlbwe_of_word_0_writes_the_tid(bench: Bench) -> None:
    bench.map(17, epn=A, tid=3)
    bench.set(mmucr=5)
    bench.tlbwe(1, 17, 0x00140000)
    bench.tlbwe(2, 17, SR)
    assert bench.machine.entry(17) == (A | 0x210, 0x00140000, SR, 3)
    bench.tlbwe(0, 17, A | 0x210)
    assert bench.machine.entry(17)[3] == 5


def test_vector_40_ra_0_is_register_0(bench: Bench) -> None:
    """Slot 63 holds the handlers here: they are not needed."""
    bench.run(asm("tlbwe", rs=3, ra=0, ws=0), r0=63, r3=A | 0x210)
    assert bench.machine.entry(63)[0] == A | 0x210


def test_vector_41_tlbwe_is_privileged(bench: Bench) -> None:
    bench.map(17, epn=A)
    before = bench.machine.entry(17)
    assert bench.tlbwe(0, 17, 0, msr=MSR_PR).vector == PROGRAM
    assert (bench["esr"], bench["srr0"]) == (PPR, CODE)
    assert bench.machine.entry(17) == before


def test_vector_42_tlbivax_and_tlbia_do_not_exist(bench: Bench) -> None:
    for extended in (786, 370):
        assert bench.run(31 << 26 | extended << 1).vector == PROGRAM
        assert bench["esr"] == PIL
