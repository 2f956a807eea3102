# SPDX-License-Identifier: BSD-3-Clause
"""What if one instruction, such as tlbivax, flushed all replaceable slots?"""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.cext.kvm.schemes.direct import DirectInsertion as DirectPeer
from simobjects.kvm.schemes.direct import AT_ONCE, InsertingScheme
from simobjects.kvm.schemes.family import Figure


class FlushOnce(InsertingScheme):
    """e4, with an instruction such as tlbivax that flushes at once: a sweep costs the same for any TLB."""

    short: ClassVar[str] = "flush_once"
    figure: ClassVar[Figure] = Figure(AT_ONCE, put="one instruction flushes all")

    def build(self, kvm: KvmState) -> Peer:
        kvm.flush_at_once()
        return DirectPeer(kvm)
