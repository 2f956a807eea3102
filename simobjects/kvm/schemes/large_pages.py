# SPDX-License-Identifier: BSD-3-Clause
"""What if shadows were as large as the guest's pages?"""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import large_pages
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.framework import MemorySize, param
from simobjects.kvm.schemes.direct import InsertingScheme
from simobjects.kvm.schemes.family import Figure


class LargePages(InsertingScheme):
    """e4, with shadows as large as the guest's page where host memory is aligned.

    A shadow is the largest size of the core up to `largest` that divides `guest_base` and fits the guest's page; a page
    of the host where none does.
    """

    short: ClassVar[str] = "large_pages"
    figure: ClassVar[Figure] = Figure("map: next slot, page of the guest's size")

    largest: MemorySize = param("256MiB", "shadows are at most this large", ge=4096, le=256 << 20)

    def build(self, kvm: KvmState) -> Peer:
        return large_pages.LargePages(kvm, int(self.largest))
