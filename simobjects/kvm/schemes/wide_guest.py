# SPDX-License-Identifier: BSD-3-Clause
"""What if the guest were told of a larger TLB than there is?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from simobjects.framework import Problem, Ref, param, ref
from simobjects.kvm.guest_tlb import GuestTLB
from simobjects.kvm.schemes.direct import AT_ONCE, InsertingScheme
from simobjects.kvm.schemes.family import Figure

MOST_ENTRIES = 4096


class WideGuest(InsertingScheme):
    """e4, with a guest that is told of a larger TLB (guest_tlb.entries, if not given).

    The guest has fewer real misses and the hardware as many slots as before, so that more of its misses are virt ones.
    """

    short: ClassVar[str] = "wide_guest"
    figure: ClassVar[Figure] = Figure(AT_ONCE + "; guest has 256 entries")

    factor: int = param(4, "entries of the guest's TLB for each of the hardware's", ge=2, le=64)

    guest_tlb: Ref[GuestTLB] = ref("the TLB that the guest is told of")

    def elaborate(self) -> None:
        """The guest's TLB is so many times the hardware's, unless the script gives its size."""
        super().elaborate()
        if not self.guest_tlb.given("entries"):
            self.guest_tlb.entries = min(self.factor * self.tlb.entries, MOST_ENTRIES)

    def check(self) -> Iterable[Problem]:
        if self.guest_tlb.entries <= self.tlb.entries:
            self.guest_tlb.problem(
                "entries",
                self.guest_tlb.entries,
                f"more than the hardware's {self.tlb.entries}, "
                f"since scheme {self.short} tells the guest of a larger TLB",
                "leave it out, or take scheme e4",
            )
        return ()
