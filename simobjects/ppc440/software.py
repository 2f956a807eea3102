# SPDX-License-Identifier: BSD-3-Clause
"""The software end of a core: what handles its exceptions when nothing stands between."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from simobjects.framework import MemorySize, SimObject, param, responder
from simobjects.ppc440.protocols import Exceptions


class GuestHost(ABC):
    """A SimObject that stands between a core and its guest and gives the guest memory of its own."""

    @abstractmethod
    def guest_offset(self) -> int:
        """The real address, in bytes, at which guest physical 0 lies."""

    @abstractmethod
    def guest_entries(self) -> int:
        """Entries of the TLB that it keeps for its guest."""

    @abstractmethod
    def guest_version(self) -> int:
        """What its guest reads from the processor version register: 32 bits."""


class GuestSoftware(SimObject):
    """Software with exception handlers; connect a core's exceptions to `vectors` to run it on the bare machine.

    Under KVM the exceptions go to the host kernel instead, which delivers to the guest those that are the guest's own.
    """

    kind: ClassVar[str] = "guest"

    knows_magic_page: ClassVar[bool] = False
    """Whether a host kernel can give it its privileged registers as memory."""

    memory: MemorySize = param(
        "128MiB", "guest RAM, from guest physical 0", ge=32 << 20, le=256 << 20, multiple_of=65536
    )

    def device_page(self) -> int | None:
        """The effective address at which it has a device, if it is known; a magic page cannot lie there too."""
        return None

    vectors = responder(Exceptions, "exceptions taken by the guest itself: the machine is not virtualized")
