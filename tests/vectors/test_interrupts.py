# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 47 to 57: what an interrupt does to the MSR, vectors, timers, order."""

from __future__ import annotations

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, CODE_SLOT, MSR_PR, NOP, SR, UR, VECTORS, Bench
from tests.vectors.conftest import Maker

CRITICAL, DSI, EXTERNAL, PROGRAM = 0, 2, 4, 6
DECREMENTER, FIT, WATCHDOG, DATA_MISS, INSTRUCTION_MISS = range(10, 15)
PTR, DLK0, DLK1 = 0x02000000, 0x00200000, 0x00100000
CE, EE, ME, DE = 0x20000, 0x8000, 0x1000, 0x200
ENW, WIS, DIS, FIS = 0x80000000, 0x40000000, 0x08000000, 0x04000000
WIE, DIE, FIE, ARE = 0x08000000, 0x04000000, 0x00800000, 0x00400000
A = 0xC0000000
LOAD = asm("lwz", rt=6, ra=4)


def test_vector_47_ce_me_de_stay(bench: Bench) -> None:
    assert bench.load(A, msr=0x0002D200).vector == DATA_MISS
    assert (bench["msr"], bench["srr1"]) == (0x00021200, 0x0002D200)


def test_vector_48_srr1_is_the_old_msr_and_nothing_else(bench: Bench) -> None:
    assert bench.run(asm("tw", to=31, ra=0, rb=0), msr=0x1000).vector == PROGRAM
    assert (bench["srr1"], bench["esr"]) == (0x1000, PTR)


def test_vector_49_the_address_of_a_vector(bench: Bench) -> None:
    words = [asm("mtspr", spr=63, rs=5), asm("mtspr", spr=413, rs=6)]
    bench.run(*words, r5=0xC0001FFF, r6=0xFFFF)
    bench.map(0, epn=0xC000F000, rpn=0x00100000, attributes=0x04)
    bench.put([NOP], at=0x00100FF0)
    bench.load(0xD0000000)
    assert bench["pc"] == 0xC000FFF0 + 4
    assert bench.machine.vectors()[DATA_MISS] == 1


def test_vector_50_a_handler_on_a_page_that_is_not_mapped(bench: Bench) -> None:
    bench.set(ivor13=0xF000, ivor14=0x0E00)
    bench.map(63, epn=VECTORS, size=1, rpn=VECTORS, attributes=0x04)
    bench.load(A)
    assert (bench["srr0"], bench["pc"]) == (VECTORS + 0xF000, VECTORS + 0xE04)
    assert (bench.machine.vectors()[DATA_MISS], bench.machine.vectors()[INSTRUCTION_MISS]) == (1, 1)


def test_vector_51_the_decrementer_stops_at_0(bench: Bench) -> None:
    bench.run(asm("mtspr", spr=22, rs=5), r5=3)
    bench.run(NOP, NOP)
    assert (bench["tsr"], bench["dec"]) == (DIS, 0)
    bench.run(NOP, NOP)
    assert (bench["tsr"], bench["dec"]) == (DIS, 0)


def test_vector_51_the_third_tick_is_the_first_that_sets_dis(bench: Bench) -> None:
    bench.run(asm("mtspr", spr=22, rs=5), r5=3)
    bench.run(NOP)
    assert (bench["tsr"], bench["dec"]) == (0, 1)


def test_vector_52_the_decrementer_reloads(bench: Bench) -> None:
    bench.run(asm("mtspr", spr=54, rs=5), r5=10)
    bench.run(asm("mtspr", spr=340, rs=5), r5=ARE)
    bench.run(asm("mtspr", spr=22, rs=5), r5=2)
    bench.run(NOP)
    assert (bench["tsr"], bench["dec"]) == (DIS, 10)
    bench.run(NOP)
    assert bench["dec"] == 9


def test_vector_53_writing_0_is_silent(bench: Bench) -> None:
    bench.run(asm("mtspr", spr=22, rs=5), NOP, NOP, r5=0)
    assert (bench["tsr"], bench["dec"]) == (0, 0)


def test_vector_54_the_fixed_interval_timer(bench: Bench) -> None:
    bench.set(tcr=FIE, tbu=0, tbl=0xFFE)
    assert bench.run(NOP, msr=EE).vector is None
    assert (bench["tbl"], bench["tsr"]) == (0xFFF, 0)
    assert bench.run(NOP, NOP, msr=EE).vector == FIT
    assert bench["tsr"] == FIS
    assert (bench["srr0"], bench["msr"]) == (CODE + 4, 0)


