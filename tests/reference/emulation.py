# SPDX-License-Identifier: BSD-3-Clause
"""What KVM does for its guest's privileged instructions (docs/model.md 6.1), and the guest's decrementer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from tests.reference.schemes import Bill
from tests.reference.tlb import NOWHERE, SIZE_CODES
from tests.reference.vcpu import (
    ARE,
    CSRR0,
    CSRR1,
    DBSR,
    DEC,
    DECAR,
    DIE,
    DIS,
    EE,
    ESR,
    IS,
    MCSR,
    MMUCR,
    PID,
    PIR,
    PTR,
    SRR0,
    SRR1,
    TBL,
    TBU,
    TCR,
    TSR,
    WE,
    WRC,
    Vcpu,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.reference.program_host import ProgramHost, Trap

Outcome = Literal["done", "failed", "dcr", "waits"]
WORD = 0xFFFFFFFF
INSTRUCTION, READ, WRITE, INDEX, INDEX_BUG, NO_WORD = 1, 2, 3, 4, 5, 6


class Decrementer:
    """The host's timer that stands for the guest's."""

    def __init__(self, host: ProgramHost, vcpu: Vcpu) -> None:
        self.host = host
        self.vcpu = vcpu
        self.due: int | None = None
        self.written = 0
        self.holds = False
        self.ticks_in: int | None = None
        self.taken = False

    @property
    def level(self) -> bool:
        """The interrupt is there as long as TSR[DIS] and TCR[DIE] are."""
        return self.vcpu.era.dis == 2

    @property
    def wakes(self) -> bool:
        """Whether a sleeping guest will hear of it: a level that the guest has masked stays masked."""
        return self.due is not None and not (self.level and not self.vcpu.spr[TCR] & DIE)

    def poll(self, bill: Bill) -> None:
        if self.due is None or self.host.core.now < self.due:
            return
        self.due = None
        if not self.level:
            self.host.queue("decrementer", bill)
            return
        if self.vcpu.spr[TCR] & ARE:
            self.vcpu.spr[DEC] = self.vcpu.spr[DECAR]
            self.arm()
        self.vcpu.spr[TSR] |= DIS
        self.follow()

    def follow(self) -> None:
        if self.vcpu.spr[TCR] & DIE and self.vcpu.spr[TSR] & DIS:
            self.vcpu.pending.add("decrementer")
        else:
            self.vcpu.pending.discard("decrementer")

    def arm(self) -> None:
        now, period = self.host.core.now, self.host.settings.tick_period
        mc = self.vcpu.spr[DEC] * 1000
        self.written = now
        on = self.vcpu.spr[DEC] != 0 if self.level else bool(self.vcpu.spr[TCR] & DIE)
        if not on:
            self.due = None
        elif self.vcpu.era.exact_timer:
            self.due = now + mc
        else:
            self.due = (now // period + max(1, mc // period)) * period

    def write_control(self, value: int) -> None:
        """TCR, by the guest or by the VMM."""
        if self.vcpu.era.emulates == 3 and self.vcpu.spr[TCR] & WRC:
            value = value & ~WRC | self.vcpu.spr[TCR] & WRC
        self.vcpu.spr[TCR] = value
        if self.level:
            self.follow()
        else:
            self.arm()

    def window(self, opens: bool, number: int) -> None:
        """The VMM takes TCR[DIE] away for a window of the guest's, and gives it back."""
        control = self.vcpu.spr[TCR]
        if opens:
            self.taken = self.holds and number != self.ticks_in and bool(control & DIE)
            if self.taken:
                self.write_control(control & ~DIE)
        elif self.taken:
            self.taken = False
            self.write_control(control | DIE)

    def read(self) -> int:
        gone = (self.host.core.now - self.written) // 1000
        left = self.vcpu.spr[DEC] - gone
        return max(0, left) if self.vcpu.era.emulates >= 2 else left & WORD


