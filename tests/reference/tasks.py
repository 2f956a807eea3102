# SPDX-License-Identifier: BSD-3-Clause
"""The host's own processes (docs/model.md 6.5): their turns, their misses, and the sweep of the array."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.causes import Ledger
from tests.reference.core import Core
from tests.reference.schemes import Bill, HostIndex
from tests.reference.settings import Settings, TurnSettings
from tests.reference.stream import FETCH, Cursor, Record
from tests.reference.tlb import NOWHERE, SR, SW, SX, VALID, Entry, size_field

USER_PERMISSIONS = 0x3F
INTERRUPT_BASE = 0xF8000000
KERNEL_DATA, KERNEL_FETCH = -1, -2
"""References of the host's kernel, beside the kinds of stream references."""

NO_CONTEXT = 0
CONTEXTS = range(1, 256)


class Task:
    """A process of the host, the VMM among them, somewhere in its own stream."""

    def __init__(self, settings: TurnSettings, stream: Sequence[Record], who: str) -> None:
        self.settings = settings
        self.cursor = Cursor(stream, wrap=True)
        self.pid = NO_CONTEXT
        self.who = who
        self.turns = 0
        self.missing_references = 0

    def page_is_absent(self) -> bool:
        """Whether the reference that misses now is to a page that is not there: each one in so many is."""
        every = self.settings.fault_every
        self.missing_references += 1
        return every != 0 and self.missing_references % every == 0


