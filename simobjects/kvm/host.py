# SPDX-License-Identifier: BSD-3-Clause
"""Linux as host, with KVM in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import ClassVar, Literal, get_args

from pydantic import ValidationError

from simobjects.cext.kvm.host import HostKernel as Peer
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.traces.stream import TraceStream
from simobjects.framework import (
    Address,
    Citation,
    Frequency,
    MemorySize,
    Problem,
    Ref,
    SimObject,
    System,
    child,
    children,
    choice,
    param,
    ref,
    responder,
)
from simobjects.framework.checkpoint.container import State
from simobjects.framework.checkpoint.takeover import TakesOver
from simobjects.framework.fields import plausible
from simobjects.framework.parse import parse
from simobjects.framework.peers import Peers
from simobjects.framework.roles import LeavesFiles, Restored
from simobjects.isa.arch import OPERATION_NAMES
from simobjects.kvm import takeover
from simobjects.kvm.guest_tlb import GuestTLB
from simobjects.kvm.literature import KVM
from simobjects.kvm.names import CAUSE_NAMES, EXIT_NAMES, NOTE_NAMES, PRIORITY_NAMES
from simobjects.kvm.placement import hardware_pins, pin_host, pinned_slots
from simobjects.kvm.possible import HOST_KERNEL, PAGE_SIZES, check_memory, check_time, refuse_processes
from simobjects.kvm.releases import EMULATION, find_release, known_releases, nearest_release
from simobjects.kvm.schemes import DirectInsertion, ShadowScheme
from simobjects.kvm.task import VMM, HostTask
from simobjects.ppc440.core import Core440
from simobjects.ppc440.costs import CostModel
from simobjects.ppc440.protocols import Exceptions
from simobjects.ppc440.software import GuestHost
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.stats import conserve, counter, formula, vector

HELP = (
    "guest_help is on: the guest has MCSR, may read TCR, and finds a process's pages with the permissions of the "
    "process although its kernel had them mapped; no KVM for the 440 did all that"
)

Emulates = Literal["2.6.29", "2.6.33", "3.6", "3.14"]
Expires = Literal["delivery", "never", "expiry"]
Durations = Literal["off", "2.6.29", "later"]
"""Choices in the order of the kernels' numbers: EMULATES_ and DIS_ of vcpu.pxd, TIMING_ of exit_timing.pxd."""

LeavesFiles.register(Peer)
Restored.register(Peer)


