# SPDX-License-Identifier: BSD-3-Clause
"""An imitation Linux as guest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from cext.guest import Guest
from simobjects.framework import Address, Problem, Ref, SimObjectsError, param, ref
from simobjects.framework.peers import Peers
from simobjects.guest import linux_2_6_29 as linux
from simobjects.ppc440.core import Core440
from simobjects.ppc440.software import GuestSoftware
from simobjects.ppc440.tlb import ManagedTLB
from simobjects.stats import counter, formula, vector

KERNEL_PAGE = 0xC0000
FRAME = 4096


class GuestKernel(GuestSoftware):
    """An imitation Linux guest for reference streams: its TLB miss handlers, page tables, process switches and I/O.

    Its handlers' own references and privileged instructions are simulated one by one; see docs/model.md section 4.
    """

    era: Literal["2.6.29"] = param("2.6.29", "whose handlers it imitates")
    io_every: int = param(
        1_000_000, "user instructions between system calls that write to a device; 0: none; estimate", ge=0
    )
    handler_code: Address = param(0xC000_0000, "page of the TLB miss handlers", ge=0xC000_0000, le=0xC07F_FFFF)
    entry_code: Address = param(0xC000_1000, "page of exception entry and return", ge=0xC000_0000, le=0xC07F_FFFF)
    scheduler_code: Address = param(0xC003_0000, "page of the scheduler", ge=0xC000_0000, le=0xC07F_FFFF)
    driver_code: Address = param(0xC004_0000, "page of the device driver", ge=0xC000_0000, le=0xC07F_FFFF)
    index_variable: Address = param(0xC030_0000, "the round-robin index", ge=0xC000_0000, le=0xC07F_FFFF)
    run_queue: Address = param(0xC030_2000, "the scheduler's data", ge=0xC000_0000, le=0xC07F_FFFF)
    kernel_pgd: Address = param(0xC031_0000, "the kernel's page directory", ge=0xC000_0000, le=0xC07F_DFFF)
    thread_base: Address = param(0xC040_0000, "thread structs, 8 KiB apart", ge=0xC000_0000, le=0xC05F_FFFF)
    pgd_base: Address = param(0xC080_0000, "page directories of processes, 8 KiB apart", ge=0xC080_0000, le=0xC08F_FFFF)
    device_ea: Address = param(0xD100_0000, "the device, ioremapped", ge=0xD000_0000, multiple_of=4096)
    first_frame: Address = param(0x0100_0000, "first free frame, guest physical", ge=0x0100_0000, multiple_of=4096)

    core: Ref[Core440] = ref("the core whose exceptions it handles")
    guest_tlb: Ref[ManagedTLB] | None = ref("under KVM, the TLB that it manages", optional=True)

    refills = vector("TLB refills", labels=("data_user", "inst_user", "data_kernel"), unit="refill")
    switches = counter("process switches", unit="switch")
    ios = counter("system calls that wrote to the device", unit="call")
    frames = counter("page frames handed out", unit="frame")
    all_refills = formula("refills of all kinds", lambda s: sum(s.refills), unit="refill")

    def check(self) -> Iterable[Problem]:
        if self.core.virtualized() and self.guest_tlb is None:
            self.problem("guest_tlb", None, "a GuestTLB in a virtual machine", "add system.guest_tlb = GuestTLB()")
        if not self.core.virtualized() and self.core.hardware().entries < 2:
            tlb = self.core.hardware()
            tlb.problem("entries", tlb.entries, "a hardware TLB of at least 2 entries", f"raise {tlb.path}.entries")
        return ()

    def make_peer(self) -> Guest:
        return Guest()

    def wire(self, peers: Peers) -> None:
        workload = self.core.workload
        streams = workload.streams(peers)
        self._fits(streams)
        native = not self.core.virtualized()
        managed = peers[self.core.hardware()] if native else peers[self.guest_tlb]  # type: ignore[index]
        peers[self].connect(
            peers[self.core],
            managed,
            self._scripts(),
            {
                "thread_base": int(self.thread_base),
                "pgd_base": int(self.pgd_base),
                "kernel_pgd": int(self.kernel_pgd),
                "handler_code": int(self.handler_code),
                "index_variable": int(self.index_variable),
                "first_frame": int(self.first_frame) // FRAME,
                "device_ea": int(self.device_ea),
                "device_word1": 0xEF60_0000,
                "device_word2": 0x507,  # I, G, SX, SW, SR
                "user_word2": 0x3F,
            },
            processes=len(streams),
            quantum=workload.quantum_instructions(),
            io_every=self.io_every,
            last_frame=int(self.memory) // FRAME,
            native=native,
        )

    def _scripts(self) -> list[linux.Script]:
        return [
            linux.DATA_USER,
            linux.INST_USER,
            linux.DATA_KERNEL,
            linux.process_switch(int(self.entry_code), int(self.scheduler_code), int(self.run_queue)),
            linux.device_io(int(self.entry_code), int(self.driver_code), int(self.device_ea)),
        ]

    def _fits(self, streams: list[Any]) -> None:
        """Refuse streams that touch kernel addresses or more pages than the guest has frames."""
        needed = 1
        for number, stream in enumerate(streams):
            touched = stream.page_bitmap()
            if any(touched[KERNEL_PAGE:]):
                page = touched.index(1, KERNEL_PAGE)
                raise SimObjectsError(
                    f"{self.core.workload.path}: stream {number} touches {page << 12:#010x}; user addresses end below "
                    "0xc0000000. Import the trace with its addresses renumbered"
                )
            pages = [page for page in range(len(touched)) if touched[page]]
            needed += len(pages) + len({page >> 9 for page in pages})
        free = (int(self.memory) - int(self.first_frame)) // FRAME
        if needed > free:
            raise SimObjectsError(
                f"{self.path}.memory = {int(self.memory) >> 20}MiB: the workload needs {needed} page frames and {free} "
                f"are free; give the guest at least {-(-((needed * FRAME) + int(self.first_frame)) >> 20) + 1}MiB"
            )
