# SPDX-License-Identifier: BSD-3-Clause
"""KVM and the host's kernel (docs/model.md 5 and 6): exits, ticks, heavy exits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.reference.causes import Ledger
from tests.reference.core import Core
from tests.reference.every_scheme import make_scheme
from tests.reference.guest import KERNEL_ENTRY, GuestKernel
from tests.reference.schemes import Bill, Counts, HostIndex, Mapping
from tests.reference.settings import PIN_BYTES, Settings
from tests.reference.stream import FETCH, LOAD, STORE, Record
from tests.reference.tasks import HostSide, Task
from tests.reference.tlb import NOWHERE, SPACE, TLB, VALID, Entry, size_field

EXITS = (
    "itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio", "sysc", "inst_emu", "dec", "sig", "dcr", "isi", "dsi", "ext_intr",
    "halt_wakeup", "fp_unavailable", "user_program", "machine_check", "debug", "emulation_failure",
)  # fmt: skip
OPERATIONS = (
    "mtspr", "mfspr", "tlbwe", "rfi", "mtmsr", "mfmsr", "wrtee", "tlbsx", "tlbre", "tlbsync", "mtdcr", "mfdcr", "cache",
    "rfci", "rfmci", "trap", "illegal",
)  # fmt: skip
SYSTEM_CALL = 8
PRIORITIES = (
    "data storage", "instruction storage", "alignment", "program", "FP unavailable", "system call", "AP unavailable",
    "data TLB miss", "instruction TLB miss", "machine check", "debug", "critical", "watchdog", "external",
    "fixed interval", "decrementer",
)  # fmt: skip
"""The guest's interrupts in the order in which KVM looks for pending ones."""
MAGIC_EA = 0xFFFFF000
ON_MAGIC_PAGE = ("SPRG0", "SPRG1", "SPRG2", "SPRG3", "SRR0", "SRR1", "DEAR", "ESR", "MSR")
EARLY_DEBUG_ENTRY = Entry(0xF0000000 | VALID | SPACE | size_field(65536), 0xEF600000, 0x507)


def pinned_entries(settings: Settings) -> list[Entry]:
    """What the host's kernel pins, from the top slot down."""
    lowmem = settings.pinned - (1 if settings.early_debug else 0)
    further = [
        Entry(KERNEL_ENTRY.w0 + i * PIN_BYTES & 0xFFFFFFFF, i * PIN_BYTES & 0xFFFFFFFF, KERNEL_ENTRY.w2)
        for i in range(1, lowmem)
    ]
    return [KERNEL_ENTRY, *([EARLY_DEBUG_ENTRY] if settings.early_debug else []), *further]


