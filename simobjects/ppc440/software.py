# SPDX-License-Identifier: BSD-3-Clause
"""The software end of a core: what handles its exceptions when nothing stands between."""

from __future__ import annotations

from simobjects.framework import MemorySize, SimObject, param, responder
from simobjects.ppc440.protocols import Exceptions


class GuestSoftware(SimObject):
    """Software with exception handlers; connect a core's exceptions to `vectors` to run it on the bare machine."""

    memory: MemorySize = param(
        "128MiB", "guest RAM, from guest physical 0", ge=32 << 20, le=256 << 20, multiple_of=65536
    )

    vectors = responder(Exceptions, "exceptions taken by the guest itself: the machine is not virtualized")
