# SPDX-License-Identifier: BSD-3-Clause
"""Programs: workloads that a core executes instruction by instruction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from cext.memory import Memory as MemoryPeer
from cext.supervisor import GuestSoftware as SoftwarePeer
from simobjects.framework import Address, MemorySize, Problem, children, param
from simobjects.ppc440.image import Image, ProgramError, Segment
from simobjects.ppc440.software import GuestSoftware
from simobjects.ppc440.start import Start, StartEntry, start_state
from simobjects.ppc440.workload import Workload


class Program(Workload, GuestSoftware):
    """A program that a core executes. Its own vectors take its exceptions, or a host kernel does.

    It starts as on the board (`start="board"`) or as KVM starts a guest (`"kvm"`); `registers` and `entries` replace
    parts of that. `memory` is its RAM as guest; on the bare machine it has the machine's.
    """

    executed: ClassVar[bool] = True
    stateless: ClassVar[bool] = True
    also: ClassVar[str] = ""
    """What else than a path the name of a file may be."""

    memory: MemorySize = param("32MiB", "guest RAM, from guest physical 0", ge=1 << 20, le=256 << 20, multiple_of=65536)
    start: Literal["board", "kvm"] = param("board", "the state in which it starts")
    registers: dict[str, Address] = param({}, "registers that start with another value, by name (r3, msr, pid)")
    entries: list[StartEntry] = children("TLB entries at the start, instead of the usual ones")

    def contents(self) -> Image:
        """What is put into memory. ProgramError when there is nothing that can be."""
        raise NotImplementedError

    def files(self) -> Mapping[str, str]:
        """The files it is made of, by the names of the parameters."""
        return {}

    def identity(self) -> Mapping[str, Any]:
        """What the files hold names the run, not where they lie."""
        found = {}
        for name, file in self.files().items():
            try:
                found[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
            except OSError as error:
                raise ProgramError(file, error.strerror or "cannot be read", fix="correct the path") from None
        return found

    def check(self) -> Iterable[Problem]:
        for name, file in self.files().items():
            if not Path(file).is_file():
                self.problem(name, file, f"the path of an existing file{self.also}", "correct the path")
                return ()
        try:
            self.contents()
        except ProgramError as error:
            name = next((name for name, file in self.files().items() if file == error.where), "")
            self.problem(name, error.where, f"a program that can be loaded; this one {error.what}", error.fix)
        return ()

    def make_peer(self) -> SoftwarePeer:
        return SoftwarePeer()

    def segments(self) -> Iterable[Segment]:
        """Everything that is put into memory."""
        return self.contents().segments

    def load(self, memory: MemoryPeer, base: int, size: int) -> None:
        """Put it into `size` bytes of memory from `base` on. ProgramError when it does not fit."""
        placed: list[Segment] = []
        for segment in self.segments():
            if segment.end > size:
                raise ProgramError(
                    self.path,
                    f"{segment.address:#x} to {segment.end:#x} does not fit into {size:#x} bytes of memory",
                    fix="link it lower, or raise system.memory (as guest: its `memory`)",
                )
            for other in placed:
                if segment.address < other.end and other.address < segment.end:
                    raise ProgramError(
                        self.path,
                        f"{segment.address:#x} to {segment.end:#x} overlaps what is at {other.address:#x} already",
                        fix="choose other addresses",
                    )
            placed.append(segment)
            memory.write(base + segment.address, segment.data)
            memory.zero(base + segment.address + len(segment.data), segment.size - len(segment.data))

    def device_tree_at(self) -> int:
        """Physical address of its device tree, 0 when it gets none."""
        return 0

    def start_state(self) -> Start:
        """Registers and TLB entries at the start."""
        own = [each.words() for each in self.entries]
        return start_state(self.start, self.contents().entry, self.device_tree_at(), dict(self.registers), own)
