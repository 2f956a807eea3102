# SPDX-License-Identifier: BSD-3-Clause
"""The guest that owns the hardware (docs/model.md, end of section 4): exceptions go straight to its handlers."""

from __future__ import annotations

from tests.reference.core import Core
from tests.reference.guest import KERNEL_ENTRY, GuestKernel


class NativeSupervisor:
    """Privileged steps act on the hardware at once; everything that it costs is guest_kernel time."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.guest: GuestKernel
        self.stid = 0
        core.space = 0
        core.pid = 1
        core.tlb.place(len(core.tlb.slots) - 1, KERNEL_ENTRY)

    def tick_due(self) -> bool:
        """Never: there is no host."""
        return False

    def until_tick(self) -> None:
        """Never."""

    def tick(self) -> None:
        raise NotImplementedError("a native machine has no host that ticks")

    def interrupt(self, vector: int) -> None:
        self.core.charge("guest_kernel", self.core.costs.interrupt_latency * 1000)
        self.core.synchronise()

    def miss(self, kind: int, ea: int) -> bool:
        self.interrupt(14 if kind == 0 else 13)
        self.guest.refill(kind, ea)
        return False

    def mtspr(self, name: str, value: int) -> None:
        self._spr()
        if name == "PID":
            self.core.pid = value
        elif name == "MMUCR":
            self.stid = value

    def mfspr(self, name: str) -> None:
        self._spr()

    def mtmsr(self) -> None:
        self._spr()

    def mfmsr(self) -> None:
        self._spr()

    def wrtee(self) -> None:
        self._spr()

    def wait(self) -> None:
        self._spr()
        self.core.charge("idle", max(0, self.core.wake - self.core.now))

    def tlbsx(self, ea: int) -> int:
        self.core.charge("guest_kernel", self.core.costs.tlbsx_latency * 1000)
        return self.core.tlb.find(0, self.stid, ea)

    def tlbwe(self, index: int, word: int, value: int) -> None:
        self.core.tlb.write_word(index, word, value, self.stid)
        self.core.charge("guest_kernel", self.core.costs.tlbwe_latency * 1000)

    def rfi(self, to_user: bool) -> None:
        self.core.charge("guest_kernel", self.core.costs.rfi_latency * 1000)
        self.core.synchronise()

    def device_access(self) -> None:
        self.core.charge("guest_kernel", self.core.costs.device_latency * 1000)

    def _spr(self) -> None:
        self.core.charge("guest_kernel", self.core.costs.spr_latency * 1000)
