# SPDX-License-Identifier: BSD-3-Clause
"""What the ports of a 440 machine carry."""

from __future__ import annotations

from simobjects.framework import Protocol_


class Translation(Protocol_):
    """Look-ups of effective addresses."""


class Exceptions(Protocol_):
    """A core's exceptions, with everything a handler needs to know of them."""


class MemoryAccess(Protocol_):
    """RAM, by physical address."""


class DeviceAccess(Protocol_):
    """Loads and stores outside of RAM, device control registers, interrupt lines, events of devices."""


class BusSlot(Protocol_):
    """A device's place on a bus: physical addresses or device control registers."""


class InterruptLine(Protocol_):
    """A device's interrupt request."""
