# SPDX-License-Identifier: BSD-3-Clause
"""The PowerPC 440 core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from simobjects.cext.core.core import Core
from simobjects.cext.core.native import NativeVectors
from simobjects.cext.core.processor import Processor
from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.cext.replay.replay_core import ReplayCore
from simobjects.framework import (
    Address,
    Citation,
    Problem,
    Ref,
    SimObject,
    SimObjectsError,
    System,
    UnresolvedReference,
    child,
    param,
    ref,
    requestor,
)
from simobjects.framework.node import Part
from simobjects.framework.peers import Peers
from simobjects.framework.roles import (
    Begins,
    CountsInstructions,
    Debugged,
    Idles,
    KnowsLength,
    PassesOver,
    RunsPrograms,
)
from simobjects.framework.tree import ancestry, walk
from simobjects.isa.arch import VECTOR_NAMES
from simobjects.isa.disassemble import disassemble
from simobjects.isa.table import instruction_names
from simobjects.ppc440.board import Bamboo
from simobjects.ppc440.bus import Bus
from simobjects.ppc440.costs import CostModel
from simobjects.ppc440.event_text import event_text
from simobjects.ppc440.literature import MANUAL
from simobjects.ppc440.marker import MarkerDevice
from simobjects.ppc440.memory import Memory
from simobjects.ppc440.micro_tlb import MicroTLB
from simobjects.ppc440.possible import check_devices, check_software, check_system
from simobjects.ppc440.protocols import DeviceAccess, Exceptions, MemoryAccess, Translation
from simobjects.ppc440.software import GuestHost, GuestSoftware
from simobjects.ppc440.symbols import Symbols
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.ppc440.workload import GUEST_START, Executable, Profile, Recorded, Seen, Tracer, Workload
from simobjects.stats import conserve, counter, formula, vector

Begins.register(Processor)
KnowsLength.register(Core)
KnowsLength.register(ReplayCore)
PassesOver.register(Core)
PassesOver.register(ExecutingCore)
CountsInstructions.register(Core)
CountsInstructions.register(ReplayCore)
Debugged.register(ExecutingCore)
Idles.register(ExecutingCore)

CYCLE_KINDS = ("guest_user", "guest_kernel", "exits", "tick", "vmm", "switch", "tasks", "idle")


class Core440(SimObject, RunsPrograms):
    """A PowerPC 440 core: it follows a reference stream, or executes a program, as its workload is.

    Its exceptions go to whoever `exceptions` is connected to: a host kernel (the machine is virtual) or the
    guest itself (it runs on the bare machine). A program needs memory and a bus; a machine that has neither
    gets a Bamboo board. A recording is gone through as the guest that it is of went.

    Time is counted in 1/1000 cycle and shown in cycles; the kinds of `cycles` add up to `time` exactly. What an
    instruction, an exit or a miss costs is in the CostModel.
    """

    kind: ClassVar[str] = "processor"
    citation: ClassVar[tuple[Citation, ...]] = (MANUAL,)

    is_engine: ClassVar[bool] = True
    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {"watchdog": "any", "identity": "any"}

    workload: Workload = child(None, "what it runs")
    itlb: MicroTLB = child(MicroTLB, "instruction micro-TLB", entries=0)
    dtlb: MicroTLB = child(MicroTLB, "data micro-TLB", entries=0)
    watchdog: int = param(
        10_000,
        "misses in a row on one reference (exceptions in a row without a completed instruction) that end the run",
        ge=1,
        le=2**31 - 1,
    )
    faithful: bool = param(
        False, "micro-TLBs keep stale translations until the next context synchronisation, as hardware; programs only"
    )
    machine_check: Literal["mcsrr", "critical"] = param(
        "mcsrr", "a machine check saves to MCSRR0/1 (440x5 and later) or CSRR0/1 (the first cores); programs only"
    )
    pvr: Address = param(0x7FF2_1910, "processor version, of a 440 without FPU; programs only", le=0xFFFF_FFFF)
    timebase_ratio: int = param(1, "clock cycles in a tick of the time base; programs only", ge=1, le=1 << 20)
    count_instructions: bool = param(
        False,
        "count instructions by mnemonic and special purpose registers by name, exactly, at a fraction of the speed; "
        "programs only",
        identity=False,
    )
    fast: bool = param(
        True,
        "pass over references that cannot miss, many at once; off: take each alone, for the same results; "
        "reference streams only",
        identity=False,
    )
    translate: bool = param(
        True,
        "translate hot code to code of the computer, where that is an x86-64 with Linux; off: interpret all, for the "
        "same results; programs only",
        identity=False,
    )
    translate_after: int = param(
        30, "arrivals at a place of a program until it is translated; programs only", ge=1, le=32767, identity=False
    )
    roi_begin: int | None = param(None, "reference before which the region of interest begins", ge=0, le=10**18)
    roi_end: int | None = param(None, "reference before which it ends", ge=1, le=10**18)

    guest: Ref[GuestSoftware] = ref("the software that handles the guest's exceptions")
    costs: Ref[CostModel] = ref("what things cost")

    translation = requestor(Translation, "where references are looked up", required=True)
    exceptions = requestor(Exceptions, "who takes the exceptions", required=True)
    memory = requestor(MemoryAccess, "the RAM of a program")
    devices = requestor(DeviceAccess, "the devices of a program")

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
    interrupts = vector(
        "interrupts taken by a program, by vector",
        labels=lambda core: core.program_labels(VECTOR_NAMES, Recorded),
        unit="interrupt",
    )
    diagnostics = vector(
        "undefined things that a program did",
        labels=lambda core: core.program_labels(ExecutingCore.diagnostic_names()),
        unit="occurrence",
    )
    opcodes = vector(
        "instructions completed, by mnemonic, with `count_instructions`; record and overflow forms with the plain",
        labels=lambda core: core.counted_labels(instruction_names),
        unit="instruction",
    )
    opcode_faults = vector(
        "instructions that raised an exception instead, by mnemonic; most begin again after it",
        labels=lambda core: core.counted_labels(instruction_names),
        unit="instruction",
    )
    spr_reads = vector(
        "mfspr completed, by register",
        labels=lambda core: core.counted_labels(ExecutingCore.spr_names),
        unit="instruction",
    )
    spr_writes = vector(
        "mtspr completed, by register",
        labels=lambda core: core.counted_labels(ExecutingCore.spr_names),
        unit="instruction",
    )
    cycles = vector("where the time went", labels=CYCLE_KINDS, unit="cycle", scale=1000)
    time = counter("time since the start", unit="cycle", scale=1000)
    vcpu_time = counter(
        "time without that of other host tasks, and without the guest's waiting", unit="cycle", scale=1000
    )
    cycles_per_instruction = formula(
        "vcpu time per instruction of the workload",
        lambda s: float(s.vcpu_time) / s.instructions,  # twice rounded: the digits of results that exist
        unit="cycle/instruction",
    )

    all_time = conserve("time = sum of cycles by kind", lambda s: s.time, lambda s: sum(s.cycles))
    all_references = conserve(
        "references = fetches + loads + stores", lambda s: s.references, lambda s: s.fetches + s.loads + s.stores
    )

    def elaborate(self) -> None:
        """A machine whose script names no cost model gets the default one; a program gets memory and devices."""
        root = self.root
        if not any(isinstance(found, CostModel) for found in walk(root)):
            setattr(root, "costs", CostModel())  # noqa: B010
        if self.program is not None:
            self._connect_board(root)

    def _connect_board(self, root: Part) -> None:
        if not any(isinstance(found, (Memory, Bus)) for found in walk(root)):
            setattr(root, "board", Bamboo())  # noqa: B010
        memories = [found for found in walk(root) if isinstance(found, Memory)]
        buses = [found for found in walk(root) if isinstance(found, Bus)]
        if self.memory.other is None and len(memories) == 1:
            self.memory = memories[0].port
        if self.devices.other is None and len(buses) == 1:
            self.devices = buses[0].core_side

    def check(self) -> Iterable[Problem]:
        if self.roi_begin is not None and self.roi_end is not None and self.roi_end <= self.roi_begin:
            self.problem("roi_end", self.roi_end, f"a reference after roi_begin ({self.roi_begin})", "move the end")
        check_system(self)
        if self.program is not None:
            for name, kind in (("memory", "a Memory"), ("devices", "a Bus")):
                if getattr(self, name).other is None:
                    self.problem(name, None, f"a connection to {kind}, because it executes a program", "connect it")
            check_devices(self, self.program)
        check_software(self)
        return ()

    @property
    def root(self) -> Part:
        """The root of its machine: a System, unless the script makes no whole one."""
        return ancestry(self)[-1]

    @property
    def program(self) -> Executable | None:
        """The program that it executes; None with a reference stream."""
        return self.workload if isinstance(self.workload, Executable) else None

    @property
    def recording(self) -> Recorded | None:
        """The recording that it goes through; None with another workload."""
        return self.workload if isinstance(self.workload, Recorded) else None

    def has_whole_guest(self) -> bool:
        """Whether its workload is a whole guest, with its kernel: not the references of a program alone."""
        return self.program is not None or self.recording is not None

    def program_labels(self, labels: Sequence[str], *also: type[Workload]) -> Sequence[str]:
        """The labels of a statistic that only programs have: empty, so that there is none, for other workloads.

        Args:
            labels: in the order of the peer's counts.
            also: classes of workloads that have the statistic besides programs.
        """
        return labels if isinstance(vars(self).get("workload"), (Executable, *also)) else ()

    def identity(self) -> Mapping[str, Any]:
        """What is counted besides names a run that counts it; no other."""
        return {"counted": "instructions"} if self.count_instructions else {}

    def counted_labels(self, labels: Callable[[], Sequence[str]]) -> Sequence[str]:
        """The labels of a statistic that only programs have whose instructions are counted by what they are."""
        return self.program_labels(labels()) if vars(self).get("count_instructions") else ()

    def virtualized(self) -> bool:
        """Whether a host kernel, not the guest itself, takes the exceptions."""
        return self.exceptions.other is not self.guest

    def hardware(self) -> HardwareTLB:
        """The TLB it looks up.

        Raises:
            UnresolvedReference: its port leads to none, which the port's own check reports.
        """
        found = self.translation.other
        if not isinstance(found, HardwareTLB):
            raise UnresolvedReference(f"{self.path}.translation leads to no hardware TLB")
        return found

    def seen_by_guest(self) -> Seen:
        """What a guest sees of this machine: sizes, versions and the TLB entries that it finds. A recording keeps it.

        Only in a validated machine that executes a program.
        """
        assert self.program is not None
        host = self.exceptions.other
        system = self.root
        native = not isinstance(host, SimObject) or not isinstance(host, GuestHost)
        return Seen(
            host=not native,
            entries=self.hardware().entries if native else host.guest_entries(),
            memory=self.program.memory_size() or 0,
            clock=int(system.clock) if isinstance(system, System) else 0,
            timebase_ratio=self.timebase_ratio,
            pvr=int(self.pvr) if native else host.guest_version(),
            start=tuple(self.program.start_state().entries) if native else GUEST_START,
            marks=self.marker_page(),
        )

    def marker_page(self) -> tuple[int, int]:
        """Guest physical address and bytes of the page where the guest marks windows; no bytes: it has none."""
        if self.recording is not None:
            return self.recording.seen().marks
        bus = self.devices.other
        ends = bus.devices.others if isinstance(bus, Bus) else []
        return next((end.owner.span() for end in ends if isinstance(end.owner, MarkerDevice)), (0, 0))

    def explain(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """A place in a program by the name of its function, and the instruction there that KVM refused, by its own."""
        if not payload:
            return payload
        symbols = self.program.symbols() if self.program and "pc" in payload else Symbols()
        place = symbols.name(payload["pc"]) if len(symbols) else ""
        if "message" not in payload:
            return {**payload, "function": place} if place else payload
        shown = {name: value for name, value in payload.items() if name != "insn"}
        where = disassemble(payload["insn"]).split() if "insn" in payload else []
        if place:
            where.append(f"at {place}; the link register holds {symbols.name(payload['registers']['lr'])}")
        return {**shown, "message": "\n".join(filter(None, [payload["message"], " ".join(where)]))}

    def event_text(self, payload: Mapping[str, Any]) -> str:
        """What is printed of an event: addresses in hexadecimal, and of a guest that cannot go on the registers."""
        return event_text(payload)

    def start_profile(self, peers: Peers, every: int) -> None:
        """Count by function from now on, with a sample every so many instructions.

        Args:
            peers: the running halves of the simulation.
            every: instructions between two samples.

        Raises:
            SimObjectsError: the core follows a reference stream.
        """
        self._executing(peers).start_profile(every)

    def profile(self, peers: Peers) -> Profile:
        """What was counted since `start_profile`."""
        core = self._executing(peers)
        assert self.program is not None
        return self.program.profile_of(core.profile_rows())

    def instruction_tracer(self, peers: Peers, first: int, last: int | None, write: Callable[[str], object]) -> Tracer:
        """A tracer of the instructions `first` to `last`.

        Args:
            peers: the running halves of the simulation.
            first: number of the first instruction, from 1.
            last: number of the last; None: all that follow.
            write: called with each line.

        Raises:
            SimObjectsError: the core follows a reference stream.
        """
        core = self._executing(peers)
        assert self.program is not None
        return self.program.tracer_of(core, first, last, write)

    def _executing(self, peers: Peers) -> ExecutingCore:
        core = peers[self]
        if not isinstance(core, ExecutingCore):
            raise SimObjectsError(f"{self.path} follows a reference stream; to profile or trace it give it a program")
        return core

    def artifacts(self, peers: Peers) -> Mapping[str, bytes]:
        """The profile, when there is one."""
        if self.program is None or not peers[self].profile_rows():
            return {}
        return {"profile.csv": self.profile(peers).csv(VECTOR_NAMES).encode()}

    def make_peer(self) -> Core | ExecutingCore | ReplayCore:
        return ExecutingCore() if self.program else ReplayCore() if self.recording else Core()

    def read_stats(self) -> Mapping[str, object]:
        if self.program:
            return {}
        only = ("diagnostics", "opcodes", "opcode_faults", "spr_reads", "spr_writes")
        return dict.fromkeys(only if self.recording else ("interrupts", *only), ())

    def wire(self, peers: Peers) -> None:
        core = peers[self]
        common: dict[str, Any] = {
            "micro_data": self.dtlb.entries,
            "micro_inst": self.itlb.entries,
            "watchdog": self.watchdog,
            "roi_begin": -1 if self.roi_begin is None else self.roi_begin,
            "roi_end": -1 if self.roi_end is None else self.roi_end,
        }
        supervisor = self.exceptions.other
        assert supervisor is not None
        if self.program is not None:
            self._wire_program(core, self.program, peers, common)
            if self.virtualized():  # else its own vectors take its exceptions
                core.attach(peers[supervisor], peers[self.guest])
            return
        if self.recording is not None:
            self._wire_recording(core, self.recording, peers)
            if self.virtualized():
                core.attach(peers[supervisor], peers[self.guest])
            return
        core.connect(peers[self.hardware()], peers[self.costs], self.workload.streams(peers), fast=self.fast, **common)
        core.attach(peers[supervisor] if self.virtualized() else NativeVectors(core), peers[self.guest])

    def _wire_recording(self, core: ReplayCore, recording: Recorded, peers: Peers) -> None:
        """The stream, and on the bare machine the entries that the guest found in its TLB."""
        tlb, seen = peers[self.hardware()], recording.seen()
        core.connect(
            tlb,
            peers[self.costs],
            recording.recorded_stream(),
            watchdog=self.watchdog,
            roi_begin=-1 if self.roi_begin is None else self.roi_begin,
            roi_end=-1 if self.roi_end is None else self.roi_end,
            foreign=not seen.host,
        )
        if not self.virtualized():
            for slot, *words, tid in seen.start:
                tlb.write_all(slot, *words, tid)
            tlb.forget_counts()

    def _wire_program(self, core: ExecutingCore, program: Executable, peers: Peers, common: Mapping[str, Any]) -> None:
        """Put the program into memory and the core into its start state."""
        memory, bus, tlb = peers[self.memory.other], peers[self.devices.other], peers[self.hardware()]
        host = self.exceptions.other if self.virtualized() else None
        program.load(memory, host.guest_offset() if isinstance(host, GuestHost) else 0)
        core.connect(
            tlb,
            peers[self.costs],
            memory,
            bus,
            faithful=self.faithful,
            pvr=int(self.pvr),
            timebase_ratio=self.timebase_ratio,
            mcheck_critical=self.machine_check == "critical",
            count_instructions=self.count_instructions,
            translate_after=self.translate_after if self.translate else 0,
            **common,
        )
        start = program.start_state()
        for slot, *words, tid in start.entries if host is None else ():  # else the host kernel's, and the vcpu's
            tlb.write_all(slot, *words, tid)
        tlb.forget_counts()
        for name, value in start.registers.items():
            core.write_register(name, value)
