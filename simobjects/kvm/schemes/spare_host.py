# SPDX-License-Identifier: BSD-3-Clause
"""What if a map spared the host's translations?"""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import spare_host
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.framework import param
from simobjects.kvm.schemes.direct import InsertingScheme
from simobjects.kvm.schemes.family import Figure


class SpareHost(InsertingScheme):
    """e4, with a map that passes over the host's translations.

    Each slot looked at costs instructions (`e6_visit`), and so does finding out at a release that a slot is the host's.
    """

    short: ClassVar[str] = "spare_host"
    figure: ClassVar[Figure] = Figure("map: next slot that is not the host's")

    patience: int = param(4096, "host translations passed over in a row, at most every slot once", ge=0, le=4096)

    def build(self, kvm: KvmState) -> Peer:
        return spare_host.SpareHost(kvm, self.patience)
