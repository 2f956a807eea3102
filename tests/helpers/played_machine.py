# SPDX-License-Identifier: BSD-3-Clause
"""A real machine under KVM that a test plays by hand: one reference, one instruction, one host event at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from simobjects import (
    VMM,
    Core440,
    CostModel,
    GuestKernel,
    GuestTLB,
    HostKernel,
    HostTask,
    MicroTLB,
    Simulation,
    SyntheticWorkload,
    System,
    Workload,
)
from simobjects.boards import stream_machine
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.isa.arch import OP, PAGE_SIZES, SPR, W0
from simobjects.kvm.schemes import ShadowScheme
from tests.helpers.labels import by_label

LOAD, STORE, FETCH = 0, 1, 2
MTSPR, MFSPR, TLBWE, RFI, MTMSR = OP.MTSPR, OP.MFSPR, OP.TLBWE, OP.RFI, OP.MTMSR
PID, MMUCR = SPR.PID, SPR.MMUCR
KERNEL = 0xC000_0000
DEVICE = 0xD100_0000
VALID, SPACE = W0.VALID, W0.TS
SIZES = {size: code << 4 for size, code in PAGE_SIZES.items()}
RWX = 0x3F
SCHEMES = ("e3b", "e4")
ARRAYS = ("e0", "e1", "e2", "e3", "e3b")
INSERTIONS = ("e4", "e5", "e6")
ALL_SCHEMES = (*ARRAYS, *INSERTIONS)

# What C costs is an estimate; without it an exit costs what its assembly costs, which is counted.
FREE_C = dict.fromkeys(
    (
        "c_dispatch", "c_deliver", "c_queue", "c_emulate", "c_tlbwe", "c_map", "c_release", "c_tick", "c_to_user",
        "c_ioctl", "c_switch", "search_entry", "search_hit", "scan_entry", "scan_shadow",
        "write_entry", "release_write",
    ),
    0,
)  # fmt: skip


def virtual_system(
    scheme: str | ShadowScheme | None = "e4",
    *,
    entries: int = 64,
    memory: str = "256MiB",
    guest_entries: int | None = 64,
    workload: Workload | None = None,
    costs: dict[str, Any] | None = None,
    guest: dict[str, Any] | None = None,
    core: dict[str, Any] | None = None,
    vmm: dict[str, Any] | None = None,
    tasks: Iterable[HostTask] = (),
    **host: Any,
) -> System:
    """A machine under KVM on a quiet host: no other task, no signal, no I/O, one tick a second, unless asked for."""
    quiet: dict[str, Any] = {"hz": "1Hz", "interrupt_pages": 0}
    if scheme is not None:
        quiet["scheme"] = scheme
    vmm_process = VMM(**{"signal_every": 0, **(vmm or {})})
    system = stream_machine(
        workload or SyntheticWorkload(records=64),
        HostKernel(vmm=vmm_process, tasks=list(tasks), **{**quiet, **host}),
        memory=memory,
        costs=CostModel(**(costs or {})),
        core=core,
        entries=entries,
        guest=_quiet_guest(guest),
        guest_entries=guest_entries,
    )
    if guest_entries is None:  # not the hardware's size, but what the class itself says
        system.guest_tlb = GuestTLB()
    return system


def native_system(
    *,
    entries: int = 64,
    workload: Workload | None = None,
    costs: dict[str, Any] | None = None,
    guest: dict[str, Any] | None = None,
    core: dict[str, Any] | None = None,
) -> System:
    """The same guest on the bare machine."""
    return stream_machine(
        workload or SyntheticWorkload(records=64),
        costs=CostModel(**(costs or {})),
        core=core,
        entries=entries,
        guest=_quiet_guest(guest),
    )


def _quiet_guest(values: dict[str, Any] | None) -> GuestKernel:
    return GuestKernel(**{"io_every": 0, "memory": "128MiB", **(values or {})})


def micro_tlbs(instruction: int = 4, data: int = 8) -> dict[str, MicroTLB]:
    """Core parameters for micro-TLBs of the 440's sizes."""
    return {"itlb": MicroTLB(entries=instruction), "dtlb": MicroTLB(entries=data)}


