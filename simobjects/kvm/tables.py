# SPDX-License-Identifier: BSD-3-Clause
"""What KVM remembers of the shadows, in bytes. The tables themselves live in the scheme's peer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from simobjects.framework import Ref, SimObject, hook, param, ref
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.stats import formula, level

CACHE_LINE = 32


class ShadowTable(SimObject):
    """A table with one row for each hardware TLB slot.

    A scheme names the tables that it keeps, and places those that the script does not. They weigh on nothing but
    `bytes` and `cache_lines`: what reading them costs is in the lengths of KVM's paths.
    """

    kind: ClassVar[str] = "scheme"

    tlb: Ref[HardwareTLB] = ref("the TLB whose slots it has rows for")

    bytes = level("size for one vcpu", unit="byte")
    cache_lines = formula("the same in cache lines of 32 bytes", lambda s: -(-s.bytes // CACHE_LINE), unit="line")

    @hook
    def row_bytes(self) -> int:
        """Bytes of one row, as the kernel's struct has them on a 32-bit machine."""
        raise NotImplementedError

    def read_stats(self) -> Mapping[str, object]:
        return {"bytes": self.row_bytes() * self.tlb.entries}


class ShadowRefTable(ShadowTable):
    """The shadow references of the commit: {page pointer 4, guest entry 2, writable 1, TID 1 byte} for each slot.

    Its size is that of the kernel's struct at the commit, on a 32-bit machine.
    """

    def row_bytes(self) -> int:
        return 8


class ShadowTLBArray(ShadowTable):
    """A shadow TLB in memory: {TID, words 0, 1, 2} 16 bytes for each slot, and what belongs to it by scheme."""

    page_pointers: bool = param(True, "a page pointer, 4 bytes (E0 to E3b; later the shadow references have it)")
    modified_flags: bool = param(True, "a modified flag, 1 byte (E2 and later)")
    host_copy: bool = param(False, "the host's entry, 16 bytes (E0)")

    def row_parts(self) -> dict[str, int]:
        """Bytes of one row by what they hold; they add up to `row_bytes`."""
        kept = {"page pointer": self.page_pointers, "modified flag": self.modified_flags, "host entry": self.host_copy}
        sizes = {"page pointer": 4, "modified flag": 1, "host entry": 16}
        return {"entry": 16, **{name: sizes[name] for name, there in kept.items() if there}}

    def row_bytes(self) -> int:
        return sum(self.row_parts().values())


class HardwarePidTable(ShadowTable):
    """Which hardware PID each context of the guest has, by (address space, privilege, PID): 1 byte each.

    1024 bytes, however many slots the TLB has: there are no rows for slots.
    """

    def row_bytes(self) -> int:
        return 0

    def read_stats(self) -> Mapping[str, object]:
        return {"bytes": 2 * 2 * 256}


class MagicPageTable(ShadowTable):
    """The page that guest and KVM share: 4 KiB, of which a few words are used."""

    def row_bytes(self) -> int:
        return 0

    def read_stats(self) -> Mapping[str, object]:
        return {"bytes": 4096}
