# SPDX-License-Identifier: BSD-3-Clause
"""What a core is fed with."""

from __future__ import annotations

from typing import Any

from simobjects.framework import SimObject
from simobjects.framework.peers import Peers


class Workload(SimObject):
    """What a core runs: one reference stream, or several that a guest scheduler interleaves."""

    def streams(self, peers: Peers) -> list[Any]:
        """The `cext.stream.TraceStream` of each process, in order."""
        return [peers[self]]

    def quantum_instructions(self) -> int:
        """User instructions between process switches; 0 when there is one process."""
        return 0
