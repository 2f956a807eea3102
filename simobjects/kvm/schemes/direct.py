# SPDX-License-Identifier: BSD-3-Clause
"""E4, the commit: shadows go straight into the hardware TLB."""

from __future__ import annotations

from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes import direct
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.framework import Citation
from simobjects.kvm.literature import COMMITS
from simobjects.kvm.releases import COMMIT
from simobjects.kvm.schemes.family import Figure, ShadowScheme, Table
from simobjects.kvm.tables import ShadowRefTable

AT_ONCE = "map: the host's next slot, at once"
REFERENCES = Table("shadow_refs", ShadowRefTable)


class InsertingScheme(ShadowScheme):
    """A scheme that writes a shadow into the hardware when the page is mapped, and remembers {page, guest entry, ...}.

    What is not declared anew is as in the commit.
    """

    citation: ClassVar[tuple[Citation, ...]] = (COMMITS[COMMIT],)
    tables: ClassVar[tuple[Table, ...]] = (REFERENCES,)
    figure: ClassVar[Figure] = Figure(AT_ONCE)

    def build(self, kvm: KvmState) -> Peer:
        return direct.DirectInsertion(kvm)


class DirectInsertion(InsertingScheme):
    """Commit 7924bd4109: shadows go straight into the hardware TLB, references to them are kept.

    8 bytes a slot; an entry is some 50 instructions and writes nothing. A put sweeps the slots that may hold shadows,
    so each page is missed again after it.
    """

    short: ClassVar[str] = "e4"
    releases: ClassVar[str] = "none"
    commits: ClassVar[str] = "7924bd4109"
    claimed: ClassVar[str] = "no figure"
