# SPDX-License-Identifier: BSD-3-Clause
"""Every scheme against its plain Python twin, event by event: all counts, both TLBs and the pages held stay equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from simobjects.isa.arch import SPR, W0
from tests.helpers.played_machine import FETCH, KERNEL, LOAD, MFSPR, MMUCR, MTMSR, MTSPR, PID, RFI, STORE, TLBWE
from tests.helpers.real_machine import RealMachine
from tests.property.event_strategies import REAL_PAGES, USER_PAGES, Event, played
from tests.property.machine_strategies import SCHEMES, MachineCase
from tests.reference import stream
from tests.reference.core import Watchdog
from tests.reference.host import SYSTEM_CALL
from tests.reference.machine import TwinMachine
from tests.reference.tasks import KERNEL_DATA, KERNEL_FETCH
from tests.reference.tlb import NOWHERE, TLB, VALID

RENAMED = {"exits": "exits_by_kind"}
KINDS = {stream.FETCH: FETCH, stream.LOAD: LOAD, stream.STORE: STORE}


class Pair:
    """The compiled machine and the twin, on which the same is done."""

    def __init__(self, case: MachineCase) -> None:
        self.real = RealMachine(case.params, case.streams, case.vmm_stream, case.task_streams)
        self.twin = TwinMachine(case.params, case.streams, case.vmm_stream, case.task_streams)
        assert self.real.host is not None and self.real.probe is not None and self.twin.host is not None
        self.real_host, self.probe = self.real.host, self.real.probe
        self.host = self.twin.host
        self.ended = False

    def both(self, real: Callable[[], object], twin: Callable[[], object]) -> None:
        """Do something on both machines; a watchdog ends both."""
        if self.ended:
            return
        real()
        try:
            twin()
        except Watchdog:
            self.ended = True

    def play(self, event: Event) -> None:
        """What an event comes to."""
        match event:
            case ("touch", int(page), int(offset), int(kind)):
                self.touch(page + offset, kind, self.host.virtual_user)
            case ("kernel touch", int(page), int(offset), int(kind)):
                self.privileged(RFI, lambda: self.host.rfi(False), value=0)
                self.touch(page + offset, kind + 1, False)
            case ("entry", int(slot), tuple(words), int(tid), tuple(order)):
                self.stid(tid)
                for word in order:
                    self.tlbwe(slot, word, words[word])
            case ("word", int(slot), int(word), tuple(words), int(tid)):
                self.stid(tid)
                self.tlbwe(slot, word, words[word])
            case ("warm", int(count)):
                self.warm(count)
            case ("pid", int(pid)):
                self.privileged(MTSPR, lambda: self.host.mtspr("PID", pid), spr=PID, value=pid)
            case ("privilege", bool(user)):
                self.privileged(RFI, lambda: self.host.rfi(user), value=int(user))
            case ("mfspr",):
                self.privileged(MFSPR, lambda: self.host.mfspr("SRR0"), spr=SPR.SRR0)
            case ("mtmsr",):
                self.privileged(MTMSR, self.host.mtmsr)
            case ("system call",):
                # The imitation guest makes its system calls itself: here it is interrupted, and no more.
                self.both(self.real.core.system_call, lambda: self.host.interrupt(SYSTEM_CALL))
            case _:
                self.play_host(event)

    def play_host(self, event: Event) -> None:
        real, twin = self.probe, self.host
        match event:
            case ("host touch", int(pid), int(ea), bool(fetch), bool(present)):
                kinds = (stream.LOAD, stream.FETCH) if pid else (KERNEL_DATA, KERNEL_FETCH)
                self.both(
                    lambda: real.touch(pid, ea, fetch, present),
                    lambda: twin.side.touch(pid, kinds[fetch], ea, "task", "tasks", not present),
                )
            case ("away", list(touches)):
                self.both(real.put, twin.put)
                for touch in touches:
                    self.play_host(touch)
                self.both(real.load, twin.load)
                self.both(real.enter, twin.enter)
            case ("put",):
                self.both(real.put, twin.put)
            case ("load",):
                self.both(real.load, twin.load)
            case ("enter",):
                self.both(real.enter, twin.enter)
            case ("flush all",):
                self.both(real.flush_address_space, twin.flush_address_space)
            case ("flush page", int(pid), int(ea)):
                self.both(lambda: real.flush_page(pid, ea), lambda: twin.side.flush_page(pid, ea, "switch"))
            case ("index", int(number)):
                slot = number % (self.twin.settings.hwater + 1)
                self.both(lambda: real.set_index(slot), lambda: setattr(twin.side.counter, "value", slot))
            case _:
                raise ValueError(f"no such event: {event}")

    def warm(self, count: int) -> None:
        """Pages of two processes, in the guest's TLB and in hardware: there is something to be dropped."""
        for number, page in enumerate(USER_PAGES[:count]):
            tid = 1 + number % 2
            self.stid(tid)
            for word, value in ((1, REAL_PAGES[number % 6]), (2, 0x1AF | number << 10), (0, page | VALID | 0x10)):
                self.tlbwe(number, word, value)
            self.play(("pid", tid))
            self.touch(page, stream.LOAD, self.host.virtual_user)
        self.play(("pid", 1))

    def touch(self, ea: int, kind: int, user: bool) -> None:
        pid = self.host.guest_pid
        if ea < KERNEL and pid != 1 and self.host.guest_tlb.find(0, pid, ea) == NOWHERE:
            return  # the imitation's only process has PID 1, and its refills are for that
        self.both(lambda: self.real.core.touch(ea, KINDS[kind], user), lambda: self.twin_touch(ea, kind, user))

    def twin_touch(self, ea: int, kind: int, user: bool) -> None:
        self.twin.core.in_kernel = not user
        self.twin.core.touch(kind, ea)
        self.twin.core.in_kernel = False

    def stid(self, tid: int) -> None:
        self.privileged(MTSPR, lambda: self.host.mtspr("MMUCR", tid), spr=MMUCR, value=tid)

    def tlbwe(self, slot: int, word: int, value: int) -> None:
        """Any slot but the last one: without its kernel entry the guest would never run again."""
        slot %= self.twin.settings.g - 1
        self.privileged(TLBWE, lambda: self.host.tlbwe(slot, word, value), slot=slot, word=word, value=value)

    def privileged(self, op: int, twin: Callable[[], object], **operands: int) -> None:
        self.both(lambda: self.real.core.privileged_instruction(op, **operands), twin)

    # ---- comparing ------------------------------------------------------------------------------------

    def check(self) -> None:
        """All that can be seen is equal."""
        found, expected = self.real.stats(), self.twin.stats()
        for part, stats in expected.items():
            assert {name: found[part][RENAMED.get(name, name)] for name in stats} == stats, part
        assert entries(self.real.tlb, self.twin.settings.n) == twin_entries(self.twin.tlb)
        assert entries(self.real.guest_tlb, self.twin.settings.g) == twin_entries(self.host.guest_tlb)
        held = Counter(self.host.scheme.held())
        assert {page: self.real_host.held(page) for page in held} == held
        assert found["host"]["pages_taken"] - dropped(found["host"]) == held.total()
        assert self.real_host.double_drops() == 0
        vcpu = self.real_host.vcpu()
        assert (bool(vcpu["user"]), vcpu["pid"]) == (self.host.virtual_user, self.host.guest_pid)
        assert vcpu["host_index"] == self.host.side.counter.value
        assert self.real.core.context_now()[2] == self.twin.core.pid


def dropped(stats: dict[str, Any]) -> int:
    return int(stats["pages_dirty"] + stats["pages_clean"])


def entries(tlb: Any, count: int) -> list[tuple[int, ...] | None]:
    """Its slots; what an invalid one holds beside that does not matter."""
    return [entry if entry[0] & W0.VALID else None for entry in map(tlb.read, range(count))]


def twin_entries(tlb: TLB) -> list[tuple[int, ...] | None]:
    return [(e.w0, e.w1, e.w2, e.tid) if e.valid else None for e in tlb.slots]


def compare(case: MachineCase, events: list[Event]) -> None:
    """Play all of it, then end the VM: every page that was taken has been dropped once."""
    pair = Pair(case)
    pair.check()
    for event in events:
        pair.play(event)
        pair.check()
    for _ in range(2):
        pair.real_host.teardown()
        pair.host.teardown()
        pair.check()
        stats = pair.real.stats()["host"]
        assert stats["pages_taken"] == dropped(stats)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_event_leaves_machine_and_twin_equal(scheme: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(played(scheme))
    def check(case: tuple[MachineCase, list[Event]]) -> None:
        compare(*case)

    check()
