# SPDX-License-Identifier: BSD-3-Clause
"""Hypothesis strategies for what a guest that executes does to KVM: exceptions with all their fields, time, signals."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from hypothesis import strategies as st

from simobjects.isa.arch import ESR, OP, VECTOR, W0
from tests.helpers.assembler import asm
from tests.helpers.real_machine import stream
from tests.property.machine_strategies import MachineCase, machines
from tests.reference import vcpu
from tests.reference.vcpu import Era

Event = tuple[Any, ...]
Fields = dict[str, int]

MTSPR, MFSPR, TLBWE, RFI, MTMSR, MFMSR, WRTEE, TLBSX, TLBRE = list(OP.values())[:9]
TLBSYNC, MTDCR, MFDCR, CACHE, RFCI, RFMCI, TRAP, ILLEGAL = list(OP.values())[9:]
# RAM that the boot entry maps, its end, pages that the guest maps, the device, nowhere.
ADDRESSES = (0, 0x1000, 0x2000, 0x40_0000, 0xFF_F000, 0x100_0000, 0x2000_0000, 0x2000_1000, 0x2001_0000, 0xEF60_0000,
             0xEF60_0004, 0xC000_0000, 0xFFFF_FFFC)  # fmt: skip
REAL_PAGES = (0, 0x1000, 0x20_0000, 0x21_0000, 0x3FF_F000, 0x400_0000, 0xEF60_0000, 0x2000_0001)
MSRS = (0, vcpu.EE, vcpu.ME | vcpu.CE, vcpu.EE | vcpu.ME | vcpu.CE | vcpu.DE, vcpu.PR, vcpu.PR | vcpu.EE, vcpu.IS,
        vcpu.DS, vcpu.IS | vcpu.DS | vcpu.EE, 0x2000)  # fmt: skip
TIMES = (0, 1, 100, 9_000, 60_000, 400_000)
LOADS_AND_STORES = (
    *map(asm, "lwz lwzu lbz lhz lha lhau sth lmw stmw".split()),
    48 << 26,  # lfs, which the 440 has not
    *map(asm, "lwarx lwzx lwzux dcbf lbzx lbzux stwx stwux lhax sthux lswx lwbrx sthbrx dcbz".split()),
)
MTDCRX, MFDCRX = 31 << 26 | 387 << 1, 31 << 26 | 259 << 1
"""Not of the 440, but KVM of the last releases knows them."""
KNOWN, UNKNOWN = sorted(vcpu.KNOWN), (0x104, 0x13C, 0x3F0)
TCRS = (0, vcpu.DIE, vcpu.DIE, vcpu.DIE | vcpu.ARE, vcpu.ARE, vcpu.DIE | 0x1000_0000, 0x2000_0000)
TICKS_IN = 18
"""The window in which the VMM does not hold the guest's ticks."""
MARKS = range(0xEF60_0000, 0xEF60_0004)
"""Guest physical addresses at which the VMM does something else: half of the accesses to the device."""
AT_MARK, AT_MARK_INSTRUCTIONS = [(0x10000, 0x30000, 0, 2, 3), (0x10001, 0x30001, 1, 1, 5)], 7
words = st.integers(0, 0xFFFFFFFF)
pcs = st.sampled_from((0, 4, 0x1000, 0x2000_0000, 0xFFFF_FFFC))
sprs = st.sampled_from(KNOWN) | st.sampled_from((vcpu.PID, vcpu.MMUCR, vcpu.SRR1, vcpu.MCSR, vcpu.PIR, *UNKNOWN))
msrs = st.sampled_from(MSRS) | st.sampled_from(MSRS).map(lambda msr: msr | vcpu.WE) | words.map(lambda w: w & ~vcpu.WE)