class HostKernel(SimObject, GuestHost, TakesOver):
    """Linux as host: KVM's exits, emulation and delivery, the timer, the scheduler, and its own TLB misses.

    Times of exits and of everything that the host does are cycles of the core, made of instructions and latencies of
    the machine's `CostModel`; exits are counted under the names of KVM's debugfs files. A guest that KVM cannot go on
    with ends the run with `EventKind.FAILED` and the reason. Source: arch/powerpc/kvm of Linux 2.6.26 to 3.16, rule by
    rule in docs/model.md section 6.
    """

    kind: ClassVar[str] = "host"
    citation: ClassVar[tuple[Citation, ...]] = (KVM,)

    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = dict.fromkeys(
        ("hz", "interrupt_pages", "interrupt_code_pages"), "any"
    )
    debug_kinds: ClassVar[tuple[str, ...]] = NOTE_NAMES

    scheme: ShadowScheme = choice(
        DirectInsertion,
        "how shadows reach the TLB: e4 the commit, e3b its parent, e0 to e6 what came before and after, the others "
        "what might have been",
    )
    kernel: str = param(
        "",
        "a Linux release, parent or commit: sets the scheme, and the costs that were different then; "
        "empty: the scheme alone counts",
    )
    duplicates: Literal["lowest", "drop_older", "stop"] = param(
        "lowest",
        "what the hardware does when two shadows match, which the manual leaves undefined: the lowest index wins, the "
        "newer replaces the older, or the run stops",
    )
    emulation: Emulates = param(
        EMULATION, "which instructions and registers KVM emulates for a program: those of this release"
    )
    guest_help: bool = param(
        False,
        "give a guest of later years what no release of this one's had: MCSR and reading TCR, and a process's pages "
        "with the permissions of its own mode, whoever maps them",
    )
    guest_reset: Literal["stored", "ends"] = param(
        "stored", "a guest that resets its processor (DBCR0[RST]): KVM only stores the number, or the run ends"
    )
    index_bug: bool = param(True, "tlbwe accepts the index just past the guest's TLB (until 2.6.33)")
    syndrome: Literal["queue", "delivery"] = param(
        "queue", "when the guest's DEAR and ESR are set: as an interrupt is queued, or delivered (from 2.6.34)"
    )
    decrementer: Literal["jiffies", "exact"] = param(
        "jiffies", "the host's timer behind the guest's decrementer: by ticks, or exact (from 2.6.33)"
    )
    dec_clears: bool = param(False, "mtspr DEC takes a pending decrementer interrupt back; uncertain, from 2.6.34")
    tsr_dis: Expires = param(
        "never",
        "when the guest's TSR[DIS] is set: at delivery (until 2.6.28), never, or at expiry, with the interrupt pending "
        "as long as it is set (from 3.4)",
    )
    guest_pvr: Address | None = param(
        None,
        "what a guest reads from PVR; None: the core's own with emulation 3.14, else 0, since KVM did not set it",
        le=0xFFFF_FFFF,
    )
    exit_timing: Durations = param(
        "off",
        "count exit durations as CONFIG_KVM_EXIT_TIMING does: each cut to whole microseconds (2.6.29), or in ticks of "
        "the timebase that are divided when printed",
    )
    hz: Frequency = param("250Hz", "timer ticks a second (CONFIG_HZ)", ge=1, le=1_000_000)
    page_size: MemorySize = param("4KiB", "page size of the host kernel: 4, 16 or 64 KiB")
    early_debug: bool = param(False, "early debug UART: pins one more slot")
    guest_base: Address = param(
        0x0100_0000,
        "host physical address of guest physical 0, above the host's kernel",
        ge=HOST_KERNEL,
        le=0xFFFF_0000,
        multiple_of=65536,
    )
    interrupt_pages: int = param(2, "ioremapped pages that the timer interrupt touches; estimate", ge=0, le=4096)
    interrupt_code_pages: int = param(
        0, "pages of a driver module that the timer interrupt runs in; 0: drivers are built in", ge=0, le=4096
    )
    interrupt_base: Address = param(
        0xF800_0000,
        "where they are, data before code: above the pinned memory",
        ge=0xF000_0000,
        le=0xFE00_0000,
        multiple_of=4096,
    )
    vmm: VMM = child(VMM, "the process that runs the guest")
    tasks: list[HostTask] = children("other processes, in the order in which they run when due together")

    system: Ref[System] = ref("clock and memory")
    core: Ref[Core440] = ref("the core it runs on")
    tlb: Ref[HardwareTLB] = ref("the TLB it fills")
    guest_tlb: Ref[GuestTLB] = ref("the guest's TLB that KVM keeps")
    costs: Ref[CostModel] = ref("what things cost")

    exits = responder(Exceptions, "exceptions of a core whose guest is virtual")

    exits_by_kind = vector("exits by kind, named as in KVM's debugfs", labels=EXIT_NAMES, unit="exit")
    exit_instructions = vector("host instructions by exit kind", labels=EXIT_NAMES, unit="instruction")
    exit_cycles = vector(
        "time by exit kind, from the exception to the guest's next instruction",
        labels=EXIT_NAMES,
        unit="cycle",
        scale=1000,
    )
    emulated = vector("emulated instructions by operation", labels=OPERATION_NAMES, unit="instruction")
    virt_miss_causes = vector(
        "virt misses by what took the last live copy of the page away", labels=CAUSE_NAMES, unit="miss"
    )
    refill_exits = vector("exits from the guest's handlers of real misses, by kind", labels=EXIT_NAMES, unit="exit")
    refill_cycles = counter("time of these exits", unit="cycle", scale=1000)
    refill_later_misses = vector(
        "virt misses outside these handlers on what was taken away inside them, by cause",
        labels=CAUSE_NAMES,
        unit="miss",
    )
    duplicates_written = counter("shadows written that match at the same time as another entry", unit="entry")
    duplicates_dropped = counter("entries that such a shadow replaced (duplicates = drop_older)", unit="entry")
    delivered = vector("interrupts delivered to the guest", labels=PRIORITY_NAMES, unit="interrupt")
    magic_accesses = counter("accesses of a guest to its magic page, each a trap less", unit="access")
    maps = counter("shadow mappings made", unit="map")
    eager_maps = counter("of these, made at a tlbwe of the guest", unit="map")
    eager_other_tid = counter("of these, for a TID other than the current PID: live at once all the same", unit="map")
    pages_taken = counter("references taken on pages of guest memory", unit="reference")
    pages_dirty = counter("references dropped, page marked dirty", unit="reference")
    pages_clean = counter("references dropped, page left clean", unit="reference")
    host_killed = counter("host translations destroyed by the release of a stale shadow", unit="entry")
    guest_clobbered = counter("guest shadows overwritten by the host's own misses", unit="entry")
    host_lookups = vector("look-ups of the host's own", labels=("vmm", "task", "interrupt"), unit="look-up")
    host_misses = vector("TLB misses of the host's own", labels=("vmm", "task", "interrupt"), unit="miss")
    host_faults = vector(
        "of these, page faults of its processes: no slot is taken", labels=("vmm", "task"), unit="fault"
    )
    context_steals = counter("context numbers taken from another process of the host", unit="context")
    puts = counter("times the vcpu left the processor (vcpu_put)", unit="put")
    sweeps = counter("sweeps of the replaceable slots: puts and address space flushes", unit="sweep")
    host_alive = counter("host translations alive at the puts, together", unit="entry")
    slots_visited = counter("shadow slots looked at by guest entries (E0 to E3b)", unit="slot")
    slots_written = counter("hardware slots written by guest entries (E0 to E3b)", unit="slot")
    ticks = counter("timer ticks", unit="tick")
    task_turns = counter("turns of other tasks", unit="turn")
    all_exits = formula("exits of all kinds", lambda s: sum(s.exits_by_kind), unit="exit")
    real_misses = formula(
        "misses that the guest itself must service",
        lambda s: s.exits_by_kind["itlb_r"] + s.exits_by_kind["dtlb_r"],
        unit="exit",
    )
    virt_misses = formula(
        "misses that KVM serviced unseen",
        lambda s: s.exits_by_kind["itlb_v"] + s.exits_by_kind["dtlb_v"],
        unit="exit",
    )
    alive_per_put = formula("host translations alive at a put", lambda s: s.host_alive / s.puts, unit="entry")
    pages_held = formula(
        "page references held now", lambda s: s.pages_taken - s.pages_dirty - s.pages_clean, unit="reference"
    )

    exceptions = counter("exceptions taken from the core", unit="exception")
    exit_time = counter("time of all exits", unit="cycle", scale=1000)

    exceptions_counted = conserve(
        "exceptions = exits of all kinds but sig, which begins within another, and halt_wakeup, which is none",
        lambda s: s.exceptions,
        lambda s: sum(s.exits_by_kind) - s.exits_by_kind["sig"] - s.exits_by_kind["halt_wakeup"],
    )
    time_counted = conserve("time of exits = sum by kind", lambda s: s.exit_time, lambda s: sum(s.exit_cycles))
    emulation_counted = conserve(
        "inst_emu exits = emulated instructions", lambda s: s.exits_by_kind["inst_emu"], lambda s: sum(s.emulated)
    )

    misses_explained = conserve(
        "virt misses = sum by cause", lambda s: s.virt_misses, lambda s: sum(s.virt_miss_causes)
    )

    @property
    def hwater(self) -> int:
        """H: the last replaceable slot (`tlb_44x_hwater`)."""
        taken = pinned_slots(self.system.memory, self.early_debug) + self.scheme.pinned
        return self.tlb.entries - 1 - taken

    def elaborate(self) -> None:
        """Follow the kernel; the scheme then brings the tables that it keeps."""
        self._follow_kernel()

    def _follow_kernel(self) -> None:
        """Set what the kernel decides, where the script does not say otherwise."""
        for obj, name, value in self._of_kernel():
            if not _has(obj, name, value) and not obj.given(name):
                setattr(obj, name, value)

    def _of_kernel(self) -> list[tuple[SimObject, str, object]]:
        """(object, parameter, value) that the kernel given by name had."""
        kernel = find_release(self.kernel)
        if kernel is None:
            return []
        return [
            (self, "scheme", kernel.scheme),
            *((self, name, value) for name, value in kernel.host.items()),
            *((self.costs, name, value) for name, value in kernel.costs.items()),
        ]

    def check(self) -> Iterable[Problem]:
        self._check_kernel()
        if self.guest_help:
            self.note(HELP)
        least = self.scheme.least_entries + pinned_slots(self.system.memory, self.early_debug) - 1
        if self.tlb.entries < least:
            self.problem(
                "scheme",
                _said(self, "scheme"),
                f"a hardware TLB of at least {least} entries ({self.tlb.path} has {self.tlb.entries})",
                f"make {self.tlb.path}.entries at least {least}",
            )
        if self.page_size not in PAGE_SIZES:
            self.problem("page_size", self.page_size, "4KiB, 16KiB or 64KiB", "use a page size that 44x Linux has")
        check_time(self)
        if self.core.virtualized():
            check_memory(self)
        return ()

    def _check_kernel(self) -> None:
        if self.kernel and find_release(self.kernel) is None:
            near = nearest_release(self.kernel)
            fix = f"write {near}" if near else "name one of them, or make a kernel known with register_release"
            self.problem("kernel", self.kernel, known_releases(), fix, near)
        for obj, name, value in self._of_kernel():
            if not _has(obj, name, value) and not (obj.given(name) and _estimated(obj, name)):
                expected = f"{value!r}, which kernel {self.kernel} had"
                obj.problem(name, _said(obj, name), expected, f"leave {name} out, or {self.path}.kernel")

    def guest_offset(self) -> int:
        return int(self.guest_base)

    def guest_entries(self) -> int:
        return int(self.guest_tlb.entries)

    def guest_version(self) -> int:
        return self._pvr()

    def brings(self) -> set[str]:
        return takeover.brought(self, self.guest_tlb)

    def translated(self) -> set[str]:
        return takeover.translated(self.core)

    def explains(self, path: str, name: str) -> bool:
        return takeover.explains(self.core, path, name)

    def take_over(self, peers: Peers, states: Mapping[str, State]) -> list[str]:
        return takeover.take_over(self, peers[self], peers, states)

    def make_peer(self) -> Peer:
        return Peer()

    def _pvr(self) -> int:
        """What the guest reads from PVR."""
        if self.guest_pvr is not None:
            return int(self.guest_pvr)
        return int(self.core.pvr) if self.emulation == "3.14" else 0

    def _mark(self, peers: Peers) -> tuple[TraceStream, int, int, int] | None:
        """What the VMM does at a mark: references, instructions, the first and the last address of the marker page."""
        work, (first, size) = self.vmm.at_mark, self.core.marker_page()
        if work is None or not size:
            return None
        return work.workload.streams(peers)[0], work.instructions, first, first + size - 1

    def wire(self, peers: Peers) -> None:
        tlb = peers[self.tlb]
        pin_host(tlb, hardware_pins(self.tlb.entries, self.system.memory, self.early_debug))
        state = KvmState(
            peers[self.core],
            peers[self.costs],
            tlb,
            peers[self.guest_tlb],
            self.hwater,
            int(self.page_size),
            int(self.core.guest.memory),
            int(self.guest_base),
        )
        scheme = self.scheme.build(state)
        scheme.set_duplicates(self.duplicates)
        peers[self].connect(
            state,
            scheme,
            period=self.system.clock * 1000 // self.hz,
            signal_every=self.vmm.signal_every,
            interrupt_pages=self.interrupt_pages,
            interrupt_code_pages=self.interrupt_code_pages,
            interrupt_base=int(self.interrupt_base),
            iccci=self.costs.iccci,
            executes=self.core.has_whole_guest(),
            pvr=self._pvr(),
            timebase=1000 * self.core.timebase_ratio,
            ticks_per_microsecond=max(1, int(self.system.clock) // self.core.timebase_ratio // 1_000_000),
            exit_timing=get_args(Durations).index(self.exit_timing),
            era=self._era(),
            hold_ticks=self.vmm.hold_ticks,
            ticks_in=-1 if self.vmm.ticks_in is None else self.vmm.ticks_in,
            mark=self._mark(peers),
            vmm=_turns(self.vmm, 0, peers),
            tasks=[_turns(task, task.every, peers) for task in self.tasks],
        )
        refuse_processes(self, peers)

    def _era(self) -> dict[str, int]:
        """What the release of the kernel decides, as its running half takes it."""
        return {
            "index_bug": self.index_bug,
            "late_syndrome": self.syndrome == "delivery",
            "exact_timer": self.decrementer == "exact",
            "dec_clears": self.dec_clears,
            "dis": get_args(Expires).index(self.tsr_dis),
            "emulates": get_args(Emulates).index(self.emulation),
            "helps": self.guest_help,
            "resets": self.guest_reset == "ends",
        }


def _has(obj: SimObject, name: str, value: object) -> bool:
    """Whether a parameter has a value that a release gives, which may be text with a unit."""
    if _said(obj, name) == value or isinstance(getattr(obj, name), SimObject):
        return _said(obj, name) == value
    with suppress(ValidationError):  # of a release that says what cannot be: it is set, and then reported
        return bool(parse(type(obj), name, value) == getattr(obj, name))
    return False


def _estimated(obj: SimObject, name: str) -> bool:
    """Whether a number is an estimate, which a script may vary, of whatever kernel."""
    return plausible(type(obj).model_fields[name]) is not None


def _said(obj: SimObject, name: str) -> object:
    """A parameter's value as a script says it: a scheme by its short name."""
    value: object = getattr(obj, name)
    return value.short or value if isinstance(value, SimObject) else value


def _turns(task: VMM | HostTask, every: int, peers: Peers) -> tuple[object, int, int, int, int, int]:
    """What the peer needs of a task."""
    return (
        task.workload.streams(peers)[0],
        every,
        task.instructions,
        task.flush_every,
        task.page_flush_every,
        task.fault_every,
    )
