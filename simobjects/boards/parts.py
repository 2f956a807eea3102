# SPDX-License-Identifier: BSD-3-Clause
"""What the standard machines have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simobjects import System

if TYPE_CHECKING:
    from simobjects import HostKernel

CLOCK = "400MHz"
ENTRIES = 64
"""Of the 440's TLB."""
NATIVE = "native"
"""Instead of a scheme: the bare machine."""


def put_under(system: System, host: HostKernel, guest_entries: int) -> None:
    """Put the host and the TLB that it keeps for its guest into the machine; the core's exceptions go to it."""
    from simobjects import GuestTLB

    system.guest_tlb = GuestTLB(entries=guest_entries)
    system.host = host
    system.core.exceptions = system.host.exits
