# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 13 to 30: permissions, cache instructions, accesses that cross into the next page."""

from __future__ import annotations

import pytest

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, MSR_PR, NOP, SR, SW, SX, UR, Bench

DSI, ISI, ALIGNMENT, DATA_MISS, INSTRUCTION_MISS = 2, 3, 5, 13, 14
ST = 0x00800000
A, B = 0xC0000000, 0xC0001000
PA, PB = 0x00100000, 0x00130000
GUARDED, INHIBITED, WRITE_THROUGH = 0x100, 0x400, 0x800


def test_vector_13_a_store_to_a_read_only_page(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    assert bench.store(A + 8).vector == DSI
    assert (bench["esr"], bench["dear"]) == (ST, A + 8)


def test_vector_14_a_write_only_page(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SW)
    assert bench.store(A, 0x12345678).vector is None
    assert bench.machine.load(PA, 4) == b"\x12\x34\x56\x78"
    assert bench.load(A).vector == DSI
    assert bench["esr"] == 0


def test_vector_15_supervisor_bits_do_not_help_a_user(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR | SW)
    bench.set(esr=ST)
    assert bench.load(A, msr=MSR_PR).vector == DSI
    assert bench["esr"] == 0


def test_vector_16_user_bits_do_not_help_the_supervisor(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=UR)
    assert bench.load(A).vector == DSI
    assert bench.load(A, msr=MSR_PR).vector is None


def test_vector_17_a_page_without_execute_permission(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    bench.set(dear=0x1234)
    assert bench.jump(A + 0x10).vector == ISI
    assert (bench["srr0"], bench["dear"]) == (A + 0x10, 0x1234)


def test_vector_18_a_branch_to_nowhere(bench: Bench) -> None:
    bench.set(dear=0x1234, esr=ST)
    assert bench.jump(0xD0000000).vector == INSTRUCTION_MISS
    assert (bench["srr0"], bench["dear"], bench["esr"]) == (0xD0000000, 0x1234, ST)


def test_vector_19_guarded_pages_can_be_executed(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SX | GUARDED)
    bench.put([NOP], at=PA)
    assert bench.jump(A).vector is None
    assert bench["pc"] == A + 4


def test_vector_20_dcbz_to_a_read_only_page(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    assert bench.access("dcbz", A + 0x44).vector == DSI
    assert (bench["esr"], bench["dear"]) == (ST, A + 0x44)


@pytest.mark.parametrize("name", ["dcbz", "dcbi"])
def test_vector_21_dcbz_and_dcbi_without_an_entry(bench: Bench, name: str) -> None:
    assert bench.access(name, A + 5).vector == DATA_MISS
    assert (bench["esr"], bench["dear"]) == (ST, A + 5)


@pytest.mark.parametrize("name", ["dcbt", "dcbtst", "icbt", "icbt_old", "dcba"])
def test_vector_22_hints_do_not_interrupt(bench: Bench, name: str) -> None:
    assert bench.access(name, A).vector is None


def test_vector_23_a_page_without_any_permission(bench: Bench) -> None:
    bench.map(0, epn=A)
    assert bench.access("dcbt", A).vector is None
    for name in ("dcbf", "icbi"):
        bench.set(esr=ST)
        assert bench.access(name, A + 4).vector == DSI
        assert (bench["esr"], bench["dear"]) == (0, A + 4)


def test_vector_24_cache_instructions_on_a_readable_page(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    for name in ("dcbf", "dcbst", "icbi"):
        assert bench.access(name, A).vector is None
    assert bench.access("dcbi", A).vector == DSI
    assert bench["esr"] == ST


@pytest.mark.parametrize("attribute", [INHIBITED, WRITE_THROUGH])
def test_vector_25_dcbz_to_a_page_that_is_not_cached(bench: Bench, attribute: int) -> None:
    bench.map(0, epn=A, attributes=SR | SW | attribute)
    assert bench.access("dcbz", A + 0x47).vector == ALIGNMENT
    assert (bench["esr"], bench["dear"]) == (ST, A + 0x47)
    assert bench.access("stw", A + 0x40).vector is None
    assert bench.access("dcbz", A + 0x47).vector == ALIGNMENT, "also where a store has been before"


def test_vector_26_protection_outranks_alignment(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR | INHIBITED)
    assert bench.access("dcbz", A).vector == DSI


def test_vector_27_the_second_page_is_missing(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR)
    assert bench.load(A + 0xFFE).vector == DATA_MISS
    assert bench["dear"] == B


def test_vector_28_the_first_page_is_judged_first(bench: Bench) -> None:
    """The manual does not say which comes first when both pages are at fault; this is the model's choice."""
    bench.map(0, epn=A)
    assert bench.load(A + 0xFFE).vector == DSI
    assert bench["dear"] == A + 0xFFE


def test_vector_29_a_store_that_fails_in_its_second_half_writes_nothing(bench: Bench) -> None:
    """The manual allows either; this is the model's choice."""
    bench.map(0, epn=A, attributes=SW, rpn=PA)
    bench.map(1, epn=B, attributes=SR, rpn=PB)
    bench.machine.store(PA + 0xFFE, b"\xaa\xbb")
    assert bench.store(A + 0xFFE, 0x01020304).vector == DSI
    assert (bench["esr"], bench["dear"]) == (ST, B)
    assert bench.machine.load(PA + 0xFFE, 2) == b"\xaa\xbb"


def test_vector_30_lmw_restarts_after_a_miss(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR, rpn=PA)
    words = b"".join(number.to_bytes(4, "big") for number in range(1, 9))
    bench.machine.store(PA + 0xFF0, words[:16])
    bench.machine.store(PB, words[16:])
    lmw = asm("lmw", rt=24, ra=4, d=0xF0)
    assert bench.run(lmw, r4=A + 0xF00).vector == DATA_MISS
    assert (bench["dear"], bench["r4"], bench["srr0"]) == (B, A + 0xF00, CODE)
    bench.map(1, epn=B, attributes=SR, rpn=PB)
    assert bench.run(lmw, r4=A + 0xF00).vector is None
    assert [bench[f"r{number}"] for number in range(24, 32)] == list(range(1, 9))
