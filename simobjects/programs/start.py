# SPDX-License-Identifier: BSD-3-Clause
"""The state in which a program finds the processor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from simobjects.framework import Address, MemorySize, Problem, SimObject, param
from simobjects.isa.arch import PAGE_SIZES, SUPERVISOR, W2, entry
from simobjects.ppc440.workload import GUEST_START, Entry, Start

ATTRIBUTES = {"w": W2.W, "i": W2.I, "m": W2.M, "g": W2.G, "e": W2.E}
ACCESSES = {"x": (W2.UX, W2.SX), "w": (W2.UW, W2.SW), "r": (W2.UR, W2.SR)}
"""A user's and a supervisor's."""
STACK = (16 << 20) - 8
ENTRIES = {"board": ((0, *entry(0, 0, 256 << 20, SUPERVISOR), 0), GUEST_START[1]), "kvm": GUEST_START}
"""Memory from 0 on, and the page of devices."""


class StartEntry(SimObject):
    """A TLB entry that is there when the program starts."""

    kind: ClassVar[str] = "workload"

    slot: int = param(description="its slot", ge=0, le=4095)
    ea: Address = param(description="effective address of the page", le=0xFFFF_FFFF)
    pa: Address = param(description="physical address", le=(1 << 36) - 1)
    size: MemorySize = param("4KiB", "page size: 1, 4, 16, 64 or 256 KiB, 1, 16 or 256 MiB")
    supervisor: str = param("rwx", "what the supervisor may do", pattern="^[rwx]*$")
    user: str = param("", "what the user may do", pattern="^[rwx]*$")
    attributes: str = param("", "of W, I, M, G, E, in lower case", pattern="^[wimge]*$")
    space: int = param(0, "address space (TS)", ge=0, le=1)
    tid: int = param(0, "translation ID, 0 for all", ge=0, le=255)

    def check(self) -> Iterable[Problem]:
        if self.size not in PAGE_SIZES:
            self.problem("size", self.size, "a page size of the 440", "choose one of 1KiB, 4KiB, 16KiB ... 256MiB")
        elif self.ea % self.size or self.pa % self.size:
            self.problem("ea", self.ea, f"addresses that are multiples of the page size {self.size}", "align both")
        return ()

    def words(self) -> Entry:
        """As tlbwe writes it: slot, words 0 to 2, TID."""
        access = sum(ACCESSES[letter][0] for letter in set(self.user))
        access += sum(ACCESSES[letter][1] for letter in set(self.supervisor))
        attributes = sum(ATTRIBUTES[letter] for letter in set(self.attributes))
        return (self.slot, *entry(self.ea, self.pa, self.size, access | attributes, self.space), self.tid)


def start_state(kind: str, entry_point: int, tree: int, given: Mapping[str, int], own: Iterable[Entry]) -> Start:
    """The start of `kind` with what the script gives on top.

    `board`: what firmware leaves, as QEMU's bamboo does it: r1, r3 the device tree's physical address, one 256 MiB
    entry at 0, one page of devices. `kvm`: the state in which KVM starts a vcpu, with pc set as its VMM does.

    Args:
        kind: `board` or `kvm`.
        entry_point: physical address of the first instruction.
        tree: physical address of the device tree; 0: there is none.
        given: registers that start with another value, by name.
        own: TLB entries instead of the usual ones; none: the usual ones.
    """
    registers: dict[str, int] = {"pc": entry_point, "msr": 0, "r1": STACK}
    if tree:
        registers["r3"] = tree
    if kind == "kvm":
        registers["ivpr"] = 0x5555_0000
    return Start({**registers, **given}, tuple(own) or ENTRIES[kind])
