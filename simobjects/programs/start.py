# SPDX-License-Identifier: BSD-3-Clause
"""The state in which a program finds the processor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simobjects.framework import Address, MemorySize, Problem, SimObject, param
from simobjects.ppc440.workload import Entry, Start

VALID, SPACE = 0x200, 0x100
SIZES = {1 << 10: 0, 4 << 10: 1, 16 << 10: 2, 64 << 10: 3, 256 << 10: 4, 1 << 20: 5, 16 << 20: 7, 256 << 20: 9}
"""SIZE code by page size."""
ATTRIBUTES = {"w": 0x800, "i": 0x400, "m": 0x200, "g": 0x100, "e": 0x080}
ACCESSES = {"x": 4, "w": 2, "r": 1}
STACK = (16 << 20) - 8
DEVICES = 0xEF60_0000


class StartEntry(SimObject):
    """A TLB entry that is there when the program starts."""

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
        if self.size not in SIZES:
            self.problem("size", self.size, "a page size of the 440", "choose one of 1KiB, 4KiB, 16KiB ... 256MiB")
        elif self.ea % self.size or self.pa % self.size:
            self.problem("ea", self.ea, f"addresses that are multiples of the page size {self.size}", "align both")
        return ()

    def words(self) -> Entry:
        """As tlbwe writes it."""
        access = sum(ACCESSES[letter] << 3 for letter in set(self.user))
        access += sum(ACCESSES[letter] for letter in set(self.supervisor))
        attributes = sum(ATTRIBUTES[letter] for letter in set(self.attributes))
        return (self.slot, *entry(self.ea, self.pa, self.size, access | attributes, self.space), self.tid)


def entry(ea: int, pa: int, size: int, flags: int, space: int = 0) -> tuple[int, int, int]:
    """The three words of a TLB entry."""
    pageid = ea | VALID | SIZES[size] << 4 | (SPACE if space else 0)
    return pageid, (pa & 0xFFFFFC00) | pa >> 32, flags


SUPERVISOR = 0x07
"""SX, SW, SR."""
DEVICE = 0x507
"""The same with I and G."""


def start_state(kind: str, entry_point: int, tree: int, given: Mapping[str, int], own: Iterable[Entry]) -> Start:
    """The start of `kind` with what the script gives on top.

    `board`: what firmware leaves, as QEMU's bamboo does it: r1, r3 the device tree's physical address, one 256 MiB
    entry at 0, one page of devices. `kvm`: the state in which KVM starts a vcpu, with pc set as its VMM does.
    """
    registers: dict[str, int] = {"pc": entry_point, "msr": 0, "r1": STACK}
    if tree:
        registers["r3"] = tree
    page = 256 << 20
    if kind == "kvm":
        page = 16 << 20
        registers["ivpr"] = 0x5555_0000
    entries: list[Any] = [
        (0, *entry(0, 0, page, SUPERVISOR), 0),
        (1, *entry(DEVICES, DEVICES, 4096, DEVICE), 0),
    ]
    return Start({**registers, **given}, tuple(own) or tuple(entries))
