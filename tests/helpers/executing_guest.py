# SPDX-License-Identifier: BSD-3-Clause
"""A vcpu whose guest executes a program, played by hand: the exceptions that its core would raise, one at a time."""

from __future__ import annotations

from typing import Any

from simobjects import Core440
from simobjects import HostKernel as Declared
from simobjects.cext.core.core import Core
from simobjects.cext.core.supervisor import PythonGuest
from simobjects.cext.core.tlb import TLB
from simobjects.cext.kvm.host import HostKernel
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.isa import arch
from simobjects.isa.arch import MSR, OP, SPR, VECTOR
from simobjects.kvm.placement import hardware_pins, pin_host
from simobjects.kvm.schemes import historical
from simobjects.ppc440.costs import CostModel
from tests.helpers.labels import by_label
from tests.helpers.real_machine import stream

MTSPR, MFSPR, TLBWE, RFI, MTMSR, MFMSR, WRTEE, TLBSX, TLBRE = list(OP.values())[:9]
TLBSYNC, MTDCR, MFDCR, CACHE, RFCI, RFMCI, TRAP, ILLEGAL = list(OP.values())[9:]
CRITICAL, MACHINE_CHECK, DSI, ISI, EXTERNAL, ALIGNMENT, PROGRAM, FP = list(VECTOR.values())[:8]
SYSCALL, AP, DECREMENTER, _, _, DTLB, ITLB, DEBUG = list(VECTOR.values())[8:]
WE, CE, EE, PR, ME, DE, IS, DS = MSR.WE, MSR.CE, MSR.EE, MSR.PR, MSR.ME, MSR.DE, MSR.IS, MSR.DS
DEC, SRR0, SRR1, PID, CSRR0, DEAR, ESR, IVPR = (
    SPR[name] for name in ("DEC", "SRR0", "SRR1", "PID", "CSRR0", "DEAR", "ESR", "IVPR")
)
SPRG0, SPRG4, TSR, TCR, IVOR0, MMUCR = (SPR[name] for name in ("SPRG0", "SPRG4", "TSR", "TCR", "IVOR0", "MMUCR"))
DIE, DIS = arch.TCR.DIE, arch.TSR.DIS
DEVICE = 0xEF60_0000
STW = 0x9061_0000  # stw r3,0(r1)
CYCLE = 1000
TICK = 1_000_000
"""Cycles between the host's ticks."""


class Executing:
    """KVM, the TLBs and a guest that has just been created; vectors at IVPR 0x10000, one each 0x100."""

    def __init__(self, scheme: str = "e4", *, vectors: bool = True, costs: dict[str, Any] | None = None, **host: Any):
        cost_model = CostModel(**(costs or {})).make_peer()
        self.core, self.tlb, self.guest_tlb = Core(), TLB(64), TLB(64)
        idle = stream([(0x10000, 0, 0, 0, 1)])
        self.core.connect(self.tlb, cost_model, [idle])
        pin_host(self.tlb, hardware_pins(64, 128 << 20, False))
        state = KvmState(self.core, cost_model, self.tlb, self.guest_tlb, 62, 4096, 16 << 20, 0x0100_0000)
        self.scheme: Any = historical()[scheme]().build(state)
        self.host = HostKernel()
        quiet: dict[str, Any] = {
            "period": TICK * CYCLE,
            "signal_every": 0,
            "interrupt_pages": 0,
            "interrupt_base": 0xF800_0000,
            "iccci": False,
            "vmm": (idle, 0, 1, 0, 0, 0),
            "tasks": [],
            "executes": True,
        }
        self.host.connect(state, self.scheme, **{**quiet, **host})
        self.probe = HostProbe(self.host)
        self.core.attach(self.host, PythonGuest(lambda vector, ea: None, 64))
        self.core.begin()
        self.pc = 0
        if vectors:
            self.mtspr(IVPR, 0x10000)
            for number in range(16):
                self.mtspr(IVOR0 + number, number << 8)

    def take(self, kind: int, **fields: int) -> dict[str, Any]:
        """An exception at the present pc; the guest then is where it goes on. User space, if asked, does its part."""
        told: dict[str, Any] = self.probe.exception(kind, **{"pc": self.pc, **fields})
        self.pc = told["next_pc"]
        if told["completed"]:
            told["vector"], self.pc = self.probe.resume_guest(self.pc)
            told["next_pc"] = self.pc
        return told

    def do(self, op: int, **fields: int) -> dict[str, Any]:
        """A privileged instruction."""
        return self.take(PROGRAM, op=op, **fields)

    def mtspr(self, spr: int, value: int) -> dict[str, Any]:
        return self.do(MTSPR, spr=spr, value=value)

    def mfspr(self, spr: int) -> int:
        told = self.do(MFSPR, spr=spr)
        assert told["failed"] == 0
        return int(told["result"])

    def tick(self) -> int:
        """The host's timer interrupts the guest; returns the vector delivered, or -1."""
        vector, self.pc = self.probe.interrupt_host(self.pc)
        return int(vector)

    def msr(self) -> int:
        return int(self.host.registers()["msr"])

    def set_msr(self, msr: int) -> dict[str, Any]:
        return self.do(MTMSR, value=msr)

    def stat(self, name: str) -> Any:
        return self.host.read_stats()[name]

    def exits(self) -> dict[str, int]:
        """The kinds that there were."""
        return {name: count for name, count in self.by_label("exits_by_kind").items() if count}

    def by_label(self, name: str) -> dict[str, int]:
        """A raw vector of the host."""
        return by_label(Declared, self.host.read_stats(), name)

    def idle(self) -> int:
        """Cycles that the vcpu slept."""
        return by_label(Core440, self.core.read_stats(), "cycles")["idle"] // CYCLE

    def hardware(self) -> list[tuple[int, int, int, int]]:
        return [self.tlb.read(slot) for slot in range(63)]