class Played:
    """The peers of a built machine under KVM, at time zero, and short names for what tests do to them."""

    def __init__(self, scheme: str | ShadowScheme | None = "e4", **settings: Any) -> None:
        self.scheme_name = scheme
        self.system = virtual_system(scheme, **settings)
        self.sim = Simulation(self.system)
        self.core: Any = self.sim.peers[self.system.core]
        self.tlb: Any = self.sim.peers[self.system.tlb]
        self.guest_tlb: Any = self.sim.peers[self.system.guest_tlb]
        self.host: Any = self.sim.peers[self.system.host]
        self.guest: Any = self.sim.peers[self.system.guest]
        self.probe = HostProbe(self.host)
        self.scheme: Any = self.host.shadow_scheme()
        self.hwater: int = self.system.host.hwater
        self.core.begin()

    # ---- the guest ------------------------------------------------------------------------------------

    def guest_entry(
        self, index: int, ea: int, gpa: int, *, size: int = 4096, tid: int = 1, word2: int = RWX, space: int = 0
    ) -> None:
        """A guest entry that is there already: written past KVM, so nothing is mapped for it yet."""
        self.guest_tlb.write_all(index, ea | VALID | space | SIZES[size], gpa, word2, tid)

    def tlbwe(self, index: int, word: int, value: int, tid: int = 1) -> None:
        """One tlbwe of the guest, with MMUCR[STID] set beforehand."""
        self.core.privileged_instruction(MTSPR, spr=MMUCR, value=tid)
        self.core.privileged_instruction(TLBWE, word=word, slot=index, value=value)

    def refill(self, index: int, ea: int, gpa: int, tid: int = 1, word2: int = RWX) -> None:
        """What Linux's refill handler writes: XLAT, PAGEID, ATTRIB."""
        self.tlbwe(index, 1, gpa, tid)
        self.tlbwe(index, 0, ea | VALID | 0x10, tid)
        self.tlbwe(index, 2, word2, tid)

    def set_pid(self, pid: int) -> None:
        self.core.privileged_instruction(MTSPR, spr=PID, value=pid)

    def kernel_mode(self) -> None:
        """Virtual PR := 0, by the return of an rfi."""
        self.core.privileged_instruction(RFI, value=0)

    def user_mode(self) -> None:
        self.core.privileged_instruction(RFI, value=1)

    def light_exit(self) -> None:
        """An exit that modifies nothing: an emulated mfspr."""
        self.core.privileged_instruction(MFSPR)

    def touch(self, ea: int, reference: int = LOAD) -> bool:
        return bool(self.core.touch(ea, reference, True))

    # ---- what happened --------------------------------------------------------------------------------

    def stat(self, name: str) -> Any:
        """A raw statistic of the host."""
        return self.host.read_stats()[name]

    def by_label(self, name: str) -> dict[str, int]:
        """A raw vector of the host."""
        return by_label(HostKernel, self.host.read_stats(), name)

    def cycles(self, kind: str) -> int:
        """Time of a kind, in 1/1000 cycle."""
        return by_label(Core440, self.core.read_stats(), "cycles")[kind]

    def exits(self, kind: str) -> int:
        return self.by_label("exits_by_kind")[kind]

    def exit_instructions(self, kind: str) -> int:
        return self.by_label("exit_instructions")[kind]

    def change(self, what: Callable[[], Any], does: Callable[[], Any]) -> Any:
        """By how much a number grows while something is done."""
        before = what()
        does()
        return what() - before

    def tlbwe_count(self) -> int:
        return int(self.tlb.read_stats()["tlbwe"])

    def hardware(self, last: int | None = None) -> list[tuple[int, int, int, int]]:
        """Slots 0..last of the hardware TLB (default: the replaceable ones)."""
        return [self.tlb.read(slot) for slot in range((self.hwater if last is None else last) + 1)]

    def shadows(self) -> dict[int, tuple[int, int, int, int]]:
        """Guest entries (V, TS=1) in replaceable slots of the hardware."""
        return {s: e for s, e in enumerate(self.hardware()) if e[0] & 0x300 == 0x300}

    def host_entries(self) -> dict[int, tuple[int, int, int, int]]:
        """Host entries (V, TS=0) in replaceable slots of the hardware."""
        return {s: e for s, e in enumerate(self.hardware()) if e[0] & 0x300 == VALID}

    def live(self) -> dict[int, int]:
        """Slots with a page that KVM holds, and the page."""
        if hasattr(self.scheme, "references"):
            return {s: ref[0] for s, ref in enumerate(self.scheme.references()) if ref[0] >= 0}
        return {s: row[4] for s, row in enumerate(self.scheme.shadows()) if row[0] & VALID}

    def pages_held(self) -> int:
        return int(self.stat("pages_taken") - self.stat("pages_dirty") - self.stat("pages_clean"))

    def host_index(self) -> int:
        return int(self.host.vcpu()["host_index"])

    def watch(self, *kinds: str) -> Callable[[], list[tuple[str, str]]]:
        """Watch the host; the result gives (kind, text) of what was noted since it was last called."""
        self.host.debug_enable(list(kinds), 0, -1)
        self.host.debug_drain()
        return lambda: [(kind, text) for _, kind, text in self.host.debug_drain()]
