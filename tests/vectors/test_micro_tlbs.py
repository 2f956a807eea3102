# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 43 to 46: the micro-TLBs (4 entries for fetches, 8 for data, round robin)."""

from __future__ import annotations

import pytest

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, SR, SX, Bench
from tests.vectors.conftest import Maker

DATA_MISS = 13
A = 0xC0000000
PA = 0x00100000
MICRO = {"micro_inst": 4, "micro_data": 8}
LOAD, ISYNC = asm("lwz", rt=6, ra=4), asm("isync")
INVALIDATE = asm("tlbwe", rs=5, ra=7, ws=0)
SET_PID = asm("mtspr", spr=48, rs=5)


def stale(make_bench: Maker, change: int, *, faithful: bool) -> None:
    """Load, change the translation without a synchronisation, load again; then once more with isync between."""
    bench = make_bench(**MICRO, faithful=faithful)
    bench.map(0, epn=A, attributes=SR, tid=7)
    outcome = bench.run(ISYNC, LOAD, change, LOAD, r4=A, r5=0, r7=0, pid=7)
    if faithful:
        assert outcome.vector is None
        assert set(bench.machine.diagnostics()) == {"stale_micro_hit"}
    else:
        assert outcome.vector == DATA_MISS
    bench.map(0, epn=A, attributes=SR, tid=7)
    assert bench.run(ISYNC, LOAD, change, ISYNC, LOAD, r4=A, r5=0, r7=0, pid=7).vector == DATA_MISS


@pytest.mark.parametrize("faithful", [True, False], ids=["faithful", "functional"])
def test_vector_43_after_tlbwe_a_translation_lives_until_the_next_synchronisation(
    make_bench: Maker, faithful: bool
) -> None:
    stale(make_bench, INVALIDATE, faithful=faithful)


@pytest.mark.parametrize("faithful", [True, False], ids=["faithful", "functional"])
def test_vector_44_after_a_pid_write_too(make_bench: Maker, faithful: bool) -> None:
    stale(make_bench, SET_PID, faithful=faithful)


def data_misses(bench: Bench, pages: int, rounds: int) -> list[int]:
    """Misses of the data micro-TLB in each round over so many pages, without a synchronisation between them."""
    for page in range(pages):
        bench.map(page, epn=A + 4096 * page, attributes=SR)
    loads = [asm("lwz", rt=6, ra=8 + page) for page in range(pages)]
    bench.put([ISYNC, *loads * rounds])
    bench.set(msr=0, pc=CODE, **{f"r{8 + page}": A + 4096 * page for page in range(pages)})
    bench.machine.step(1)
    found = []
    for _ in range(rounds):
        before = bench.machine.micro_misses()[1]
        bench.machine.step(pages)
        found.append(bench.machine.micro_misses()[1] - before)
    return found


def test_vector_45_eight_data_pages_fit_and_nine_do_not(make_bench: Maker) -> None:
    assert data_misses(make_bench(**MICRO, faithful=True), 8, 4) == [8, 0, 0, 0]
    assert data_misses(make_bench(**MICRO, faithful=True), 9, 4) == [9, 9, 9, 9]


def fetch_misses(bench: Bench, pages: int, rounds: int) -> list[int]:
    """Misses of the instruction micro-TLB in each round over pages that branch to one another in a circle."""
    for page in range(pages):
        bench.map(page, epn=A + 4096 * page, rpn=PA + 4096 * page, attributes=SX)
        distance = 4096 if page < pages - 1 else -4096 * (pages - 1)
        bench.put([asm("b", li=distance)], at=PA + 4096 * page)
    bench.run(ISYNC)
    bench.set(pc=A)
    found = []
    for _ in range(rounds):
        before = bench.machine.micro_misses()[0]
        bench.machine.step(pages)
        found.append(bench.machine.micro_misses()[0] - before)
    return found


def test_vector_46_four_code_pages_fit_and_five_do_not(make_bench: Maker) -> None:
    bench = make_bench(**MICRO, faithful=True)
    assert fetch_misses(bench, 5, 4) == [5, 5, 5, 5]
    again = fetch_misses(make_bench(**MICRO, faithful=True), 4, 4)
    assert again[1:] == [0, 0, 0]
    assert again[0] == 4
