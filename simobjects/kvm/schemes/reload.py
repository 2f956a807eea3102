# SPDX-License-Identifier: BSD-3-Clause
"""E0 to E3b: a shadow TLB in memory, loaded into the hardware at guest entries."""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import reload
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.kvm.schemes.family import Figure, ShadowScheme, Table
from simobjects.kvm.tables import ShadowTLBArray

_FIFO = "map: KVM's own FIFO"
_EVERY_ENTRY = "nothing: every entry writes all"
_NEXT_ENTRY = "all slots, at the next entry"
_MODIFIED = "every entry: modified slots"


class ReloadingScheme(ShadowScheme):
    """A scheme that keeps a shadow TLB in memory."""

    tables: ClassVar[tuple[Table, ...]] = (Table("shadow_tlb", ShadowTLBArray),)
    # The loop at an entry never writes slot H, so with H = 0 nothing of the guest would ever reach the hardware.
    least_entries: ClassVar[int] = 3
    releases: ClassVar[str] = "none"


class SavingReload(ReloadingScheme):
    """2.6.26, 2.6.27: every guest entry reads the host's slots out and writes the whole shadow TLB.

    36 bytes a slot for one vcpu. With H the last replaceable slot an entry is some 62 + 19 H instructions that read
    out, and 61 + 11 H with 3 H tlbwe that write. As in E1 and E2 shadows carry the guest's TIDs, are of 4 KiB and all
    dropped at every privilege switch.
    """

    short: ClassVar[str] = "e0"
    releases: ClassVar[str] = "2.6.26, 2.6.27"
    commits: ClassVar[str] = "bbf45ba57e"
    tables: ClassVar[tuple[Table, ...]] = (
        Table("shadow_tlb", ShadowTLBArray, {"modified_flags": False, "host_copy": True}),
    )
    figure: ClassVar[Figure] = Figure(
        _FIFO, "every entry: host read out, 62 slots written", drops="any privilege switch", back=_EVERY_ENTRY
    )

    def build(self, kvm: KvmState) -> Peer:
        return reload.FullReload(kvm, save_host=True)


class FullReload(ReloadingScheme):
    """Every guest entry writes the whole shadow TLB.

    20 bytes a slot; an entry is some 61 + 11 H instructions and 3 H tlbwe, whatever has changed.
    """

    short: ClassVar[str] = "e1"
    commits: ClassVar[str] = "20754c2495"
    claimed: ClassVar[str] = "about 15 %"
    tables: ClassVar[tuple[Table, ...]] = (Table("shadow_tlb", ShadowTLBArray, {"modified_flags": False}),)
    figure: ClassVar[Figure] = Figure(
        _FIFO, "every entry: 62 slots written", drops="any privilege switch", back=_EVERY_ENTRY
    )

    def build(self, kvm: KvmState) -> Peer:
        return reload.FullReload(kvm)


class GuestTidReload(ReloadingScheme):
    """Modified shadows are written; every privilege switch drops all.

    21 bytes a slot: a flag each says what the next entry must write, with 3 tlbwe.
    """

    short: ClassVar[str] = "e2"
    commits: ClassVar[str] = "83aae4a809"
    claimed: ClassVar[str] = "about 15 %"
    figure: ClassVar[Figure] = Figure(_FIFO, _MODIFIED, drops="any privilege switch", back=_NEXT_ENTRY)

    def build(self, kvm: KvmState) -> Peer:
        return reload.GuestTidReload(kvm)


class LazyPidReload(ReloadingScheme):
    """2.6.28: TID 1 for the guest's kernel, 0 for its user; a new PID drops all at the next privilege switch.

    21 bytes a slot. A privilege switch without a new PID drops nothing.
    """

    short: ClassVar[str] = "e3"
    releases: ClassVar[str] = "2.6.28"
    commits: ClassVar[str] = "49dd2c4928"
    claimed: ClassVar[str] = "about 30 %"
    figure: ClassVar[Figure] = Figure(_FIFO, _MODIFIED, drops="new PID, at the next privilege switch", back=_NEXT_ENTRY)

    def build(self, kvm: KvmState) -> Peer:
        return reload.LazyPidReload(kvm)


class ModifiedReload(ReloadingScheme):
    """The parent of commit 7924bd4109: a new PID drops the user's shadows at once; host-sized pages.

    21 bytes a slot; an entry is some 100 + 5 H instructions, and 10 with 3 tlbwe for each modified slot.
    """

    short: ClassVar[str] = "e3b"
    commits: ClassVar[str] = "fe4e771d5c, df9b856c45"
    claimed: ClassVar[str] = "no measurable change (the second)"
    figure: ClassVar[Figure] = Figure(
        _FIFO, _MODIFIED, drops="what meets it; a new PID (user shadows)", back=_NEXT_ENTRY
    )

    def build(self, kvm: KvmState) -> Peer:
        return reload.ModifiedReload(kvm)