class Host:
    """The supervisor of a virtual machine."""

    def __init__(
        self, settings: Settings, core: Core, vmm: Sequence[Record], task_streams: Sequence[Sequence[Record]]
    ) -> None:
        self.settings = settings
        self.costs = settings.costs
        self.core = core
        self.guest: GuestKernel
        self.guest_tlb = TLB(settings.g)
        self.guest_tlb.place(settings.g - 1, KERNEL_ENTRY)
        for depth, entry in enumerate(pinned_entries(settings)):
            core.tlb.place(settings.n - 1 - depth, entry)
        counter = HostIndex(settings.hwater)
        self.counts = Counts()
        self.magic_accesses = 0
        if settings.mode == "magic_page":
            core.tlb.place(settings.hwater + 1, Entry(MAGIC_EA | VALID | SPACE | size_field(4096), 0x00FFF000, 0x23F))
        self.ledger = Ledger()
        self.scheme = make_scheme(settings, core.tlb, counter, self.counts, self.ledger)
        self.side = HostSide(settings, core, counter, self.ledger)
        self.vmm = Task(settings.vmm, vmm, "vmm")
        self.tasks = [Task(each, stream, "task") for each, stream in zip(settings.tasks, task_streams, strict=True)]
        self.side.activate(self.vmm, Bill())
        self.guest_pid = 1
        self.stid = 0
        self.deadline = settings.tick_period
        self.ticks = 0
        self.task_turns = 0
        self.puts = 0
        self.host_alive = 0
        self.eager_maps = 0
        self.eager_other_tid = 0
        self.exits = dict.fromkeys(EXITS, 0)
        self.exit_instructions = dict.fromkeys(EXITS, 0)
        self.exit_cycles = dict.fromkeys(EXITS, 0)
        self.refill_exits = dict.fromkeys(EXITS, 0)
        self.refill_cycles = 0
        self.emulated = dict.fromkeys(OPERATIONS, 0)
        self.delivered = dict.fromkeys(PRIORITIES, 0)
        self.virtual_user = True
        core.space = 1
        self._show_pid()

    # --- what every exit has

    def _show_pid(self) -> None:
        self.core.pid = self.scheme.hardware_pid(self.guest_pid, self.virtual_user)

    def _set_privilege(self, user: bool, bill: Bill) -> None:
        if user != self.virtual_user:
            self.scheme.priv(user, bill)
            self.virtual_user = user
        self._show_pid()

    def _exit(self, kind: str, host_timer: bool = False) -> Bill:
        """From the exception to the C handler."""
        self.exits[kind] += 1
        self.refill_exits[kind] += self.ledger.exit(host_timer)
        self.core.synchronise()
        costs = self.costs
        bill = Bill(costs.exit_stub + costs.exit_common + costs.c_dispatch, latency=costs.interrupt_latency)
        if kind in ("dtlb_r", "dtlb_v", "mmio"):
            bill.instructions += costs.exit_inst_copy + costs.exit_dear + costs.exit_esr
        elif kind == "inst_emu":
            bill.instructions += costs.exit_inst_copy + costs.exit_esr
        return bill

    def _pay(self, kind: str, bill: Bill) -> None:
        self.exit_instructions[kind] += bill.instructions
        time = self.side.pay(bill, "exits")
        self.exit_cycles[kind] += time
        if self.ledger.from_refill:
            self.refill_cycles += time

    def _enter(self, kind: str, bill: Bill) -> None:
        """The scheme's entry, the way into the guest, and the bill of the exit."""
        self.scheme.enter(bill)
        self._show_pid()
        bill.latency += self.costs.rfi_latency
        if self.costs.iccci:
            bill.latency += self.costs.iccci_refill
        self._pay(kind, bill)
        self.core.synchronise()

    def _deliver(self, what: str, bill: Bill) -> None:
        self.delivered[what] += 1
        self.ledger.delivered(what.endswith("TLB miss"))
        bill.instructions += self.costs.c_queue + self.costs.c_deliver
        self._set_privilege(False, bill)

    # --- misses

    def miss(self, kind: int, ea: int) -> bool:
        index = self.guest_tlb.find(0, self.guest_pid, ea)
        side = "itlb" if kind == FETCH else "dtlb"
        if index == NOWHERE:
            bill = self._exit(side + "_r")
            bill.instructions += self.settings.g * self.costs.search_entry
            self._deliver(("instruction" if kind == FETCH else "data") + " TLB miss", bill)
            bill.instructions += self.costs.resume_guest
            self._enter(side + "_r", bill)
            self.guest.refill(kind, ea)
            return False
        entry = self.guest_tlb.slots[index]
        gpa = entry.physical + ea - entry.start
        search = index * self.costs.search_entry + self.costs.search_hit
        if gpa >= self.settings.guest_memory and kind == FETCH:
            bill = self._exit("itlb_v")
            self.ledger.miss(index, self.scheme.entry_for(self.mapping(ea, gpa, index)).start)
            self._deliver("machine check", bill)  # for which the imitation guest has no handler
            bill.instructions += search + self.costs.resume_guest
            self._enter("itlb_v", bill)
            return False
        if gpa >= self.settings.guest_memory:
            bill = self._exit("mmio")
            bill.instructions += search + self.costs.resume_host_nv
            self._heavy("mmio", bill)
            self._enter("mmio", bill)
            return True
        bill = self._exit(side + "_v")
        bill.instructions += search
        wanted = self.mapping(ea, gpa, index)
        self.ledger.miss(index, self.scheme.entry_for(wanted).start)
        self.scheme.map(wanted, bill)
        bill.instructions += self.costs.resume_guest
        self._enter(side + "_v", bill)
        return False

    def mapping(self, ea: int, gpa: int, index: int) -> Mapping:
        return Mapping(ea, gpa, self.guest_tlb.slots[index], index, not self.virtual_user)

    # --- events of the guest

    def interrupt(self, vector: int) -> None:
        kind = "sysc" if vector == SYSTEM_CALL else "dec"
        bill = self._exit(kind)
        self._deliver("system call" if kind == "sysc" else "decrementer", bill)
        bill.instructions += self.costs.resume_guest
        self._enter(kind, bill)

    # --- emulated instructions

    def _program(self, operation: str) -> Bill:
        self.emulated[operation] += 1
        bill = self._exit("inst_emu")
        bill.instructions += self.costs.emulation(operation)
        return bill

    def _emulated(self, bill: Bill) -> None:
        bill.instructions += self.costs.resume_guest_nv
        self._enter("inst_emu", bill)

    def _on_magic_page(self, kind: int, name: str) -> bool:
        """Whether it is memory; then it is accessed."""
        if self.settings.mode != "magic_page" or name not in ON_MAGIC_PAGE:
            return False
        self.magic_accesses += 1
        interrupted, self.core.in_kernel = self.core.in_kernel, True
        self.core.touch(kind, MAGIC_EA)
        self.core.in_kernel = interrupted
        return True

    def mtspr(self, name: str, value: int) -> None:
        if self._on_magic_page(STORE, name):
            return
        bill = self._program("mtspr")
        if name == "PID" and value != self.guest_pid:
            self.guest_pid = value
            self.scheme.set_pid(bill, self.guest_pid)
            self._show_pid()
        elif name == "MMUCR":
            self.stid = value
        self._emulated(bill)

    def mfspr(self, name: str) -> None:
        if self._on_magic_page(LOAD, name):
            return
        self._emulated(self._program("mfspr"))

    def mtmsr(self) -> None:
        self._emulated(self._program("mtmsr"))

    def mfmsr(self) -> None:
        if self._on_magic_page(LOAD, "MSR"):
            return
        self._emulated(self._program("mfmsr"))

    def wrtee(self) -> None:
        self._emulated(self._program("wrtee"))

    def wait(self) -> None:
        """mtmsr with MSR[WE]: the vcpu leaves the processor until the guest's next event."""
        bill = self._program("mtmsr")
        self._pay("inst_emu", bill)
        away = Bill(self.costs.c_switch)
        self._put(away)
        self.side.pay(away, "switch")
        if self.core.wake > self.core.now:
            self.exits["halt_wakeup"] += 1
            self.core.charge("idle", self.core.wake - self.core.now)
        back = Bill(self.costs.c_switch)
        self.scheme.load(back)
        self.side.pay(back, "switch")
        self._emulated(Bill())

    def tlbsx(self, ea: int) -> int:
        bill = self._program("tlbsx")
        index = self.guest_tlb.find(0, self.stid, ea)
        entries = self.settings.g if index == NOWHERE else index
        bill.instructions += entries * self.costs.search_entry
        if index != NOWHERE:
            bill.instructions += self.costs.search_hit
        self._emulated(bill)
        return index

    def rfi(self, to_user: bool) -> None:
        bill = self._program("rfi")
        self._set_privilege(to_user, bill)
        self.ledger.returned()
        self._emulated(bill)

    def tlbwe(self, index: int, word: int, value: int) -> None:
        bill = self._program("tlbwe")
        bill.instructions += self.costs.c_tlbwe
        old = self.guest_tlb.slots[index]
        if old.valid:
            self.scheme.invalidate(index, old, bill)
        self.guest_tlb.write_word(index, word, value, self.stid)
        self.ledger.written(index)
        new = self.guest_tlb.slots[index]
        if new.valid and new.space == 0 and new.physical < self.settings.guest_memory:
            self.eager_maps += 1
            self.eager_other_tid += new.tid not in (0, self.guest_pid)
            self.scheme.map(replace(self.mapping(new.start, new.physical, index), eager=True), bill)
        self._emulated(bill)

    def device_access(self) -> None:
        """Never in hardware: each one is an mmio exit."""

    # --- heavy exits

    def _put(self, bill: Bill) -> None:
        self.puts += 1
        self.host_alive += self.side.alive()
        self.scheme.put(self.side.sweep, bill)

    def _heavy(self, kind: str, bill: Bill) -> None:
        """Out to the VMM and back, up to the entry of the scheme."""
        bill.instructions += self.costs.heavy_block + self.costs.c_to_user
        self._put(bill)
        self.side.take_turn(self.vmm, "vmm")
        bill.instructions += self.costs.c_ioctl + self.costs.full_entry
        self.scheme.load(bill)

    # --- the host's timer

    def tick_due(self) -> bool:
        return self.core.now >= self.deadline

    def until_tick(self) -> int:
        return self.deadline - self.core.now

    def tick(self) -> None:
        self.deadline += self.settings.tick_period
        self.ticks += 1
        bill = self._exit("dec", host_timer=True)
        self.side.pay(Bill(self.costs.c_tick), "tick")
        self.side.interrupt_references()
        every = self.settings.signal_every
        kind = "dec"
        if every and self.ticks % every == 0:
            self._pay("dec", bill)
            kind = "sig"
            self.exits["sig"] += 1
            bill = Bill(self.costs.resume_host)
            self._heavy("sig", bill)
        else:
            bill.instructions += self.costs.resume_guest
        self._run_tasks([t for t in self.tasks if t.settings.every and self.ticks % t.settings.every == 0])
        self._enter(kind, bill)
        missed = self.core.now - self.deadline
        if missed >= 0:  # those were the host's own
            self.deadline += (missed // self.settings.tick_period + 1) * self.settings.tick_period

    def _run_tasks(self, due: list[Task]) -> None:
        if not due:
            return
        bill = Bill()
        self._put(bill)
        for task in due:
            self._switch_to(task, bill)
            self.task_turns += 1
            self.side.take_turn(task, "tasks")
            bill = Bill()
        self._switch_to(self.vmm, bill)
        self.load()

    def _switch_to(self, task: Task, bill: Bill) -> None:
        """A context switch of the host, with what it costs to find a context number."""
        bill.instructions += self.costs.c_switch
        self.side.activate(task, bill)
        self.side.pay(bill, "switch")

    # --- a host played by hand; its time is the switches'

    def put(self) -> None:
        bill = Bill()
        self._put(bill)
        self.side.pay(bill, "switch")

    def load(self) -> None:
        bill = Bill()
        self.scheme.load(bill)
        self.side.pay(bill, "switch")

    def enter(self) -> None:
        """An entry to the guest, without the exit."""
        self._enter("dec", Bill())

    def flush_address_space(self) -> None:
        bill = Bill()
        self.side.sweep(bill)
        self.ledger.happened("host_flush")
        self.side.pay(bill, "switch")

    def teardown(self) -> None:
        """The end of the VM: every page is dropped; nobody's time is charged."""
        self.scheme.teardown(Bill())

    def stats(self) -> dict[str, int | list[int]]:
        """Raw counts; cycles in mc."""
        counts = self.counts
        return {
            "exits": list(self.exits.values()),
            "exit_instructions": list(self.exit_instructions.values()),
            "exit_cycles": list(self.exit_cycles.values()),
            "emulated": list(self.emulated.values()),
            "delivered": list(self.delivered.values()),
            "virt_miss_causes": list(self.ledger.misses.values()),
            "refill_exits": list(self.refill_exits.values()),
            "refill_cycles": self.refill_cycles,
            "refill_later_misses": list(self.ledger.later_misses.values()),
            "magic_accesses": self.magic_accesses,
            "duplicates_written": counts.duplicates_written,
            "duplicates_dropped": counts.duplicates_dropped,
            "maps": counts.maps,
            "eager_maps": self.eager_maps,
            "eager_other_tid": self.eager_other_tid,
            "pages_taken": counts.pages_taken,
            "pages_dirty": counts.pages_dirty,
            "pages_clean": counts.pages_clean,
            "host_killed": counts.host_killed,
            "guest_clobbered": self.side.guest_clobbered,
            "host_misses": list(self.side.misses.values()),
            "host_faults": list(self.side.faults.values()),
            "context_steals": self.side.context_steals,
            "puts": self.puts,
            "sweeps": self.side.sweeps,
            "host_alive": self.host_alive,
            "slots_visited": counts.slots_visited,
            "slots_written": counts.slots_written,
            "ticks": self.ticks,
            "task_turns": self.task_turns,
        }
