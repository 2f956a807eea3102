# SPDX-License-Identifier: BSD-3-Clause
"""What a core is fed with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from simobjects.framework import SimObject, hook
from simobjects.framework.peers import Peers
from simobjects.isa.arch import ADDRESS, SUPERVISOR, W2, entry
from simobjects.ppc440.symbols import Symbols


class Workload(SimObject):
    """What a core runs: one reference stream, or several that a guest scheduler interleaves.

    Derive a class from it and give its peer in `make_peer`: a `TraceStream` over numpy columns is the usual one.
    """

    kind: ClassVar[str] = "workload"

    stateless: ClassVar[bool] = True  # whoever reads a stream keeps its place in it

    @hook
    def streams(self, peers: Peers) -> list[Any]:
        """The `simobjects.cext.traces.stream.TraceStream` of each process, in order; `process_count` of them."""
        return [peers[self]]

    @hook
    def process_count(self) -> int:
        """How many streams it has: known before it has any."""
        return 1

    @hook
    def quantum_instructions(self) -> int:
        """User instructions between process switches; 0 when there is one process."""
        return 0


Entry = tuple[int, int, int, int, int]
"""Slot, the three words of a TLB entry, and its TID."""

GUEST_START: tuple[Entry, ...] = (
    (0, *entry(0, 0, 16 << 20, SUPERVISOR), 0),
    (1, *entry(ADDRESS.DEVICES, ADDRESS.DEVICES, 4096, W2.I | W2.G | SUPERVISOR), 0),
)
"""The TLB entries with which KVM starts a guest: memory, and a page of devices, not cached and guarded."""


@dataclass(frozen=True)
class Start:
    """The state in which a program begins.

    Attributes:
        registers: 32-bit values by name, such as `pc`, `msr` and `r3`; others stay as the core has them.
        entries: what the TLB holds: slot, words 0 to 2, and TID of each.
    """

    registers: Mapping[str, int]
    entries: tuple[Entry, ...]


Counts = Iterable[tuple[int, tuple[int, ...]]]
"""What the running core counted at each address: interrupts by vector, samples, instructions, times."""


class Profile(Protocol):
    """Counts by function."""

    def csv(self, names: Sequence[str]) -> str:
        """One line a function, under a heading.

        Args:
            names: of the vectors, in the order of their numbers.
        """


class Tracer(Protocol):
    """Steps a core and writes a line for each instruction: what `Core440.instruction_tracer` gives."""

    @property
    def distance(self) -> int | None:
        """Instructions to go to the first one that is traced: 0 while tracing, None after the last."""

    def step(self, cycle_limit: int) -> tuple[int, Mapping[str, Any]]:
        """One instruction, if it begins before the limit; (reason, payload) as `advance` gives them."""


@dataclass(frozen=True)
class Seen:
    """What a guest has seen of its machine, so that its doing follows from it: a recording is of a machine with these.

    Attributes:
        host: whether a host kernel took its exceptions.
        entries: of the TLB that it manages.
        memory: bytes of its RAM.
        clock: Hz of the core.
        timebase_ratio: cycles in a tick of the time base.
        pvr: what it reads of the processor version register, 32 bits.
        start: TLB entries that it found.
        marks: physical address and bytes of the page where it marks windows.
    """

    host: bool
    entries: int
    memory: int
    clock: int
    timebase_ratio: int
    pvr: int
    start: tuple[Entry, ...]
    marks: tuple[int, int] = (0, 0)

    @classmethod
    def parse(cls, data: object) -> Seen:
        """Out of a file, whose bytes may be anybody's.

        Args:
            data: what JSON gave; it is used up.

        Raises:
            ValueError: it is none: a name, a type or a range is wrong.
        """
        if not isinstance(data, dict) or set(data) != set(cls.__dataclass_fields__):
            raise ValueError("its names are not those of a recording")
        start, marks = data.pop("start"), data.pop("marks")
        numbers = [value for name, value in data.items() if name != "host"]
        if not isinstance(start, list) or len(start) > 4096 or not all(map(_is_entry, start)):
            raise ValueError("its entries are none")
        if not isinstance(data["host"], bool) or not all(map(_is_number, numbers)):
            raise ValueError("its numbers are none")
        if not isinstance(marks, list) or len(marks) != 2 or not all(map(_is_number, marks)):
            raise ValueError("its marker page is none")
        return cls(**data, start=tuple(tuple(each) for each in start), marks=(marks[0], marks[1]))


def _is_number(data: object) -> bool:
    return type(data) is int and 0 <= data < 1 << 40


def _is_entry(data: object) -> bool:
    if not isinstance(data, list) or len(data) != 5 or not all(type(each) is int for each in data):
        return False
    slot, *words, tid = data
    return 0 <= slot < 4096 and all(0 <= word <= 0xFFFF_FFFF for word in words) and 0 <= tid <= 255


class Recorded(Workload):
    """A workload that is what a whole guest did while it was executed: the core goes through it again."""

    @hook
    def recorded_stream(self) -> Any:
        """The `simobjects.cext.traces.recorded.RecordedStream`, at its beginning."""
        raise NotImplementedError

    @hook
    def seen(self) -> Seen:
        """What the guest has seen of its machine."""
        raise NotImplementedError


class Executable(Workload):
    """A workload that the core executes instruction by instruction."""

    @hook
    def load(self, memory: Any, base: int) -> None:
        """Put it into a running memory.

        Args:
            memory: the peer of a Memory, as large as `memory_size` and `base` need.
            base: bytes from the start of memory to the program's own physical address 0; under KVM where the host has
                put its guest.
        """
        raise NotImplementedError

    @hook
    def memory_size(self) -> int | None:
        """Bytes of memory that it has; None when the core is not connected to any."""
        raise NotImplementedError

    @hook
    def start_state(self) -> Start:
        """Registers and TLB entries at the start."""
        raise NotImplementedError

    @hook
    def symbols(self) -> Symbols:
        """Its functions."""
        return Symbols()

    @hook
    def profile_of(self, counts: Counts) -> Profile:
        """What the core counted, by function.

        Args:
            counts: by effective address.
        """
        raise NotImplementedError

    @hook
    def tracer_of(self, core: Any, first: int, last: int | None, write: Callable[[str], object]) -> Tracer:
        """What traces instructions on the running core.

        Args:
            core: the peer that executes.
            first: number of the first instruction, from 1.
            last: number of the last; None: all that follow.
            write: called with each line.
        """
        raise NotImplementedError
