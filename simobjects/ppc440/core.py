# SPDX-License-Identifier: BSD-3-Clause
"""The PowerPC 440 core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from cext.core import Core
from cext.guest import NativeVectors
from simobjects.framework import Problem, Ref, SimObject, child, param, ref, requestor
from simobjects.framework.peers import Peers
from simobjects.framework.tree import ancestry, walk
from simobjects.ppc440.costs import CostModel
from simobjects.ppc440.micro_tlb import MicroTLB
from simobjects.ppc440.protocols import Exceptions, Translation
from simobjects.ppc440.software import GuestSoftware
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.ppc440.workload import Workload
from simobjects.stats import conserve, counter, formula, vector

CYCLE_KINDS = ("guest_user", "guest_kernel", "exits", "tick", "vmm", "switch", "tasks", "idle")


class Core440(SimObject):
    """A PowerPC 440 core, fed by a reference stream.

    Its exceptions go to whoever `exceptions` is connected to: a host kernel (the machine is virtual) or the
    guest itself (it runs on the bare machine).
    """

    is_engine: ClassVar[bool] = True

    workload: Workload = child(None, "what it runs")
    itlb: MicroTLB = child(MicroTLB, "instruction micro-TLB", entries=0)
    dtlb: MicroTLB = child(MicroTLB, "data micro-TLB", entries=0)
    watchdog: int = param(10_000, "misses in a row on one reference after which the run is stopped", ge=1, le=2**31 - 1)
    roi_begin: int | None = param(None, "reference before which the region of interest begins", ge=0)
    roi_end: int | None = param(None, "reference before which it ends", ge=1)

    guest: Ref[GuestSoftware] = ref("the software that handles the guest's exceptions")
    costs: Ref[CostModel] = ref("what things cost")

    translation = requestor(Translation, "where references are looked up", required=True)
    exceptions = requestor(Exceptions, "who takes the exceptions", required=True)

    references = counter("references of the workload: fetched instructions, loads and stores", unit="reference")
    fetches = counter("instructions of the workload fetched", unit="reference")
    loads = counter("loads of the workload", unit="reference")
    stores = counter("stores of the workload", unit="reference")
    instructions = counter("instructions of the workload executed", unit="instruction")
    kernel_instructions = counter("instructions of the guest kernel's handlers executed", unit="instruction")
    misses = vector("hardware TLB misses of the workload's references", labels=("fetch", "load", "store"), unit="miss")
    kernel_lookups = counter("look-ups in the unified TLB by references of the guest kernel", unit="look-up")
    kernel_misses = counter("hardware TLB misses of the guest kernel's references", unit="miss")
    micro_misses = vector("micro-TLB misses that hit the unified TLB", labels=("instruction", "data"), unit="miss")
    cycles = vector("where the time went", labels=CYCLE_KINDS, unit="cycle", scale=1000)
    time = counter("time since the start", unit="cycle", scale=1000)
    vcpu_time = counter(
        "time without that of other host tasks, and without the guest's waiting", unit="cycle", scale=1000
    )
    cycles_per_instruction = formula(
        "vcpu time per instruction of the workload",
        lambda s: s.vcpu_time / 1000 / s.instructions,
        unit="cycle/instruction",
    )

    all_time = conserve("time = sum of cycles by kind", lambda s: s.time, lambda s: sum(s.cycles))
    all_references = conserve(
        "references = fetches + loads + stores", lambda s: s.references, lambda s: s.fetches + s.loads + s.stores
    )

    def elaborate(self) -> None:
        """A machine whose script names no cost model gets the default one."""
        root = ancestry(self)[-1]
        if not any(isinstance(found, CostModel) for found in walk(root)):
            setattr(root, "costs", CostModel())  # noqa: B010

    def check(self) -> Iterable[Problem]:
        if self.roi_begin is not None and self.roi_end is not None and self.roi_end <= self.roi_begin:
            self.problem("roi_end", self.roi_end, f"a reference after roi_begin ({self.roi_begin})", "move the end")
        return ()

    def virtualized(self) -> bool:
        """Whether a host kernel, not the guest itself, takes the exceptions."""
        return self.exceptions.other is not self.guest

    def hardware(self) -> HardwareTLB:
        """The TLB it looks up. Only in a validated machine."""
        found = self.translation.other
        assert isinstance(found, HardwareTLB)
        return found

    def make_peer(self) -> Core:
        return Core()

    def wire(self, peers: Peers) -> None:
        core = peers[self]
        core.connect(
            peers[self.hardware()],
            peers[self.costs],
            self.workload.streams(peers),
            micro_data=self.dtlb.entries,
            micro_inst=self.itlb.entries,
            watchdog=self.watchdog,
            roi_begin=-1 if self.roi_begin is None else self.roi_begin,
            roi_end=-1 if self.roi_end is None else self.roi_end,
        )
        supervisor = self.exceptions.other
        assert supervisor is not None
        core.attach(peers[supervisor] if self.virtualized() else NativeVectors(core), peers[self.guest])
