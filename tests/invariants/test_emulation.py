# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts and emulated instructions: invariants 33 to 37 and 43 of the KVM dossier, for a guest that executes."""

from __future__ import annotations

import pytest

from simobjects.cext.kvm.failures import failure_sentence
from simobjects.isa.arch import ESR, entry
from tests.helpers.executing_guest import (
    DEC,
    DECREMENTER,
    DIE,
    DSI,
    EE,
    EXTERNAL,
    MFMSR,
    MMUCR,
    MTSPR,
    PR,
    RFCI,
    RFI,
    SPRG4,
    SRR0,
    SRR1,
    TCR,
    TICK,
    TLBRE,
    TLBSX,
    TLBWE,
    WE,
    WRTEE,
    Executing,
)
from tests.helpers.played_machine import ALL_SCHEMES, Played

every_scheme = pytest.mark.parametrize("scheme", ALL_SCHEMES)
USER = 0x4000_0000


def pending_both(scheme: str) -> Executing:
    """External and decrementer interrupts are pending, the guest has EE off."""
    guest = Executing(scheme)
    guest.mtspr(TCR, DIE)
    guest.mtspr(DEC, 1)
    guest.probe.pass_time(2 * TICK)
    guest.probe.external_input(True)
    assert guest.tick() == -1
    assert guest.host.registers()["pending"] == 1 << 13 | 1 << 15
    return guest


@every_scheme
def test_invariant_33_external_before_decrementer_one_at_an_exit(scheme: str) -> None:
    guest = pending_both(scheme)
    assert guest.mtspr(SRR0, 0)["vector"] == -1, "neither is delivered while EE is off"
    interrupted = guest.pc + 4
    told = guest.do(WRTEE, value=EE)
    assert (told["vector"], told["next_pc"]) == (EXTERNAL, 0x10400)
    registers = guest.host.registers()
    assert (registers["srr0"], registers["srr1"] & EE, registers["msr"] & EE) == (interrupted, EE, 0)
    assert registers["pending"] == 1 << 15
    guest.probe.external_input(False)
    assert guest.mtspr(SRR1, EE)["vector"] == -1
    told = guest.do(RFI)
    assert (told["vector"], told["next_pc"]) == (DECREMENTER, 0x10A00), "on a later exit, after EE is set again"
    assert guest.host.registers()["pending"] == 0
    assert guest.by_label("delivered")["external"] == guest.by_label("delivered")["decrementer"] == 1


@every_scheme
@pytest.mark.parametrize("ticks", [3, 10])
def test_invariant_34_waiting_guest_sleeps_until_its_timer(scheme: str, ticks: int) -> None:
    guest = Executing(scheme)
    guest.mtspr(TCR, DIE)
    guest.mtspr(DEC, ticks * TICK)
    puts = guest.stat("puts")
    told = guest.set_msr(WE | EE)
    assert told["vector"] == DECREMENTER
    assert guest.stat("puts") == puts + 1, "the vcpu was put"
    assert (ticks - 1) * TICK < guest.idle() + guest.stat("ticks") * 3000 < ticks * TICK
    assert guest.stat("ticks") == ticks, "the host's ticks went on"
    assert guest.exits()["halt_wakeup"] == 1
    assert guest.msr() & WE == 0 and guest.host.registers()["srr1"] & WE


@every_scheme
def test_invariant_34_a_signal_ends_the_wait_as_well(scheme: str) -> None:
    guest = Executing(scheme, signal_every=4)
    told = guest.set_msr(WE | EE)
    assert told["vector"] == -1
    assert (guest.stat("ticks"), guest.exits()["sig"]) == (4, 1)
    assert "halt_wakeup" not in guest.exits()
    assert guest.msr() & WE, "the guest goes on waiting, in hardware"
    assert guest.stat("puts") == 2, "once to sleep, once for user space"


@every_scheme
def test_invariant_34_a_pending_interrupt_ends_it_at_once(scheme: str) -> None:
    guest = pending_both(scheme)
    puts = guest.stat("puts")
    assert guest.set_msr(WE | EE)["vector"] == EXTERNAL
    assert guest.stat("puts") == puts and guest.idle() == 0