class HostSide:
    """The array as the host's kernel uses it: address space 0, its own round-robin counter."""

    def __init__(self, settings: Settings, core: Core, counter: HostIndex, ledger: Ledger) -> None:
        self.settings = settings
        self.core = core
        self.tlb = core.tlb
        self.counter = counter
        self.ledger = ledger
        self.misses = {"vmm": 0, "task": 0, "interrupt": 0}
        self.faults = {"vmm": 0, "task": 0}
        self.guest_clobbered = 0
        self.sweeps = 0
        self.owners: dict[int, Task] = {}
        self.last_context = NO_CONTEXT
        self.context_steals = 0

    def pay(self, bill: Bill, cycle_kind: str) -> int:
        """Let the time of a bill pass; returns it in mc."""
        costs = self.settings.costs
        latency = bill.latency + bill.tlbwe * costs.tlbwe_latency
        mc = bill.instructions * costs.host_cpi_milli + latency * 1000
        self.core.charge(cycle_kind, mc)
        return mc

    def sweep(self, bill: Bill) -> None:
        """Make slots 0..H invalid, slot by slot or at once."""
        last = self.settings.hwater
        self.sweeps += 1
        once = self.settings.flush == "once"
        writes = 1 if once else last + 1
        self.tlb.sweep(last, writes)
        bill.tlbwe += writes
        bill.instructions += self.settings.costs.flush_once if once else 10 + 4 * last

    def activate(self, task: Task, bill: Bill) -> None:
        """Give a task a context number: the next free one in turn, else the next one in turn, from its owner."""
        if task.pid != NO_CONTEXT:
            return
        turn = sorted(CONTEXTS, key=lambda number: (number - self.last_context - 1) % len(CONTEXTS))
        free = [number for number in turn if number not in self.owners]
        number = free[0] if free else turn[0]
        if not free:
            self.owners[number].pid = NO_CONTEXT
            self.context_steals += 1
            self.sweep(bill)
            self.ledger.happened("host_flush")
        self.owners[number] = task
        self.last_context = task.pid = number

    def alive(self) -> int:
        """Valid replaceable entries of the host."""
        return sum(1 for entry in self.tlb.slots[: self.settings.hwater + 1] if entry.valid and entry.space == 0)

    def take_turn(self, task: Task, cycle_kind: str, at: Cursor | None = None, instructions: int = 0) -> None:
        """Run a task for its instructions; after every so many turns a page, or all of its mm, is flushed.

        `at`: other references than the task's own, for so many instructions.
        """
        wanted = instructions if at else task.settings.instructions
        at = at or task.cursor
        done = 0
        while wanted and at.has_fetches and at.current is not None:
            kind, ea = at.current
            if kind == FETCH and done == wanted:
                break
            self._reference(task, kind, ea, cycle_kind)
            done += kind == FETCH
            at.advance()
        task.turns += 1
        if task.settings.page_flush_every and task.turns % task.settings.page_flush_every == 0:
            self.flush_page(task.pid, (at.record[1] if at.record else 0) << 12, cycle_kind)
        if task.settings.flush_every and task.turns % task.settings.flush_every == 0:
            bill = Bill()
            self.sweep(bill)
            self.ledger.happened("host_flush")
            self.pay(bill, cycle_kind)

    def flush_page(self, pid: int, ea: int, cycle_kind: str) -> None:
        """Make invalid what a search in address space 0 finds."""
        slot = self.tlb.find(0, pid, ea)
        bill = Bill(self.settings.costs.flush_page_miss)
        if slot != NOWHERE:
            bill = Bill(self.settings.costs.flush_page_hit, tlbwe=1)
            self.tlb.write_word(slot, 0, 0, 0)
        self.pay(bill, cycle_kind)

    def interrupt_references(self) -> None:
        """What a timer interrupt touches outside the pinned memory."""
        data, code = self.settings.interrupt_pages, self.settings.interrupt_code_pages
        for page in [*range(data, data + code), *range(data)]:
            kind = KERNEL_FETCH if page >= data else KERNEL_DATA
            self.touch(0, kind, INTERRUPT_BASE + 4096 * page, "interrupt", "tick")

    def touch(self, pid: int, kind: int, ea: int, who: str, cycle_kind: str, absent: bool = False) -> None:
        """One reference, until it hits; what the access itself costs is left out."""
        costs = self.settings.costs
        instructions = {
            FETCH: costs.host_miss_inst,
            KERNEL_DATA: costs.host_miss_kernel,
            KERNEL_FETCH: costs.host_miss_kernel_inst,
        }
        while self.tlb.lookup(0, pid, ea) == NOWHERE:
            self.misses[who] += 1
            if absent:
                self._page_fault(who, cycle_kind)
                absent = False
                continue
            permissions = SX | SW | SR if kind < 0 else USER_PERMISSIONS
            self._refill(ea, pid, permissions, instructions.get(kind, costs.host_miss_data), cycle_kind)

    def _page_fault(self, who: str, cycle_kind: str) -> None:
        """The page is not there: the kernel finds one, and nothing in the array changes."""
        costs = self.settings.costs
        self.faults[who] += 1
        self.pay(
            Bill(costs.host_fault + costs.c_page_fault, 0, costs.interrupt_latency + costs.rfi_latency), cycle_kind
        )

    def _reference(self, task: Task, kind: int, ea: int, cycle_kind: str) -> None:
        absent = self.tlb.find(0, task.pid, ea) == NOWHERE and task.page_is_absent()
        self.touch(task.pid, kind, ea, task.who, cycle_kind, absent)
        if kind == FETCH:
            self.pay(Bill(instructions=1), cycle_kind)

    def _refill(self, ea: int, pid: int, permissions: int, instructions: int, cycle_kind: str) -> None:
        costs = self.settings.costs
        page = self.settings.host_page
        slot = self.counter.next()
        there = self.tlb.slots[slot]
        if there.valid and there.space == 1:
            self.guest_clobbered += 1
        start = ea // page * page
        self._overwrite(slot, Entry(start | VALID | size_field(page), start, permissions, pid))
        instructions += slot == 0  # the counter has wrapped
        self.pay(Bill(instructions, 3, costs.interrupt_latency + costs.rfi_latency), cycle_kind)

    def _overwrite(self, slot: int, entry: Entry) -> None:
        self.tlb.write(slot, entry)
        self.ledger.happened("host_miss")
