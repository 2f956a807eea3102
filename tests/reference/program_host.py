# SPDX-License-Identifier: BSD-3-Clause
"""KVM for a guest that executes (docs/model.md 6.1, 6.3): every exception of its core, its timer, its sleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.reference.core import Core
from tests.reference.emulation import Emulation
from tests.reference.exit_timing import OF_EXIT, OF_OPERATION, ExitTiming
from tests.reference.host import OPERATIONS, Host
from tests.reference.schemes import Bill, Mapping
from tests.reference.settings import Settings
from tests.reference.stream import Cursor, Record
from tests.reference.tlb import NOWHERE, Entry
from tests.reference.vcpu import DS, IS, PR, Era, Vcpu
from tests.reference.whatif import Tagged

BOOT_ENTRIES = (Entry(0x270, 0, 0x07), Entry(0xEF600210, 0xEF600000, 0x507))
NOTHING = -1
DATA_MISS, FETCH_MISS, PROGRAM_EXIT = 13, 14, 6
MMIO_FORMS = {
    *range(32, 42), 44, 45,
    *(31 << 10 | x for x in (23, 87, 119, 151, 215, 247, 279, 311, 407, 439, 534, 662, 790, 918)),
}  # fmt: skip
LATER_FORMS = {42, 43, 31 << 10 | 343}
STORES = {*range(36, 40), 44, 45, *(31 << 10 | x for x in (151, 215, 247, 407, 439, 662, 918))}
NEED = {"user_program": (1, 0, 1), "program": (1, 0, 1), "dsi": (0, 1, 1), "isi": (0, 0, 1), "miss": (1, 1, 1)}
"""What the assembly saves: the instruction, DEAR, ESR."""
PLAIN_EXITS = {7: ("fp_unavailable", "FP unavailable"), 8: ("sysc", "system call"), 4: ("ext_intr", "")}


@dataclass
class Trap:
    """One exception, and what its core is told."""

    kind: int
    pc: int = 0
    ea: int = 0
    esr: int = 0
    insn: int = 0
    reference: int = 0
    op: int = 0
    spr: int = 0
    word: int = 0
    slot: int = 0
    value: int = 0
    vector: int = NOTHING
    next_pc: int = 0
    completed: bool = False
    gpa: int = 0
    returned_to: int = NOTHING
    result: int | None = None
    found: bool = False
    failed: int = 0

    def told(self) -> dict[str, Any]:
        names = ("vector", "next_pc", "completed", "gpa", "returned_to", "result", "found", "failed")
        return {name: getattr(self, name) for name in names}


class ProgramHost(Host):
    """As Host, for a core that hands over real exceptions."""

    def __init__(
        self,
        settings: Settings,
        core: Core,
        vmm: Sequence[Record],
        task_streams: Sequence[Sequence[Record]],
        era: Era,
        timing: ExitTiming,
    ) -> None:
        super().__init__(settings, core, vmm, task_streams)
        self.vcpu = Vcpu(era, 0)
        self.timing = timing
        self.emulation = Emulation(self, self.vcpu)
        self.guest_pid = 0
        self.virtual_user = False
        for index, entry in enumerate(BOOT_ENTRIES):
            self.guest_tlb.place(index, entry)
        if isinstance(self.scheme, Tagged):
            self.scheme.start(0, False)
        self._show_pid()
        self.outside = ""
        self.level = False
        self.kicked = False
        self.mark: tuple[Cursor, int, range] | None = None
        """What the VMM does at a guest physical address of the range: where in which references, instructions."""

    def mapping(self, ea: int, gpa: int, index: int) -> Mapping:
        made = super().mapping(ea, gpa, index)
        if self.vcpu.era.helps and made.guest.tid != 0:
            return replace(made, in_kernel=False)
        return made

    # --- one exception

    def exception(self, kind: int, **fields: Any) -> dict[str, Any]:
        trap = Trap(kind, **fields)
        trap.next_pc = trap.pc
        self._arrive()
        if kind in (DATA_MISS, FETCH_MISS):
            self._miss(trap)
        elif kind == PROGRAM_EXIT:
            self._privileged(trap)
        else:
            self._other(trap)
        return trap.told()

    def _arrive(self) -> None:
        if self.outside:
            kind, self.outside = self.outside, ""
            bill = Bill()
            self._run_again(bill)
            self._enter(kind, bill)
        latency = self.costs.interrupt_latency * 1000
        self.timing.leave(self.core.now + latency + self.costs.exit_stub * self.costs.host_cpi_milli)

    def _begin(self, kind: str, need: str = "", host_timer: bool = False) -> Bill:
        self.exits[kind] += 1
        self.refill_exits[kind] += self.ledger.exit(host_timer)
        if kind != "inst_emu":
            self.timing.kind = OF_EXIT.get(kind, self.timing.kind)
        costs = self.costs
        bill = Bill(costs.exit_stub + costs.exit_common + costs.c_dispatch, latency=costs.interrupt_latency)
        copy, dear, esr = NEED.get(need, (0, 0, 0))
        bill.instructions += copy * costs.exit_inst_copy + dear * costs.exit_dear + esr * costs.exit_esr
        return bill

    def queue(self, name: str, bill: Bill) -> None:
        bill.instructions += self.costs.c_queue
        self.vcpu.pending.add(name)

    def set_msr(self, msr: int, bill: Bill) -> None:
        self.vcpu.msr = msr
        self._set_privilege(bool(msr & PR), bill)

    def set_pid(self, pid: int, bill: Bill) -> None:
        if pid != self.guest_pid:
            self.guest_pid = pid
            self.scheme.set_pid(bill, pid)
            self._show_pid()

    def _finish(self, kind: str, trap: Trap, bill: Bill) -> None:
        self.emulation.timer.poll(bill)
        waiting = self.vcpu.deliverable()
        if waiting:
            name, trap.vector, msr = waiting
            bill.instructions += self.costs.c_deliver
            self.delivered[name] += 1
            self.ledger.delivered(name.endswith("TLB miss"))
            trap.next_pc = self.vcpu.interrupted(name, trap.vector, trap.next_pc)
            self.set_msr(msr, bill)
        self._enter(kind, bill)

    def _enter(self, kind: str, bill: Bill) -> None:
        super()._enter(kind, bill)
        late = self.costs.rfi_latency + (self.costs.iccci_refill if self.costs.iccci else 0)
        self.timing.enter(self.core.now - late * 1000)

    def enter(self) -> None:
        """An entry by hand, which no exit timing sees."""
        super()._enter("dec", Bill())

    def _light(self, kind: str, trap: Trap, bill: Bill, nv: bool = False) -> None:
        bill.instructions += self.costs.resume_guest_nv if nv else self.costs.resume_guest
        self._finish(kind, trap, bill)

    # --- by exception

    def _miss(self, trap: Trap) -> None:
        fetch = trap.kind == FETCH_MISS
        side, need = ("itlb", "") if fetch else ("dtlb", "miss")
        space = int(bool(self.vcpu.msr & (IS if fetch else DS)))
        index = self.guest_tlb.find(space, self.guest_pid, trap.ea)
        if index == NOWHERE:
            bill = self._begin(side + "_r", need)
            bill.instructions += self.settings.g * self.costs.search_entry
            name = "instruction TLB miss" if fetch else "data TLB miss"
            if not fetch:
                self.vcpu.syndrome(name, trap.ea, trap.esr)
            self.queue(name, bill)
            self._light(side + "_r", trap, bill)
            return
        entry = self.guest_tlb.slots[index]
        gpa = entry.physical + trap.ea - entry.start
        outside = gpa >= self.settings.guest_memory or entry.w1 & 15 != 0
        kind = "mmio" if outside and not fetch else side + "_v"
        bill = self._begin(kind, need)
        bill.instructions += index * self.costs.search_entry + self.costs.search_hit
        if kind == "mmio":
            self._device(trap, gpa | (entry.w1 & 15) << 32, bill)
            return
        wanted = self.mapping(trap.ea, gpa, index)
        self.ledger.miss(index, self.scheme.entry_for(wanted).start)
        if outside:
            self.queue("machine check", bill)
        else:
            self.scheme.map(wanted, bill)
        self._light(kind, trap, bill)

    def _device(self, trap: Trap, gpa: int, bill: Bill) -> None:
        trap.gpa = gpa
        primary = trap.insn >> 26
        form = 31 << 10 | trap.insn >> 1 & 1023 if primary == 31 else primary
        if form in MMIO_FORMS or (self.vcpu.era.emulates >= 2 and form in LATER_FORMS):
            trap.completed = True
            if form not in STORES:
                self.vcpu.io_gpr = trap.insn >> 21 & 31
            trap.next_pc = trap.pc + 4 & 0xFFFFFFFF
        else:
            trap.failed = 7
        self._to_user("mmio", trap, bill, nv=trap.completed)

    def _privileged(self, trap: Trap) -> None:
        if self.virtual_user:
            bill = self._begin("user_program", "user_program")
            self.vcpu.syndrome("program", 0, trap.esr)
            self.queue("program", bill)
            self._light("user_program", trap, bill)
            return
        operation = OPERATIONS[trap.op]
        bill = Bill(self.costs.emulation(operation))
        # Whether it succeeds decides how it is counted, so the exit's beginning comes after.
        in_refill_before = self.ledger.in_refill()
        outcome = self.emulation.execute(operation, trap, bill)
        kind = {"failed": "emulation_failure", "dcr": "dcr"}.get(outcome, "inst_emu")
        self.timing.kind = OF_OPERATION.get(operation, "EMULINST")
        begun = self._begin_after(kind, in_refill_before)
        bill.instructions += begun.instructions
        bill.latency += begun.latency
        if kind != "inst_emu":
            self._to_user(kind, trap, bill)
            return
        self.emulated[operation] += 1
        if outcome == "waits":
            bill = self._wait(operation, trap, bill)
        self._light(kind, trap, bill, nv=True)

    def _begin_after(self, kind: str, in_refill: bool) -> Bill:
        """As `_begin`, of an exit whose handling has been done."""
        bill = self._begin(kind, "program")
        self.refill_exits[kind] += in_refill - self.ledger.from_refill
        self.ledger.from_refill = in_refill
        return bill

    def _other(self, trap: Trap) -> None:
        if trap.kind in PLAIN_EXITS:
            kind, name = PLAIN_EXITS[trap.kind]
            bill = self._begin(kind)
            if name:
                self.queue(name, bill)
            self._light(kind, trap, bill)
        elif trap.kind in (2, 3):
            kind, name = ("dsi", "data storage") if trap.kind == 2 else ("isi", "instruction storage")
            bill = self._begin(kind, kind)
            self.vcpu.syndrome(name, trap.ea if trap.kind == 2 else 0, trap.esr)
            self.queue(name, bill)
            self._light(kind, trap, bill)
        elif trap.kind == 15:
            bill = self._begin("debug")
            bill.instructions += self.costs.exit_inst_copy
            self._to_user("debug", trap, bill)
        else:
            trap.failed = 9 if trap.kind == 1 else 8
            kind = "machine_check" if trap.kind == 1 else "emulation_failure"
            self._to_user(kind, trap, self._begin(kind))

    # --- user space

    def _to_user(self, kind: str, trap: Trap, bill: Bill, nv: bool = False) -> None:
        bill.instructions += self.costs.resume_host_nv if nv else self.costs.resume_host
        self._leave(kind, bill, trap.gpa if kind == "mmio" else None)
        if trap.failed or trap.completed:
            self.outside = kind
            return
        bill = Bill()
        self._run_again(bill)
        self._finish(kind, trap, bill)

    def _leave(self, kind: str, bill: Bill, gpa: int | None = None) -> None:
        bill.instructions += self.costs.heavy_block + self.costs.c_to_user
        self._put(bill)
        self._pay(kind, bill)
        if self.mark and gpa in self.mark[2]:
            self.side.take_turn(self.vmm, "vmm", *self.mark[:2])
        else:
            self.side.take_turn(self.vmm, "vmm")

    def _run_again(self, bill: Bill) -> None:
        if self.level:
            self.vcpu.pending.add("external")
        bill.instructions += self.costs.c_ioctl + self.costs.full_entry
        self.scheme.load(bill)

    def resume_guest(self, pc: int) -> tuple[int, int]:
        """KVM_RUN after a device access."""
        trap = Trap(0, pc, next_pc=pc)
        if self.outside:
            kind, self.outside = self.outside, ""
            bill = Bill()
            self._run_again(bill)
            self._finish(kind, trap, bill)
        return trap.vector, trap.next_pc

    def external_input(self, level: bool) -> None:
        was, self.level = self.level, level
        if not level:
            self.vcpu.pending.discard("external")
        elif not was and not self.outside:
            self.kicked = True

    # --- the host's timer

    def interrupt_host(self, pc: int) -> tuple[int, int]:
        trap = Trap(10, pc, next_pc=pc)
        self._arrive()
        kind = "ext_intr" if self.kicked else "dec"
        tick = self.core.now >= self.deadline
        bill = self._begin(kind, host_timer=True)
        signalled = self.kicked
        self.kicked = False
        if tick:
            self._count_tick()
            signalled = signalled or self._signal_due()
        self._pay(kind, bill)
        self._interrupt_work()
        bill = Bill()
        if signalled:
            self._signal()
            kind = "sig"
        if tick:
            self._run_tasks([t for t in self.tasks if t.settings.every and self.ticks % t.settings.every == 0])
        if kind != "sig":
            bill.instructions += self.costs.resume_guest
        self._finish(kind, trap, bill)
        missed = self.core.now - self.deadline
        if tick and missed >= 0:
            self.deadline += (missed // self.settings.tick_period + 1) * self.settings.tick_period
        return trap.vector, trap.next_pc

    def _count_tick(self) -> None:
        self.ticks += 1
        self.deadline += self.settings.tick_period

    def _signal_due(self) -> bool:
        return bool(self.settings.signal_every) and self.ticks % self.settings.signal_every == 0

    def _interrupt_work(self) -> None:
        self.side.pay(Bill(self.costs.c_tick), "tick")
        self.side.interrupt_references()

    def _signal(self) -> None:
        """A heavy exit within another one."""
        self.exits["sig"] += 1
        self.timing.kind = "SIGNAL"
        self._leave("sig", Bill(self.costs.resume_host))
        bill = Bill()
        self._run_again(bill)
        self._pay("sig", bill)

    # --- waiting

    def _wait(self, operation: str, trap: Trap, bill: Bill) -> Bill:
        """The vcpu sleeps; returns the bill to go on with."""
        if self.vcpu.pending:
            return bill
        if operation == "mtmsr":
            self.timing.kind = "EMUL_WAIT"
        self._pay("inst_emu", bill)
        away = Bill(self.costs.c_switch)
        self._put(away)
        self.side.pay(away, "switch")
        back = Bill()
        signalled = self._sleep(trap, back)
        self.side.activate(self.vmm, back)
        back.instructions += self.costs.c_switch
        self.scheme.load(back)
        self.side.pay(back, "switch")
        if signalled:
            self._signal()
        return Bill()

    def _sleep(self, trap: Trap, bill: Bill) -> bool:
        timer = self.emulation.timer
        signalled = False
        if self.level:
            self.vcpu.pending.add("external")
        while not self.vcpu.pending and not signalled:
            if self.settings.signal_every == 0 and not timer.wakes:
                trap.failed = 10
                break
            exact = timer.due if timer.due is not None and self.vcpu.era.exact_timer else self.deadline
            self.core.charge("idle", max(0, min(self.deadline, exact) - self.core.now))
            if self.core.now >= self.deadline:
                self._count_tick()
                self._interrupt_work()
                self._asleep_tasks([t for t in self.tasks if t.settings.every and self.ticks % t.settings.every == 0])
                signalled = self._signal_due()
            timer.poll(bill)
        self.exits["halt_wakeup"] += bool(self.vcpu.pending)
        return signalled

    def _asleep_tasks(self, due: list[Any]) -> None:
        """The vcpu is away already."""
        for task in due:
            self._switch_to(task, Bill())
            self.task_turns += 1
            self.side.take_turn(task, "tasks")