@every_scheme
def test_invariant_35_sprg4_to_7(scheme: str) -> None:
    """Reads do not reach KVM at all: the numbers that read them are not privileged. What KVM stores is loaded."""
    guest = Executing(scheme)
    for number in range(4):
        before = guest.exits()["inst_emu"]
        assert guest.mtspr(SPRG4 + number, 0x1000 + number)["failed"] == 0
        assert guest.exits()["inst_emu"] == before + 1, "a write is one exit"
    assert guest.host.registers()["sprg"][4:] == [0x1000, 0x1001, 0x1002, 0x1003]
    for number in range(0x104, 0x108):
        assert number & 0x10 == 0, "user mode may read it"
    told = guest.do(1, spr=SPRG4)
    assert told["failed"] and "reading" in failure_sentence(told["failed"]), "the other number only writes"


@every_scheme
@pytest.mark.parametrize(("tid", "stid", "space", "found"), [(5, 5, 0, True), (5, 6, 0, False), (0, 6, 0, True)])
def test_invariant_36_tlbsx_asks_the_guest_tlb(scheme: str, tid: int, stid: int, space: int, found: bool) -> None:
    guest = Executing(scheme)
    guest.mtspr(MMUCR, tid)
    guest.do(TLBWE, slot=9, word=0, value=entry(USER, 0, 4096, 0)[0])
    guest.mtspr(MMUCR, stid | space << 16)
    hardware, counts = guest.hardware(), [guest.tlb.read_stats()]
    guest.do(MFMSR)
    counts.append(guest.tlb.read_stats())
    told = guest.do(TLBSX, ea=USER + 0x123)
    counts.append(guest.tlb.read_stats())
    assert (told["result"], told["found"]) == ((9, True) if found else (0xFFFFFFFF, False))
    assert guest.hardware() == hardware
    for name in ("tlbwe", "lookups"):
        first, second, third = (count[name] for count in counts)
        assert third - second == second - first, "no more than any exit"
    guest.mtspr(MMUCR, stid | 0x10000)
    assert not guest.do(TLBSX, ea=USER)["found"], "the other address space"


@every_scheme
@pytest.mark.parametrize("op", [TLBRE, RFCI])
def test_invariant_37_not_emulated(scheme: str, op: int) -> None:
    guest = Executing(scheme)
    before = guest.pc, guest.stat("emulated"), guest.stat("puts")
    told = guest.do(op, slot=0, word=0)
    assert "not one that KVM" in failure_sentence(told["failed"])
    assert (guest.pc, guest.stat("emulated")) == before[:2], "the guest has not moved"
    assert guest.stat("puts") == before[2] + 1, "control is user space's"
    assert guest.exits()["emulation_failure"] == 1


@every_scheme
def test_invariant_43_early_debug_page_is_in_the_guest_address_space(scheme: str) -> None:
    """The pinned page has TS 1 and no user permissions, so a guest hits it and may not use it."""
    machine = Played(scheme, early_debug=True)
    slot = machine.tlb.find(1, 0, 0xF000_1234)
    assert slot == machine.tlb.find(1, 1, 0xF000_1234) == machine.system.host.tlb.entries - 2
    _, _, word2, _ = machine.tlb.read(slot)
    assert word2 & 0x38 == 0, "which is a storage exception, not a miss"
    assert machine.tlb.find(1, 0, 0xF001_0000) == -1
    guest = Executing(scheme)
    maps = guest.stat("maps")
    told = guest.take(DSI, ea=0xF000_1234, esr=ESR.ST)
    registers = guest.host.registers()
    assert (told["vector"], registers["dear"], registers["esr"]) == (DSI, 0xF000_1234, 0x0080_0000)
    assert guest.exits()["dsi"] == 1 and guest.stat("maps") == maps


@every_scheme
def test_invariant_44_every_exception_is_of_one_kind(scheme: str) -> None:
    guest = Executing(scheme)
    guest.take(14, ea=0)
    for kind in (DSI, 3, 7, 8, EXTERNAL, 15, 1, 0, 5):
        guest.take(kind)
    guest.do(TLBRE)
    guest.do(10, spr=0xC0)
    guest.mtspr(SRR1, PR)
    guest.do(RFI)
    guest.do(MTSPR)
    guest.tick()
    kinds = guest.by_label("exits_by_kind")
    for name in ("itlb_v", "dsi", "isi", "fp_unavailable", "sysc", "ext_intr", "debug", "machine_check", "dcr", "dec"):
        assert kinds[name] == 1, name
    assert (kinds["emulation_failure"], kinds["user_program"]) == (3, 1)
    assert guest.stat("exceptions") == sum(kinds.values()) - kinds["sig"] - kinds["halt_wakeup"]
