# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 1 to 12 of the 440's MMU: matching, page sizes, TID, address spaces. The numbers are the reference's."""

from __future__ import annotations

import pytest

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, MSR_DS, SR, SW, Bench
from tests.vectors.conftest import Maker

DSI, DATA_MISS = 2, 13
ST = 0x00800000
PAGE = 0x00100000
WORD = 0x11223344


@pytest.fixture
def filled(bench: Bench) -> Bench:
    bench.machine.store(PAGE, WORD.to_bytes(4, "big"))
    return bench


def test_vector_01_a_load_without_an_entry(bench: Bench) -> None:
    bench.set(esr=0x08000000)
    assert bench.load(0xC0000000).vector == DATA_MISS
    assert (bench["dear"], bench["esr"], bench["srr0"]) == (0xC0000000, 0, CODE)


def test_vector_02_a_store_without_an_entry(bench: Bench) -> None:
    assert bench.store(0xC0000004).vector == DATA_MISS
    assert (bench["dear"], bench["esr"]) == (0xC0000004, ST)


def test_vector_03_a_4_kib_page(bench: Bench) -> None:
    bench.map(0, epn=0xC0000000, rpn=0x00120000, attributes=SR)
    bench.machine.store(0x00120ABC, b"\xde\xad\xbe\xef")
    assert bench.load(0xC0000ABC) == bench.load(0xC0000ABC)
    assert bench.load(0xC0000ABC).vector is None
    assert bench["r6"] == 0xDEADBEEF


def test_vector_04_a_256_mib_page_above_4_gib(make_bench: Maker) -> None:
    """Nothing is at physical 0xE_41234568: the access ends on the bus, and there with that address."""
    bench = make_bench()
    bench.map(0, epn=0xE0000000, size=9, rpn=0x40000000, erpn=0xE, attributes=SR)
    assert bench.load(0xE1234568).vector is None
    assert bench.machine.diagnostics() == {"unanswered_access": 1, "machine_check_lost": 1}
    assert bench.machine.unanswered() == 0xE41234568


def test_vector_05_a_1_kib_page_has_1_kib(bench: Bench) -> None:
    bench.map(0, epn=0xC0020400, size=0, attributes=SR)
    assert bench.access("lbz", 0xC00207FF).vector is None
    assert bench.access("lbz", 0xC0020800).vector == DATA_MISS
    assert bench.access("lbz", 0xC00203FF).vector == DATA_MISS


def test_vector_06_low_bits_of_the_epn_do_not_matter(filled: Bench) -> None:
    filled.map(0, epn=0xC0010C00, size=1, attributes=SR)
    assert filled.load(0xC0010000).vector is None
    assert filled["r6"] == WORD


def test_vector_07_v_cleared_by_tlbwe(filled: Bench) -> None:
    filled.map(0, epn=0xC0000000, attributes=SR)
    assert filled.load(0xC0000000).vector is None
    filled.run(asm("tlbwe", rs=5, ra=4, ws=0), asm("isync"), r5=0, r4=0)
    assert filled.load(0xC0000000).vector == DATA_MISS


def test_vector_08_tid(filled: Bench) -> None:
    filled.map(0, epn=0xC0000000, attributes=SR, tid=7)
    for pid, vector in ((0, DATA_MISS), (7, None), (8, DATA_MISS)):
        assert filled.load(0xC0000000, pid=pid).vector == vector


def test_vector_09_pid_has_8_bits(filled: Bench) -> None:
    filled.map(0, epn=0xC0000000, attributes=SR, tid=7)
    words = [asm("mtspr", spr=48, rs=5), asm("isync"), asm("lwz", rt=6, ra=4), asm("mfspr", rt=7, spr=48)]
    assert filled.run(*words, r5=0x107, r4=0xC0000000).vector is None
    assert (filled["r6"], filled["r7"]) == (WORD, 7)


def test_vector_10_tid_0_is_for_every_pid(filled: Bench) -> None:
    filled.map(0, epn=0xC0000000, attributes=SR)
    for pid in (0, 1, 7, 255):
        assert filled.load(0xC0000000, pid=pid).vector is None


def test_vector_11_ts_is_compared_with_ds(filled: Bench) -> None:
    filled.map(0, epn=0xC0000000, attributes=SR, ts=1)
    assert filled.load(0xC0000000).vector == DATA_MISS
    assert filled.load(0xC0000000, msr=MSR_DS).vector is None


def test_vector_12_code_in_space_0_data_in_space_1(filled: Bench) -> None:
    filled.map(0, epn=CODE, size=3, attributes=SR | SW, ts=1)
    assert filled.load(CODE, msr=MSR_DS).vector is None
    assert filled["r6"] == WORD
