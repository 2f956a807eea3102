# SPDX-License-Identifier: BSD-3-Clause
"""What a core is fed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simobjects.framework import SimObject, hook
from simobjects.framework.peers import Peers
from simobjects.ppc440.symbols import Symbols


class Workload(SimObject):
    """What a core runs: one reference stream, or several that a guest scheduler interleaves."""

    stateless: ClassVar[bool] = True  # whoever reads a stream keeps its place in it

    @hook
    def streams(self, peers: Peers) -> list[Any]:
        """The `simobjects.cext.traces.stream.TraceStream` of each process, in order."""
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


@dataclass(frozen=True)
class Start:
    """Registers by name and TLB entries."""

    registers: Mapping[str, int]
    entries: tuple[Entry, ...]


class Executable(Workload):
    """A workload that the core executes instruction by instruction."""

    @hook
    def load(self, memory: Any, base: int) -> None:
        """Put it into a running memory, in which its own physical address 0 is at `base`."""
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