def fields(**given: st.SearchStrategy[int]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries({"pc": pcs, **given})


def value_for(spr: int) -> st.SearchStrategy[int]:
    """What a guest may write there."""
    if spr in (vcpu.DEC, vcpu.DECAR):
        return st.sampled_from(TIMES)
    if spr == vcpu.TCR:
        return st.sampled_from(TCRS)
    if spr == vcpu.PID:
        return st.sampled_from((0, 0, 1, 2, 255, 256))
    if spr == vcpu.MMUCR:
        return st.sampled_from((0, 0, 1, 2, 0x10000, 0x10001, 0x1002_0000))
    return msrs if spr in (vcpu.SRR1, vcpu.CSRR1) else words


mtsprs = sprs.flatmap(lambda spr: fields(op=st.just(MTSPR), spr=st.just(spr), value=value_for(spr)))
timer_writes = st.sampled_from((vcpu.DEC, vcpu.TCR, vcpu.TSR)).flatmap(
    lambda spr: fields(op=st.just(MTSPR), spr=st.just(spr), value=value_for(spr))
)
entry_words = st.builds(
    lambda ea, size, valid, space: ea & 0xFFFFFC00 | size << 4 | valid | space,
    st.sampled_from(ADDRESSES),
    st.sampled_from((1, 1, 1, 2, 3, 5, 7, 9, 6)),
    st.sampled_from((W0.VALID, W0.VALID, W0.VALID, 0)),
    st.sampled_from((0, 0, 0, W0.TS)),
)
tlbwes = fields(
    op=st.just(TLBWE),
    slot=st.integers(0, 13),
    word=st.sampled_from((0, 0, 0, 1, 1, 2, 2, 3)),
    value=entry_words | st.sampled_from(REAL_PAGES) | st.just(0x3F),
)
dcrs = st.builds(
    lambda place, forms, target: {**place, "op": forms[0], "insn": forms[1] | target << 21},
    fields(spr=st.sampled_from((0xC, 0xD, 0xC0)), value=words),
    st.sampled_from(
        ((MTDCR, asm("mtdcr")), (MTDCR, asm("mtdcr")), (MTDCR, MTDCRX), (MFDCR, asm("mfdcr")), (MFDCR, MFDCRX))
    ),
    st.integers(0, 31),
)
others = st.one_of(
    fields(op=st.just(MFSPR), spr=sprs),
    fields(op=st.just(RFI)),
    fields(op=st.just(RFI)),
    fields(op=st.just(MTMSR), value=msrs),
    fields(op=st.just(WRTEE), value=st.sampled_from((0, vcpu.EE, 0xFFFFFFFF))),
    fields(op=st.just(TLBSX), ea=st.sampled_from(ADDRESSES)),
    dcrs,
    dcrs,
    fields(op=st.just(CACHE), insn=st.sampled_from((asm("dcbi"), asm("iccci"), asm("dccci")))),
    fields(op=st.just(TRAP), insn=st.sampled_from((asm("twi"), asm("tw")))),
    fields(op=st.sampled_from((MFMSR, TLBRE, TLBSYNC, RFCI, RFMCI, ILLEGAL)), esr=words),
)
accesses = st.builds(lambda form, target: form | target << 21, st.sampled_from(LOADS_AND_STORES), st.integers(0, 31))
misses = st.tuples(
    st.just("exception"),
    st.sampled_from((VECTOR.DTLB, VECTOR.DTLB, VECTOR.ITLB)),
    fields(ea=st.sampled_from(ADDRESSES), esr=st.sampled_from((0, ESR.ST)), insn=accesses),
)
host_events = st.one_of(
    st.tuples(st.just("time"), st.sampled_from(TIMES)),
    st.tuples(st.just("interrupt"), pcs),
    st.tuples(st.just("interrupt"), pcs),
    st.tuples(st.just("external"), st.booleans()),
    st.tuples(st.just("window"), st.booleans(), st.sampled_from((1, TICKS_IN))),
    st.tuples(st.sampled_from(("put", "load", "enter", "flush all"))),
)
events: st.SearchStrategy[Event] = st.one_of(
    *[
        st.tuples(st.just("exception"), st.just(6), kind)
        for kind in (mtsprs, mtsprs, timer_writes, tlbwes, tlbwes, others)
    ],
    misses,
    misses,
    st.tuples(st.just("exception"), st.sampled_from((0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 15)),
              fields(ea=st.sampled_from(ADDRESSES), esr=words)),
    st.tuples(st.just("exception"), st.sampled_from((2, 3, 8)), fields(ea=st.sampled_from(ADDRESSES), esr=words)),
    host_events,
    host_events,
)  # fmt: skip
eras = st.builds(
    Era,
    index_bug=st.booleans(),
    late_syndrome=st.booleans(),
    exact_timer=st.booleans(),
    dec_clears=st.booleans(),
    dis=st.integers(0, 2),
    emulates=st.integers(0, 3),
    helps=st.booleans(),
)


@st.composite
def programs(draw: st.DrawFn, scheme: str) -> tuple[MachineCase, Era, int, list[Event]]:
    """A machine, what its KVM is like, the generation of its exit timing, and what happens to it."""
    case = draw(machines(modes=(scheme,), idle=[(0x10000, 0, 0, 0, 1)]))
    params = {**case.params, "quantum": 0, "io_every": 0, "micro_i": 0, "micro_d": 0, "duplicates": "lowest"}
    found = draw(st.lists(events, min_size=draw(st.sampled_from((1, 10, 25))), max_size=35))
    return replace(case, params=params), draw(eras), draw(st.integers(1, 2)), found


def connection(era: Era, generation: int) -> dict[str, Any]:
    """What the compiled host is given of it."""
    return {
        "executes": True,
        "era": asdict(era),
        "exit_timing": generation,
        "ticks_per_microsecond": 100,
        "hold_ticks": True,
        "ticks_in": TICKS_IN,
        "mark": (stream(AT_MARK), AT_MARK_INSTRUCTIONS, MARKS[0], MARKS[-1]),
    }