class Emulation:
    """Instructions by name; each returns how it went."""

    def __init__(self, host: ProgramHost, vcpu: Vcpu) -> None:
        self.host = host
        self.vcpu = vcpu
        self.timer = Decrementer(host, vcpu)

    def execute(self, operation: str, trap: Trap, bill: Bill) -> Outcome:
        trap.next_pc = trap.pc + 4 & WORD
        does = getattr(self, f"_{operation}", None)
        outcome: Outcome = does(trap, bill) if does else self._refuse(trap, INSTRUCTION)
        return outcome

    def _refuse(self, trap: Trap, reason: int) -> Outcome:
        trap.failed = reason
        trap.next_pc = trap.pc
        return "failed"

    def _nothing(self, trap: Trap, bill: Bill) -> Outcome:
        return "done"

    _tlbsync = _nothing

    def _cache(self, trap: Trap, bill: Bill) -> Outcome:
        return self._refuse(trap, INSTRUCTION) if trap.insn >> 1 & 1023 == 454 else "done"  # dccci

    def _mtspr(self, trap: Trap, bill: Bill) -> Outcome:
        spr, value = trap.spr, trap.value
        if spr not in self.vcpu.era.writable:
            return self._refuse(trap, WRITE)
        if spr == PID:
            self.host.set_pid(value & 255, bill)
        elif spr in (TSR, DBSR, MCSR):
            self.vcpu.spr[spr] &= ~value
        elif spr == TCR:
            self.timer.write_control(value)
        elif spr not in (TBL, TBU, PIR):
            self.vcpu.spr[spr] = value
        if spr == DEC:
            if self.vcpu.era.dec_clears:
                self.vcpu.pending.discard("decrementer")
            self.timer.arm()
        elif spr == TSR and self.timer.level:
            self.timer.follow()
        return "done"

    def _mfspr(self, trap: Trap, bill: Bill) -> Outcome:
        if trap.spr not in self.vcpu.era.readable:
            return self._refuse(trap, READ)
        ticks = self.host.core.now // 1000
        special = {PID: self.host.guest_pid, TBL: ticks >> 32, TBU: ticks & WORD, DEC: self.timer.read()}
        trap.result = special.get(trap.spr, self.vcpu.spr[trap.spr])
        return "done"

    def _mfmsr(self, trap: Trap, bill: Bill) -> Outcome:
        trap.result = self.vcpu.msr
        return "done"

    def _mtmsr(self, trap: Trap, bill: Bill) -> Outcome:
        self.host.set_msr(trap.value, bill)
        return "waits" if trap.value & WE else "done"

    def _wrtee(self, trap: Trap, bill: Bill) -> Outcome:
        self.vcpu.msr = self.vcpu.msr & ~EE | trap.value & EE
        return "done"

    def _rfi(self, trap: Trap, bill: Bill) -> Outcome:
        return self._return(trap, SRR0, SRR1, bill)

    def _rfci(self, trap: Trap, bill: Bill) -> Outcome:
        if self.vcpu.era.emulates < 2:
            return self._refuse(trap, INSTRUCTION)
        return self._return(trap, CSRR0, CSRR1, bill)

    def _return(self, trap: Trap, place: int, msr: int, bill: Bill) -> Outcome:
        trap.next_pc = self.vcpu.spr[place]
        value = self.vcpu.spr[msr]
        self.host.set_msr(value, bill)
        self.host.ledger.returned()
        return "waits" if value & WE else "done"

    def _trap(self, trap: Trap, bill: Bill) -> Outcome:
        if trap.insn >> 26 != 3 and self.vcpu.era.emulates < 2:
            return self._refuse(trap, INSTRUCTION)
        trap.next_pc = trap.pc
        self.vcpu.syndrome("program", 0, self.vcpu.spr[ESR] | PTR)
        self.host.queue("program", bill)
        return "done"

    @property
    def last(self) -> bool:
        """Whether it is KVM's last form, that of 3.14."""
        return self.vcpu.era.emulates == 3

    def _indexed(self, trap: Trap) -> bool:
        """mtdcrx, mfdcrx."""
        return trap.insn >> 1 & 1023 in (387, 259)

    def _mtdcr(self, trap: Trap, bill: Bill) -> Outcome:
        if self._indexed(trap) and not self.last:
            return self._refuse(trap, INSTRUCTION)
        if trap.spr != 0xC:
            trap.completed = True
            if not self.last:
                trap.returned_to = self.vcpu.io_gpr
            return "dcr"
        self.vcpu.cpr0 = trap.value
        return "done"

    def _mfdcr(self, trap: Trap, bill: Bill) -> Outcome:
        if self._indexed(trap) and not self.last:
            return self._refuse(trap, INSTRUCTION)
        if trap.spr not in (0xC, 0xD):
            trap.completed = True
            self.vcpu.io_gpr = trap.insn >> 21 & 31
            return "dcr"
        trap.result = self.vcpu.cpr0 if trap.spr == 0xC else 0
        return "done"

    def _tlbsx(self, trap: Trap, bill: Bill) -> Outcome:
        mmucr = self.vcpu.spr[MMUCR]
        index = self.host.guest_tlb.find(mmucr >> 16 & 1, mmucr & 255, trap.ea)
        costs = self.host.costs
        rejected = self.host.settings.g if index == NOWHERE else index
        bill.instructions += rejected * costs.search_entry + (0 if index == NOWHERE else costs.search_hit)
        trap.result, trap.found = index & WORD, index != NOWHERE
        return "done"

    def _tlbwe(self, trap: Trap, bill: Bill) -> Outcome:
        host = self.host
        if trap.slot == host.settings.g and self.vcpu.era.index_bug:
            return self._refuse(trap, INDEX_BUG)
        if not 0 <= trap.slot < host.settings.g:
            return self._refuse(trap, INDEX)
        bill.instructions += host.costs.c_tlbwe
        old = host.guest_tlb.slots[trap.slot]
        if old.valid:
            host.scheme.invalidate(trap.slot, old, bill)
        if trap.word not in (0, 1, 2):
            return self._refuse(trap, NO_WORD)
        host.guest_tlb.write_word(trap.slot, trap.word, trap.value, self.vcpu.spr[MMUCR] & 255)
        host.ledger.written(trap.slot)
        new = host.guest_tlb.slots[trap.slot]
        in_ram = new.code in SIZE_CODES and new.w1 & 15 == 0 and new.physical < host.settings.guest_memory
        if new.valid and in_ram and new.space == int(bool(self.vcpu.msr & IS)):
            host.eager_maps += 1
            host.eager_other_tid += new.tid not in (0, host.guest_pid)
            host.scheme.map(replace(host.mapping(new.start, new.physical, trap.slot), eager=True), bill)
        return "done"
