# SPDX-License-Identifier: BSD-3-Clause
"""The shadow schemes: which class runs each, which table it keeps."""

from __future__ import annotations

from dataclasses import dataclass

from cext.schemes import DirectInsertion, ModifiedReload, ShadowScheme
from simobjects.kvm.tables import ShadowRefTable, ShadowTable, ShadowTLBArray


@dataclass(frozen=True)
class Scheme:
    """One way in which guest translations reach the hardware TLB."""

    name: str
    description: str
    peer: type[ShadowScheme]
    table: type[ShadowTable]
    table_name: str
    least_entries: int
    """Of the hardware TLB with one pinned entry."""


SCHEMES: dict[str, Scheme] = {
    "e3b": Scheme(
        "e3b",
        "the parent of commit 7924bd4109: a shadow TLB in memory, modified entries written at each guest entry",
        ModifiedReload,
        ShadowTLBArray,
        "shadow_tlb",
        3,
    ),
    "e4": Scheme(
        "e4",
        "commit 7924bd4109: shadows go straight into the hardware TLB, references to them are kept",
        DirectInsertion,
        ShadowRefTable,
        "shadow_refs",
        2,
    ),
}
