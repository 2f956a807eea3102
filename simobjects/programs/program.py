# SPDX-License-Identifier: BSD-3-Clause
"""Programs: workloads that a core executes instruction by instruction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Literal

from simobjects.base.files import read_regular
from simobjects.cext.board.memory import Memory as MemoryPeer
from simobjects.cext.core.supervisor import GuestSoftware as SoftwarePeer
from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.framework import Address, MemorySize, Problem, Ref, children, hook, param, ref
from simobjects.ppc440.core import Core440
from simobjects.ppc440.memory import Memory
from simobjects.ppc440.software import GuestSoftware
from simobjects.ppc440.symbols import Symbols
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.ppc440.workload import Counts, Executable, Start
from simobjects.programs.image import INSTRUCTION, Image, ProgramError, Segment
from simobjects.programs.instruction_trace import InstructionTracer
from simobjects.programs.profile import GuestProfile
from simobjects.programs.start import StartEntry, start_state


class Program(Executable, GuestSoftware):
    """A program that a core executes. Its own vectors take its exceptions, or a host kernel does.

    It starts as on the board (`start="board"`) or as KVM starts a guest (`"kvm"`); `registers` and `entries` replace
    parts of that. `memory` is its RAM as guest; on the bare machine it has the machine's.

    A program of another kind derives from it and gives `contents`, and `files` when it comes from such.
    """

    stateless: ClassVar[bool] = True
    also: ClassVar[str] = ""
    """What else than a path the name of a file may be."""

    memory: MemorySize = param("32MiB", "guest RAM, from guest physical 0", ge=1 << 20, le=256 << 20, multiple_of=65536)
    start: Literal["board", "kvm"] = param("board", "the state in which it starts")
    registers: dict[str, Address] = param({}, "registers that start with another value, by name (r3, msr, pid)")
    entries: list[StartEntry] = children("TLB entries at the start, instead of the usual ones")

    core: Ref[Core440] = ref("the core that executes it")

    @hook
    def contents(self) -> Image:
        """What is put into memory.

        Raises:
            ProgramError: there is nothing that can be.
        """
        raise NotImplementedError

    @hook
    def files(self) -> Mapping[str, str]:
        """The files it is made of, by the names of the parameters."""
        return {}

    def identity(self) -> Mapping[str, Any]:
        """What the files hold names the run, not where they lie: SHA-256 in hex by parameter.

        Raises:
            ProgramError: a file cannot be read.
        """
        found = {}
        for name, file in self.files().items():
            try:
                found[name] = hashlib.sha256(read_regular(Path(file))).hexdigest()
            except OSError as error:
                raise ProgramError(file, error.strerror or "cannot be read", fix="correct the path") from None
        return found

    def provenance(self) -> Mapping[str, str]:
        return dict(self.files())

    def check(self) -> Iterable[Problem]:
        for name, file in self.files().items():
            if not Path(file).is_file():
                expected = f"the path of an existing file{self.also}"
                self.problem(name, file, expected, "correct the path", input=True)
                return ()
        try:
            self.check_placed()
        except ProgramError as error:
            name = next((name for name, file in self.files().items() if file == error.where), "")
            self.problem(name, error.where, f"a program that can be loaded; this one {error.what}", error.fix)
        self.check_start()
        return ()

    def check_placed(self) -> None:
        """Problems of what does not fit into memory, or not beside the rest."""
        memory = self.memory_size()
        placed: dict[str, list[tuple[int, int]]] = {}
        for name, segment in self.placed():
            file = self.files().get(name, "made")
            for begin, end in segment.spans(memory):
                span = f"{begin:#x} to {end:#x}"
                if memory is not None and end > memory:
                    expected = f"a program that fits into memory; {span} is beyond its end, {memory:#x}"
                    fix = "raise its `memory`" if self.is_guest() else "raise system.memory"
                    self.problem(name, file, expected, f"link it lower, or {fix}")
                    return
                others = (spans for other, spans in placed.items() if other != name)  # its reader checks its own
                for first, last in chain.from_iterable(others):
                    if begin < last and first < end:
                        expected = f"memory of its own; {span} overlaps {first:#x} to {last:#x}"
                        self.problem(name, file, expected, "choose another address")
                        return
                placed.setdefault(name, []).append((begin, end))

    def check_start(self) -> None:
        """Problems with the start state."""
        known = ExecutingCore().register_names()
        for name in self.registers:
            if name not in known:
                fix = "use r0 to r31, pc, msr, cr, lr, ctr, xer, or the name of an SPR such as pid"
                self.problem("registers", dict(self.registers), f"names of registers; there is no {name}", fix)
            self.check_register(name, int(self.registers[name]))
        if self.entries and self.is_guest():
            expected = "no entries under a host kernel, which gives a guest its own"
            self.problem("entries", len(self.entries), expected, "remove them")
        tlb = self.core.translation.other
        size = tlb.entries if isinstance(tlb, HardwareTLB) else 4096
        if not self.entries and not self.is_guest() and size < 2 and isinstance(tlb, HardwareTLB):
            tlb.problem("entries", size, "at least 2: a program starts with two entries", "raise it, or give `entries`")
        taken: set[int] = set()
        for number, each in enumerate(self.entries):
            if each.slot >= size:
                expected = f"a slot of the hardware TLB, which has {size}"
                self.problem(f"entries[{number}]", each, expected, f"choose a slot from 0 to {size - 1}")
            elif each.slot in taken:
                each.problem("slot", each.slot, "a slot of its own; an entry before it has this one", "choose another")
            taken.add(each.slot)

    def check_register(self, name: str, value: int) -> None:
        """Report a value that a register cannot have.

        Args:
            name: of the register.
            value: that the script gives it.
        """
        largest = 255 if name == "pid" else 0xFFFF_FFFF
        if value > largest:
            expected = f"{name} of {largest.bit_length()} bits; it has {value:#x}"
            self.problem("registers", dict(self.registers), expected, f"choose at most {largest:#x}")
        elif name == "pc" and value % INSTRUCTION:
            expected = f"pc the address of an instruction, a multiple of {INSTRUCTION}"
            self.problem("registers", dict(self.registers), expected, "align it")

    def make_peer(self) -> SoftwarePeer:
        return SoftwarePeer()

    def is_guest(self) -> bool:
        """Whether it runs under a host kernel, in guest physical memory of its own."""
        return self.core.virtualized()

    def memory_size(self) -> int | None:
        """Bytes of memory that it has: its own as a guest, else the machine's; None when the core is not connected to
        any.
        """
        memory = self.core.memory.other
        if self.is_guest():
            return int(self.memory)
        return memory.bytes if isinstance(memory, Memory) else None

    @hook
    def placed(self) -> Iterable[tuple[str, Segment]]:
        """Everything that is put into memory, with the names of the parameters that it comes from."""
        name = next(iter(self.files()), "")
        for segment in self.contents().segments:
            yield name, segment

    def load(self, memory: MemoryPeer, base: int) -> None:
        """Put it into memory.

        Args:
            memory: the running memory.
            base: where the program's physical address 0 lies in it, in bytes.
        """
        segments = [segment for _, segment in self.placed()]
        # First, so that bytes stay which lie where .bss is going to be; each byte once, whatever the file says.
        cleared = 0
        for begin, end in sorted(segment.cleared(self.memory_size()) for segment in segments):
            begin = max(begin, cleared)
            if begin < end:
                memory.zero(base + begin, end - begin)
                cleared = end
        for segment in segments:
            memory.write(base + segment.address, segment.data)

    def symbols(self) -> Symbols:
        """Its functions."""
        return self.contents().symbols

    def profile_of(self, counts: Counts) -> GuestProfile:
        """What the core counted, by function of the program."""
        return GuestProfile(counts, self.symbols())

    def tracer_of(
        self, core: ExecutingCore, first: int, last: int | None, write: Callable[[str], object]
    ) -> InstructionTracer:
        return InstructionTracer(core, first, last, write)

    @hook
    def device_tree_at(self) -> int:
        """Physical address of its device tree, 0 when it gets none."""
        return 0

    def start_state(self) -> Start:
        """Registers and TLB entries at the start."""
        own = [each.words() for each in self.entries]
        return start_state(self.start, self.contents().entry, self.device_tree_at(), dict(self.registers), own)
