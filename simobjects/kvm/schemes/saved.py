# SPDX-License-Identifier: BSD-3-Clause
"""E5 and E6: direct insertion, saved when the vcpu is put and restored when it is loaded."""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import saved
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.kvm.schemes.direct import AT_ONCE, REFERENCES, InsertingScheme
from simobjects.kvm.schemes.family import Figure, Table
from simobjects.kvm.tables import ShadowTLBArray

_COPY = Table("shadow_tlb", ShadowTLBArray, {"page_pointers": False})


class FlushedInsertion(InsertingScheme):
    """2.6.29: the guest's entries saved at a put, restored at a load; a surplus flush leaves nothing to save.

    25 bytes a slot. All slots are looked at in a put and in a load, and there is nothing to save.
    """

    short: ClassVar[str] = "e5"
    releases: ClassVar[str] = "2.6.29"
    commits: ClassVar[str] = "c5fbdffbda"
    claimed: ClassVar[str] = "better for most workloads"
    tables: ClassVar[tuple[Table, ...]] = (REFERENCES, _COPY)
    figure: ClassVar[Figure] = Figure(AT_ONCE, put="a sweep, then nothing is left to save")

    def build(self, kvm: KvmState) -> Peer:
        return saved.SavedInsertion(kvm, flush_first=True)


class SavedInsertion(InsertingScheme):
    """2.6.30 to 3.16: the same without the surplus flush.

    25 bytes a slot. What a host's miss has replaced since a load is not in the hardware at the put, so it is not saved.
    """

    short: ClassVar[str] = "e6"
    releases: ClassVar[str] = "2.6.30 to 3.16"
    commits: ClassVar[str] = "f5d0906b5b"
    claimed: ClassVar[str] = "no figure"
    tables: ClassVar[tuple[Table, ...]] = (REFERENCES, _COPY)
    figure: ClassVar[Figure] = Figure(
        AT_ONCE, put="guest's entries saved and taken out", back="guest's entries written back"
    )

    def build(self, kvm: KvmState) -> Peer:
        return saved.SavedInsertion(kvm)
