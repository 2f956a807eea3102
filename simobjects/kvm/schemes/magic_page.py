# SPDX-License-Identifier: BSD-3-Clause
"""What if the guest had its privileged registers in memory?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import magic_page
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.framework import Citation, Problem, Ref, ref
from simobjects.isa.arch import ADDRESS
from simobjects.kvm.literature import PARAVIRTUAL
from simobjects.kvm.schemes.direct import AT_ONCE, REFERENCES, InsertingScheme
from simobjects.kvm.schemes.family import Figure, Table
from simobjects.kvm.tables import MagicPageTable
from simobjects.ppc440.core import Core440

PAGE = ADDRESS.MAGIC


class MagicPage(InsertingScheme):
    """e4, with a page on which a guest that knows of it has its privileged registers as memory.

    Reading and writing SPRG0 to 3, SRR0, SRR1, DEAR, ESR and reading the MSR cost a load or a store instead of an exit;
    one slot more is pinned.
    """

    short: ClassVar[str] = "magic_page"
    citation: ClassVar[tuple[Citation, ...]] = (*InsertingScheme.citation, PARAVIRTUAL)
    tables: ClassVar[tuple[Table, ...]] = (REFERENCES, Table("magic_page", MagicPageTable))
    least_entries: ClassVar[int] = 3
    pinned: ClassVar[int] = 1
    figure: ClassVar[Figure] = Figure(AT_ONCE + "; one slot is the magic page's", put="sweep of slots 0..H-1")

    core: Ref[Core440] = ref("the core whose guest uses the page")

    def build(self, kvm: KvmState) -> Peer:
        return magic_page.MagicPage(kvm)

    def check(self) -> Iterable[Problem]:
        """A guest that knows of the page, and has nothing else there."""
        guest = self.core.guest
        if guest.device_page() == PAGE:
            expected = f"a page other than {PAGE:#x}, which is the magic page"
            guest.problem("device_ea", f"{PAGE:#x}", expected, "move the device")
        if not guest.knows_magic_page:
            self.problem(
                "",
                self.short,
                "a guest that knows of the magic page: a GuestKernel",
                "let the core play a trace under a GuestKernel, or take another scheme",
            )
        return ()
