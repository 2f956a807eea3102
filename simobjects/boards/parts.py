# SPDX-License-Identifier: BSD-3-Clause
"""What the standard machines have in common."""

from __future__ import annotations

from simobjects import GuestTLB, HostKernel, System

CLOCK = "400MHz"
ENTRIES = 64
"""Of the 440's TLB."""
NATIVE = "native"
"""Instead of a scheme: the bare machine."""


def put_under(system: System, host: HostKernel, guest_entries: int) -> None:
    """Put the host and the TLB that it keeps for its guest into the machine; the core's exceptions go to it."""
    system.guest_tlb = GuestTLB(entries=guest_entries)
    system.host = host
    system.core.exceptions = system.host.exits
