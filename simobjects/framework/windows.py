# SPDX-License-Identifier: BSD-3-Clause
"""Windows of the statistics that a run itself begins and ends: regions of interest, and those that a guest marks."""

from __future__ import annotations

from collections.abc import Mapping

from ..stats.snapshot import Snapshot
from ..stats.tree import StatsTree

MOST = 1_000
"""Windows that a run keeps of those which it marks itself: each has all statistics, and a guest may mark in a loop."""


class RunWindows:
    """The windows that have begun and not ended; `left_out` is how many were not kept because there were so many."""

    def __init__(self, stats: StatsTree) -> None:
        self._stats = stats
        self._open: dict[str, Snapshot] = {}
        self.left_out = 0

    @property
    def labels(self) -> dict[str, str]:
        """By window the label of the snapshot with which it began."""
        return {name: snapshot.label for name, snapshot in self._open.items()}

    @labels.setter
    def labels(self, labels: Mapping[str, str]) -> None:
        self._open = {name: self._stats.snapshots[label] for name, label in labels.items()}

    def mark(self, name: str, begins: bool) -> None:
        """A window begins or ends; it is kept under `name`, then `name.2` and so on. When there are
        `MOST` no more begin.
        """
        if self._stats.kept >= MOST and name not in self._open:
            self.left_out += not begins
            return
        snapshot = self._stats.snapshot_again(f"{name}_{'begin' if begins else 'end'}")
        if begins:
            self._open[name] = snapshot
        else:
            self._stats.window_again(self._open.pop(name, self._stats.start), snapshot, name)
