# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 31 to 35: the reservation is one bit without an address, and survives interrupts."""

from __future__ import annotations

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, SR, SW, VECTORS, Bench

DSI, ALIGNMENT, PROGRAM, DATA_MISS = 2, 5, 6, 13
ST = 0x00800000
A = 0xC0000000
PA = 0x00100000
FLSTA = 0x100
EQ = 0x20000000
LWARX = asm("lwarx", rt=6, ra=0, rb=4)
STWCX = asm("stwcx_rec", rs=5, ra=0, rb=7)


def test_vector_31_the_address_is_not_compared(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR | SW)
    assert bench.run(LWARX, STWCX, r4=A, r7=A + 0x40, r5=0x55667788).vector is None
    assert bench["cr"] & 0xF0000000 == EQ
    assert bench.machine.load(PA + 0x40, 4) == b"\x55\x66\x77\x88"


def test_vector_32_an_interrupt_does_not_clear_it(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR | SW)
    handler = [asm("mfspr", rt=9, spr=26), asm("addi", rt=9, ra=9, si=4), asm("mtspr", spr=26, rs=9), asm("rfi")]
    bench.put(handler, at=VECTORS + 0x600)
    words = [LWARX, asm("tw", to=31, ra=0, rb=0), *[asm("mfmsr", rt=8)] * 4, STWCX]
    # Six instructions: lwarx, the handler's four, stwcx. after the trap.
    bench.put([LWARX, words[1], STWCX])
    bench.set(msr=0, pc=CODE, r4=A, r7=A, r5=0x99, cr=0)
    bench.machine.step(6)
    assert bench.machine.vectors()[PROGRAM] == 1
    assert bench["pc"] == CODE + 12
    assert bench["cr"] & 0xF0000000 == EQ
    assert bench.machine.load(PA, 4) == b"\0\0\0\x99"


def test_vector_33_without_it_a_read_only_page_is_no_fault(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    assert bench.access("stwcx_rec", A, cr=0xFFFFFFFF).vector is None
    assert bench["cr"] == 0x0FFFFFFF


def test_vector_34_without_it_a_missing_entry_interrupts_all_the_same(bench: Bench) -> None:
    assert bench.access("stwcx_rec", A).vector == DATA_MISS
    assert (bench["esr"], bench["dear"]) == (ST, A)


def test_vector_35_a_misaligned_lwarx(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    bench.machine.store(PA, bytes(range(8)))
    assert bench.access("lwarx", A + 1).vector is None
    assert bench["r6"] == 0x01020304
    bench.set(ccr0=FLSTA, esr=ST)
    assert bench.access("lwarx", A + 1).vector == ALIGNMENT
    assert (bench["dear"], bench["esr"]) == (A + 1, 0)
