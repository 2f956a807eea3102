# SPDX-License-Identifier: BSD-3-Clause
"""What if each context of the guest had a hardware PID of its own?"""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import tagged
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.framework import param
from simobjects.kvm.schemes.direct import REFERENCES, InsertingScheme
from simobjects.kvm.schemes.family import Figure, Table
from simobjects.kvm.tables import HardwarePidTable


class Tagged(InsertingScheme):
    """e4, with a hardware PID for each (privilege, PID) of the guest: changing them drops nothing.

    When all are handed out and another is wanted, every shadow is dropped and they are handed out anew.
    """

    short: ClassVar[str] = "tagged"
    tables: ClassVar[tuple[Table, ...]] = (REFERENCES, Table("hardware_pids", HardwarePidTable))
    figure: ClassVar[Figure] = Figure("map: next slot, TID of the context", drops="its entry, or no hardware PID left")

    pids: int = param(255, "hardware PIDs for KVM; when they are used up every shadow is dropped", ge=2, le=255)

    def build(self, kvm: KvmState) -> Peer:
        return tagged.Tagged(kvm, self.pids)
