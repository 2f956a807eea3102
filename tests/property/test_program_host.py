# SPDX-License-Identifier: BSD-3-Clause
"""KVM for a guest that executes, against its plain Python twin: what the core is told, registers, counts, both TLBs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from simobjects.isa.arch import W0
from tests.helpers.real_machine import RealMachine
from tests.property.machine_strategies import SCHEMES, MachineCase
from tests.property.program_strategies import (
    AT_MARK,
    AT_MARK_INSTRUCTIONS,
    MARKS,
    TICKS_IN,
    Event,
    connection,
    programs,
)
from tests.reference.core import Core
from tests.reference.exit_timing import ExitTiming
from tests.reference.program_host import ProgramHost
from tests.reference.settings import Settings
from tests.reference.stream import Cursor
from tests.reference.tlb import TLB
from tests.reference.vcpu import (
    CCR0,
    CCR1,
    CSRR0,
    CSRR1,
    DBCR0,
    DBCR1,
    DBSR,
    DEAR,
    DEC,
    DECAR,
    ESR,
    INTERRUPTS,
    IVOR0,
    IVPR,
    MCSR,
    MMUCR,
    PVR,
    SPRG0,
    SRR0,
    SRR1,
    TCR,
    TSR,
    Era,
)  # fmt: skip

REGISTERS = {
    "srr0": SRR0, "srr1": SRR1, "csrr0": CSRR0, "csrr1": CSRR1, "dear": DEAR, "esr": ESR, "ivpr": IVPR, "mmucr": MMUCR,
    "ccr0": CCR0, "ccr1": CCR1, "dbcr0": DBCR0, "dbcr1": DBCR1, "dbsr": DBSR, "tcr": TCR, "tsr": TSR, "dec": DEC,
    "decar": DECAR, "pvr": PVR, "mcsr": MCSR,
}  # fmt: skip


class Pair:
    """The compiled host and the twin, to which the same happens."""

    def __init__(self, case: MachineCase, era: Era, generation: int) -> None:
        self.real = RealMachine(
            case.params, case.streams, case.vmm_stream, case.task_streams, connection(era, generation)
        )
        assert self.real.host is not None and self.real.probe is not None
        self.host, self.probe = self.real.host, self.real.probe
        values = Settings.of(case.params)
        self.core = Core(values, TLB(values.n))
        timing = ExitTiming(generation, 1000, 100)
        self.twin = ProgramHost(values, self.core, case.vmm_stream, case.task_streams, era, timing)
        self.twin.mark = (Cursor(AT_MARK, wrap=True), AT_MARK_INSTRUCTIONS, MARKS)
        self.twin.emulation.timer.holds, self.twin.emulation.timer.ticks_in = True, TICKS_IN

    def play(self, event: Event) -> None:
        real, twin = self.probe, self.twin
        match event:
            case ("exception", int(kind), dict(fields)):
                told = real.exception(kind, **fields)
                assert told == twin.exception(kind, **fields)
                if told["completed"]:
                    assert real.resume_guest(told["next_pc"]) == twin.resume_guest(told["next_pc"])
            case ("time", int(cycles)):
                real.pass_time(cycles)
                self.core.charge("guest_user", cycles * 1000)
            case ("interrupt", int(pc)):
                assert real.interrupt_host(pc) == twin.interrupt_host(pc)
            case ("external", bool(level)):
                real.external_input(level)
                twin.external_input(level)
            case ("window", bool(opens), int(number)):
                real.window(opens, number)
                twin.emulation.timer.window(opens, number)
            case (str(name),):
                method = name.replace("flush all", "flush_address_space")
                getattr(real, method)()
                getattr(twin, method)()
            case _:
                raise ValueError(f"no such event: {event}")

    def check(self) -> None:
        """All that can be seen is equal."""
        stats, twin = self.host.read_stats(), self.twin
        expected = dict(twin.stats())
        expected["exits_by_kind"] = expected.pop("exits")
        assert {name: stats[name] for name in expected} == expected
        core = self.real.core.read_stats()
        assert core["cycles"] == list(self.core.cycles.values())
        assert visible(self.host.registers()) == self.registers()
        assert self.host.exit_timing() == twin.timing.table()
        assert entries(self.real.tlb, twin.settings.n) == twin_entries(self.core.tlb)
        assert entries(self.real.guest_tlb, twin.settings.g) == twin_entries(twin.guest_tlb)
        assert self.real.core.context_now() == (1, 1, self.core.pid)
        held = Counter(twin.scheme.held())
        assert {page: self.host.held(page) for page in held} == held and self.host.double_drops() == 0

    def registers(self) -> dict[str, Any]:
        vcpu, timer = self.twin.vcpu, self.twin.emulation.timer
        names = [name for name, *_ in INTERRUPTS]
        return {
            **{name: vcpu.spr[number] for name, number in REGISTERS.items()},
            "ivor": [vcpu.spr[IVOR0 + vector] for _, vector, _, _ in INTERRUPTS],
            "sprg": [vcpu.spr[SPRG0 + number] for number in range(8)],
            "mcsrr0": vcpu.mcsrr[0],
            "mcsrr1": vcpu.mcsrr[1],
            "msr": vcpu.msr,
            "pending": sum(1 << names.index(name) for name in vcpu.pending),
            "cpr0_address": vcpu.cpr0,
            "io_gpr": vcpu.io_gpr,
            "dec_written": timer.written,
            "due": None if timer.due is None else timer.due // 1000,
            "pid": self.twin.guest_pid,
            "stid": vcpu.spr[MMUCR] & 255,
        }


def visible(registers: dict[str, Any]) -> dict[str, Any]:
    """Without what only matters between queueing and delivery."""
    return {name: value for name, value in registers.items() if not name.startswith("queued")}


def entries(tlb: Any, count: int) -> list[tuple[int, ...] | None]:
    return [entry if entry[0] & W0.VALID else None for entry in map(tlb.read, range(count))]


def twin_entries(tlb: TLB) -> list[tuple[int, ...] | None]:
    return [(e.w0, e.w1, e.w2, e.tid) if e.valid else None for e in tlb.slots]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_exception_leaves_host_and_twin_equal(scheme: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(programs(scheme))
    def check(case: tuple[MachineCase, Era, int, list[Event]]) -> None:
        machine, era, generation, events = case
        pair = Pair(machine, era, generation)
        pair.check()
        for event in events:
            pair.play(event)
            pair.check()

    check()
