# SPDX-License-Identifier: BSD-3-Clause
"""What others may look at in a simulation: a checkpoint, the files of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..stats.tree import StatsTree
from .events import Events
from .node import Part
from .peers import Peers


class LiveMachine(Protocol):
    """A machine that is built, its running halves and what they have counted; `Simulation` is one."""

    system: Part
    identity: dict[str, Any]
    config_hash: str
    peers: Peers
    stats: StatsTree
    events: Events

    @property
    def cycle(self) -> int:
        """The current cycle."""

    @property
    def reference(self) -> int:
        """References consumed so far."""

    @property
    def engine(self) -> Any:
        """The peer that drives the machine."""

    @property
    def open_windows(self) -> dict[str, str]:
        """The windows that have begun and not ended, with the labels of the snapshots with which they began."""

    @open_windows.setter
    def open_windows(self, labels: Mapping[str, str]) -> None: ...