def test_vector_55_the_interrupt_of_the_instruction_comes_before_an_asynchronous_one(make_bench: Maker) -> None:
    """The decrementer runs out while the miss is being taken: it waits until EE is set again."""
    bench = make_bench(interrupt_ticks=10)
    bench.set(tcr=DIE, dec=5)
    assert bench.run(LOAD, NOP, r4=A, msr=EE).vector == DATA_MISS
    assert bench.machine.vectors()[DECREMENTER] == 0
    assert (bench["tsr"], bench["srr0"]) == (DIS, CODE)
    handler = VECTORS + 0x100 * DATA_MISS + 8
    bench.put([asm("wrteei", e=1)], at=handler)
    bench.machine.step(2)
    assert bench.machine.vectors()[DECREMENTER] == 1
    assert bench["srr0"] == handler + 4


def test_vector_55_an_external_input_that_rises_during_the_miss(make_bench: Maker) -> None:
    bench = make_bench(interrupt_ticks=10)
    bench.machine.external_at(5)
    assert bench.run(LOAD, NOP, r4=A, msr=EE).vector == DATA_MISS
    assert bench.machine.vectors()[EXTERNAL] == 0
    handler = VECTORS + 0x100 * DATA_MISS + 8
    bench.put([asm("wrteei", e=1)], at=handler)
    bench.machine.step(2)
    assert bench.machine.vectors()[EXTERNAL] == 1
    assert (bench["srr0"], bench["srr1"]) == (handler + 4, EE)


def test_vector_55_an_external_input_waits_for_ee(bench: Bench) -> None:
    assert bench.run(LOAD, r4=A, msr=EE).vector == DATA_MISS
    bench.machine.lines(external=True)
    bench.put([NOP, asm("wrteei", e=1)], at=VECTORS + 0x100 * DATA_MISS + 4)
    bench.machine.step(1)
    assert bench.machine.vectors()[EXTERNAL] == 0
    bench.machine.step(2)
    assert bench.machine.vectors()[EXTERNAL] == 1
    assert bench["srr0"] == VECTORS + 0x100 * DATA_MISS + 12


def test_vector_56_a_critical_interrupt_before_the_first_instruction_of_the_handler(make_bench: Maker) -> None:
    """The watchdog's second time-out comes while the miss is being taken, and CE is still set in the handler."""
    bench = make_bench(interrupt_ticks=10)
    bench.set(tcr=WIE, tbu=0, tbl=(1 << 20) - 5, tsr=ENW)
    bench.run(LOAD, r4=A, msr=CE | EE | ME)
    assert (bench.machine.vectors()[DATA_MISS], bench.machine.vectors()[WATCHDOG]) == (1, 1)
    assert (bench["csrr0"], bench["csrr1"]) == (VECTORS + 0x100 * DATA_MISS, CE | ME)
    assert (bench["srr0"], bench["pc"], bench["msr"]) == (CODE, VECTORS + 0x100 * WATCHDOG + 4, ME)
    assert bench["tsr"] == ENW | WIS


def test_vector_56_the_critical_input_is_taken_with_ee_off(bench: Bench) -> None:
    bench.machine.lines(critical=True)
    assert bench.run(NOP, msr=EE).vector is None
    assert bench.run(NOP, msr=CE).vector == CRITICAL
    assert (bench["csrr0"], bench["csrr1"]) == (CODE, CE)


def test_vector_57_cache_locking(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=UR | SR)
    assert bench.access("dcbf", A, msr=MSR_PR, mmucr=0).vector is None
    assert bench.access("dcbf", A + 4, msr=MSR_PR, mmucr=0x00080000).vector == DSI
    assert (bench["esr"], bench["dear"]) == (DLK0, A + 4)
    assert bench.access("icbi", A, msr=MSR_PR).vector is None
    assert bench.access("icbi", A + 8, msr=MSR_PR, mmucr=0x00040000).vector == DSI
    assert (bench["esr"], bench["dear"]) == (DLK1, A + 8)
    assert bench.access("dcbf", A, mmucr=0x000C0000).vector is None, "the supervisor may"


assert CODE_SLOT == 62
