# SPDX-License-Identifier: BSD-3-Clause
"""The micro-TLBs of the core: small copies of UTLB entries, one for instructions and one for data."""

from __future__ import annotations

from typing import ClassVar

from simobjects.framework import SimObject, param


class MicroTLB(SimObject):
    """A micro-TLB (the manual's shadow TLB): a few translations in front of the unified TLB, replaced round robin.

    Every context synchronisation empties it. Its misses are counted by the core. 0 entries: left out.
    """

    kind: ClassVar[str] = "TLB"

    entries: int = param(0, "entries; the 440 has 4 for instructions and 8 for data (SA14-2613 p. 152)", ge=0, le=64)
