# SPDX-License-Identifier: BSD-3-Clause
"""The unified TLB of the 440."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from simobjects.cext.arch.state import Stateful
from simobjects.cext.core.tlb import TLB
from simobjects.framework import Citation, SimObject, param, responder
from simobjects.framework.roles import Saved
from simobjects.ppc440.literature import MANUAL
from simobjects.ppc440.protocols import Translation
from simobjects.stats import conserve, counter, formula, level

Saved.register(Stateful)  # the base of most compiled peers


class TranslationArray(SimObject):
    """What every software-managed TLB here has: entries in the 440's format and counts of what happened to them.

    An entry is three words: 0 has the effective page, size, valid bit and TS, 1 the real page, 2 attributes and
    permissions. The TID comes beside them (PPC440x5 CPU Core User's Manual).
    """

    kind: ClassVar[str] = "TLB"
    citation: ClassVar[tuple[Citation, ...]] = (MANUAL,)

    entries: int = param(64, "entries; the 440 has 64", ge=1, le=4096)

    def __init__(self, entries: int | None = None, **values: Any) -> None:
        super().__init__(**(values if entries is None else {"entries": entries, **values}))

    lookups = counter("look-ups of one reference each, by whoever looks up", unit="look-up")
    hits = counter("look-ups that found an entry", unit="look-up")
    misses = counter("look-ups that found none", unit="look-up")
    tlbwe = counter("tlbwe instructions that wrote it", unit="instruction")
    overlapping_writes = counter(
        "writes after which an entry overlapped another valid one (undefined on hardware; here the lowest index wins)",
        unit="write",
    )
    bytes = level("its image in memory: 16 bytes an entry", unit="byte")
    miss_ratio = formula("misses per look-up", lambda s: s.misses / s.lookups, unit="ratio")
    found_or_not = conserve("hits + misses = look-ups", lambda s: s.hits + s.misses, lambda s: s.lookups)

    def make_peer(self) -> TLB:
        return TLB(self.entries)


class ManagedTLB(TranslationArray):
    """A TLB in memory that guest software believes to be the hardware's."""


class HardwareTLB(TranslationArray):
    """The unified, fully associative, software-filled TLB (UTLB): 41-bit virtual to 36-bit real addresses.

    Alone it has any size from 1 to 4096; in a machine the top slot holds the pinned kernel entry, so it needs 2.
    """

    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {"entries": "larger"}

    core_side = responder(Translation, "look-ups by the core", many=True)
