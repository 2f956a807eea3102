# SPDX-License-Identifier: BSD-3-Clause
"""The guest's TLB as KVM keeps it."""

from __future__ import annotations

from simobjects.framework import param
from simobjects.ppc440.tlb import ManagedTLB


class GuestTLB(ManagedTLB):
    """The guest's own TLB, kept in memory by KVM and searched by software (`KVM44x_GUEST_TLB_SIZE` is its `entries`).

    Its look-ups are KVM's, one for each TLB miss exit: a hit is a virt miss of the guest, a miss a real one.
    """

    entries = param(64, "entries that the guest believes its TLB has", ge=2, le=4096)
